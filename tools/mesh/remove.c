/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl remove: takes nodes out of the list, and pushes it to all. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lib/defaults.h"
#include "lib/receipts.h"
#include "list/edit_cmd.h"
#include "mesh_cmds.h"

#define SOCKET "/run/cluevpn/ctl"
#define WAIT_S 30

enum { OPT_NO_REVOKE = 256, OPT_WAIT };

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"list", required_argument, NULL, 'l'},
    {"no-revoke", no_argument, NULL, OPT_NO_REVOKE},
    {"socket", required_argument, NULL, 's'},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"yes", no_argument, NULL, 'y'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: cluevpnctl remove [OPTION]... NODE...\n"
    "Removes nodes from the list and revokes their keys, signs and installs\n"
    "it, offers it to all, and waits until they have it.\n"
    "  -c, --config DIR|FILE   tells this machine's name "
    "(" DEFAULT_CONF_DIR ")\n"
    "  -k, --key KEY           the key that signs (" DEFAULT_SIGN_KEY ")\n"
    "  -l, --list FILE         the list (" DEFAULT_LIST ")\n"
    "      --no-revoke         leave the keys alone\n"
    "  -s, --socket SOCKET     the daemon's (" SOCKET ")\n"
    "      --wait SECONDS      how long, at most (30)\n"
    "  -y, --yes               do not ask\n"
    "  -h, --help\n";

struct remove {
	const char *socket;
	uint64_t wait_s;
	const char **words;	/* arguments of the bnl-sign command */
	int n;
};

static void
pass_option(struct remove *r, const char *option, const char *value)
{
	r->words[r->n++] = option;
	if (value != NULL)
		r->words[r->n++] = value;
}

static int
take_option(struct remove *r, int c)
{
	switch (c) {
	case 'c':
		pass_option(r, "-c", optarg);
		return -1;
	case 'k':
		pass_option(r, "-k", optarg);
		return -1;
	case 'l':
		pass_option(r, "-l", optarg);
		return -1;
	case 'y':
		pass_option(r, "-y", NULL);
		return -1;
	case OPT_NO_REVOKE:
		pass_option(r, "--no-revoke", NULL);
		return -1;
	case 's':
		r->socket = optarg;
		return -1;
	case OPT_WAIT:
		if (text_u64(&r->wait_s,
			     (struct span){optarg, strlen(optarg)}, 0,
			     86400) == 0)
			return -1;
		fprintf(stderr, "cluevpnctl: --wait \"%s\": expected a number "
			"of seconds\n", optarg);
		return EXIT_USAGE;
	case 'h':
		fputs(usage, stdout);
		return EXIT_OK;
	default:
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
}

static int
run_remove(struct remove *r, int argc, char **argv)
{
	int c, rc;

	pass_option(r, argv[0], "remove");
	while ((c = getopt_long(argc, argv, "c:k:l:s:yh", options, NULL)) !=
	       -1) {
		rc = take_option(r, c);
		if (rc >= 0)
			return rc;
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	pass_option(r, "--", NULL);
	while (optind < argc)
		pass_option(r, argv[optind++], NULL);
	rc = edit_cmd(r->n, (char **)(uintptr_t)r->words, false);
	fflush(stdout);
	return rc != EXIT_OK ? rc : (int)receipts_wait(r->socket, r->wait_s);
}

int
mesh_remove(int argc, char **argv)
{
	struct remove r = {.socket = SOCKET, .wait_s = WAIT_S};
	int rc = EXIT_FAILED;

	r.words = calloc((size_t)argc * 2 + 4, sizeof(*r.words));
	if (r.words != NULL)
		rc = run_remove(&r, argc, argv);
	free(r.words);
	return rc;
}
