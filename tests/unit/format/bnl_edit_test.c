/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits of a list's text: what changes, and that nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/bnl_edit.h"
#include "format/bnl_parse.h"

#define K1        \
	"sha256:" \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define K2        \
	"sha256:" \
	"2222222222222222222222222222222222222222222222222222222222222222"
#define K3        \
	"sha256:" \
	"3333333333333333333333333333333333333333333333333333333333333333"

#define K4        \
	"sha256:" \
	"4444444444444444444444444444444444444444444444444444444444444444"

#define HEAD "# Ours.\nnetwork a\nprefix 10.0.0.0/8\nprefix fd00::/16\n"

static struct bnl_edit *
begin(const char *text)
{
	struct bnl_edit *ed;
	struct errs es = { 0 };

	if (bnl_edit_new(&ed, text, strlen(text), &es) != 0)
		fail_msg("%s: %s", text, es.e[0].text);
	return ed;
}

/* The new text, malloc'd, which is a valid list when valid is set. */
static char *
end(struct bnl_edit *ed, bool valid)
{
	struct errs es = { 0 };
	struct bnl *b;
	struct buf out;
	char *text;

	buf_init(&out, BNL_BYTES_MAX);
	assert_int_equal(bnl_edit_write(ed, &out, NULL), 0);
	text = span_dup(
		(struct span){ (const char *)buf_data(&out), buf_len(&out) });
	if (valid && bnl_parse(&b, text, strlen(text), &es) != 0)
		fail_msg("%s:%u: %s", text, es.e[0].line, es.e[0].text);
	if (valid)
		bnl_free(b);
	buf_free(&out);
	bnl_edit_free(ed);
	return text;
}

static void
expect(struct bnl_edit *ed, const char *wanted)
{
	char *text = end(ed, true);

	assert_string_equal(text, wanted);
	free(text);
}

/* "a192.0.2.1", "s10.1.0.0/16", "ksha256:...": the value's kind comes
 * first; a kind alone is given and empty. NULL ends it. */
static void
change(struct bnl_change *c, const char *const *values)
{
	static const char kinds[] = "ask";

	memset(c, 0, sizeof(*c));
	for (; values != NULL && *values != NULL; values++) {
		const char *kind = strchr(kinds, (*values)[0]);
		enum bnl_own own = (enum bnl_own)(kind - kinds);
		struct err e;

		if ((*values)[1] == '\0')
			c->given[own] = true;
		else if (bnl_change_add(c, own, *values + 1, &e) != 0)
			fail_msg("%s: %s", *values, e.text);
	}
}

#define WITH(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
added(const char *before, const char *node, const char *const *values,
      const char *after)
{
	struct bnl_edit *ed = begin(before);
	struct bnl_change c;

	change(&c, values);
	assert_int_equal(bnl_edit_add(ed, node, &c, NULL), 0);
	bnl_change_free(&c);
	expect(ed, after);
}

static void
set(const char *before, const char *node, const char *const *values,
    const char *after)
{
	struct bnl_edit *ed = begin(before);
	struct bnl_change c;

	change(&c, values);
	assert_int_equal(bnl_edit_set(ed, node, &c, NULL), 0);
	bnl_change_free(&c);
	expect(ed, after);
}

static void
removed(const char *before, const char *const *nodes, const char *after)
{
	struct bnl_edit *ed = begin(before);

	for (; *nodes != NULL; nodes++)
		assert_int_equal(bnl_edit_remove(ed, *nodes, NULL), 0);
	expect(ed, after);
}

/* --- values -------------------------------------------------------------------- */

static void
values(void **state)
{
	(void)state;
	static const struct {
		enum bnl_own own;
		const char *in, *out;
	} good[] = {
		{ BNL_ADDRESS, "192.0.2.1", "192.0.2.1" },
		{ BNL_ADDRESS, " 192.0.2.1  port  3406 ", "192.0.2.1" },
		{ BNL_ADDRESS, "192.0.2.1 port 4406", "192.0.2.1 port 4406" },
		{ BNL_ADDRESS, "2001:DB8:0::1 port 1", "2001:db8::1 port 1" },
		{ BNL_ADDRESS, "Alpha.Example.org", "alpha.example.org" },
		{ BNL_SUBNET, "fd00:0:0::/48", "fd00::/48" },
		{ BNL_KEY, K1, K1 },
	};
	static const struct {
		enum bnl_own own;
		const char *in, *says;
	} bad[] = {
		{ BNL_ADDRESS, "", "address: expected" },
		{ BNL_ADDRESS, "10.0.0.300",
		  "address \"10.0.0.300\": expected" },
		{ BNL_ADDRESS, "10.0.0.3:80",
		  "did you mean \"address 10.0.0.3 port 80\"" },
		{ BNL_ADDRESS, "10.0.0.3 port 0", "port \"0\"" },
		{ BNL_ADDRESS, "10.0.0.3\nnode x", "a line feed or '#'" },
		{ BNL_ADDRESS, "10.0.0.3#", "a line feed or '#'" },
		{ BNL_ADDRESS, "10.0.0.3\r", "a carriage return" },
		{ BNL_ADDRESS, "\xff", "not UTF-8" },
		{ BNL_SUBNET, "10.0.0.1/24", "did you mean 10.0.0.0/24" },
		{ BNL_SUBNET, "10.0.0.0/24 10.1.0.0/24",
		  "unexpected \"10.1.0.0/24\"" },
		{ BNL_SUBNET, "224.0.0.0/8", "multicast" },
		{ BNL_KEY, "sha256:11", "key \"sha256:11\": expected" },
	};
	struct bnl_value v;
	char long_one[4096];
	struct err e;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
			bnl_value_read(&v, good[i].own, good[i].in, NULL), 0);
		assert_string_equal(v.text, good[i].out);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(bnl_value_read(&v, bad[i].own, bad[i].in, &e),
				 -1);
		assert_non_null(strstr(e.text, bad[i].says));
		assert_int_equal(e.line, 0);
	}
	memset(long_one, 'a', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = '\0';
	assert_int_equal(bnl_value_read(&v, BNL_ADDRESS, long_one, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);

	assert_int_equal(bnl_value_read(&v, BNL_ADDRESS, "192.0.2.1", NULL), 0);
	assert_int_equal(v.p.len, 32);
	assert_int_equal(bnl_value_read(&v, BNL_SUBNET, "fd00::/16", NULL), 0);
	assert_int_equal(v.p.len, 16);
	assert_int_equal(bnl_value_read(&v, BNL_ADDRESS, "host", NULL), 0);
	assert_int_equal(v.p.addr.family, IP_NONE);
}

/* --- add ------------------------------------------------------------------------- */

static void
add(void **state)
{
	(void)state;
	/* The first one. */
	added(HEAD "# Nodes:\n", "beta",
	      /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): a word */
	      WITH("k" K1, "s10.2.0.0/16", "a192.0.2.2", "ahost port 1"),
	      HEAD "\nnode beta\n  address 192.0.2.2\n"
		   "  address host port 1\n  subnet  10.2.0.0/16\n"
		   "  key     " K1 "\n# Nodes:\n");
	/* In order of names, behind what belongs to the one before. */
	added(HEAD "\nnode alpha\n\tsubnet 10.1.0.0/16\n  # not now\n"
		   "# gamma is old.\nnode gamma\nnode omega # last\n",
	      "beta", NULL,
	      HEAD "\nnode alpha\n\tsubnet 10.1.0.0/16\n  # not now\n"
		   "node beta\n"
		   "# gamma is old.\nnode gamma\nnode omega # last\n");
	added(HEAD "\nnode gamma\n\nnode omega\n\nrevoke " K1 "\n", "zeta",
	      WITH("s10.3.0.0/16"),
	      HEAD "\nnode gamma\n\nnode omega\n\nnode zeta\n"
		   "  subnet  10.3.0.0/16\n\nrevoke " K1 "\n");
	added(HEAD "\n# gamma\nnode gamma\n", "alpha", NULL,
	      HEAD "\nnode alpha\n\n# gamma\nnode gamma\n");
	/* Not in order: at the end. */
	added(HEAD "node b\nnode a\n", "aa", NULL,
	      HEAD "node b\nnode a\nnode aa\n");
	/* No line feed at the end. */
	added(HEAD "node a", "b", NULL, HEAD "node a\nnode b\n");
	added("revoke " K1 "\nnetwork a", "b", NULL,
	      "revoke " K1 "\nnetwork a\n\nnode b\n");
}

static void
not_added(const char *text, const char *node, const char *const *with,
	  enum err_code code, const char *says)
{
	struct bnl_edit *ed = begin(text);
	struct bnl_change c;
	struct err e;

	change(&c, with);
	assert_int_equal(bnl_edit_add(ed, node, &c, &e), -1);
	bnl_change_free(&c);
	assert_int_equal(e.code, code);
	assert_non_null(strstr(e.text, says));
	expect(ed, text);
}

static void
add_refused(void **state)
{
	(void)state;
	static const char text[] = HEAD "node a\nrevoke " K1 " #  b, stolen\n"
					"revoke " K2 "# c\nrevoke " K3 "\n";

	not_added(text, "a", NULL, ERR_EXISTS,
		  "node a is in the list already (line 5)");
	not_added(text, "B", NULL, ERR_SYNTAX, "node \"B\": a name is");
	not_added(text, "", NULL, ERR_SYNTAX, "node: expected a name");
	not_added(text, " d", NULL, ERR_SYNTAX, "blanks in the name");
	not_added(text, "d e", NULL, ERR_SYNTAX, "unexpected \"e\"");
	not_added(text, "d\nnode e", NULL, ERR_SYNTAX, "line feed");
	not_added(text, "c", NULL, ERR_CONFLICT,
		  "a key of c was revoked (line 7)");
	not_added(text, "b", WITH("s10.1.0.0/16"), ERR_CONFLICT,
		  "a key of b was revoked (line 6)");
	added(text, "c", WITH("k" K4),
	      HEAD "node a\nnode c\n  key     " K4 "\n"
		   "revoke " K1 " #  b, stolen\nrevoke " K2 "# c\n"
		   "revoke " K3 "\n");
}

/* --- set ----------------------------------------------------------------------------- */

#define NODE_A                          \
	"node a # the first\n"          \
	"\taddress  192.0.2.1 # eth0\n" \
	"  # a comment\n"               \
	"\taddress 192.0.2.2\n"         \
	"  subnet 10.1.0.0/16\n"
#define NODE_B "\nnode b\n  subnet 10.2.0.0/16\n"

static void
set_values(void **state)
{
	(void)state;
	/* What is there already stays as it is written. */
	set(HEAD NODE_A NODE_B, "a", WITH("a192.0.2.1", "a192.0.2.2"),
	    HEAD NODE_A NODE_B);
	set(HEAD NODE_A NODE_B, "a", WITH("s10.1.0.0/16"), HEAD NODE_A NODE_B);
	set(HEAD NODE_A NODE_B, "a", WITH("k"), HEAD NODE_A NODE_B);
	set(HEAD NODE_A NODE_B, "a", NULL, HEAD NODE_A NODE_B);
	/* Order counts. */
	set(HEAD NODE_A NODE_B, "a", WITH("a192.0.2.2", "a192.0.2.1"),
	    HEAD "node a # the first\n\taddress 192.0.2.2\n"
		 "\taddress  192.0.2.1 # eth0\n  # a comment\n"
		 "  subnet 10.1.0.0/16\n" NODE_B);
	set(HEAD NODE_A NODE_B, "a", WITH("a192.0.2.1", "ahost"),
	    HEAD
	    "node a # the first\n\taddress  192.0.2.1 # eth0\n"
	    "  address host\n  # a comment\n  subnet 10.1.0.0/16\n" NODE_B);
	/* None any more. */
	set(HEAD NODE_A NODE_B, "a", WITH("a", "s"),
	    HEAD "node a # the first\n  # a comment\n" NODE_B);
	/* There was none. */
	set(HEAD NODE_A NODE_B, "b", WITH("k" K1, "a192.0.2.3"),
	    HEAD NODE_A "\nnode b\n  address 192.0.2.3\n"
			"  subnet 10.2.0.0/16\n  key     " K1 "\n");
	set(HEAD "node b", "b", WITH("k" K1, "s10.2.0.0/16", "a192.0.2.3"),
	    HEAD "node b\n  address 192.0.2.3\n  subnet  10.2.0.0/16\n"
		 "  key     " K1 "\n");
	set(HEAD NODE_A "  key " K1 "\n" NODE_B, "a", WITH("k" K2),
	    HEAD NODE_A "  key     " K2 "\n" NODE_B);
	set(HEAD NODE_A "  key " K1 "\n" NODE_B, "a", WITH("k"),
	    HEAD NODE_A NODE_B);
	/* All at once. */
	set(HEAD NODE_A NODE_B, "a",
	    WITH("a198.51.100.1 port 5", "s10.3.0.0/16", "s10.4.0.0/16",
		 /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): a word */
		 "k" K1),
	    HEAD "node a # the first\n  address 198.51.100.1 port 5\n"
		 "  # a comment\n  subnet  10.3.0.0/16\n"
		 "  subnet  10.4.0.0/16\n  key     " K1 "\n" NODE_B);
}

/* New values stand where the old ones did, else behind what comes before them
 * in a node; comments stay where they are. */
static void
places(void **state)
{
	static const char head[] = HEAD "node b\n  address 192.0.2.1\n\n"
					"  # Its subnets.\n";
	char before[512], after[512];

	(void)state;
	snprintf(before, sizeof(before), "%s  subnet 10.1.0.0/16\n", head);
	snprintf(after, sizeof(after), "%s  subnet  10.2.0.0/16\n", head);
	set(before, "b", WITH("s10.2.0.0/16"), after);
	snprintf(before, sizeof(before), "%s  key " K1 "\n", head);
	set(before, "b", WITH("s10.2.0.0/16"),
	    HEAD "node b\n  address 192.0.2.1\n  subnet  10.2.0.0/16\n\n"
		 "  # Its subnets.\n  key " K1 "\n");
}

static void
unknown_node(void **state)
{
	(void)state;
	struct bnl_edit *ed = begin(HEAD "node alpha\nnode beta\n");
	struct bnl_change c = { 0 };
	struct err e;

	assert_int_equal(bnl_edit_set(ed, "alhpa", &c, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_non_null(strstr(e.text, "no node \"alhpa\" in the list, did "
				       "you mean \"alpha\"?"));
	assert_int_equal(bnl_edit_remove(ed, "nothing\x1b", &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_string_equal(e.text,
			    "there is no node \"nothing\\x1b\" in the list");
	expect(ed, HEAD "node alpha\nnode beta\n");
}

/* --- remove --------------------------------------------------------------------- */

static void
remove_nodes(void **state)
{
	(void)state;
	removed(HEAD NODE_A NODE_B, WITH("b"), HEAD NODE_A);
	removed(HEAD NODE_A NODE_B, WITH("a"), HEAD NODE_B);
	removed(HEAD NODE_A NODE_B, WITH("b", "a"), HEAD);
	removed(HEAD NODE_A NODE_B, WITH("b", "b"), HEAD NODE_A);
	removed(HEAD "\n" NODE_A NODE_B, WITH("a"), HEAD NODE_B);
	removed(HEAD "\n" NODE_A NODE_B, WITH("a", "b", "a"), HEAD);
	/* What is not the node's stays. */
	removed(HEAD "# Here:\nnode a\n  x-owner me\n  address 192.0.2.1\n"
		     "  # address 192.0.2.2\n\t\tx-phone 1\n# There:\nnode b\n",
		WITH("a"), HEAD "# Here:\n# There:\nnode b\n");
	removed(HEAD "node a\n\n  # apart\nx-other\nrevoke " K1 "\n", WITH("a"),
		HEAD "\n  # apart\nx-other\nrevoke " K1 "\n");
	removed(HEAD "node a\n\n  # within\n\n  subnet 10.1.0.0/16\nnode b\n",
		WITH("a"), HEAD "node b\n");
	removed(HEAD "node a\n  subnet 10.1.0.0/16", WITH("a"), HEAD);
}

/* --- revoke ------------------------------------------------------------------------ */

static void
revoked(const char *before, const char *keys, size_t count, const char *after)
{
	struct bnl_edit *ed = begin(before);
	struct errs es = { 0 };
	struct vec v = { 0 };
	size_t n = 99;

	assert_int_equal(bnl_revoke_read(&v, keys, strlen(keys), &es), 0);
	assert_int_equal(bnl_edit_revoke(ed, v.mem, v.n, &n, NULL), 0);
	assert_int_equal(n, count);
	free(v.mem);
	expect(ed, after);
}

static void
revoke(void **state)
{
	(void)state;
	revoked(HEAD NODE_A, "", 0, HEAD NODE_A);
	revoked(HEAD NODE_A "# end\n", "# of today\n\n " K1 "\n", 1,
		HEAD NODE_A "\nrevoke    " K1 "\n# end\n");
	revoked(HEAD NODE_A NODE_B,
		K1 " # beta, stolen\n" K2 "# \x1b[1m\n" K1 "\n" K2, 2,
		HEAD NODE_A NODE_B "\nrevoke    " K1 "   # beta\nrevoke    " K2
				   "\n");
	revoked(HEAD NODE_A "\nrevoke " K1 " # old\n\n# end", K1 "\n" K2 "\n",
		1,
		HEAD NODE_A "\nrevoke " K1 " # old\nrevoke    " K2 "\n\n# end");
	revoked(HEAD NODE_A "\nrevoke " K1 "\n", K1 "\n", 0,
		HEAD NODE_A "\nrevoke " K1 "\n");
	revoked(HEAD, K1, 1, HEAD "\nrevoke    " K1 "\n");
	/* With a node that goes. */
	struct bnl_edit *ed = begin(HEAD NODE_A NODE_B);
	struct bnl_revoke key = { .node = "b" };
	size_t n;

	assert_int_equal(bnl_edit_remove(ed, "b", NULL), 0);
	assert_int_equal(bnl_edit_revoke(ed, &key, 1, &n, NULL), 0);
	expect(ed, HEAD NODE_A
	       "\nrevoke    sha256:000000000000000000000000000000000000000000"
	       "0000000000000000000000   # b\n");
}

static void
revoke_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned int line, column;
		const char *says;
	} cases[] = {
		{ "sha256:12", 1, 1, "\"sha256:12\": expected sha256: and 64" },
		{ "\n# a\n  beta", 3, 3, "\"beta\": expected" },
		{ K1 " " K2, 1, 73, "unexpected" },
		{ "\x1b", 1, 1, "\"\\x1b\"" },
		{ K1 "\r\n", 1, 1, "expected" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct errs es = { 0 };
		struct vec v = { 0 };

		assert_int_equal(bnl_revoke_read(&v, cases[i].text,
						 strlen(cases[i].text), &es),
				 -1);
		free(v.mem);
		assert_int_equal(es.count, 1);
		assert_int_equal(es.e[0].line, cases[i].line);
		assert_int_equal(es.e[0].column, cases[i].column);
		assert_non_null(strstr(es.e[0].text, cases[i].says));
	}
}

/* --- what does not fit -------------------------------------------------------- */

static void
too_long(void **state)
{
	(void)state;
	struct bnl_edit *ed = begin(HEAD);
	struct bnl_change c = { 0 };
	struct buf out;
	struct err e;

	assert_int_equal(bnl_edit_add(ed, "a", &c, NULL), 0);
	buf_init(&out, sizeof(HEAD) + 4);
	assert_int_equal(bnl_edit_write(ed, &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	buf_free(&out);
	bnl_edit_free(ed);
}

static void
not_a_list(void **state)
{
	(void)state;
	struct bnl_edit *ed = NULL;
	struct errs es = { 0 };

	assert_int_equal(bnl_edit_new(&ed, "network a\nnode B\n", 17, &es), -1);
	assert_null(ed);
	assert_int_equal(es.e[0].line, 2);
	assert_int_equal(es.e[0].column, 6);
}

/* --- any list ------------------------------------------------------------------------ */

static uint32_t
roll(uint32_t *seed, uint32_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % below;
}

#define NODES 12

static void
random_noise(FILE *f, uint32_t *seed)
{
	static const char *const noise[] = { "\n", "# comment\n", "  # inner\n",
					     "x-a b\n", "  x-c d\n" };

	while (roll(seed, 3) == 0)
		fputs(noise[roll(seed, 5)], f);
}

/* Node number i has address 192.0.2.i and subnet 10.i.0.0/16 by chance. With
 * blank, blank lines and nothing else stand between the nodes. */
static char *
random_list(uint32_t *seed, bool blank)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	uint32_t from = roll(seed, NODES);

	fputs(HEAD, f);
	random_noise(f, seed);
	for (uint32_t i = 0; i < NODES; i++) {
		uint32_t n = (from + i) % NODES;

		fprintf(f, "%snode n%u\n", blank ? "\n" : "", n);
		random_noise(f, seed);
		if (roll(seed, 2) == 0)
			fprintf(f, "\taddress 192.0.2.%u # x\n", n);
		random_noise(f, seed);
		if (blank || roll(seed, 2) == 0)
			fprintf(f, " subnet  10.%u.0.0/16\n", n);
		if (!blank)
			random_noise(f, seed);
	}
	if (roll(seed, 2) == 0)
		fputs("\nrevoke " K1 "\n", f);
	fclose(f);
	return text;
}

/* Every line of the shorter one stands in the longer one, in this order. */
static void
only_more_lines(const char *shorter, const char *longer)
{
	struct span a = { shorter, strlen(shorter) }, line;
	struct span b = { longer, strlen(longer) }, other;

	while (span_line(&a, &line)) {
		do
			assert_true(span_line(&b, &other));
		while (line.len != other.len ||
		       memcmp(line.p, other.p, line.len) != 0);
	}
}

static struct bnl *
parse(const char *text)
{
	struct errs es = { 0 };
	struct bnl *b;

	assert_int_equal(bnl_parse(&b, text, strlen(text), &es), 0);
	return b;
}

static void
any_list(void **state)
{
	(void)state;
	uint32_t seed = 20261122;

	for (int round = 0; round < 2000; round++) {
		bool blank = round % 2 == 0;
		char *text = random_list(&seed, blank), *more, *again, name[8];
		struct bnl_edit *ed = begin(text);
		struct bnl_change c;
		struct bnl *b;

		/* Added: a node of its own, all else the same. */
		change(&c, WITH("a192.0.2.99", "s10.99.0.0/16"));
		snprintf(name, sizeof(name), "n%u%s", roll(&seed, NODES), "x");
		assert_int_equal(bnl_edit_add(ed, name, &c, NULL), 0);
		bnl_change_free(&c);
		more = end(ed, true);
		only_more_lines(text, more);
		b = parse(more);
		assert_int_equal(b->nnodes, NODES + 1);
		assert_int_equal(bnl_find(b, name)->naddresses, 1);
		assert_int_equal(bnl_find(b, name)->nsubnets, 1);
		bnl_free(b);
		/* Removed again: as it was. */
		ed = begin(more);
		assert_int_equal(bnl_edit_remove(ed, name, NULL), 0);
		again = end(ed, true);
		only_more_lines(again, more);
		if (blank)
			assert_string_equal(again, text);
		free(again);
		free(more);
		/* Changed: only that node. */
		ed = begin(text);
		change(&c, WITH("a192.0.2.98", "a192.0.2.99", "k" K2));
		name[strlen(name) - 1] = '\0';
		assert_int_equal(bnl_edit_set(ed, name, &c, NULL), 0);
		bnl_change_free(&c);
		more = end(ed, true);
		b = parse(more);
		assert_int_equal(b->nnodes, NODES);
		assert_int_equal(bnl_find(b, name)->naddresses, 2);
		assert_true(bnl_find(b, name)->pinned);
		bnl_free(b);
		/* Removed: the others stay. */
		ed = begin(text);
		assert_int_equal(bnl_edit_remove(ed, name, NULL), 0);
		again = end(ed, true);
		only_more_lines(again, text);
		b = parse(again);
		assert_int_equal(b->nnodes, NODES - 1);
		assert_null(bnl_find(b, name));
		bnl_free(b);
		free(again);
		free(more);
		free(text);
	}
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values),	     cmocka_unit_test(add),
	    cmocka_unit_test(add_refused),   cmocka_unit_test(set_values),
	    cmocka_unit_test(places),
	    cmocka_unit_test(unknown_node),  cmocka_unit_test(remove_nodes),
	    cmocka_unit_test(revoke),	     cmocka_unit_test(revoke_refused),
	    cmocka_unit_test(too_long),	     cmocka_unit_test(not_a_list),
	    cmocka_unit_test(any_list),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
