/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: the command line, and the tokens on the terminal. */
#include "invite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "home.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/options.h"
#include "lib/output.h"
#include "list/edit_args.h"
#include "mesh_cmds.h"
#include "sys/sigwatch.h"

#define NODE_DAYS 825
#define DAYS_MAX 36500
#define EXPIRE_S 3600
#define EXPIRE_MAX_S (7 * 86400)

static int
take_expire(void *ctx, const struct option_row *row, const char *arg,
	    struct err *e)
{
	struct invite *in = ctx;
	static const struct {
		const char *unit;
		int64_t s;
	} units[] = {
		{ "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 }
	};
	size_t digits = strspn(arg, "0123456789");
	uint64_t n;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(arg + digits, units[i].unit) == 0 &&
		    text_u64(&n, (struct span){ arg, digits }, 1,
			     (uint64_t)(EXPIRE_MAX_S / units[i].s)) == 0) {
			in->seconds = (int64_t)n * units[i].s;
			return 0;
		}
	return err_set(e, ERR_USAGE,
		       "--%s \"%s\": expected a time from 1s to 7d, like "
		       "30min or 24h",
		       row->name, arg);
}

/* Keeps an option for bnl-sign add, which checks it later. */
static int
take_word(void *ctx, const struct option_row *row, const char *arg,
	  struct err *e)
{
	struct invite *in = ctx;
	char **word = &in->words[in->nwords];

	if (in->nwords == INVITE_WORDS_MAX)
		return err_set(e, ERR_USAGE, "more options than %d",
			       INVITE_WORDS_MAX);
	if (asprintf(word, "--%s=%s", row->name, arg) < 0)
		return err_nomem(e);
	in->nwords++;
	return 0;
}

static int
take_address(void *ctx, const struct option_row *row, const char *arg,
	     struct err *e)
{
	return home_check_address(NULL, row, arg, e) != 0 ?
		       -1 :
		       take_word(ctx, row, arg, e);
}

static int
take_ou(void *ctx, const struct option_row *row, const char *arg, struct err *e)
{
	(void)ctx;
	if (strlen(arg) <= CERT_OU_MAX && text_is_utf8(arg, strlen(arg)))
		return 0;
	return err_set(e, ERR_USAGE, "--%s: expected UTF-8 of at most %d bytes",
		       row->name, CERT_OU_MAX);
}

/* Refuses combinations that exclude each other, and arguments that bnl-sign
 * would refuse. one: an option was given that is for one name. */
static int
check_options(const struct invite *in, const struct options *o, bool one,
	      int names)
{
	static char add[] = "add", name[] = "a";
	char *argv[INVITE_WORDS_MAX + 3] = { add };
	const int first = optind; /* edit_args_read() changes it */
	struct edit_args args;
	int n = 1, rc;

	if (names > INVITE_GUESTS_MAX)
		return options_misused(o,
				       "at most %d names can be invited at "
				       "once",
				       INVITE_GUESTS_MAX);
	if (in->replace && in->nwords > 0 && (in->rooms || !in->addresses))
		return options_misused(o, "--replace is for a key; \"bnl-sign "
					  "set\" changes what is routed to a "
					  "node");
	if (one && names > 1)
		return options_misused(o, "--address and --subnet are for one "
					  "name");
	for (unsigned int i = 0; i < in->nwords; i++)
		argv[n++] = in->words[i];
	argv[n++] = name;
	rc = edit_args_read(&args, n, argv);
	edit_args_free(&args);
	optind = first;
	return rc;
}

static int
parse_args(struct invite *in, int argc, char **argv)
{
	bool subnets = false;
	/* clang-format off */
	const struct option_row rows[] = {
	    {0, "expire", "TIME", "how long the tokens are good: 90s, 30min, "
	     "24h, 7d at most (1h)", .take = take_expire, .ctx = in},
	    {0, "replace", NULL, "for nodes that are in the list already: "
	     "they get a new key, the old one is revoked",
	     .flag = &in->replace},
	    {0, "address", "ADDRESS", "where others reach it, for one name "
	     "(where it comes from, or what join says)", .take = take_address,
	     .ctx = in, .flag = &in->addresses},
	    {0, "subnet", "SUBNET", "a subnet that is routed to it, for one "
	     "name; may be repeated", .take = take_word, .ctx = in,
	     .flag = &subnets},
	    {0, "hosts", "N", "the first free subnet for N hosts (as large as "
	     "this node's)", .take = take_word, .ctx = in,
	     .flag = &in->rooms},
	    {0, "subnet4", "LENGTH", "the first free IPv4 subnet of that "
	     "length", .take = take_word, .ctx = in, .flag = &in->rooms},
	    {0, "subnet6", "LENGTH", "the first free IPv6 subnet of that "
	     "length", .take = take_word, .ctx = in, .flag = &in->rooms},
	    {0, "prefix", "PREFIX", "where free subnets are looked for",
	     .take = take_word, .ctx = in},
	    {0, "port", "PORT", "TCP, to answer on (3407)",
	     .number = &in->port, .min = 1, .max = 65535},
	    {0, "via", "ADDRESS", "where new hosts reach this one; may be "
	     "repeated (its addresses in the list)", .values = &in->via,
	     .most = TOKEN_ENDPOINTS_MAX},
	    {0, "ou", "OU", "for their certificates (that of this node's)",
	     .take = take_ou, .text = &in->ou},
	    {0, "days", "N", "how long these are valid (825)",
	     .number = &in->days, .min = 1, .max = DAYS_MAX},
	    {0, "ca", "DIR", "where ca.pem and ca.key are (the directory of "
	     "the configuration)", .text = &in->ca_dir},
	    {'c', "config", "DIR", "(" DEFAULT_CONF_DIR ")",
	     .text = &in->dir},
	    {'k', "key", "KEY", "that signs the list (bnl.key there)",
	     .text = &in->key},
	    {.name = NULL},
	};
	/* clang-format on */
	struct options o = {
		.command = "invite",
		.usage = "cluevpnctl invite [OPTION]... NAME...",
		.about =
			"Prints a token for each new node, and lets it in when "
			"\"cluevpnctl join\" is given that token on its host.",
		.rows = rows,
		.min = 1,
		.max = argc,
	};
	int rc = options_parse(&o, argc, argv);

	in->rooms = in->rooms || subnets;
	return rc < 0 ? check_options(in, &o, in->addresses || subnets,
				      argc - optind) :
			rc;
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
	struct invite_net net = { .pid = 0 };
	char *key = NULL;
	struct err e;
	int rc = parse_args(in, argc, argv);

	if (rc >= 0)
		return rc;
	argv += optind;
	argc -= optind;
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
