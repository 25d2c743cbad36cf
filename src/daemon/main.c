/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnd: the mesh VPN daemon. */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/setup.h"
#include "daemon/check.h"
#include "daemon/daemon.h"
#include "daemon/service.h"
#include "sys/daemonise.h"
#include "sys/guarded.h"
#include "sys/logsink.h"
#include "sys/privs.h"
#include "sys/sigwatch.h"

struct startup {
	struct daemonise parent;
	struct logsink *log;
	bool elsewhere; /* the log is not standard error */
};

/* Writes to the caller's standard error, if that does not block: a pipe that
 * poll(2) calls writable takes PIPE_BUF bytes. */
static void
startup_say(const char *line)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[PIPE_BUF];
	int n = snprintf(text, sizeof(text), "error: %s\n", line);

	if (n < 0 || poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return;
	if ((size_t)n >= sizeof(text)) {
		n = sizeof(text) - 1;
		text[n - 1] = '\n';
	}
	n = (int)write(STDERR_FILENO, text, (size_t)n);
	(void)n;
}

/* Logs during the start: errors go to the caller as well. */
static void
startup_write(void *ctx, enum log_level level, const char *line)
{
	struct startup *s = ctx;

	logsink_write(s->log, level, line);
	if (s->elsewhere && level == LOG_LVL_ERROR)
		startup_say(line);
}

/* From here on the terminal is not used. */
static void
report_ready(void *ctx)
{
	struct startup *s = ctx;

	log_set_sink(logsink_write, s->log);
	daemonise_done(&s->parent, 0);
}

/* As root with "user", the log file is opened as at a reload: by root only if
 * this user can change no part of the path, or else with this user's rights. */
static int
open_log_file(struct startup *s, const struct conf *c, struct err *e)
{
	struct privs_ids ids;
	int fd;

	if (c->user == NULL || geteuid() != 0)
		return logsink_open(&s->log, LOGSINK_FILE, c->logfile, e);
	if (privs_lookup(&ids, c->user, c->group, e) < 0)
		return -1;
	fd = guarded_append(c->logfile, &ids, e);
	if (fd < 0 && e->code == ERR_PERM)
		fd = guarded_append_as(c->logfile, &ids, e);
	if (fd < 0)
		return err_prefix(e, "log file");
	return logsink_take(&s->log, fd, c->logfile, e);
}

static int
open_log(struct startup *s, const struct identity *id, const struct options *o)
{
	enum logsink_kind kind = LOGSINK_SYSLOG;
	struct err e;

	if (id->conf->logmethod == CONF_LOG_FILE)
		kind = LOGSINK_FILE;
	else if (o->foreground || id->conf->logmethod == CONF_LOG_STDERR)
		kind = LOGSINK_STDERR;
	log_set_level(o->loglevel >= 0 ? (enum log_level)o->loglevel :
					 (enum log_level)id->conf->loglevel);
	if ((kind == LOGSINK_FILE ?
		     open_log_file(s, id->conf, &e) :
		     logsink_open(&s->log, kind, NULL, &e)) < 0) {
		log_error("%s", e.text);
		return -1;
	}
	s->elsewhere = kind != LOGSINK_STDERR;
	log_set_sink(startup_write, s);
	return 0;
}

/* -t: reports all errors, not only the first. */
static int
test_config(const struct options *o)
{
	struct service s;
	struct identity *id = NULL;
	int rc = service_become(&s, o);

	if (rc == 0 || s.is_unit)
		rc |= identity_look(&id, o->conf, &s.key);
	if (id != NULL)
		rc |= check_host(id->conf, o->conf, o->pidfile,
				 s.is_unit ? &s.unit : NULL);
	identity_free(id);
	service_end(&s);
	if (s.is_unit)
		printf("judged as user %s of %s\n", s.unit.user, s.unit.path);
	if (rc < 0)
		return EXIT_USAGE;
	printf("%s: ok\n", o->conf);
	return 0;
}

int
main(int argc, char **argv)
{
	struct startup s = { .parent = { .ready_fd = -1 } };
	enum daemonise_role role = DAEMONISE_CHILD;
	struct identity *id;
	struct options o;
	struct err e;
	int status = EXIT_FAILED;

	crypto_setup();
	if (daemonise_fill_std(&e) < 0) {
		log_error("%s", e.text);
		return EXIT_FAILED;
	}
	sigwatch_block();
	if (options_parse(&o, argc, argv, &status) < 0)
		return status;
	if (o.test)
		return test_config(&o);
	if (identity_load(&id, o.conf, NULL) < 0)
		return EXIT_USAGE;
	if (!o.foreground &&
	    daemonise_fork(&s.parent, &role, &status, &e) < 0) {
		log_error("%s", e.text);
		identity_free(id);
		return EXIT_FAILED;
	}
	if (role == DAEMONISE_PARENT) {
		if (s.parent.signal != 0)
			log_error("the daemon was killed by signal %d (%s) "
				  "before it was ready",
				  s.parent.signal, strsignal(s.parent.signal));
		identity_free(id);
		return status;
	}
	if (open_log(&s, id, &o) == 0) {
		status = daemon_run(id, &o, s.log, report_ready, &s);
	} else {
		identity_free(id);
		status = EXIT_FAILED;
	}
	/* The caller gets all lines before the exit status of a failed
	 * start. */
	log_set_sink(NULL, NULL);
	logsink_close(s.log);
	daemonise_done(&s.parent, status);
	return status;
}
