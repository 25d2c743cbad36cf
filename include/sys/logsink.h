/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where log lines go: standard error, a file, or syslog. */
#ifndef SYS_LOGSINK_H
#define SYS_LOGSINK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/log.h"

enum logsink_kind { LOGSINK_STDERR, LOGSINK_FILE, LOGSINK_SYSLOG };

struct logsink;

/* path: for LOGSINK_FILE; made 0640 where missing. Standard error gets
 * times, or the journal's level marks where the journal reads it. */
int logsink_open(struct logsink **out, enum logsink_kind kind, const char *path,
		 struct err *e);
/* NULL is fine. Must not be the sink in use. */
void logsink_close(struct logsink *s);
/* Opens the file anew, after rotation; goes on with the old one on failure. */
int logsink_reopen(struct logsink *s, struct err *e);
/* The file was opened anew by somebody else: takes fd over. */
void logsink_replace(struct logsink *s, int fd);
bool logsink_is_file(const struct logsink *s);
/* The log_sink for log_set_sink(), with the logsink as ctx. Any thread. */
void logsink_write(void *ctx, enum log_level level, const char *line);

#endif
