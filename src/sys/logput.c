/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats a log line and writes it to the log's destination. */
#include "logput.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define LOG_MODE 0640
#define STAMP_MAX 40
#define OUT_MAX 4200 /* a line of base/log.h, with its mark */
#define NAME "cluevpnd"

static const int priorities[] = {
	[LOG_LVL_ERROR] = LOG_ERR,
	[LOG_LVL_WARN] = LOG_WARNING,
	[LOG_LVL_INFO] = LOG_INFO,
	[LOG_LVL_DEBUG] = LOG_DEBUG,
};

/* Opens the folder of the file; *shared: a user other than root and ourselves
 * may create names there. */
static int
open_folder(const char *path, bool *shared, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ?
			    strdup(".") :
			    strndup(path,
				    slash == path ? 1 : (size_t)(slash - path));
	struct stat st;
	int fd = dir == NULL ? -1 : open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	free(dir);
	*name = slash == NULL ? path : slash + 1;
	if (fd >= 0 && fstat(fd, &st) < 0) {
		close(fd);
		return -1;
	}
	*shared = fd >= 0 && ((st.st_uid != 0 && st.st_uid != geteuid()) ||
			      (st.st_mode & (S_IWGRP | S_IWOTH)) != 0);
	return fd;
}

/* Links and pipes are accepted only where no other user could have made
 * them. */
int
logput_open_file(const char *path, struct err *e)
{
	const char *name;
	struct stat st;
	bool shared;
	int dir = open_folder(path, &shared, &name);
	int fd = dir < 0 ?
			 -1 :
			 openat(dir, name,
				O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
					O_NOCTTY |
					(shared ? O_NOFOLLOW | O_NONBLOCK : 0),
				LOG_MODE);

	if (fd < 0)
		err_errno(e, errno, "log file %s", path);
	if (dir >= 0)
		close(dir);
	if (fd < 0 || !shared)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		return fd;
	close(fd);
	return err_set(e, ERR_PERM,
		       "log file %s is no regular file with a "
		       "single name, in a folder that another user may write "
		       "to",
		       path);
}

/* Checks that the journal reads our standard error. The variable alone is not
 * enough: a shell under a service inherits it, too. See systemd.exec(5). */
bool
logput_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return stream != NULL && sscanf(stream, "%ju:%ju", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino;
}

static void
write_stamp(char out[STAMP_MAX], const struct timespec *at)
{
	struct tm tm;
	char date[STAMP_MAX - 8];

	gmtime_r(&at->tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, STAMP_MAX, "%s.%03uZ", date,
		 (unsigned int)(at->tv_nsec / 1000000) % 1000);
}

/* RFC 3164 section 4.1, with local time and without the host's name, as
 * syslog(3) writes to the local daemon. */
static void
stamp_syslog(char out[STAMP_MAX], const struct timespec *at)
{
	struct tm tm;

	localtime_r(&at->tv_sec, &tm);
	strftime(out, STAMP_MAX, "%b %e %H:%M:%S", &tm);
}

/* Formats the line for its destination; returns its length. */
static size_t
line_format(const struct logput *s, char out[OUT_MAX], enum log_level level,
	    const struct timespec *at, const char *text)
{
	const char *torn = s->torn ? "\n" : "";
	char when[STAMP_MAX];
	int n;

	if (s->kind == LOGSINK_SYSLOG) {
		stamp_syslog(when, at);
		n = snprintf(out, OUT_MAX, "<%d>%s " NAME "[%d]: %s",
			     LOG_DAEMON | priorities[level], when,
			     (int)getpid(), text);
	} else if (s->journal) {
		n = snprintf(out, OUT_MAX, "%s<%d>%s\n", torn,
			     priorities[level], text);
	} else {
		write_stamp(when, at);
		n = snprintf(out, OUT_MAX, "%s%s %s: %s\n", torn, when,
			     log_level_name(level), text);
	}
	if (n >= OUT_MAX)
		n = OUT_MAX - 1;
	return (size_t)n + (s->stream ? 1 : 0);
}

/* Returns 0 or an errno. */
static int
syslog_connect(struct logput *s, int type)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int errnum;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", s->path);
	s->fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return errno;
	if (connect(s->fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0) {
		s->stream = type == SOCK_STREAM;
		return 0;
	}
	errnum = errno;
	close(s->fd);
	s->fd = -1;
	return errnum;
}

/* Returns 0 or an errno. Another process may have made an inherited descriptor
 * non-blocking, so this thread polls when it is full. */
static int
put_bytes(struct logput *s, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		struct pollfd p = { .fd = s->fd, .events = POLLOUT };
		ssize_t n = s->kind == LOGSINK_SYSLOG ?
				    send(s->fd, data + done, len - done,
					 MSG_NOSIGNAL) :
				    write(s->fd, data + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (errno != EINTR)
			break;
	}
	s->torn = s->kind == LOGSINK_FILE &&
		  (done < len ? s->torn || done > 0 : false);
	return done == len ? 0 : errno;
}

int
logput_line(struct logput *s, enum log_level level, const struct timespec *at,
	    const char *text)
{
	char out[OUT_MAX];
	bool fresh = false;
	int errnum = 0;

	for (;;) {
		if (s->fd < 0) {
			errnum = syslog_connect(s, SOCK_DGRAM);
			if (errnum == EPROTOTYPE)
				errnum = syslog_connect(s, SOCK_STREAM);
			if (errnum != 0)
				return errnum;
			fresh = true;
		}
		errnum =
			put_bytes(s, out, line_format(s, out, level, at, text));
		if (errnum == 0 || s->kind != LOGSINK_SYSLOG)
			return errnum;
		close(s->fd);
		s->fd = -1;
		if (fresh)
			return errnum;
	}
}
