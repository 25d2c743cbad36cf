/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks, signs and installs a node list. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/setup.h"
#include "lib/defaults.h"
#include "list/diff_cmd.h"
#include "list/edit_cmd.h"
#include "list/edit_copy.h"
#include "list/sign_session.h"

enum { OPT_FIRST = 256, OPT_RESET_TIME };

static const char usage[] =
    "usage: bnl-sign [-efny] [-c DIR|FILE] [-k KEY] [-N NAME] [-o FILE]\n"
    "                [-p PUBKEY]... [--first] [--go-back] [--push]\n"
    "                [--reset-time] [FILE]\n"
    "       bnl-sign add|set|remove|revoke|diff ... (each has --help)\n"
    "Checks a node list, shows what changes, signs and installs it.\n"
    "  -c, --config DIR|FILE\n"
    "                     tells this machine's name (" DEFAULT_CONF_DIR ")\n"
    "  -e, --edit         edit it first, in a copy\n"
    "  -f, --force        sign it anew even if nothing changed\n"
    "  -k, --key KEY      the private key (" DEFAULT_SIGN_KEY ")\n"
    "  -n, --dry-run      only show what would change\n"
    "  -N, --name NAME    this machine's name\n"
    "  -o, --output FILE  install it there\n"
    "  -p, --pubkey PUBKEY\n"
    "                     the last list may be signed by this one\n"
    "      --push         then offer it to all nodes, and wait for them\n"
    "  -y, --yes          do not ask\n"
    "      --first        the network's first list\n"
    "      --go-back      sign on from a list that this key replaced since\n"
    "      --reset-time   date it now, though the last one is later\n"
    "  -h, --help\n"
    "  -V, --version\n"
    "FILE is " DEFAULT_LIST " when it is not given.\n";

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"edit", no_argument, NULL, 'e'},
    {"force", no_argument, NULL, 'f'},
    {"key", required_argument, NULL, 'k'},
    {"dry-run", no_argument, NULL, 'n'},
    {"name", required_argument, NULL, 'N'},
    {"output", required_argument, NULL, 'o'},
    {"pubkey", required_argument, NULL, 'p'},
    {"go-back", no_argument, NULL, SIGN_SESSION_BACK},
    {"push", no_argument, NULL, SIGN_SESSION_PUSH},
    {"yes", no_argument, NULL, 'y'},
    {"first", no_argument, NULL, OPT_FIRST},
    {"reset-time", no_argument, NULL, OPT_RESET_TIME},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* -1: continue; else the exit code, after printing all messages. */
static int
read_options(struct sign_session *r, bool *edit, int argc, char **argv)
{
	struct list_sign *s = &r->sign;
	int c, rc;

	while ((c = getopt_long(argc, argv, SIGN_SESSION_SHORT "efo:", options,
				NULL)) != -1)
		switch (c) {
		case 'e':
			*edit = true;
			break;
		case 'f':
			s->force = true;
			break;
		case 'o':
			s->out = optarg;
			break;
		case OPT_FIRST:
			s->first = true;
			break;
		case OPT_RESET_TIME:
			s->reset_time = s->force = true;
			break;
		default:
			rc = sign_session_option(r, c, optarg, usage);
			if (rc >= 0)
				return rc;
		}
	if (argc - optind > 1 || (*edit && s->dry_run)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	s->in = optind < argc ? argv[optind] : DEFAULT_LIST;
	if (s->out == NULL)
		s->out = s->in;
	return -1;
}

static int
sign_list(struct list_sign *s, void *edit)
{
	return *(const bool *)edit ? edit_copy(s) : list_sign_file(s);
}

int
main(int argc, char **argv)
{
	struct sign_session r = {.next = true};
	bool edit = false;
	int rc;

	crypto_setup();
	if (argc > 1 && strcmp(argv[1], "diff") == 0)
		return diff_cmd(argc, argv);
	if (argc > 1 && edit_cmd_knows(argv[1]))
		return edit_cmd(argc, argv, true);
	rc = read_options(&r, &edit, argc, argv);
	if (rc < 0)
		rc = sign_session(&r, sign_list, &edit);
	sign_session_free(&r);
	return rc;
}
