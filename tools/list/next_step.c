/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pushes a signed list, or prints how to push it. */
#include "next_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/conffile.h"
#include "lib/defaults.h"
#include "lib/receipts.h"

#define WAIT_S 30 /* for receipts */

/* Returns the configuration of this host's daemon; NULL: not readable. */
static struct conf *
next_conf(const struct sign_session *r)
{
	char *path =
		conffile_path(r->conf != NULL ? r->conf : DEFAULT_CONF_DIR);
	struct conf *conf = NULL;
	struct err e;

	if (path == NULL || conffile_read(&conf, path, &e) != 0)
		conf = NULL;
	free(path);
	return conf;
}

static bool
is_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int
next_step(const struct sign_session *r)
{
	const char *file = r->sign.out;
	struct conf *conf = next_conf(r);
	bool ours = conf != NULL && is_same_file(file, conf->bnl);
	int rc = EXIT_OK;

	fflush(stdout);
	if (r->push && ours) {
		rc = (int)receipts_wait(conf->ctlsocket, WAIT_S);
	} else if (r->push) {
		fprintf(stderr,
			"bnl-sign: %s is signed and not pushed: it is "
			"not the list of a daemon on this host\n",
			file);
		rc = EXIT_FAILED;
	} else if (ours) {
		puts("next: \"cluevpnctl push --wait\" offers it to all nodes; "
		     "--push does so at once");
	} else {
		printf("next: put %s in the place of a node's list, and type\n"
		       "\"cluevpnctl push --wait\" there\n",
		       file);
	}
	conf_free(conf);
	return rc;
}
