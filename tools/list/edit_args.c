/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command lines of add, set, pin, remove and revoke. */
#include "edit_args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/bnl_free.h"
#include "format/bnl_parse.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/options.h"
#include "lib/output.h"

static const struct {
	const char *word;
	enum edit_verb verb;
	const char *usage;
	const char *about;
} verbs[] = {
	{ "add", EDIT_ADD,
	  "bnl-sign add [OPTION]... NODE\nbnl-sign add [OPTION]... --from FILE",
	  "Adds a node to the list, or all nodes in FILE; signs and installs it." },
	{ "set", EDIT_SET, "bnl-sign set [OPTION]... NODE",
	  "Replaces what is given, signs the list and installs it." },
	{ "pin", EDIT_PIN,
	  "bnl-sign pin [OPTION]... NODE...\nbnl-sign pin [OPTION]... --all",
	  "Pins nodes to the keys that they have shown to this node's daemon; "
	  "signs the list and installs it." },
	{ "remove", EDIT_REMOVE, "bnl-sign remove [OPTION]... NODE...",
	  "Removes nodes from the list and revokes their keys, where it has them; "
	  "signs it and installs it." },
	{ "revoke", EDIT_REVOKE, "bnl-sign revoke [OPTION]... [DIGEST]...",
	  "Revokes keys, signs the list and installs it." },
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

/* --- options -------------------------------------------------------------- */

static int
take_own(struct edit_args *a, enum bnl_own own, const char *arg, struct err *e)
{
	if (own == BNL_KEY && a->change.v[own].n > 0)
		return err_set(e, ERR_DUPLICATE, "--key is given twice");
	return bnl_change_add(&a->change, own, arg, e);
}

static int
take_subnet(void *ctx, const struct option_row *row, const char *arg,
	    struct err *e)
{
	(void)row;
	return take_own(ctx, BNL_SUBNET, arg, e);
}

static int
take_key(void *ctx, const struct option_row *row, const char *arg,
	 struct err *e)
{
	(void)row;
	return take_own(ctx, BNL_KEY, arg, e);
}

/* Takes an address, which "port N" may follow as separate arguments. */
static int
take_address(void *ctx, const struct option_row *row, const char *arg,
	     struct err *e)
{
	struct edit_args *a = ctx;
	char *both;
	int rc;

	(void)row;
	if (optind + 1 >= a->argc || strcmp(a->argv[optind], "port") != 0)
		return take_own(a, BNL_ADDRESS, arg, e);
	if (asprintf(&both, "%s port %s", arg, a->argv[optind + 1]) < 0)
		return err_nomem(e);
	optind += 2;
	rc = take_own(a, BNL_ADDRESS, both, e);
	free(both);
	return rc;
}

static int
take_hosts(void *ctx, const struct option_row *row, const char *arg,
	   struct err *e)
{
	struct edit_args *a = ctx;
	struct bnl_room *room;
	uint64_t n;
	int len = -1;

	(void)row;
	if (text_u64(&n, (struct span){ arg, strlen(arg) }, 1, UINT32_MAX) == 0)
		len = bnl_hosts_len(n);
	if (len < 0)
		return err_set(e, ERR_RANGE,
			       "--hosts \"%s\": expected a number of hosts "
			       "from 1 to 4294967294",
			       arg);
	room = vec_push(&a->rooms, sizeof(*room));
	if (room == NULL)
		return err_nomem(e);
	room->family = IP_V4;
	room->len = (unsigned int)len;
	return 0;
}

static int
take_length(void *ctx, const struct option_row *row, const char *arg,
	    struct err *e)
{
	bool six = strcmp(row->name, "subnet6") == 0;
	unsigned int bits = six ? 128 : 32;
	struct edit_args *a = ctx;
	struct bnl_room *room;
	uint64_t n;

	if (text_u64(&n, (struct span){ arg, strlen(arg) }, 1, bits) != 0)
		return err_set(e, ERR_RANGE,
			       "--%s \"%s\": expected a length from 1 to %u",
			       row->name, arg, bits);
	room = vec_push(&a->rooms, sizeof(*room));
	if (room == NULL)
		return err_nomem(e);
	room->family = six ? IP_V6 : IP_V4;
	room->len = (unsigned int)n;
	return 0;
}

static int
take_prefix(void *ctx, const struct option_row *row, const char *arg,
	    struct err *e)
{
	struct edit_args *a = ctx;
	const struct prefix *old = a->within.mem;
	struct prefix p, *item;

	if (prefix_parse(&p, arg, strlen(arg)) != 0)
		return err_set(e, ERR_SYNTAX,
			       "--%s \"%s\": expected ADDRESS/LENGTH like "
			       "192.0.2.0/24 or 2001:db8::/48",
			       row->name, arg);
	for (size_t i = 0; i < a->within.n; i++)
		if (old[i].addr.family == p.addr.family)
			return err_set(e, ERR_DUPLICATE,
				       "--%s is given twice for IPv%d",
				       row->name, (int)p.addr.family);
	item = vec_push(&a->within, sizeof(*item));
	if (item == NULL)
		return err_nomem(e);
	*item = p;
	return 0;
}

static int
take_from(void *ctx, const struct option_row *row, const char *arg,
	  struct err *e)
{
	const struct edit_args *a = ctx;

	(void)arg;
	if (a->verb != EDIT_ADD || a->from.n == 0)
		return 0;
	return err_set(e, ERR_DUPLICATE, "--%s is given twice", row->name);
}

static int
take_word(void *ctx, const struct option_row *row, const char *arg,
	  struct err *e)
{
	(void)row;
	return edit_args_add_word(ctx, arg, e);
}

int
edit_args_add_word(struct edit_args *a, const char *arg, struct err *e)
{
	const char **word = vec_push(&a->words, sizeof(*word));

	if (word == NULL)
		return err_nomem(e);
	*word = arg;
	return 0;
}

/* The keys that are arguments come after those of the files, which may have the
 * names of their nodes. -1: continue; else the exit code. */
static int
take_keys(struct edit_args *a)
{
	const char *const *words = a->words.mem;
	struct bnl_revoke *key;
	struct err e;

	for (size_t i = 0; a->verb == EDIT_REVOKE && i < a->words.n; i++) {
		key = vec_push(&a->keys, sizeof(*key));
		if (key == NULL)
			err_nomem(&e);
		else if (fingerprint_parse(key->fp, words[i],
					   strlen(words[i])) == 0)
			continue;
		else
			err_set(&e, ERR_SYNTAX,
				"\"%s\": expected sha256: and "
				"64 hexadecimal digits",
				words[i]);
		output_err(NULL, &e);
		return EXIT_USAGE;
	}
	return -1;
}

/* --- the file of --from --------------------------------------------------- */

static int
read_nodes(struct edit_args *a, const char *text, size_t len, struct errs *es)
{
	struct err e;

	if (bnl_parse_nodes(&a->nodes, text, len, es) != 0)
		return -1;
	if (a->nodes->nnodes > 0)
		return 0;
	err_set(&e, ERR_SYNTAX,
		"there is no node in it: expected \"node "
		"NAME\" and, below it, address, subnet and key lines");
	errs_add(es, &e);
	return -1;
}

/* -1: continue; else the exit code. */
static int
read_from(struct edit_args *a, const char *path)
{
	struct errs es = { 0 };
	struct err e;
	size_t len;
	char *text;
	int rc;

	if (file_read(&text, &len, strcmp(path, "-") == 0 ? "/dev/stdin" : path,
		      BNL_BYTES_MAX, &e) != 0) {
		output_err(NULL, &e);
		return EXIT_FAILED;
	}
	rc = a->verb == EDIT_ADD ? read_nodes(a, text, len, &es) :
				   bnl_revoke_read(&a->keys, text, len, &es);
	free(text);
	if (rc == 0)
		return -1;
	output_errs(path, &es);
	return EXIT_USAGE;
}

/* --- the command line ----------------------------------------------------- */

static bool
has_values(const struct bnl_change *c)
{
	return c->given[BNL_ADDRESS] || c->given[BNL_SUBNET] ||
	       c->given[BNL_KEY];
}

/* The number of arguments that the command needs. -1: continue. */
static int
check_words(const struct edit_args *a, const struct options *o)
{
	size_t n = a->words.n;

	if (a->verb == EDIT_PIN && a->all == (n > 0))
		return options_misused(o, "expected one of NODE and --all");
	if (n == 0 && a->from.n == 0 && !a->all)
		return options_misused(o, a->verb == EDIT_REVOKE ?
						  "expected a DIGEST or "
						  "--from" :
						  "expected a NODE");
	if (n > 1 && (a->verb & (EDIT_ADD | EDIT_SET)) != 0)
		return options_misused(o, "expected one NODE, found %zu", n);
	if (a->verb == EDIT_SET && !has_values(&a->change))
		return options_misused(o, "expected an option that says what "
					  "to replace");
	return -1;
}

/* Refuses options that exclude each other. -1: continue. */
static int
check_options(const struct edit_args *a, const struct options *o)
{
	static const char *const own[BNL_OWNS] = { "address", "subnet", "key" };
	const struct bnl_change *c = &a->change;
	struct err e;

	for (int i = 0; i < BNL_OWNS; i++)
		if (a->none[i] && c->v[i].n > 0) {
			err_set(&e, ERR_CONFLICT,
				"--%s and --no-%s exclude "
				"each other",
				own[i], own[i]);
			goto failed;
		}
	if (a->within.n > 0 && a->rooms.n == 0) {
		err_set(&e, ERR_USAGE,
			"--prefix is for --hosts, --subnet4 and --subnet6");
		goto failed;
	}
	if (a->verb != EDIT_ADD || a->from.n == 0)
		return check_words(a, o);
	if (a->words.n == 0 && a->rooms.n == 0 && !has_values(c))
		return -1;
	err_set(&e, ERR_CONFLICT,
		"--from has all of its nodes: expected no NODE, no --address, "
		"--subnet or --key and no size of a subnet beside it");
failed:
	output_err(NULL, &e);
	return EXIT_USAGE;
}

void
edit_args_init(struct edit_args *a, enum edit_verb verb)
{
	memset(a, 0, sizeof(*a));
	a->verb = verb;
	a->run.sign.in = DEFAULT_LIST;
	a->socket = DEFAULT_SOCKET;
}

/* The table of the commands, and the values that their options set. */
static int
read_options(struct edit_args *a, size_t verb, int argc, char **argv)
{
	/* clang-format off */
	const struct option_row rows[] = {
	    {0, "from", "FILE", a->verb == EDIT_ADD
	     ? "nodes, written as in a list (-: standard input)"
	     : "also the keys in this file, one in each line",
	     EDIT_ADD | EDIT_REVOKE, .take = take_from, .ctx = a,
	     .values = &a->from},
	    {0, "address", "ADDRESS", "where others reach it; \"port PORT\" "
	     "may follow; may be repeated", EDIT_ADD | EDIT_SET,
	     .take = take_address, .ctx = a},
	    {0, "subnet", "SUBNET", "a subnet that is routed to it; may be "
	     "repeated", EDIT_ADD | EDIT_SET, .take = take_subnet, .ctx = a},
	    {0, "hosts", "N", "the first free IPv4 subnet for N hosts",
	     EDIT_ADD, .take = take_hosts, .ctx = a},
	    {0, "subnet4", "LENGTH", "the first free IPv4 subnet of that "
	     "length", EDIT_ADD, .take = take_length, .ctx = a},
	    {0, "subnet6", "LENGTH", "the first free IPv6 subnet of that "
	     "length", EDIT_ADD, .take = take_length, .ctx = a},
	    {0, "prefix", "PREFIX", "where free subnets are looked for",
	     EDIT_ADD, .take = take_prefix, .ctx = a},
	    {0, "key", "DIGEST", "its certificate must have this key",
	     EDIT_ADD | EDIT_SET, .take = take_key, .ctx = a},
	    {0, "no-address", NULL, "no address any more", EDIT_SET,
	     .flag = &a->none[BNL_ADDRESS]},
	    {0, "no-subnet", NULL, "no subnet any more", EDIT_SET,
	     .flag = &a->none[BNL_SUBNET]},
	    {0, "no-key", NULL, "no key any more", EDIT_SET,
	     .flag = &a->none[BNL_KEY]},
	    {0, "no-revoke", NULL, "do not revoke the keys", EDIT_REMOVE,
	     .flag = &a->keep_keys},
	    {0, "all", NULL, "all nodes without a key", EDIT_PIN,
	     .flag = &a->all},
	    {'s', "socket", "SOCKET", "the daemon's (" DEFAULT_SOCKET ")",
	     EDIT_PIN, .text = &a->socket},
	    {'k', NULL, "KEY", SIGN_SESSION_KEY_HELP, .text = &a->run.key},
	    {'l', "list", "FILE", "the list (" DEFAULT_LIST ")",
	     .text = &a->run.sign.in},
	    SIGN_SESSION_OPTIONS(&a->run),
	    {.name = NULL},
	};
	/* clang-format on */
	struct options o = {
		.command = verbs[verb].word,
		.usage = verbs[verb].usage,
		.about = verbs[verb].about,
		.version = "bnl-sign",
		.rows = rows,
		.in = verbs[verb].verb,
		/* "port" belongs to the address before it. */
		.word = take_word,
		.ctx = a,
	};
	int rc;

	a->argc = argc;
	a->argv = argv;
	rc = options_parse(&o, argc, argv);
	for (int i = 0; i < BNL_OWNS; i++)
		if (a->none[i])
			a->change.given[i] = true;
	for (size_t i = 0; rc < 0 && i < a->from.n; i++)
		rc = read_from(a, a->from.v[i]);
	if (rc < 0)
		rc = take_keys(a);
	a->run.sign.out = a->run.sign.in;
	return rc < 0 ? check_options(a, &o) : rc;
}

int
edit_args_read(struct edit_args *a, int argc, char **argv)
{
	size_t verb = verb_of(argv[0]);

	edit_args_init(a, verbs[verb].verb);
	return read_options(a, verb, argc, argv);
}

void
edit_args_free(struct edit_args *a)
{
	sign_session_free(&a->run);
	bnl_change_free(&a->change);
	free(a->words.mem);
	free(a->rooms.mem);
	free(a->within.mem);
	free(a->keys.mem);
	bnl_free(a->nodes);
}
