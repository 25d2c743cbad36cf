/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats a log line and writes it to where it belongs; waits as long as that
 * takes. */
#ifndef SYS_LOGPUT_H
#define SYS_LOGPUT_H

#include <stdbool.h>
#include <time.h>

#include "sys/logsink.h"

struct logput {
	enum logsink_kind kind;
	char *path;		/* path of the file, or of syslogd's socket */
	int fd;			/* -1: no syslogd is connected */
	bool journal;		/* "<6>" marks instead of times */
	bool stream;		/* syslogd takes a stream: NUL ends a line */
	bool torn;		/* the last line was cut by a full disk */
};

/* Opens the file to append to it, made 0640 where missing. */
int logput_open_file(const char *path, struct err *e);
/* Whether the journal reads the standard error of this process. */
bool logput_journal(void);
/* 0 or an errno. Connects to syslogd first if need be: one that was started
 * anew has a new socket. */
int logput_line(struct logput *s, enum log_level level,
		const struct timespec *at, const char *text);

#endif
