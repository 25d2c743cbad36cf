/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl init: the command line and its defaults. */
#include "init.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/rng.h"
#include "daemon_user.h"
#include "format/bnl_own.h"
#include "host_net.h"
#include "lib/defaults.h"
#include "lib/output.h"
#include "mesh_cmds.h"
#include "service.h"

#define V4_SUBNET_LEN 24
#define V6_SUBNET_LEN 64

enum {
	OPT_ADDRESS = 256,
	OPT_NO_ADDRESS,
	OPT_PORT,
	OPT_NETWORK,
	OPT_PREFIX,
	OPT_SUBNET,
	OPT_KEY_TYPE,
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
    {"network", required_argument, NULL, OPT_NETWORK},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {"subnet", required_argument, NULL, OPT_SUBNET},
    {"key-type", required_argument, NULL, OPT_KEY_TYPE},
    {"config-dir", required_argument, NULL, OPT_DIR},
    {"state-dir", required_argument, NULL, OPT_STATE},
    {"set", required_argument, NULL, OPT_SET},
    {"dry-run", no_argument, NULL, 'n'},
    {"no-user", no_argument, NULL, OPT_NO_USER},
    {"no-start", no_argument, NULL, OPT_NO_START},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: cluevpnctl init [OPTION]...\n"
    "Founds a network: makes its keys, its first list and this host's\n"
    "configuration, and starts the daemon. Shows what it takes for each of:\n"
    "  -N, --name NAME         this node (the host's name)\n"
    "      --address ADDRESS   where others reach it; may be repeated (that\n"
    "                          of the default route)\n"
    "      --no-address        others cannot reach it first\n"
    "      --port PORT         UDP and TCP (3406)\n"
    "      --network NAME      the network's name\n"
    "      --prefix PREFIX     the addresses in it; may be repeated\n"
    "                          (a random /16 of 10.0.0.0/8 or 172.16.0.0/12\n"
    "                          that this host does not use, and a random\n"
    "                          fd.../48)\n"
    "      --subnet SUBNET     this node's; may be repeated (the first of\n"
    "                          each prefix)\n"
    "      --key-type TYPE     of the key that signs the list: dsa (default)\n"
    "                          or ed25519\n"
    "      --config-dir DIR    (" DEFAULT_CONF_DIR ")\n"
    "      --state-dir DIR     (" DEFAULT_STATE_DIR ")\n"
    "      --set KEY=VALUE     more for cluevpn.conf; may be repeated\n"
    "      --no-user           leave the daemon root (else it becomes the\n"
    "                          user " DEFAULT_USER ", where there is one)\n"
    "  -n, --dry-run           only show all that\n"
    "      --no-start          do not start the daemon\n"
    "  -h, --help\n";

static int
keep_word(struct words *w, const char *what, const char *v, struct err *e)
{
	if (w->n == INIT_WORDS_MAX)
		return err_set(e, ERR_USAGE, "--%s is given more than %d "
			       "times", what, INIT_WORDS_MAX);
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
take_network(struct init *in, const char *arg, struct err *e)
{
	if (!text_is_node_name((struct span){arg, strlen(arg)}))
		return err_set(e, ERR_USAGE,
			       "--network \"%s\": expected a-z, 0-9, \".\", "
			       "\"-\" and \"_\", at most %d, a letter or digit "
			       "first",
			       arg, NODE_NAME_MAX);
	in->network = arg;
	return 0;
}

static int
take_option(struct init *in, int c, const char *arg, struct err *e)
{
	switch (c) {
	case 'N':
		if (arg[0] == '\0' || strlen(arg) >= sizeof(in->name))
			return err_set(e, ERR_USAGE, "--name: expected 1 to "
				       "%d characters", NODE_NAME_MAX);
		snprintf(in->name, sizeof(in->name), "%s", arg);
		return 0;
	case 'n':
		in->dry_run = true;
		return 0;
	case OPT_ADDRESS:
		return home_address(arg, e) != 0
			   ? -1
			   : keep_word(&in->addresses, "address", arg, e);
	case OPT_NO_ADDRESS:
		in->no_address = true;
		return 0;
	case OPT_PORT:
		return home_port(&in->home, arg, e);
	case OPT_NETWORK:
		return take_network(in, arg, e);
	case OPT_PREFIX:
		return keep_prefix(&in->prefixes, "prefix", arg, e);
	case OPT_SUBNET:
		return keep_prefix(&in->subnets, "subnet", arg, e);
	case OPT_KEY_TYPE:
		if (strcmp(arg, "dsa") != 0 && strcmp(arg, "ed25519") != 0)
			return err_set(e, ERR_USAGE, "--key-type \"%s\": "
				       "expected dsa or ed25519", arg);
		in->type = strcmp(arg, "dsa") == 0 ? KEY_DSA : KEY_ED25519;
		return 0;
	case OPT_DIR:
		return home_dir(&in->home.dir, "config-dir", arg, e);
	case OPT_STATE:
		return home_dir(&in->home.state, "state-dir", arg, e);
	case OPT_SET:
		return home_set(&in->home, arg, e);
	case OPT_NO_USER:
		in->home.no_user = true;
		return 0;
	default:
		in->home.no_start = true;
		return 0;
	}
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
	s = (struct span){in->name, strlen(in->name)};
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
	static const enum ip_family families[] = {IP_V4, IP_V6};
	char text[IPADDR_TEXT_MAX];
	struct ipaddr a;

	if (in->no_address && in->addresses.n > 0)
		return err_set(e, ERR_USAGE, "--address and --no-address");
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
		if (bnl_value_read(&v, BNL_ADDRESS, in->addresses.v[i],
				   NULL) == 0 &&
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
		in->network = dot != NULL && dot[1] != '\0' ? dot + 1
							    : "cluevpn";
	return default_addresses(in, e) != 0 || default_prefixes(in, e) != 0
		   ? -1
		   : default_subnets(in, e);
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
	for (unsigned int i = 0; i < in->home.nsets; i++)
		printf("  %-13s %s\n", "--set", in->home.sets[i]);
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
	struct err e;
	int c;

	while ((c = getopt_long(argc, argv, "N:nh", options, NULL)) != -1) {
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
	if (optind < argc) {
		fprintf(stderr, "cluevpnctl: init: what is \"%s\" for?\n%s",
			argv[optind], usage);
		return EXIT_USAGE;
	}
	return -1;
}

int
mesh_init(int argc, char **argv)
{
	struct init in = {.type = KEY_DSA};
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
	if (!in.dry_run && (init_make(&in, &e) != 0 ||
			    service_start(&in.home, &e) != 0)) {
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
