/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where log lines go: standard error, a file, or syslog. */
#ifndef SYS_LOGSINK_H
#define SYS_LOGSINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/log.h"

enum logsink_kind { LOGSINK_STDERR, LOGSINK_FILE, LOGSINK_SYSLOG };

struct logsink;

/*
 * path: for LOGSINK_FILE; made 0640 where missing. For LOGSINK_SYSLOG the
 * socket of syslogd; NULL: /dev/log. Standard error gets times, or the
 * journal's level marks where the journal reads it.
 *
 * Lines go into a queue of 4 MiB, and a thread writes them: whoever calls
 * logsink_write() never waits. Lines that the queue cannot take, or that
 * the file refuses, are counted, and a line tells how many as soon as one can
 * be written again. Lines wait out a syslogd that is started anew.
 */
int logsink_open(struct logsink **out, enum logsink_kind kind, const char *path,
		 struct err *e);
/* LOGSINK_FILE with a file that the caller has opened; fd is taken over, also
 * by a failure. */
int logsink_take(struct logsink **out, int fd, const char *path,
		 struct err *e);
/* Starts the thread, once the process has the privileges that it keeps and
 * forks no copy of itself any more. Until then lines wait in the queue. */
int logsink_start(struct logsink *s, struct err *e);
/* Waits at most that long, in milliseconds, until all lines are written; starts
 * the thread if need be. Whether they are. */
bool logsink_flush(struct logsink *s, int ms);
/* NULL is fine. Must not be the sink in use. Waits two seconds at most for the
 * lines that are left; after that they are lost, and the thread keeps its
 * memory until the process ends. */
void logsink_close(struct logsink *s);
/* The thread opens the file anew, after rotation. If that fails, it goes on
 * with the old one and logs why, and the hint (or NULL) after that. */
void logsink_reopen(struct logsink *s, const char *hint);
/* The file was opened anew by somebody else: takes fd over. */
void logsink_replace(struct logsink *s, int fd);
/* Another bound of the queue, for tests. */
void logsink_limit(struct logsink *s, size_t bytes);
bool logsink_is_file(const struct logsink *s);
/* Whether lines are being lost, or wait for a syslogd, and why in words. */
bool logsink_trouble(struct logsink *s, char *out, size_t cap);
/* The log_sink for log_set_sink(), with the logsink as ctx. Any thread. */
void logsink_write(void *ctx, enum log_level level, const char *line);

#endif
