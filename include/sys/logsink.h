/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Destinations of log lines: standard error, a file, or syslog. */
#ifndef SYS_LOGSINK_H
#define SYS_LOGSINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/log.h"

enum logsink_kind { LOGSINK_STDERR, LOGSINK_FILE, LOGSINK_SYSLOG };

struct logsink;

/*
 * path: for LOGSINK_FILE; made 0640 if missing. For LOGSINK_SYSLOG the socket
 * of syslogd; NULL: /dev/log. Standard error gets times, or the journal's level
 * marks where the journal reads it. Lines go into a queue of 4 MiB, and a
 * thread writes them: callers of logsink_write() never wait. Lines that the
 * queue cannot take, or that the file refuses, are counted, and a line reports
 * their number as soon as one can be written again. During a restart of syslogd
 * lines wait in the queue.
 */
int logsink_open(struct logsink **out, enum logsink_kind kind, const char *path,
		 struct err *e);
/* As LOGSINK_FILE, with a file that the caller has opened; fd is taken over,
 * also on failure. */
int logsink_take(struct logsink **out, int fd, const char *path, struct err *e);
/* Starts the thread. Call when the process has dropped privileges and will not
 * fork itself any more. Until then lines wait in the queue. */
int logsink_start(struct logsink *s, struct err *e);
/* Waits at most that long, in milliseconds, until all lines are written; starts
 * the thread if necessary. Returns whether all are written. */
bool logsink_flush(struct logsink *s, int ms);
/* NULL is fine. Must not be the sink in use. Waits two seconds at most for the
 * remaining lines; after that they are lost, and the thread keeps its memory
 * until the process ends. */
void logsink_close(struct logsink *s);
/* The thread reopens the file, after rotation. If that fails, it continues with
 * the old one and logs the reason, then the hint (or NULL). */
void logsink_reopen(struct logsink *s, const char *hint);
/* For a file that another process has reopened: takes over fd. */
void logsink_replace(struct logsink *s, int fd);
/* Sets the bound of the queue, for tests. */
void logsink_limit(struct logsink *s, size_t bytes);
bool logsink_is_file(const struct logsink *s);
/* True while lines are lost, or wait for a syslogd; out: the reason. */
bool logsink_trouble(struct logsink *s, char *out, size_t cap);
/* The log_sink for log_set_sink(), with the logsink as ctx. Any thread. */
void logsink_write(void *ctx, enum log_level level, const char *line);

#endif
