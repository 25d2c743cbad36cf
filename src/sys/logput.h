/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats a log line and writes it to the log's destination; may block. */
#ifndef SYS_LOGPUT_H
#define SYS_LOGPUT_H

#include <stdbool.h>
#include <time.h>

#include "sys/logsink.h"

struct logput {
	enum logsink_kind kind;
	char *path;   /* path of the file, or of syslogd's socket */
	int fd;	      /* -1: no syslogd is connected */
	bool journal; /* "<6>" marks instead of times */
	bool stream;  /* syslogd takes a stream: NUL ends a line */
	bool torn;    /* a full disk cut the last line */
};

/* Opens the file for appending; created with mode 0640 if missing. */
int logput_open_file(const char *path, struct err *e);
/* True when the journal reads the standard error of this process. */
bool logput_journal(void);
/* Returns 0 or an errno. Connects to syslogd if necessary: after a restart
 * syslogd has a new socket. */
int logput_line(struct logput *s, enum log_level level,
		const struct timespec *at, const char *text);

#endif
