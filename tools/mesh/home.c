/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a node on its host. */
#include "home.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "format/bnl_own.h"
#include "format/bnl_value.h"
#include "format/conf.h"
#include "format/proto.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "sys/dirs.h"
#include "sys/fit.h"

#define DIR_MODE 0755
#define STATE_MODE 0700
#define KEEPALIVE "25s" /* shorter than the timeout of most NATs */

void
home_init(struct home *h)
{
	*h = (struct home){
		.dir = DEFAULT_CONF_DIR,
		.state = DEFAULT_STATE_DIR,
		.port = PROTO_PORT,
	};
}

int
home_check_set(void *ctx, const struct option_row *row, const char *arg,
	       struct err *e)
{
	(void)ctx;
	if (strchr(arg, '=') != NULL && strchr(arg, '\n') == NULL)
		return 0;
	return err_set(e, ERR_USAGE,
		       "--%s \"%s\": expected KEY=VALUE, as a "
		       "line of cluevpn.conf",
		       row->name, arg);
}

int
home_check_dir(void *ctx, const struct option_row *row, const char *arg,
	       struct err *e)
{
	(void)ctx;
	if (arg[0] == '\0')
		return err_set(e, ERR_USAGE, "--%s: expected a directory",
			       row->name);
	for (const char *p = arg; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == '#')
			return err_set(e, ERR_USAGE,
				       "--%s: expected the name of a "
				       "directory, found a control character "
				       "or '#' in it",
				       row->name);
	return 0;
}

int
home_fit(const struct home *h, struct err *e)
{
	if (fit_dir(h->dir, (uid_t)-1, e) == 0 &&
	    fit_dir(h->state, (uid_t)-1, e) == 0)
		return 0;
	return -1;
}

int
home_check_address(void *ctx, const struct option_row *row, const char *arg,
		   struct err *e)
{
	struct bnl_value v;
	const char *doubt = NULL;

	(void)ctx;
	if (bnl_value_read(&v, BNL_ADDRESS, arg, e) != 0) {
		e->code = ERR_USAGE;
		return err_prefix(e, "--%s", row->name);
	}
	if (v.p.addr.family != IP_NONE)
		doubt = bnl_address_doubt(&v.p.addr);
	if (doubt != NULL)
		return err_set(e, ERR_USAGE, "--%s %s: %s", row->name, v.text,
			       doubt);
	return 0;
}

char *
home_file(const struct home *h, const char *name)
{
	return file_join(h->dir, name);
}

char *
home_list(const struct home *h)
{
	return file_join(h->state, "network.bnl");
}

char *
home_pub(char out[HOME_PUB_NAME_MAX], unsigned int n)
{
	if (n == 0)
		snprintf(out, HOME_PUB_NAME_MAX, "bnl-pub.pem");
	else
		snprintf(out, HOME_PUB_NAME_MAX, "bnl-pub-%u.pem", n + 1);
	return out;
}

bool
home_sets(const struct home *h, const char *key)
{
	for (size_t i = 0; i < h->sets.n; i++) {
		const char *v = h->sets.v[i];
		struct span s = { v, (size_t)(strchr(v, '=') - v) };

		if (span_is(span_trim(s), key))
			return true;
	}
	return false;
}

static void
print_conf(FILE *f, const struct home *h, const char *command, const char *name,
	   const char *network, unsigned int nkeys, bool hidden)
{
	char pub[HOME_PUB_NAME_MAX];

	fprintf(f,
		"# Written by \"cluevpnctl %s\"; cluevpn.conf(5) has all that "
		"can stand here.\n"
		"# After an edit, \"cluevpnd -t\" checks it and \"cluevpnctl "
		"reload\" reads it.\n"
		"name = %s\n",
		command, name);
	if (network != NULL && !home_sets(h, "network"))
		fprintf(f,
			"# Lists of another network are refused.\n"
			"network = %s\n",
			network);
	if (h->port != PROTO_PORT)
		fprintf(f, "port = %u\n", (unsigned int)h->port);
	if (strcmp(h->state, DEFAULT_STATE_DIR) != 0)
		fprintf(f, "statedir = %s\n", h->state);
	if (h->user != NULL)
		fprintf(f,
			"# The process that talks to the network runs as this "
			"user; a small\n"
			"# process stays root, for the hooks.\n"
			"user = %s\n",
			h->user);
	for (unsigned int i = 0; nkeys > 1 && i < nkeys; i++)
		fprintf(f, "bnlpubkey = %s\n", home_pub(pub, i));
	if (hidden && !home_sets(h, "keepalive"))
		fprintf(f,
			"# Others cannot reach this node first: it keeps the "
			"way open.\n"
			"keepalive = " KEEPALIVE "\n");
	for (size_t i = 0; i < h->sets.n; i++) {
		const char *v = h->sets.v[i], *eq = strchr(v, '=');

		fprintf(f, "%.*s = %s\n", (int)(eq - v), v,
			eq + 1 + strspn(eq + 1, " "));
	}
}

int
home_conf(char **out, const struct home *h, const char *command,
	  const char *name, const char *network, unsigned int nkeys,
	  bool hidden, struct err *e)
{
	struct errs es = { 0 };
	struct conf *conf;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return err_nomem(e);
	print_conf(f, h, command, name, network, nkeys, hidden);
	if (fclose(f) != 0) {
		free(text);
		return err_nomem(e);
	}
	if (conf_parse(&conf, text, len, h->dir, &es) != 0) {
		free(text);
		return err_set(e, ERR_USAGE, "--set: %s", es.e[0].text);
	}
	conf_free(conf);
	*out = text;
	return 0;
}

int
home_head(char **out, const char *head, const char *pem, struct err *e)
{
	if (asprintf(out, "%s\n%s", head, pem) >= 0)
		return 0;
	*out = NULL;
	return err_nomem(e);
}

/* Blocks the signals that would end the program half way. */
static void
hold_signals(sigset_t *old)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGINT);
	sigaddset(&s, SIGTERM);
	sigaddset(&s, SIGHUP);
	sigprocmask(SIG_BLOCK, &s, old);
}

int
home_write(const struct home *h, struct outfile *f, size_t n, struct err *e)
{
	bool had_dir = file_exists(h->dir), had_state = file_exists(h->state);
	sigset_t old;
	int rc = -1;

	hold_signals(&old);
	if (dirs_make(h->dir, DIR_MODE, e) == 0 &&
	    dirs_make(h->state, STATE_MODE, e) == 0)
		rc = outfiles_write(f, n, false, e);
	if (rc != 0 && !had_state)
		rmdir(h->state);
	if (rc != 0 && !had_dir)
		rmdir(h->dir);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return rc;
}
