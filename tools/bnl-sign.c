/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks, signs and installs a node list. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool_edit.h"
#include "tool_key.h"
#include "tool_lock.h"
#include "tool_sign.h"

enum { EXIT_USAGE = 2 };
enum { OPT_FIRST = 256, OPT_RESET_TIME };

struct options {
	const char *key;
	const char *name; /* of this machine's node; NULL: see conf */
	const char *conf;
	bool edit;
};

static void
usage(FILE *f)
{
	fprintf(
	    f,
	    "usage: bnl-sign [-efny] [-c DIR|FILE] [-k KEY] [-N NAME]\n"
	    "                [-o FILE] [-p PUBKEY]... [--first] "
	    "[--reset-time] [FILE]\n"
	    "Checks a node list, shows what changes, signs and installs "
	    "it.\n"
	    "  -c, --config DIR|FILE\n"
	    "                     tells this machine's name ("
	    TOOL_CONF_DIR ")\n"
	    "  -e, --edit         edit it first, in a copy\n"
	    "  -f, --force        sign it anew even if nothing changed\n"
	    "  -k, --key KEY      the private key (" TOOL_BNL_KEY ")\n"
	    "  -n, --dry-run      only show what would change\n"
	    "  -N, --name NAME    this machine's name\n"
	    "  -o, --output FILE  install it there\n"
	    "  -p, --pubkey PUBKEY\n"
	    "                     the last list may be signed by this one\n"
	    "  -y, --yes          do not ask\n"
	    "      --first        the network's first list\n"
	    "      --reset-time   date it now, though the last one is later\n"
	    "  -h, --help\n"
	    "  -V, --version\n"
	    "FILE is " TOOL_BNL " when it is not given.\n");
}

static int
fail(const struct err *e)
{
	tool_print_err(NULL, e);
	return TOOL_FAILED;
}

static int
work(struct tool_sign *s, const struct options *o)
{
	int rc, lock = -1;
	struct err e;

	if (tool_self_find(&s->self, o->name,
			   o->conf != NULL ? o->conf : TOOL_CONF_DIR,
			   o->conf != NULL, &e) != 0 ||
	    tool_read_private_key(&s->key, o->key, &e) != 0 ||
	    tool_keys_add(&s->trusted, o->key, &e) != 0)
		return fail(&e);
	if (!s->dry_run && (lock = tool_lock(s->out, &e)) < 0)
		return fail(&e);
	rc = tool_sign_begin(s);
	if (rc == TOOL_OK)
		rc = o->edit ? tool_edit(s) : tool_sign_file(s);
	tool_sign_end(s);
	tool_unlock(lock);
	return rc;
}

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"edit", no_argument, NULL, 'e'},
    {"force", no_argument, NULL, 'f'},
    {"key", required_argument, NULL, 'k'},
    {"dry-run", no_argument, NULL, 'n'},
    {"name", required_argument, NULL, 'N'},
    {"output", required_argument, NULL, 'o'},
    {"pubkey", required_argument, NULL, 'p'},
    {"yes", no_argument, NULL, 'y'},
    {"first", no_argument, NULL, OPT_FIRST},
    {"reset-time", no_argument, NULL, OPT_RESET_TIME},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* The exit code, with all said that is to be said, or -1 to go on. */
static int
read_options(struct tool_sign *s, struct options *o, int argc, char **argv)
{
	struct err e;
	int c;

	while ((c = getopt_long(argc, argv, "c:efk:nN:o:p:yhV", options,
				NULL)) != -1)
		switch (c) {
		case 'c':
			o->conf = optarg;
			break;
		case 'e':
			o->edit = true;
			break;
		case 'f':
			s->force = true;
			break;
		case 'k':
			o->key = optarg;
			break;
		case 'n':
			s->dry_run = true;
			break;
		case 'N':
			o->name = optarg;
			break;
		case 'o':
			s->out = optarg;
			break;
		case 'p':
			if (tool_keys_add(&s->trusted, optarg, &e) != 0)
				return fail(&e);
			break;
		case 'y':
			s->yes = true;
			break;
		case OPT_FIRST:
			s->first = true;
			break;
		case OPT_RESET_TIME:
			s->reset_time = s->force = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("bnl-sign %s\n", VERSION);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	if (argc - optind > 1 || (o->edit && s->dry_run)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	s->in = optind < argc ? argv[optind] : TOOL_BNL;
	if (s->out == NULL)
		s->out = s->in;
	return -1;
}

int
main(int argc, char **argv)
{
	struct options o = {.key = TOOL_BNL_KEY};
	struct tool_sign s = {0};
	int rc = read_options(&s, &o, argc, argv);

	if (rc < 0)
		rc = work(&s, &o);
	tool_self_free(&s.self);
	key_free(s.key);
	tool_keys_free(&s.trusted);
	return rc;
}
