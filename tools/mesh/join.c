/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl join: the command line, and the sequence of steps. */
#include "join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "crypto/cert.h"
#include "daemon_user.h"
#include "format/bnl_edit.h"
#include "lib/defaults.h"
#include "lib/options.h"
#include "lib/output.h"
#include "lib/prompt.h"
#include "list/risk_check.h"
#include "list/sign_session.h"
#include "mesh_cmds.h"

/* Reads the token from the command line or, better, from standard input: ps(1)
 * shows a command line to every user of this host, and a shell keeps it. */
static int
find_token(struct join *j, int argc, char **argv, struct err *e)
{
	char text[TOKEN_TEXT_MAX + 64] = "";
	int rc = 0;

	if (argc == 1) {
		snprintf(text, sizeof(text), "%s", argv[0]);
		bytes_wipe(argv[0], strlen(argv[0]));
	} else {
		rc = prompt_secret(text, sizeof(text),
				   "Token that invite printed (not shown):", e);
		if (rc != 0)
			err_prefix(e, "join: the token is missing");
	}
	if (rc == 0)
		rc = token_parse(&j->token, text, strlen(text), e);
	bytes_wipe(text, sizeof(text));
	if (rc != 0)
		e->code = ERR_USAGE;
	return rc;
}

static int
read_token(struct join *j, const char *name, int argc, char **argv,
	   struct err *e)
{
	if (find_token(j, argc, argv, e) != 0)
		return -1;
	if (name != NULL && strcmp(name, j->token.guest) != 0)
		return err_set(e, ERR_USAGE, "the token is for %s, not for %s",
			       j->token.guest, name);
	if (j->no_address && j->addresses.n > 0)
		return err_set(e, ERR_USAGE,
			       "--address and --no-address "
			       "exclude each other");
	return 0;
}

/* A node's name may differ from its host's; but this may also be the wrong
 * host. */
static void
note_name(const struct token *t)
{
	char *host = node_self_other(t->guest);

	if (host != NULL)
		fprintf(stderr,
			"cluevpnctl: this host is called %s, and the "
			"token is for %s: if it was meant for another host, "
			"\"cluevpnctl remove %s\" on %s takes it back\n",
			host, t->guest, t->guest, t->host);
	free(host);
}

static int
run_join(struct join *j, struct err *e)
{
	char *conf = NULL;

	if (join_check(j, e) != 0)
		return -1;
	if (!j->named && !j->member)
		note_name(&j->token);
	if (!j->member)
		daemon_user_choose(&j->home);
	/* Errors of writing must be found before the token is used. */
	if (home_conf(&conf, &j->home, "join", j->token.guest, NULL, 1, true,
		      e) != 0)
		return -1;
	free(conf);
	if (home_fit(&j->home, e) != 0)
		return -1;
	if (key_generate(&j->key, KEY_EC_P256, e) != 0 ||
	    cert_make_request(&j->request, j->key, j->token.guest, NULL, e) !=
		    0)
		return -1;
	if (join_request(j, e) == 0)
		return 0;
	return j->again ? err_prefix(e,
				     "this host is a node already, by "
				     "%s/cluevpn.conf, and could not join anew",
				     j->home.dir) :
			  -1;
}

static int
parse_args(struct join *j, int argc, char **argv)
{
	const char *name = NULL;
	const struct option_row rows[] = {
		{ 'N', "name", "NAME",
		  "go on only if the token is for this name", .text = &name },
		{ 0, "address", "ADDRESS",
		  "where others reach this node; may be "
		  "repeated (where it comes from, without a NAT)",
		  .take = home_check_address, .values = &j->addresses,
		  .most = JOIN_ADDRESSES_MAX },
		{ 0, "no-address", NULL, "others cannot reach it first",
		  .flag = &j->no_address },
		HOME_OPTIONS(&j->home),
		{ .name = NULL },
	};
	struct options o = {
		.command = "join",
		.usage = "cluevpnctl join [OPTION]...",
		.about =
			"Makes this host a node of the network that invited it: "
			"makes its key, which never leaves it, fetches its "
			"certificate and the list, and starts the daemon. Asks "
			"for the token that invite printed, or reads it from "
			"standard input.",
		.rows = rows,
		.max = 1, /* the token */
	};
	struct err e;
	int rc = options_parse(&o, argc, argv);

	j->named = name != NULL;
	if (rc < 0 &&
	    read_token(j, name, argc - optind, argv + optind, &e) != 0) {
		output_err(NULL, &e);
		rc = EXIT_USAGE;
	}
	return rc;
}

int
mesh_join(int argc, char **argv)
{
	struct join j = { .member = false };
	struct err e;
	int rc;

	home_init(&j.home);
	rc = parse_args(&j, argc, argv);
	if (rc < 0) {
		rc = EXIT_OK;
		if (run_join(&j, &e) != 0) {
			output_err(NULL, &e);
			rc = e.code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
		}
	}
	key_free(j.key);
	free(j.request);
	free(j.socket);
	free(j.list);
	free(j.network);
	if (j.answer.mem != NULL)
		buf_free(&j.answer);
	bytes_wipe(&j.token, sizeof(j.token));
	return rc;
}
