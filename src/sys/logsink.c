/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log lines to standard error, a file or syslog, through a bounded queue and a
 * thread: only that thread waits for a slow reader of the log.
 */
#include "sys/logsink.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "logput.h"

/* Twice the lines that SIGUSR2 logs at once with 10,000 peers. */
#define QUEUE_BYTES (4 * 1024 * 1024)
#define RETRY_MS 1000 /* between two connects to a dead syslogd */
#define CLOSE_MS 2000 /* time for the remaining lines at the end */
#define SYSLOG_PATH "/dev/log"

struct line {
	struct line *next;
	uint64_t lost; /* lines that were dropped before this one */
	enum log_level level;
	struct timespec at;
	char text[];
};

struct logsink {
	struct logput put; /* used by the thread once it runs */
	int why;	   /* the thread's: errno of a loss not yet
			    * reported; 0: the reader was slow */
	pthread_t thread;
	bool started;
	/* --- under lock --- */
	pthread_mutex_t lock;
	pthread_cond_t wake; /* wakes it: a line, a new file, the end */
	pthread_cond_t idle; /* for a flush: all lines are written */
	struct line *head, **tail;
	size_t bytes; /* in the queue */
	size_t limit; /* maximum of bytes */
	bool busy;    /* the thread is writing or opening */
	bool ending;
	bool reopen;   /* reopen the file */
	char *hint;    /* logged if that fails */
	int next_fd;   /* a file to take over; -1: none */
	uint64_t lost; /* dropped and not yet reported */
	int errnum;    /* error of the last failed write; 0: none */
};

static size_t
line_size(const char *text)
{
	return sizeof(struct line) + strlen(text) + 1;
}

static struct logsink *
sink_new(enum logsink_kind kind, const char *path)
{
	struct logsink *s = calloc(1, sizeof(*s));
	pthread_condattr_t mono;

	if (s == NULL)
		return NULL;
	s->put.kind = kind;
	s->put.fd = kind == LOGSINK_STDERR ? STDERR_FILENO : -1;
	s->next_fd = -1;
	s->limit = QUEUE_BYTES;
	s->tail = &s->head;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &mono);
	pthread_cond_init(&s->idle, &mono);
	pthread_condattr_destroy(&mono);
	if (kind == LOGSINK_SYSLOG)
		path = path == NULL ? SYSLOG_PATH : path;
	s->put.path = path == NULL ? NULL : strdup(path);
	if (path != NULL && s->put.path == NULL) {
		logsink_close(s);
		return NULL;
	}
	return s;
}

int
logsink_open(struct logsink **out, enum logsink_kind kind, const char *path,
	     struct err *e)
{
	struct logsink *s =
		sink_new(kind, kind == LOGSINK_STDERR ? NULL : path);

	if (s == NULL)
		return err_nomem(e);
	if (kind == LOGSINK_STDERR)
		s->put.journal = logput_journal();
	if (kind == LOGSINK_FILE) {
		s->put.fd = logput_open_file(path, e);
		if (s->put.fd < 0) {
			logsink_close(s);
			return -1;
		}
	}
	*out = s;
	return 0;
}

int
logsink_take(struct logsink **out, int fd, const char *path, struct err *e)
{
	struct logsink *s = sink_new(LOGSINK_FILE, path);

	if (s == NULL) {
		close(fd);
		return err_nomem(e);
	}
	s->put.fd = fd;
	*out = s;
	return 0;
}

/* --- the thread ---------------------------------------------------------- */

/* Returns 0 or an errno. */
static int
tell_lost(struct logsink *s, uint64_t lost, const struct timespec *at)
{
	char text[128];

	if (lost == 0)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64 " log lines were lost: %s",
		 lost,
		 s->why != 0 ? strerror(s->why) :
			       "the reader of the log was too slow");
	return logput_line(&s->put, LOG_LVL_WARN, at, text);
}

static struct timespec
end_after(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

/* Switches to the new file; releases the lock during open(2). */
static void
change_file(struct logsink *s)
{
	struct timespec now;
	struct err e;
	char *hint = s->hint;
	int fd = s->next_fd;
	bool reopen = s->reopen;

	s->next_fd = -1;
	s->reopen = false;
	s->hint = NULL;
	if (fd < 0 && !reopen)
		return;
	s->busy = true;
	pthread_mutex_unlock(&s->lock);
	if (fd < 0)
		fd = logput_open_file(s->put.path, &e);
	if (fd >= 0) {
		close(s->put.fd);
		s->put.fd = fd;
		s->put.torn = false;
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		(void)logput_line(&s->put, LOG_LVL_ERROR, &now, e.text);
		if (hint != NULL)
			(void)logput_line(&s->put, LOG_LVL_ERROR, &now, hint);
	}
	free(hint);
	pthread_mutex_lock(&s->lock);
	s->busy = false;
}

/* Writes one line, without the lock. false: retry it. */
static bool
write_line(struct logsink *s, struct line *l)
{
	bool retry = s->put.kind == LOGSINK_SYSLOG;
	uint64_t lost = 0;
	int errnum = tell_lost(s, l->lost, &l->at);

	if (errnum == 0) {
		l->lost = 0;
		errnum = logput_line(&s->put, l->level, &l->at, l->text);
	}
	pthread_mutex_lock(&s->lock);
	s->errnum = errnum;
	if (errnum != 0 && !retry)
		s->lost += 1 + l->lost;
	if (errnum == 0 && s->head == NULL) {
		lost = s->lost; /* no later line may report it */
		s->lost = 0;
	}
	pthread_mutex_unlock(&s->lock);
	if (tell_lost(s, lost, &l->at) == 0)
		s->why = errnum;
	return errnum == 0 || !retry;
}

/* Writes or drops the first line of the queue. Lock held. */
static void
handle_first(struct logsink *s)
{
	struct line *l = s->head;
	struct timespec end;
	bool done;

	s->busy = true;
	s->head = l->next;
	if (s->head == NULL)
		s->tail = &s->head;
	pthread_mutex_unlock(&s->lock);
	done = write_line(s, l);
	pthread_mutex_lock(&s->lock);
	s->busy = false;
	if (done) {
		s->bytes -= line_size(l->text);
		free(l);
		return;
	}
	l->next = s->head;
	s->head = l;
	if (l->next == NULL)
		s->tail = &l->next;
	end = end_after(RETRY_MS);
	if (!s->ending)
		(void)pthread_cond_timedwait(&s->wake, &s->lock, &end);
}

/* At the end, lines for an absent syslogd are dropped. */
static bool
is_hopeless(const struct logsink *s)
{
	return s->ending && s->put.kind == LOGSINK_SYSLOG && s->errnum != 0;
}

static void *
thread_main(void *arg)
{
	struct logsink *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		change_file(s);
		if (s->head != NULL && !is_hopeless(s)) {
			handle_first(s);
			continue;
		}
		pthread_cond_broadcast(&s->idle);
		if (s->ending)
			break;
		if (s->next_fd < 0 && !s->reopen)
			pthread_cond_wait(&s->wake, &s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int
logsink_start(struct logsink *s, struct err *e)
{
	sigset_t all, old;
	int rc;

	if (s->started)
		return 0;
	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* confine() may use this signal */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->thread, NULL, thread_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return err_errno(e, rc, "thread of the log");
	s->started = true;
	return 0;
}

/* --- the callers --------------------------------------------------------- */

bool
logsink_flush(struct logsink *s, int ms)
{
	struct timespec end = end_after(ms);
	bool empty = false;
	int rc = 0;

	if (logsink_start(s, NULL) < 0)
		return false;
	pthread_mutex_lock(&s->lock);
	while (rc == 0) {
		empty = s->head == NULL && !s->busy && s->next_fd < 0 &&
			!s->reopen;
		if (empty || is_hopeless(s))
			break;
		rc = pthread_cond_timedwait(&s->idle, &s->lock, &end);
	}
	pthread_mutex_unlock(&s->lock);
	return empty;
}

static void
sink_free(struct logsink *s)
{
	while (s->head != NULL) {
		struct line *next = s->head->next;

		free(s->head);
		s->head = next;
	}
	if (s->put.fd > STDERR_FILENO)
		close(s->put.fd);
	if (s->next_fd >= 0)
		close(s->next_fd);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
	free(s->hint);
	free(s->put.path);
	free(s);
}

/* A thread that still waits for a reader keeps its memory; process exit ends
 * it. */
void
logsink_close(struct logsink *s)
{
	bool stuck;

	if (s == NULL)
		return;
	if (s->head != NULL)
		(void)logsink_start(s, NULL);
	if (s->started) {
		pthread_mutex_lock(&s->lock);
		s->ending = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		(void)logsink_flush(s, CLOSE_MS);
		pthread_mutex_lock(&s->lock);
		stuck = s->busy;
		pthread_mutex_unlock(&s->lock);
		if (stuck) {
			pthread_detach(s->thread);
			return;
		}
		pthread_join(s->thread, NULL);
	}
	sink_free(s);
}

void
logsink_reopen(struct logsink *s, const char *hint)
{
	if (s->put.kind != LOGSINK_FILE)
		return;
	pthread_mutex_lock(&s->lock);
	s->reopen = true;
	free(s->hint);
	s->hint = hint == NULL ? NULL : strdup(hint);
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void
logsink_replace(struct logsink *s, int fd)
{
	pthread_mutex_lock(&s->lock);
	if (s->next_fd >= 0)
		close(s->next_fd);
	s->next_fd = fd;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void
logsink_limit(struct logsink *s, size_t bytes)
{
	pthread_mutex_lock(&s->lock);
	s->limit = bytes;
	pthread_mutex_unlock(&s->lock);
}

bool
logsink_is_file(const struct logsink *s)
{
	return s->put.kind == LOGSINK_FILE;
}

bool
logsink_trouble(struct logsink *s, char *out, size_t cap)
{
	const char *where =
		s->put.path == NULL ? "standard error" : s->put.path;
	uint64_t lost;
	int errnum;

	pthread_mutex_lock(&s->lock);
	lost = s->lost;
	errnum = s->errnum;
	for (const struct line *l = s->head; l != NULL; l = l->next)
		lost += l->lost;
	pthread_mutex_unlock(&s->lock);
	if (lost == 0 && errnum == 0)
		return false;
	snprintf(out, cap,
		 "the log (%s) takes no lines: %s; %" PRIu64
		 " lines are lost so far",
		 where,
		 errnum != 0 ? strerror(errnum) : "its reader does not read",
		 lost);
	return true;
}

void
logsink_write(void *ctx, enum log_level level, const char *text)
{
	struct logsink *s = ctx;
	int errnum = errno;
	size_t size = line_size(text);
	struct line *l = malloc(size);

	pthread_mutex_lock(&s->lock);
	if (l == NULL || s->bytes + size > s->limit) {
		s->lost++;
		free(l);
	} else {
		*l = (struct line){ .lost = s->lost, .level = level };
		clock_gettime(CLOCK_REALTIME, &l->at);
		memcpy(l->text, text, strlen(text) + 1);
		s->lost = 0;
		s->bytes += size;
		*s->tail = l;
		s->tail = &l->next;
		pthread_cond_signal(&s->wake);
	}
	pthread_mutex_unlock(&s->lock);
	errno = errnum;
}
