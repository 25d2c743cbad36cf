/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user that a new node's daemon runs as. */
#include "daemon_user.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/defaults.h"
#include "sys/guarded.h"
#include "sys/privs.h"

/* A child process tries to change the user: in a user namespace that may be
 * impossible. */
static bool
can_become(const struct privs_ids *ids)
{
	struct err ignored;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return false;
	if (pid == 0)
		_exit(privs_drop(ids, true, &ignored) != 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return status == 0;
}

/* 0, or the error that the daemon would meet with that user. */
static int
check_user(const struct home *h, struct err *e)
{
	struct privs_ids ids;
	char *conf;
	int fd, rc = 0;

	if (privs_lookup(&ids, DEFAULT_USER, NULL, e) != 0)
		return -1;
	if (ids.uid == 0)
		return err_set(e, ERR_PERM,
			       "the user " DEFAULT_USER " is root");
	if (!can_become(&ids))
		return err_set(e, ERR_PERM,
			       "it cannot become the user " DEFAULT_USER
			       " here");
	conf = home_file(h, DEFAULT_CONF_NAME);
	if (conf == NULL)
		return err_nomem(e);
	if (conf[0] == '/') {
		fd = guarded_open(conf, &ids, e);
		if (fd >= 0)
			close(fd);
		/* A missing file will be made by root. */
		else if (e->code != ERR_NOTFOUND)
			rc = -1;
	} else {
		rc = err_set(e, ERR_USAGE, "%s is no absolute path", h->dir);
	}
	free(conf);
	return rc;
}

void
daemon_user_choose(struct home *h)
{
	struct err e;

	h->user = NULL;
	/* Only root can drop root. */
	if (geteuid() != 0 || home_sets(h, "user"))
		return;
	if (h->no_user) {
		puts("Started by root, the daemon stays root (--no-user)");
	} else if (check_user(h, &e) == 0) {
		h->user = DEFAULT_USER;
		puts("Started by root, the daemon becomes the user " DEFAULT_USER
		     " (unless --no-user)");
	} else {
		printf("Started by root, the daemon stays root: %s\n", e.text);
	}
	fflush(stdout);
}
