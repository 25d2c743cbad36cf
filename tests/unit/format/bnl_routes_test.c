/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gains and who loses, looked at address by address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/bnl_parse.h"
#include "format/bnl_routes.h"

static struct bnl *
parse(const char *text)
{
	struct errs es = { 0 };
	struct bnl *b;

	if (bnl_parse(&b, text, strlen(text), &es) != 0)
		fail_msg("%s: %s", text, es.e[0].text);
	return b;
}

#define HEAD "network a\nprefix 0.0.0.0/0\nprefix ::/0\n"

static const char *
name_of(const struct bnl_node *n)
{
	return n != NULL ? n->name : "-";
}

/* wanted: "PREFIX FROM TO\n" for each. */
static void
expect(const char *before, const char *after, const char *wanted)
{
	struct bnl *a = parse(before), *b = parse(after);
	char text[PREFIX_TEXT_MAX], *got;
	const struct bnl_route *r;
	struct vec v;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	assert_int_equal(bnl_routes(&v, a, b), 0);
	r = v.mem;
	for (size_t i = 0; i < v.n; i++)
		fprintf(f, "%s %s %s\n", prefix_format(text, &r[i].p),
			name_of(r[i].from), name_of(r[i].to));
	fclose(f);
	assert_string_equal(got, wanted);
	free(got);
	free(v.mem);
	bnl_free(a);
	bnl_free(b);
}

static void
moves(void **state)
{
	(void)state;
	expect(HEAD, HEAD, "");
	expect(HEAD "node a\n subnet 10.1.0.0/16\n", HEAD, "10.1.0.0/16 a -\n");
	expect(HEAD, HEAD "node a\n subnet ::/0\n subnet 0.0.0.0/0\n",
	       "0.0.0.0/0 - a\n::/0 - a\n");
	expect(HEAD "node a\n subnet 10.1.0.0/16\n",
	       HEAD "node b\n subnet 10.1.0.0/16\n", "10.1.0.0/16 a b\n");
	/* Said in other words, it is the same. */
	expect(HEAD "node a\n subnet 10.0.0.0/15\n subnet 10.0.7.0/24\n",
	       HEAD "node a\n subnet 10.1.0.0/16\n subnet 10.0.0.0/16\n", "");
	expect(HEAD "node a\n subnet 10.1.0.0/24\n",
	       HEAD "node a\n subnet 10.1.0.0/25\nnode b\n"
		    " subnet 10.1.0.192/26\n",
	       "10.1.0.128/26 a -\n10.1.0.192/26 a b\n");
	expect(HEAD "node a\n subnet fd00::/127\nnode b\n subnet 1.2.3.4/32\n",
	       HEAD "node a\n subnet fd00::1/128\n subnet 1.2.3.4/31\n",
	       "1.2.3.4/32 b a\n1.2.3.5/32 - a\nfd00::/128 a -\n");
}

/* --- against every address ------------------------------------------------- */

#define SPACE 64 /* addresses: 10.0.0.0/26 or fd00::/122 */

static uint32_t
roll(uint32_t *seed, uint32_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % below;
}

/* Cuts at..at+size into subnets of nodes 0 to 3 or of none: owner[] has it. */
static void
cut(FILE *nodes[4], int owner[SPACE], bool v6, int at, int size, uint32_t *seed)
{
	if (size > 1 && roll(seed, 3) != 0) {
		cut(nodes, owner, v6, at, size / 2, seed);
		cut(nodes, owner, v6, at + size / 2, size / 2, seed);
		return;
	}
	int who = (int)roll(seed, 5), len = v6 ? 128 : 32;

	for (int n = size; n > 1; n /= 2)
		len--;
	for (int i = at; i < at + size; i++)
		owner[i] = who;
	if (who == 4)
		return;
	if (v6)
		fprintf(nodes[who], " subnet fd00::%x/%d\n", at, len);
	else
		fprintf(nodes[who], " subnet 10.0.0.%d/%d\n", at, len);
}

static struct bnl *
random_list(int owner4[SPACE], int owner6[SPACE], uint32_t *seed)
{
	char *part[4], *text;
	size_t len[4], n;
	FILE *nodes[4], *f = open_memstream(&text, &n);
	struct bnl *b;

	for (int i = 0; i < 4; i++)
		nodes[i] = open_memstream(&part[i], &len[i]);
	cut(nodes, owner4, false, 0, SPACE, seed);
	cut(nodes, owner6, true, 0, SPACE, seed);
	fputs(HEAD, f);
	for (int i = 0; i < 4; i++) {
		fclose(nodes[i]);
		fprintf(f, "node n%d\n%s", i, part[i]);
		free(part[i]);
	}
	fclose(f);
	b = parse(text);
	free(text);
	return b;
}

static int
number_of(const struct bnl_node *n)
{
	return n != NULL ? n->name[1] - '0' : 4;
}

static void
check_space(const struct vec *v, const char *base, const int *before,
	    const int *after)
{
	const struct bnl_route *r = v->mem;
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, base, strlen(base)), 0);
	for (int i = 0; i < SPACE; i++) {
		int told = 0;

		a.b[ipaddr_bits(&a) / 8 - 1] = (uint8_t)i;
		for (size_t j = 0; j < v->n; j++) {
			if (!prefix_contains(&r[j].p, &a))
				continue;
			told++;
			assert_int_equal(number_of(r[j].from), before[i]);
			assert_int_equal(number_of(r[j].to), after[i]);
		}
		assert_int_equal(told, before[i] != after[i]);
	}
}

static void
every_address(void **state)
{
	(void)state;
	uint32_t seed = 20261122;

	for (int round = 0; round < 1000; round++) {
		int b4[SPACE], b6[SPACE], a4[SPACE], a6[SPACE];
		struct bnl *before = random_list(b4, b6, &seed);
		struct bnl *after = random_list(a4, a6, &seed);
		const struct bnl_route *r;
		struct vec v;

		assert_int_equal(bnl_routes(&v, before, after), 0);
		check_space(&v, "10.0.0.0", b4, a4);
		check_space(&v, "fd00::", b6, a6);
		r = v.mem;
		for (size_t i = 1; i < v.n; i++)
			assert_true(prefix_cmp(&r[i - 1].p, &r[i].p) < 0);
		free(v.mem);
		assert_int_equal(bnl_routes(&v, before, before), 0);
		assert_int_equal(v.n, 0);
		bnl_free(before);
		bnl_free(after);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves),
		cmocka_unit_test(every_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
