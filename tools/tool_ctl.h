/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking the running daemon by its control socket. */
#ifndef TOOL_CTL_H
#define TOOL_CTL_H

#include <jansson.h>
#include <stdbool.h>

/* `why` has more of them: see core/why.h. */
enum ctl_exit { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_NO_DAEMON = 3 };

/* Whether a daemon listens there. */
bool ctl_answers(const char *socket);

/* One request, one answer (the caller's to json_decref()). Otherwise what was
 * wrong is on standard error, and *out is untouched. */
enum ctl_exit ctl_ask(json_t **out, const char *socket, const char *request);

/* The same with an answer of many lines, each JSON, as they come; until the
 * daemon ends it or line returns false. */
enum ctl_exit ctl_stream(const char *socket, const char *request,
			 bool (*line)(void *ctx, const json_t *o), void *ctx);

#endif
