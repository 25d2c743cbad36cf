/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnd -t: finds everything that a start would refuse, without starting. */
#include "daemon/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/state.h"
#include "sys/fit.h"
#include "sys/hook.h"
#include "sys/pidfile.h"
#include "sys/privs.h"

struct check {
	const struct conf *conf;
	const char *path;	 /* path of the configuration */
	const struct unit *unit; /* NULL: no unit */
	int wrong;
};

/* Reports the result rc of a check for that key. */
static void
check_result(struct check *k, int rc, unsigned int line, const char *key,
	     struct err *e)
{
	char text[ERR_TEXT_MAX + 512];

	if (rc == 0)
		return;
	e->line = line;
	e->column = 0;
	err_prefix(e, "%s", key);
	log_error("%s", err_format(text, sizeof(text), k->path, e));
	k->wrong++;
}

static void
warn_key(const struct check *k, unsigned int line, const char *key,
	 struct err *e)
{
	char text[ERR_TEXT_MAX + 512];

	e->line = line;
	e->column = 0;
	err_prefix(e, "%s", key);
	log_warn("%s", err_format(text, sizeof(text), k->path, e));
}

static void
check_key(struct check *k, int rc, const char *key, struct err *e)
{
	check_result(k, rc, conf_line(k->conf, key), key, e);
}

/* The user that root becomes, the future owner of the state. As root, the files
 * were checked for that user, and a missing user was reported. */
static uid_t
state_owner(struct check *k)
{
	const struct conf *c = k->conf;
	struct privs_ids ids;
	struct err e;

	if (c->user == NULL || privs_lookup(&ids, c->user, c->group, &e) == 0)
		return c->user != NULL && geteuid() == 0 ? ids.uid : (uid_t)-1;
	if (geteuid() != 0)
		check_key(k, -1, "user", &e);
	return (uid_t)-1;
}

/* systemd gives the unit's state directory and its contents to the unit's
 * user. */
static bool
unit_gives_state(const struct unit *u, const struct conf *c)
{
	return u != NULL && strcmp(u->state, c->statedir) == 0;
}

static bool
unit_gives_run(const struct unit *u, const char *path)
{
	size_t n = u == NULL ? 0 : strlen(u->runtime);

	return n > 0 && strncmp(path, u->runtime, n) == 0 && path[n] == '/';
}

static void
check_files(struct check *k, const char *pidfile)
{
	const struct conf *c = k->conf;
	uid_t owner = state_owner(k);
	struct err e;
	gid_t group;

	if (!unit_gives_state(k->unit, c))
		check_key(k,
			  fit_dir(c->statedir, owner, &e) < 0 ||
					  state_check(c, &e) < 0 ?
				  -1 :
				  0,
			  "statedir", &e);
	if (conf_line(c, "bnl") > 0)
		check_key(k, fit_parent(c->bnl, false, &e), "bnl", &e);
	if (c->logmethod == CONF_LOG_FILE)
		check_key(k, fit_log(c->logfile, &e), "logfile", &e);
	if (!unit_gives_run(k->unit, c->ctlsocket))
		check_key(k, fit_socket(c->ctlsocket, &e), "ctlsocket", &e);
	if (c->ctlgroup != NULL)
		check_key(k, privs_group(&group, c->ctlgroup, &e), "ctlgroup",
			  &e);
	if (!unit_gives_run(k->unit, pidfile))
		check_result(k, fit_parent(pidfile, true, &e), 0, "pid file",
			     &e);
}

/* A running daemon holds its ports, which is then no fault. */
static bool
daemon_runs(const struct check *k, const char *pidfile)
{
	pid_t pid = 0;
	struct err e;

	return (pidfile_read(pidfile, &pid, &e) == 0 && pid != 0) ||
	       fit_socket_answers(k->conf->ctlsocket);
}

static void
check_port(struct check *k, const struct ipaddr *addr)
{
	const struct endpoint at = { .addr = *addr, .port = k->conf->port };
	struct err e;
	int rc = fit_port(&at, &e);

	/* A missing IPv6 stack is no fault of the host. */
	if (rc < 0 && addr->family == IP_V6 && k->conf->nlisten == 0 &&
	    e.code != ERR_EXISTS)
		return;
	check_key(k, rc, "port", &e);
}

static void
check_network(struct check *k, bool runs)
{
	const struct ipaddr any4 = { .family = IP_V4 };
	const struct ipaddr any6 = { .family = IP_V6 };
	const struct conf *c = k->conf;
	struct err e;

	for (unsigned int i = 0; i < c->nlisten; i++) {
		int rc = fit_address(&c->listen[i], &e);

		/* A start does not wait for an address that will be added
		 * later. */
		if (rc < 0 && e.code == ERR_NOTFOUND)
			warn_key(k, c->listen_line[i], "listen", &e);
		else
			check_result(k, rc, c->listen_line[i], "listen", &e);
		if (!runs)
			check_port(k, &c->listen[i]);
	}
	if (c->nlisten == 0 && !runs) {
		check_port(k, &any4);
		if (!c->disableipv6)
			check_port(k, &any6);
	}
	check_key(k, fit_device(c->devname, &e), "devname", &e);
}

/* Scripts of the start-up kit check their configuration themselves, with -t. An
 * error in it does not stop the daemon, so it is a warning; a script that
 * cannot be run stops it. */
#define KIT_HOOK "/cluevpn-startup-kit/ns-"
#define KIT_CHECK_MS 10000

static void
check_hook(struct check *k, const char *key, const char *command)
{
	char line[1024], why[HOOK_TEXT_MAX];
	struct hook_result r;
	struct err e;
	int n;

	if (command == NULL || strstr(command, KIT_HOOK) == NULL)
		return;
	n = snprintf(line, sizeof(line), "%s -t", command);
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	if (hook_run_wait(line, NULL, KIT_CHECK_MS, &r, &e) < 0) {
		check_key(k, -1, key, &e);
		return;
	}
	if (hook_ok(&r))
		return;
	r.output[strcspn(r.output, "\n")] = '\0';
	(void)err_set(&e, ERR_SYNTAX, "%s: %s",
		      r.output[0] != '\0' ? r.output : command,
		      hook_result_text(why, &r));
	/* Exit codes of a shell for a program that it cannot run. */
	if (r.exit_status == 126 || r.exit_status == 127)
		check_key(k, -1, key, &e);
	else
		warn_key(k, conf_line(k->conf, key), key, &e);
}

int
check_state(const struct conf *c, const char *path, const struct unit *unit)
{
	struct check k = { .conf = c, .path = path };
	struct err e;

	if (unit_gives_state(unit, c))
		check_key(&k, state_check(c, &e), "statedir", &e);
	return k.wrong == 0 ? 0 : -1;
}

int
check_host(const struct conf *c, const char *path, const char *pidfile,
	   const struct unit *unit)
{
	struct check k = { .conf = c, .path = path, .unit = unit };

	check_files(&k, pidfile);
	check_network(&k, daemon_runs(&k, pidfile));
	check_hook(&k, "upcmd", c->upcmd);
	check_hook(&k, "downcmd", c->downcmd);
	return k.wrong == 0 ? 0 : -1;
}
