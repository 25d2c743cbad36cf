/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: the command line, and the tokens on the terminal. */
#include "invite.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "home.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/output.h"
#include "list/edit_args.h"
#include "mesh_cmds.h"
#include "sys/sigwatch.h"

#define NODE_DAYS 825
#define DAYS_MAX 36500
#define EXPIRE_S 3600
#define EXPIRE_MAX_S (7 * 86400)

enum {
	OPT_ADDRESS = 256,
	OPT_SUBNET,
	OPT_HOSTS,
	OPT_SUBNET4,
	OPT_SUBNET6,
	OPT_PREFIX,
	OPT_EXPIRE,
	OPT_PORT,
	OPT_VIA,
	OPT_REPLACE,
	OPT_OU,
	OPT_DAYS,
	OPT_CA
};

static const struct option options[] = {
    {"address", required_argument, NULL, OPT_ADDRESS},
    {"subnet", required_argument, NULL, OPT_SUBNET},
    {"hosts", required_argument, NULL, OPT_HOSTS},
    {"subnet4", required_argument, NULL, OPT_SUBNET4},
    {"subnet6", required_argument, NULL, OPT_SUBNET6},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {"expire", required_argument, NULL, OPT_EXPIRE},
    {"port", required_argument, NULL, OPT_PORT},
    {"via", required_argument, NULL, OPT_VIA},
    {"replace", no_argument, NULL, OPT_REPLACE},
    {"ou", required_argument, NULL, OPT_OU},
    {"days", required_argument, NULL, OPT_DAYS},
    {"ca", required_argument, NULL, OPT_CA},
    {"config", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: cluevpnctl invite [OPTION]... NAME...\n"
    "Prints for each new node a token, and lets it in when \"cluevpnctl join\"\n"
    "is given that on its host.\n"
    "      --expire TIME       how long the tokens are good: 90s, 30min, 24h,\n"
    "                          7d at most (1h)\n"
    "      --replace           for nodes that are in the list already: they\n"
    "                          get a new key, the old one is revoked\n"
    "      --address ADDRESS   where others reach it, for one name (where it\n"
    "                          comes from, or what join says)\n"
    "      --subnet SUBNET     what is routed to it, for one name; may be\n"
    "                          repeated\n"
    "      --hosts N, --subnet4 LENGTH, --subnet6 LENGTH\n"
    "                          the first free subnet of that size (as large\n"
    "                          as this node's)\n"
    "      --prefix PREFIX     where free subnets are looked for\n"
    "      --port PORT         TCP, to answer on (3407)\n"
    "      --via ADDRESS       where new hosts reach this one; may be\n"
    "                          repeated (its addresses in the list)\n"
    "      --ou OU             for their certificates (that of this node's)\n"
    "      --days N            how long these are valid (825)\n"
    "      --ca DIR            where ca.pem and ca.key are (the directory of\n"
    "                          the configuration)\n"
    "  -c, --config DIR        (" DEFAULT_CONF_DIR ")\n"
    "  -k, --key KEY           that signs the list (bnl.key there)\n"
    "  -h, --help\n";

static int
take_expire(struct invite *in, const char *arg, struct err *e)
{
	static const struct {
		const char *unit;
		int64_t s;
	} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	size_t digits = strspn(arg, "0123456789");
	uint64_t n;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(arg + digits, units[i].unit) == 0 &&
		    text_u64(&n, (struct span){arg, digits}, 1,
			     (uint64_t)(EXPIRE_MAX_S / units[i].s)) == 0) {
			in->seconds = (int64_t)n * units[i].s;
			return 0;
		}
	return err_set(e, ERR_USAGE,
		       "--expire \"%s\": expected a time from 1s to 7d, like "
		       "30min or 24h",
		       arg);
}

static int
take_number(uint64_t *out, const char *option, const char *arg, uint64_t max,
	    struct err *e)
{
	if (text_u64(out, (struct span){arg, strlen(arg)}, 1, max) == 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "--%s \"%s\": expected a number from 1 to %llu", option,
		       arg, (unsigned long long)max);
}

/* Keeps an argument for bnl-sign add, which checks it later. */
static int
take_word(struct invite *in, const char *option, const char *arg,
	  struct err *e)
{
	if (in->nwords + 2 > INVITE_WORDS_MAX)
		return err_set(e, ERR_USAGE, "more options than %d",
			       INVITE_WORDS_MAX / 2);
	in->words[in->nwords++] = option;
	in->words[in->nwords++] = arg;
	return 0;
}

static int
take_room(struct invite *in, const char *option, const char *arg,
	  struct err *e)
{
	in->rooms = true;
	return take_word(in, option, arg, e);
}

static int
take_option(struct invite *in, int c, const char *arg, struct err *e)
{
	uint64_t n = 0;
	int rc;

	switch (c) {
	case OPT_ADDRESS:
		if (home_address(arg, e) != 0)
			return -1;
		in->addresses = true;
		return take_word(in, "--address", arg, e);
	case OPT_SUBNET:
		return take_room(in, "--subnet", arg, e);
	case OPT_HOSTS:
		return take_room(in, "--hosts", arg, e);
	case OPT_SUBNET4:
		return take_room(in, "--subnet4", arg, e);
	case OPT_SUBNET6:
		return take_room(in, "--subnet6", arg, e);
	case OPT_PREFIX:
		return take_word(in, "--prefix", arg, e);
	case OPT_EXPIRE:
		return take_expire(in, arg, e);
	case OPT_PORT:
		rc = take_number(&n, "port", arg, 65535, e);
		in->port = (uint16_t)n;
		return rc;
	case OPT_DAYS:
		rc = take_number(&n, "days", arg, DAYS_MAX, e);
		in->days = (uint32_t)n;
		return rc;
	case OPT_VIA:
		if (in->nvia == TOKEN_ENDPOINTS_MAX)
			return err_set(e, ERR_USAGE, "--via is given more "
				       "than %d times", TOKEN_ENDPOINTS_MAX);
		in->via[in->nvia++] = arg;
		return 0;
	case OPT_REPLACE:
		in->replace = true;
		return 0;
	case OPT_OU:
		if (strlen(arg) > CERT_OU_MAX ||
		    !text_is_utf8(arg, strlen(arg)))
			return err_set(e, ERR_USAGE, "--ou: expected UTF-8 of "
				       "at most %d bytes", CERT_OU_MAX);
		in->ou = arg;
		return 0;
	case OPT_CA:
		in->ca_dir = arg;
		return 0;
	case 'c':
		in->dir = arg;
		return 0;
	default:
		in->key = arg;
		return 0;
	}
}

/* Refuses combinations that exclude each other, and arguments that bnl-sign
 * would refuse. */
static int
check_options(const struct invite *in, int names)
{
	static char program[] = "cluevpnctl", add[] = "add";
	const char *argv[INVITE_WORDS_MAX + 4] = {program, add};
	struct edit_args cmd;
	const char *why = NULL;
	int n = 2, rc;

	if (names == 0)
		why = "whom?";
	else if (names > INVITE_GUESTS_MAX)
		why = "that many at once? 256 at most";
	else if (in->replace && in->nwords > 0 &&
		 (in->rooms || !in->addresses))
		why = "--replace is for a key; \"bnl-sign set\" changes what "
		      "is routed to a node";
	for (unsigned int i = 0; names > 1 && i < in->nwords; i++)
		if (strcmp(in->words[i], "--address") == 0 ||
		    strcmp(in->words[i], "--subnet") == 0)
			why = "--address and --subnet are for one name";
	if (why != NULL) {
		fprintf(stderr, "cluevpnctl: invite: %s\n%s", why, usage);
		return EXIT_USAGE;
	}
	for (unsigned int i = 0; i < in->nwords; i++)
		argv[n++] = in->words[i];
	argv[n++] = "a";
	argv[n] = NULL;
	rc = edit_args_read(&cmd, n, (char **)(uintptr_t)argv);
	edit_args_free(&cmd);
	return rc;
}

static void
print_tokens(const struct invite *in)
{
	char text[TOKEN_TEXT_MAX], end[TEXT_TIME_MAX];

	for (unsigned int i = 0; i < in->nguests; i++)
		printf("on %s, as root, \"cluevpnctl join\" asks for this "
		       "token:\n%s\n",
		       in->guests[i].token.guest,
		       token_format(text, &in->guests[i].token));
	bytes_wipe(text, sizeof(text));
	printf("waiting for %s on TCP port %u, until %s (Ctrl-C ends it)\n",
	       in->nguests == 1 ? "it" : "them", (unsigned int)in->port,
	       text_time_format(end, in->guests[0].token.expires));
	fflush(stdout);
}

static int
run_invite(struct invite *in, int argc, char **argv)
{
	struct invite_net net = {.pid = 0};
	char *key = NULL;
	struct err e;
	int c, rc;

	while ((c = getopt_long(argc, argv, "c:k:h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_OK;
		}
		if (c == '?') {
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
		if (take_option(in, c, optarg, &e) != 0) {
			output_err(NULL, &e);
			return EXIT_USAGE;
		}
	}
	argv += optind;
	argc -= optind;
	rc = check_options(in, argc);
	if (rc >= 0)
		return rc;
	if (in->ca_dir == NULL)
		in->ca_dir = in->dir;
	if (in->key == NULL)
		in->key = key = file_join(in->dir, "bnl.key");
	/* Blocks signals before any thread or file exists: Ctrl-C is then
	 * handled by the loop. */
	sigwatch_block();
	rc = EXIT_FAILED;
	if (in->key == NULL || invite_net_start(&net, &e) != 0 ||
	    invite_load(in, &e) != 0 ||
	    invite_names(in, argv, (unsigned int)argc, &e) != 0) {
		output_err(NULL, &e);
		if (e.code == ERR_USAGE)
			rc = EXIT_USAGE;
	} else if ((rc = invite_try(in)) == EXIT_OK) {
		rc = invite_monitor(in, net.fd, print_tokens);
	}
	invite_net_end(&net);
	free(key);
	return rc;
}

int
mesh_invite(int argc, char **argv)
{
	struct invite in = {
	    .dir = DEFAULT_CONF_DIR,
	    .port = JOIN_PORT,
	    .days = NODE_DAYS,
	    .seconds = EXPIRE_S,
	};
	int rc = run_invite(&in, argc, argv);

	invite_unload(&in);
	return rc;
}
