/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl init: the command line and its defaults. */
#include "init.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/rng.h"
#include "daemon_user.h"
#include "format/bnl_own.h"
#include "host_net.h"
#include "lib/defaults.h"
#include "lib/keyfile.h"
#include "lib/options.h"
#include "lib/output.h"
#include "mesh_cmds.h"
#include "service.h"

#define V4_SUBNET_LEN 24
#define V6_SUBNET_LEN 64

static int
keep_word(struct words *w, const char *what, const char *v, struct err *e)
{
	if (w->n == INIT_WORDS_MAX)
		return err_set(e, ERR_USAGE,
			       "--%s is given more than %d "
			       "times",
			       what, INIT_WORDS_MAX);
	w->v[w->n] = strdup(v);
	return w->v[w->n++] == NULL ? err_nomem(e) : 0;
}

/* Checks the words by the parser of lists; a prefix has the syntax of a
 * subnet. */
static int
keep_prefix(struct words *w, const char *what, const char *arg, struct err *e)
{
	struct bnl_value v;

	if (bnl_value_read(&v, BNL_SUBNET, arg, e) == 0)
		return keep_word(w, what, v.text, e);
	e->code = ERR_USAGE;
	return err_prefix(e, "--%s", what);
}

static int
take_address(void *ctx, const struct option_row *row, const char *arg,
	     struct err *e)
{
	return home_check_address(NULL, row, arg, e) != 0 ?
		       -1 :
		       keep_word(ctx, row->name, arg, e);
}

static int
take_prefix(void *ctx, const struct option_row *row, const char *arg,
	    struct err *e)
{
	return keep_prefix(ctx, row->name, arg, e);
}

static int
take_network(void *ctx, const struct option_row *row, const char *arg,
	     struct err *e)
{
	(void)ctx;
	if (text_is_node_name((struct span){ arg, strlen(arg) }))
		return 0;
	return err_set(e, ERR_USAGE,
		       "--%s \"%s\": expected a-z, 0-9, \".\", \"-\" and "
		       "\"_\", at most %d, a letter or digit first",
		       row->name, arg, NODE_NAME_MAX);
}

static int
take_name(void *ctx, const struct option_row *row, const char *arg,
	  struct err *e)
{
	struct init *in = ctx;

	if (arg[0] == '\0' || strlen(arg) >= sizeof(in->name))
		return err_set(e, ERR_USAGE,
			       "--%s: expected 1 to %d "
			       "characters",
			       row->name, NODE_NAME_MAX);
	snprintf(in->name, sizeof(in->name), "%s", arg);
	return 0;
}

/* --- defaults ------------------------------------------------------------- */

static int
default_name(struct init *in, struct err *e)
{
	struct span s;

	if (in->name[0] == '\0' &&
	    gethostname(in->name, sizeof(in->name) - 1) == 0)
		for (char *p = in->name; *p != '\0'; p++)
			*p = (char)tolower((unsigned char)*p);
	s = (struct span){ in->name, strlen(in->name) };
	if (text_is_node_name(s) && strcmp(in->name, "localhost") != 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "\"%s\" is no name for a node; expected a-z, 0-9, "
		       "\".\", \"-\" and \"_\", at most %d: give one with "
		       "--name",
		       in->name, NODE_NAME_MAX);
}

static int
default_addresses(struct init *in, struct err *e)
{
	static const enum ip_family families[] = { IP_V4, IP_V6 };
	char text[IPADDR_TEXT_MAX];
	struct ipaddr a;

	if (in->no_address && in->addresses.n > 0)
		return err_set(e, ERR_USAGE,
			       "--address and --no-address "
			       "exclude each other");
	if (in->no_address || in->addresses.n > 0)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		if (!host_net_address(&a, families[i]))
			continue;
		in->private = in->private || host_net_private(&a);
		if (keep_word(&in->addresses, "address",
			      ipaddr_format(text, &a), e) != 0)
			return -1;
	}
	if (in->addresses.n > 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "this host has no default route that would tell its "
		       "address: give it with --address, or --no-address if "
		       "others cannot reach it");
}

/* Collects this node's IPv4 addresses: none may lie inside the prefix. */
static size_t
own_addresses(const struct init *in, struct ipaddr out[INIT_WORDS_MAX])
{
	struct bnl_value v;
	size_t n = 0;

	for (size_t i = 0; i < in->addresses.n; i++)
		if (bnl_value_read(&v, BNL_ADDRESS, in->addresses.v[i], NULL) ==
			    0 &&
		    v.p.addr.family == IP_V4)
			out[n++] = v.p.addr;
	return n;
}

/* Chosen at random, so that two networks can be joined one day. RFC 4193,
 * section 3.2: 40 random bits. */
static int
default_prefixes(struct init *in, struct err *e)
{
	const struct rng rng = rng_system();
	struct ipaddr own[INIT_WORDS_MAX];
	char text[PREFIX_TEXT_MAX];
	struct prefix p;

	if (in->prefixes.n > 0)
		return 0;
	if (host_net_prefix(&p, own, own_addresses(in, own), e) != 0 ||
	    keep_word(&in->prefixes, "prefix", prefix_format(text, &p), e) != 0)
		return -1;
	memset(&p, 0, sizeof(p));
	p.addr.family = IP_V6;
	p.addr.b[0] = 0xfd;
	rng_fill(&rng, p.addr.b + 1, 5);
	p.len = 48;
	return keep_word(&in->prefixes, "prefix", prefix_format(text, &p), e);
}

static int
default_subnets(struct init *in, struct err *e)
{
	char text[PREFIX_TEXT_MAX];
	unsigned int len;
	struct prefix p;

	if (in->subnets.n > 0)
		return 0;
	for (size_t i = 0; i < in->prefixes.n; i++) {
		const char *v = in->prefixes.v[i];

		if (prefix_parse(&p, v, strlen(v)) != 0)
			continue; /* keep_prefix() refused such words */
		len = p.addr.family == IP_V4 ? V4_SUBNET_LEN : V6_SUBNET_LEN;
		p = prefix_mask(&p.addr, p.len > len ? p.len : len);
		if (keep_word(&in->subnets, "subnet", prefix_format(text, &p),
			      e) != 0)
			return -1;
	}
	return 0;
}

static int
set_defaults(struct init *in, struct err *e)
{
	const char *dot;

	if (default_name(in, e) != 0)
		return -1;
	dot = strchr(in->name, '.');
	if (in->network == NULL)
		in->network =
			dot != NULL && dot[1] != '\0' ? dot + 1 : "cluevpn";
	return default_addresses(in, e) != 0 || default_prefixes(in, e) != 0 ?
		       -1 :
		       default_subnets(in, e);
}

static void
show_words(const char *option, const struct words *w)
{
	printf("  %-13s", option);
	for (size_t i = 0; i < w->n; i++)
		printf(" %s", w->v[i]);
	putchar('\n');
}

static void
show_plan(const struct init *in)
{
	puts("A network with these (each is an option):");
	printf("  %-13s %s\n", "--name", in->name);
	if (in->no_address)
		puts("  --no-address");
	else
		show_words("--address", &in->addresses);
	printf("  %-13s %u\n", "--port", (unsigned int)in->home.port);
	printf("  %-13s %s\n", "--network", in->network);
	show_words("--prefix", &in->prefixes);
	show_words("--subnet", &in->subnets);
	printf("  %-13s %s\n", "--key-type",
	       in->type == KEY_DSA ? "dsa" : "ed25519");
	printf("  %-13s %s\n", "--config-dir", in->home.dir);
	printf("  %-13s %s\n", "--state-dir", in->home.state);
	for (size_t i = 0; i < in->home.sets.n; i++)
		printf("  %-13s %s\n", "--set", in->home.sets.v[i]);
	if (in->private)
		puts("The address is a private one: if others reach this host "
		     "by another, begin\nanew with --address");
	fflush(stdout);
}

/* --- running -------------------------------------------------------------- */

static void
words_free(struct words *w)
{
	while (w->n > 0)
		free(w->v[--w->n]);
}

static int
parse_args(struct init *in, int argc, char **argv)
{
	const struct option_row rows[] = {
		{ 'N', "name", "NAME",
		  "the name of this node (the host's name)", .take = take_name,
		  .ctx = in },
		{ 0, "address", "ADDRESS",
		  "where others reach it; may be repeated "
		  "(that of the default route)",
		  .take = take_address, .ctx = &in->addresses },
		{ 0, "no-address", NULL, "others cannot reach it first",
		  .flag = &in->no_address },
		{ 0, "network", "NAME", "the network's name",
		  .take = take_network, .text = &in->network },
		{ 0, "prefix", "PREFIX",
		  "the addresses in it; may be repeated (a "
		  "random /16 of 10.0.0.0/8 or 172.16.0.0/12 that this host does "
		  "not use, and a random fd.../48)",
		  .take = take_prefix, .ctx = &in->prefixes },
		{ 0, "subnet", "SUBNET",
		  "this node's; may be repeated (the first "
		  "of each prefix)",
		  .take = take_prefix, .ctx = &in->subnets },
		{ 0, "key-type", "TYPE",
		  "of the key that signs the list: dsa "
		  "(default) or ed25519",
		  .take = keyfile_type_option, .ctx = &in->type },
		HOME_OPTIONS(&in->home),
		{ 'n', "dry-run", NULL, "only show all that",
		  .flag = &in->dry_run },
		{ .name = NULL },
	};
	struct options o = {
		.command = "init",
		.usage = "cluevpnctl init [OPTION]...",
		.about =
			"Founds a network: makes its keys, its first list and "
			"the configuration of this host, and starts the daemon. "
			"Shows the value that it takes for each of:",
		.rows = rows,
	};

	return options_parse(&o, argc, argv);
}

int
mesh_init(int argc, char **argv)
{
	struct init in = { .type = KEY_DSA };
	struct err e;
	int rc;

	home_init(&in.home);
	rc = parse_args(&in, argc, argv);
	if (rc >= 0)
		goto out;
	rc = EXIT_FAILED;
	if (init_check(&in, &e) != 0 || set_defaults(&in, &e) != 0 ||
	    init_plan(&in, &e) != 0) {
		output_err(NULL, &e);
		if (e.code == ERR_USAGE)
			rc = EXIT_USAGE;
		goto out;
	}
	show_plan(&in);
	daemon_user_choose(&in.home);
	rc = EXIT_OK;
	if (!in.dry_run &&
	    (init_make(&in, &e) != 0 || service_start(&in.home, &e) != 0)) {
		output_err(NULL, &e);
		rc = e.code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
	} else if (!in.dry_run) {
		puts("next: cluevpnctl invite NAME... for the other hosts");
	}
out:
	words_free(&in.addresses);
	words_free(&in.prefixes);
	words_free(&in.subnets);
	return rc;
}
