/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the running daemon through its control socket. */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

/* `why` has further ones: see core/why.h. */
enum ctl_exit { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_NO_DAEMON = 3 };

/* True when a daemon listens there. */
bool client_answers(const char *socket);

/* Sends a request and reads one answer, which the caller frees by
 * json_decref(). On failure prints the error, and *out is unchanged. */
enum ctl_exit client_ask(json_t **out, const char *socket, const char *request);

/* As client_ask(), for an answer of many lines, each JSON, passed on as they
 * come; until the daemon ends it or line returns false. */
enum ctl_exit client_stream(const char *socket, const char *request,
			    bool (*line)(void *ctx, const json_t *o),
			    void *ctx);

#endif
