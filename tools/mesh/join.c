/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl join: the command line, and the sequence of steps. */
#include "join.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/cert.h"
#include "daemon_user.h"
#include "format/bnl_edit.h"
#include "lib/defaults.h"
#include "lib/output.h"
#include "lib/prompt.h"
#include "list/risk_check.h"
#include "list/sign_session.h"
#include "mesh_cmds.h"

enum {
	OPT_ADDRESS = 256,
	OPT_NO_ADDRESS,
	OPT_PORT,
	OPT_DIR,
	OPT_STATE,
	OPT_SET,
	OPT_NO_USER,
	OPT_NO_START
};

static const struct option options[] = {
    {"name", required_argument, NULL, 'N'},
    {"address", required_argument, NULL, OPT_ADDRESS},
    {"no-address", no_argument, NULL, OPT_NO_ADDRESS},
    {"port", required_argument, NULL, OPT_PORT},
    {"config-dir", required_argument, NULL, OPT_DIR},
    {"state-dir", required_argument, NULL, OPT_STATE},
    {"set", required_argument, NULL, OPT_SET},
    {"no-user", no_argument, NULL, OPT_NO_USER},
    {"no-start", no_argument, NULL, OPT_NO_START},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: cluevpnctl join [OPTION]...\n"
    "Makes this host a node of the network that invited it: makes its key,\n"
    "which never leaves it, fetches its certificate and the list, and starts\n"
    "the daemon. Asks for the token that invite printed, or reads it from\n"
    "standard input.\n"
    "  -N, --name NAME         go on only if the token is for this name\n"
    "      --address ADDRESS   where others reach this node; may be repeated\n"
    "                          (where it comes from, without a NAT)\n"
    "      --no-address        others cannot reach it first\n"
    "      --port PORT         UDP and TCP (3406)\n"
    "      --config-dir DIR    (" DEFAULT_CONF_DIR ")\n"
    "      --state-dir DIR     (" DEFAULT_STATE_DIR ")\n"
    "      --set KEY=VALUE     more for cluevpn.conf; may be repeated\n"
    "      --no-user           leave the daemon root (else it becomes the\n"
    "                          user " DEFAULT_USER ", where there is one)\n"
    "      --no-start          do not start the daemon\n"
    "  -h, --help\n";

static int
take_address(struct join *j, const char *arg, struct err *e)
{
	if (j->naddresses == JOIN_ADDRESSES_MAX)
		return err_set(e, ERR_USAGE, "--address is given more than %d "
			       "times", JOIN_ADDRESSES_MAX);
	if (home_address(arg, e) != 0)
		return -1;
	j->addresses[j->naddresses++] = arg;
	return 0;
}

static int
take_option(struct join *j, const char **name, int c, const char *arg,
	    struct err *e)
{
	switch (c) {
	case 'N':
		*name = arg;
		return 0;
	case OPT_ADDRESS:
		return take_address(j, arg, e);
	case OPT_NO_ADDRESS:
		j->no_address = true;
		return 0;
	case OPT_PORT:
		return home_port(&j->home, arg, e);
	case OPT_DIR:
		return home_dir(&j->home.dir, "config-dir", arg, e);
	case OPT_STATE:
		return home_dir(&j->home.state, "state-dir", arg, e);
	case OPT_SET:
		return home_set(&j->home, arg, e);
	case OPT_NO_USER:
		j->home.no_user = true;
		return 0;
	default:
		j->home.no_start = true;
		return 0;
	}
}

/* Reads the token from the command line or, better, from standard input: ps(1)
 * shows a command line to every user of this host, and a shell keeps it. */
static int
find_token(struct join *j, int argc, char **argv, struct err *e)
{
	char text[TOKEN_TEXT_MAX + 64] = "";
	int rc = 0;

	if (argc > 1)
		return err_set(e, ERR_USAGE, "join: one token, and options "
			       "before it");
	if (argc == 1) {
		snprintf(text, sizeof(text), "%s", argv[0]);
		bytes_wipe(argv[0], strlen(argv[0]));
	} else {
		rc = prompt_secret(text, sizeof(text),
				   "Token that invite printed (not shown):",
				   e);
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
	if (j->no_address && j->naddresses > 0)
		return err_set(e, ERR_USAGE, "--address and --no-address");
	return 0;
}

/* A node's name may differ from its host's; but this may also be the wrong
 * host. */
static void
note_name(const struct token *t)
{
	char *host = node_self_other(t->guest);

	if (host != NULL)
		fprintf(stderr, "cluevpnctl: this host is called %s, and the "
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
	if (home_conf(&conf, &j->home, "join", j->token.guest, NULL, 1,
		      true, e) != 0)
		return -1;
	free(conf);
	if (home_fit(&j->home, e) != 0)
		return -1;
	if (key_generate(&j->key, KEY_EC_P256, e) != 0 ||
	    cert_make_request(&j->request, j->key, j->token.guest, NULL,
			      e) != 0)
		return -1;
	if (join_request(j, e) == 0)
		return 0;
	return j->again ? err_prefix(e, "this host is a node already, by "
				     "%s/cluevpn.conf, and could not join anew",
				     j->home.dir)
			: -1;
}

static int
parse_args(struct join *j, int argc, char **argv)
{
	const char *name = NULL;
	struct err e;
	int c;

	while ((c = getopt_long(argc, argv, "N:h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_OK;
		}
		if (c == '?') {
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
		if (take_option(j, &name, c, optarg, &e) != 0) {
			output_err(NULL, &e);
			return EXIT_USAGE;
		}
	}
	j->named = name != NULL;
	if (read_token(j, name, argc - optind, argv + optind, &e) != 0) {
		output_err(NULL, &e);
		return EXIT_USAGE;
	}
	return -1;
}

int
mesh_join(int argc, char **argv)
{
	struct join j = {.member = false};
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
