/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pushes a signed list, or prints how to push it. */
#include "tool_next.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/conf.h"
#include "tool_file.h"
#include "tool_out.h"
#include "tool_receipt.h"

#define CONF_MAX ((size_t)1 << 20)
#define WAIT_S 30		/* for receipts */

/* Returns the configuration of this host's daemon; NULL: not readable. */
static struct conf *
next_conf(const struct tool_run *r)
{
	const char *given = r->conf != NULL ? r->conf : TOOL_CONF_DIR;
	struct conf *conf = NULL;
	struct errs es = {0};
	char *path, *dir, *text;
	struct stat st;
	struct err e;
	size_t len;

	path = stat(given, &st) == 0 && S_ISDIR(st.st_mode)
		   ? tool_path_join(given, "cluevpn.conf")
		   : strdup(given);
	dir = path == NULL ? NULL : tool_dir_of(path);
	if (dir != NULL &&
	    tool_read_file(&text, &len, path, CONF_MAX, &e) == 0) {
		if (conf_parse(&conf, text, len, dir, &es) != 0)
			conf = NULL;
		free(text);
	}
	free(dir);
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
tool_next(const struct tool_run *r)
{
	const char *file = r->sign.out;
	struct conf *conf = next_conf(r);
	bool ours = conf != NULL && is_same_file(file, conf->bnl);
	int rc = TOOL_OK;

	fflush(stdout);
	if (r->push && ours) {
		rc = (int)tool_receipts(conf->ctlsocket, WAIT_S);
	} else if (r->push) {
		fprintf(stderr, "bnl-sign: %s is signed and not pushed: it is "
			"not the list of a daemon on this host\n", file);
		rc = TOOL_FAILED;
	} else if (ours) {
		puts("next: \"cluevpnctl push --wait\" offers it to all nodes; "
		     "--push does so at once");
	} else {
		printf("next: put %s in the place of a node's list, and type\n"
		       "\"cluevpnctl push --wait\" there\n", file);
	}
	conf_free(conf);
	return rc;
}
