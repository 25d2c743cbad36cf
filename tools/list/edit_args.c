/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command lines of add, set, remove and revoke. */
#include "edit_args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/bnl_free.h"
#include "format/bnl_parse.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/output.h"

#define USAGE_END \
	"  -c, --config DIR|FILE\n" \
	"                     tells this machine's name (" DEFAULT_CONF_DIR ")\n" \
	"  -k KEY             the private key (" DEFAULT_SIGN_KEY ")\n" \
	"  -l, --list FILE    the list (" DEFAULT_LIST ")\n" \
	"  -n, --dry-run      only show what would change\n" \
	"  -N, --name NAME    this machine's name\n" \
	"  -p, --pubkey PUBKEY\n" \
	"                     the last list may be signed by this one\n" \
	"      --go-back      sign on from a list that this key replaced since\n" \
	"      --push         then offer it to all nodes, and wait for them\n" \
	"  -y, --yes          do not ask\n" \
	"  -h, --help\n"

static const char add_usage[] =
    "usage: bnl-sign add [OPTION]... NODE\n"
    "       bnl-sign add [OPTION]... --from FILE\n"
    "Adds a node to the list, or all that are in FILE; signs and installs it.\n"
    "      --from FILE    nodes, written as in a list (-: standard input)\n"
    "      --address ADDRESS [port PORT]\n"
    "                     where it is reached; may be repeated\n"
    "      --subnet ADDRESS/LENGTH\n"
    "                     what is routed to it; may be repeated\n"
    "      --hosts N      the first free IPv4 subnet for N hosts\n"
    "      --subnet4 LENGTH, --subnet6 LENGTH\n"
    "                     the first free subnet of that length\n"
    "      --prefix ADDRESS/LENGTH\n"
    "                     where free subnets are looked for\n"
    "      --key DIGEST   its certificate must have this key\n" USAGE_END;

static const char set_usage[] =
    "usage: bnl-sign set [OPTION]... NODE\n"
    "Replaces what is given, signs the list and installs it.\n"
    "      --address ADDRESS [port PORT]\n"
    "                     where it is reached; may be repeated\n"
    "      --subnet ADDRESS/LENGTH\n"
    "                     what is routed to it; may be repeated\n"
    "      --key DIGEST   its certificate must have this key\n"
    "      --no-address, --no-subnet, --no-key\n"
    "                     none any more\n" USAGE_END;

static const char remove_usage[] =
    "usage: bnl-sign remove [OPTION]... NODE...\n"
    "Removes nodes from the list and revokes their keys, where it has them;\n"
    "signs it and installs it.\n"
    "      --no-revoke    leave the keys alone\n" USAGE_END;

static const char revoke_usage[] =
    "usage: bnl-sign revoke [OPTION]... [DIGEST]...\n"
    "Revokes keys, signs the list and installs it.\n"
    "      --from FILE    those in it too, one a line\n" USAGE_END;

static const struct {
	const char *word;
	enum edit_verb verb;
	const char *usage;
} verbs[] = {
    {"add", EDIT_ADD, add_usage},
    {"set", EDIT_SET, set_usage},
    {"remove", EDIT_REMOVE, remove_usage},
    {"revoke", EDIT_REVOKE, revoke_usage},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static size_t
verb_of(const char *word)
{
	size_t i = 0;

	while (i < VERBS && strcmp(word, verbs[i].word) != 0)
		i++;
	return i;
}

bool
edit_args_knows(const char *word)
{
	return verb_of(word) < VERBS;
}

enum {
	OPT_ADDRESS = 256,
	OPT_SUBNET,
	OPT_KEY,
	OPT_NO_ADDRESS, /* same order as above */
	OPT_NO_SUBNET,
	OPT_NO_KEY,
	OPT_HOSTS,
	OPT_SUBNET4,
	OPT_SUBNET6,
	OPT_PREFIX,
	OPT_NO_REVOKE,
	OPT_FROM,
	OPT_END
};

/* The commands that have each option. */
static const unsigned int belongs[OPT_END - OPT_ADDRESS] = {
    EDIT_ADD | EDIT_SET, /* --address */
    EDIT_ADD | EDIT_SET,
    EDIT_ADD | EDIT_SET,
    EDIT_SET, /* --no-address */
    EDIT_SET,
    EDIT_SET,
    EDIT_ADD, /* --hosts */
    EDIT_ADD,
    EDIT_ADD,
    EDIT_ADD, /* --prefix */
    EDIT_REMOVE,
    EDIT_ADD | EDIT_REVOKE, /* --from */
};

static const struct option options[] = {
    {"address", required_argument, NULL, OPT_ADDRESS},
    {"subnet", required_argument, NULL, OPT_SUBNET},
    {"key", required_argument, NULL, OPT_KEY},
    {"no-address", no_argument, NULL, OPT_NO_ADDRESS},
    {"no-subnet", no_argument, NULL, OPT_NO_SUBNET},
    {"no-key", no_argument, NULL, OPT_NO_KEY},
    {"hosts", required_argument, NULL, OPT_HOSTS},
    {"subnet4", required_argument, NULL, OPT_SUBNET4},
    {"subnet6", required_argument, NULL, OPT_SUBNET6},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {"no-revoke", no_argument, NULL, OPT_NO_REVOKE},
    {"from", required_argument, NULL, OPT_FROM},
    {"config", required_argument, NULL, 'c'},
    {"list", required_argument, NULL, 'l'},
    {"dry-run", no_argument, NULL, 'n'},
    {"name", required_argument, NULL, 'N'},
    {"pubkey", required_argument, NULL, 'p'},
    {"yes", no_argument, NULL, 'y'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"go-back", no_argument, NULL, SIGN_SESSION_BACK},
    {"push", no_argument, NULL, SIGN_SESSION_PUSH},
    {NULL, 0, NULL, 0},
};

static int
no_memory(void)
{
	struct err e;

	err_nomem(&e);
	output_err(NULL, &e);
	return EXIT_FAILED;
}

/* Prints a usage error; returns the exit code. */
static int
print_usage_error(const struct err *e)
{
	output_err(NULL, e);
	return EXIT_USAGE;
}

/* Takes an address, subnet or key. Like all take_ functions: -1 to continue,
 * else the exit code. */
static int
take_own(struct edit_args *cmd, enum bnl_own own, const char *arg)
{
	struct err e;

	if (own == BNL_KEY && cmd->change.v[own].n > 0)
		err_set(&e, ERR_DUPLICATE, "--key is given twice");
	else if (bnl_change_add(&cmd->change, own, arg, &e) == 0)
		return -1;
	return print_usage_error(&e);
}

/* Takes an address, which "port N" may follow as separate arguments. */
static int
take_address(struct edit_args *cmd, int argc, char **argv)
{
	char *both;
	int rc;

	if (optind + 1 >= argc || strcmp(argv[optind], "port") != 0)
		return take_own(cmd, BNL_ADDRESS, optarg);
	if (asprintf(&both, "%s port %s", optarg, argv[optind + 1]) < 0)
		return no_memory();
	optind += 2;
	rc = take_own(cmd, BNL_ADDRESS, both);
	free(both);
	return rc;
}

static int
take_room(struct edit_args *cmd, int opt, const char *arg)
{
	struct span s = {arg, strlen(arg)};
	struct bnl_room *room = vec_push(&cmd->rooms, sizeof(*room));
	unsigned int bits = opt == OPT_SUBNET6 ? 128 : 32;
	uint64_t n;
	struct err e;
	int len;

	if (room == NULL)
		return no_memory();
	room->family = opt == OPT_SUBNET6 ? IP_V6 : IP_V4;
	if (opt == OPT_HOSTS) {
		len = text_u64(&n, s, 1, UINT32_MAX) == 0 ? bnl_hosts_len(n)
							  : -1;
		if (len < 0) {
			err_set(&e, ERR_RANGE,
				"--hosts \"%s\": expected a number of hosts "
				"from 1 to 4294967294",
				arg);
			return print_usage_error(&e);
		}
		room->len = (unsigned int)len;
		return -1;
	}
	if (text_u64(&n, s, 1, bits) != 0) {
		err_set(&e, ERR_RANGE,
			"--subnet%d \"%s\": expected a length from 1 to %u",
			(int)room->family, arg, bits);
		return print_usage_error(&e);
	}
	room->len = (unsigned int)n;
	return -1;
}

static int
take_prefix(struct edit_args *cmd, const char *arg)
{
	const struct prefix *old = cmd->within.mem;
	struct prefix p, *item;
	struct err e;

	if (prefix_parse(&p, arg, strlen(arg)) != 0) {
		err_set(&e, ERR_SYNTAX,
			"--prefix \"%s\": expected ADDRESS/LENGTH like "
			"192.0.2.0/24 or 2001:db8::/48",
			arg);
		return print_usage_error(&e);
	}
	for (size_t i = 0; i < cmd->within.n; i++)
		if (old[i].addr.family == p.addr.family) {
			err_set(&e, ERR_DUPLICATE,
				"--prefix is given twice for IPv%d",
				(int)p.addr.family);
			return print_usage_error(&e);
		}
	item = vec_push(&cmd->within, sizeof(*item));
	if (item == NULL)
		return no_memory();
	*item = p;
	return -1;
}

static int
read_nodes(struct edit_args *cmd, const char *text, size_t len,
	   struct errs *es)
{
	struct err e;

	if (bnl_parse_nodes(&cmd->nodes, text, len, es) != 0)
		return -1;
	if (cmd->nodes->nnodes > 0)
		return 0;
	err_set(&e, ERR_SYNTAX, "there is no node in it: expected \"node "
		"NAME\" and, below it, address, subnet and key lines");
	errs_add(es, &e);
	return -1;
}

static int
take_from(struct edit_args *cmd, const char *path)
{
	struct errs es = {0};
	struct err e;
	size_t len;
	char *text;
	int rc;

	if (cmd->verb == EDIT_ADD && cmd->from != NULL) {
		err_set(&e, ERR_DUPLICATE, "--from is given twice");
		return print_usage_error(&e);
	}
	cmd->from = path;
	if (file_read(&text, &len,
		      strcmp(path, "-") == 0 ? "/dev/stdin" : path,
		      BNL_BYTES_MAX, &e) != 0) {
		output_err(NULL, &e);
		return EXIT_FAILED;
	}
	rc = cmd->verb == EDIT_ADD
		 ? read_nodes(cmd, text, len, &es)
		 : bnl_revoke_read(&cmd->keys, text, len, &es);
	free(text);
	if (rc == 0)
		return -1;
	output_errs(path, &es);
	return EXIT_USAGE;
}

static int
take_word(struct edit_args *cmd, const char *arg)
{
	struct bnl_revoke *key;
	const char **word;
	struct err e;

	if (cmd->verb != EDIT_REVOKE) {
		word = vec_push(&cmd->words, sizeof(*word));
		if (word == NULL)
			return no_memory();
		*word = arg;
		return -1;
	}
	key = vec_push(&cmd->keys, sizeof(*key));
	if (key == NULL)
		return no_memory();
	if (fingerprint_parse(key->fp, arg, strlen(arg)) == 0)
		return -1;
	err_set(&e, ERR_SYNTAX,
		"\"%s\": expected sha256: and 64 hexadecimal digits", arg);
	return print_usage_error(&e);
}

static int
take_option(struct edit_args *cmd, int c, int argc, char **argv)
{
	switch (c) {
	case 1:
		return take_word(cmd, optarg);
	case 'l':
		cmd->run.sign.in = optarg;
		return -1;
	case OPT_ADDRESS:
		return take_address(cmd, argc, argv);
	case OPT_SUBNET:
	case OPT_KEY:
		return take_own(cmd, (enum bnl_own)(c - OPT_ADDRESS), optarg);
	case OPT_NO_ADDRESS:
	case OPT_NO_SUBNET:
	case OPT_NO_KEY:
		cmd->none[c - OPT_NO_ADDRESS] = true;
		cmd->change.given[c - OPT_NO_ADDRESS] = true;
		return -1;
	case OPT_HOSTS:
	case OPT_SUBNET4:
	case OPT_SUBNET6:
		return take_room(cmd, c, optarg);
	case OPT_PREFIX:
		return take_prefix(cmd, optarg);
	case OPT_NO_REVOKE:
		cmd->keep_keys = true;
		return -1;
	case OPT_FROM:
		return take_from(cmd, optarg);
	default:
		return sign_session_option(&cmd->run, c, optarg, cmd->usage);
	}
}

static bool
has_values(const struct bnl_change *c)
{
	return c->given[BNL_ADDRESS] || c->given[BNL_SUBNET] ||
	       c->given[BNL_KEY];
}

/* Refuses options that exclude each other. */
static int
check_options(const struct edit_args *cmd)
{
	static const char *const own[BNL_OWNS] = {"address", "subnet", "key"};
	const struct bnl_change *c = &cmd->change;
	struct err e;

	for (int i = 0; i < BNL_OWNS; i++)
		if (cmd->none[i] && c->v[i].n > 0) {
			err_set(&e, ERR_CONFLICT, "--%s and --no-%s", own[i],
				own[i]);
			return print_usage_error(&e);
		}
	if (cmd->within.n > 0 && cmd->rooms.n == 0) {
		err_set(&e, ERR_USAGE,
			"--prefix is for --hosts, --subnet4 and --subnet6");
		return print_usage_error(&e);
	}
	if (cmd->nodes != NULL &&
	    (cmd->words.n > 0 || cmd->rooms.n > 0 || has_values(c))) {
		err_set(&e, ERR_CONFLICT,
			"--from says all of its nodes: expected no NODE, no "
			"--address, --subnet or --key and no size of a subnet "
			"beside it");
		return print_usage_error(&e);
	}
	if (cmd->nodes != NULL)
		return -1;
	if (((cmd->verb & (EDIT_ADD | EDIT_SET)) != 0 && cmd->words.n != 1) ||
	    (cmd->verb == EDIT_REMOVE && cmd->words.n == 0) ||
	    (cmd->verb == EDIT_REVOKE && cmd->keys.n == 0 &&
	     cmd->from == NULL) ||
	    (cmd->verb == EDIT_SET && !has_values(c))) {
		fputs(cmd->usage, stderr);
		return EXIT_USAGE;
	}
	return -1;
}

int
edit_args_read(struct edit_args *cmd, int argc, char **argv)
{
	size_t verb = verb_of(argv[1]);
	int c, rc;

	memset(cmd, 0, sizeof(*cmd));
	cmd->verb = verbs[verb].verb;
	cmd->usage = verbs[verb].usage;
	cmd->run.sign.in = DEFAULT_LIST;
	/* Restarts getopt; puts the program's name where the command was, as
	 * getopt_long() expects it. */
	optind = 0;
	argv[1] = argv[0];
	argv++;
	argc--;
	/* "-": getopt_long() returns arguments in their place, because "port"
	 * belongs to the address before it. */
	while ((c = getopt_long(argc, argv, "-" SIGN_SESSION_SHORT "l:", options,
				NULL)) != -1) {
		if (c >= OPT_ADDRESS && c < OPT_END &&
		    (belongs[c - OPT_ADDRESS] & cmd->verb) == 0) {
			fputs(cmd->usage, stderr);
			return EXIT_USAGE;
		}
		rc = take_option(cmd, c, argc, argv);
		if (rc >= 0)
			return rc;
	}
	for (; optind < argc; optind++) {
		rc = take_word(cmd, argv[optind]);
		if (rc >= 0)
			return rc;
	}
	cmd->run.sign.out = cmd->run.sign.in;
	return check_options(cmd);
}

void
edit_args_free(struct edit_args *cmd)
{
	sign_session_free(&cmd->run);
	bnl_change_free(&cmd->change);
	free(cmd->words.mem);
	free(cmd->rooms.mem);
	free(cmd->within.mem);
	free(cmd->keys.mem);
	bnl_free(cmd->nodes);
}
