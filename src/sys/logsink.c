/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines to standard error, a file or syslog. */
#include "sys/logsink.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LOG_MODE 0640
#define STAMP_MAX 40

struct logsink {
	enum logsink_kind kind;
	pthread_mutex_t lock;		/* reopening against writing */
	int fd;
	char *path;
	bool journal;			/* "<6>" marks instead of times */
};

static const int priorities[] = {
	[LOG_LVL_ERROR] = LOG_ERR,
	[LOG_LVL_WARN] = LOG_WARNING,
	[LOG_LVL_INFO] = LOG_INFO,
	[LOG_LVL_DEBUG] = LOG_DEBUG,
};

static int
open_file(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
				    O_NOCTTY, LOG_MODE);

	if (fd < 0)
		return err_errno(e, errno, "log file %s", path);
	return fd;
}

/* Whether the journal reads our standard error: the variable alone does not
 * say so, a shell under a service inherits it, too. See systemd.exec(5). */
static bool
journal_reads_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return stream != NULL &&
	       sscanf(stream, "%ju:%ju", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino;
}

int
logsink_open(struct logsink **out, enum logsink_kind kind, const char *path,
	     struct err *e)
{
	struct logsink *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_nomem(e);
	s->kind = kind;
	s->fd = STDERR_FILENO;
	pthread_mutex_init(&s->lock, NULL);
	if (kind == LOGSINK_FILE) {
		s->path = strdup(path);
		s->fd = s->path == NULL ? err_nomem(e) : open_file(path, e);
		if (s->fd < 0) {
			s->fd = STDERR_FILENO;
			logsink_close(s);
			return -1;
		}
	} else if (kind == LOGSINK_SYSLOG) {
		openlog("cluevpnd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	} else {
		s->journal = journal_reads_stderr();
	}
	*out = s;
	return 0;
}

void
logsink_close(struct logsink *s)
{
	if (s == NULL)
		return;
	if (s->kind == LOGSINK_SYSLOG)
		closelog();
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

int
logsink_reopen(struct logsink *s, struct err *e)
{
	int fd;

	if (s->kind != LOGSINK_FILE)
		return 0;
	fd = open_file(s->path, e);
	if (fd < 0)
		return -1;
	logsink_replace(s, fd);
	return 0;
}

void
logsink_replace(struct logsink *s, int fd)
{
	pthread_mutex_lock(&s->lock);
	close(s->fd);
	s->fd = fd;
	pthread_mutex_unlock(&s->lock);
}

bool
logsink_is_file(const struct logsink *s)
{
	return s->kind == LOGSINK_FILE;
}

static void
stamp(char out[STAMP_MAX])
{
	struct timespec ts;
	struct tm tm;
	char date[STAMP_MAX - 8];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, STAMP_MAX, "%s.%03uZ", date,
		 (unsigned int)(ts.tv_nsec / 1000000) % 1000);
}

void
logsink_write(void *ctx, enum log_level level, const char *line)
{
	struct logsink *s = ctx;
	int errnum = errno;
	char when[STAMP_MAX];

	if (s->kind == LOGSINK_SYSLOG) {
		syslog(priorities[level], "%s", line);
		errno = errnum;
		return;
	}
	/* One write a line, so that lines of several threads stay whole. What
	 * a full disk does not take is lost: the daemon goes on. */
	pthread_mutex_lock(&s->lock);
	if (s->journal) {
		dprintf(s->fd, "<%d>%s\n", priorities[level], line);
	} else {
		stamp(when);
		dprintf(s->fd, "%s %s: %s\n", when, log_level_name(level),
			line);
	}
	pthread_mutex_unlock(&s->lock);
	errno = errnum;
}
