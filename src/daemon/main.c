/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnd: the mesh VPN daemon. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "daemon/check.h"
#include "daemon/daemon.h"
#include "daemon/identity.h"
#include "daemon/options.h"
#include "sys/daemonise.h"
#include "sys/logsink.h"
#include "sys/sigwatch.h"

struct startup {
	struct daemonise parent;
	struct logsink *log;
};

/* From here on nobody reads the terminal. */
static void
ready(void *ctx)
{
	struct startup *s = ctx;

	daemonise_done(&s->parent, 0);
}

static int
open_log(struct startup *s, const struct identity *id,
	 const struct options *o)
{
	enum logsink_kind kind = LOGSINK_SYSLOG;
	struct err e;

	if (id->conf->logmethod == CONF_LOG_FILE)
		kind = LOGSINK_FILE;
	else if (o->foreground || id->conf->logmethod == CONF_LOG_STDERR)
		kind = LOGSINK_STDERR;
	log_set_level(o->loglevel >= 0 ? (enum log_level)o->loglevel :
					 (enum log_level)id->conf->loglevel);
	if (logsink_open(&s->log, kind, id->conf->logfile, &e) < 0) {
		log_error("%s", e.text);
		return -1;
	}
	log_set_sink(logsink_write, s->log);
	return 0;
}

/* -t: all that is wrong, not the first of it. */
static int
test(const struct options *o)
{
	struct identity *id;
	int rc = identity_look(&id, o->conf, NULL);

	if (id != NULL)
		rc |= check_host(id->conf, o->conf, o->pidfile);
	identity_free(id);
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

	if (daemonise_fill_std(&e) < 0)
		return EXIT_FAILED;
	sigwatch_block();
	if (options_parse(&o, argc, argv, &status) < 0)
		return status;
	if (o.test)
		return test(&o);
	if (identity_load(&id, o.conf, NULL) < 0)
		return EXIT_USAGE;
	if (!o.foreground &&
	    daemonise_fork(&s.parent, &role, &status, &e) < 0) {
		log_error("%s", e.text);
		identity_free(id);
		return EXIT_FAILED;
	}
	if (role == DAEMONISE_PARENT) {
		identity_free(id);
		return status;
	}
	if (open_log(&s, id, &o) == 0) {
		status = daemon_run(id, &o, s.log, ready, &s);
	} else {
		identity_free(id);
		status = EXIT_FAILED;
	}
	daemonise_done(&s.parent, status);
	log_set_sink(NULL, NULL);
	logsink_close(s.log);
	return status;
}
