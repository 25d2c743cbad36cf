/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nodes that differ between two lists, compared with what was changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../base/prng.h"
#include "core/changes.h"
#include "format/bnl_parse.h"

#define NODES 24
#define KEY_A                                     \
	"sha256:01010101010101010101010101010101" \
	"01010101010101010101010101010101"
#define KEY_B                                     \
	"sha256:02020202020202020202020202020202" \
	"02020202020202020202020202020202"

/* Each node: 0: it is not there; else its kind of subnet, address and key. */
struct plan {
	unsigned int kind[NODES];
	const char *rest;
};

static struct bnl *
parse(const struct plan *p)
{
	static const char *const key[] = { "", "  key " KEY_A "\n",
					   "  key " KEY_B "\n" };
	char text[8192];
	struct errs es = { 0 };
	struct bnl *b;
	size_t len;

	len = (size_t)snprintf(text, sizeof(text),
			       "network t.example\n"
			       "timestamp 2026-11-22T06:25:00Z\n%s",
			       p->rest);
	for (unsigned int i = 0; i < NODES; i++) {
		unsigned int k = p->kind[i];

		if (k == 0)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"node n%02u\n  subnet 10.%u.%u.0/24\n"
					"  address 192.0.2.%u\n"
					"  address %s%u.example.org\n",
					i, k & 1, i, i + 1, k & 2 ? "a" : "b",
					i);
		if (k >> 2 == 1 && i == 3)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s", key[1]);
		if (k >> 2 == 2 && i == 3)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s", key[2]);
	}
	if (bnl_parse(&b, text, len, &es) != 0)
		fail_msg("%s", es.e[0].text);
	return b;
}

#define PLAIN "prefix 10.0.0.0/8\n"

static unsigned int
expected(unsigned int was, unsigned int now, unsigned int i)
{
	unsigned int what = 0;

	if ((was ^ now) & 1)
		what |= CHANGE_SUBNETS;
	if ((was ^ now) & 2)
		what |= CHANGE_ADDRESSES;
	if (i == 3 && was >> 2 != now >> 2)
		what |= CHANGE_KEY;
	return what;
}

static void
check_changes(const struct plan *was, const struct plan *now)
{
	struct bnl *a = parse(was), *b = parse(now);
	struct list_changes cs;
	size_t at = 0;

	assert_int_equal(changes_make(&cs, a, b), 0);
	for (unsigned int i = 0; i < NODES; i++) {
		unsigned int x = was->kind[i], y = now->kind[i];
		const struct bnl_node *m, *n;
		char name[16];

		snprintf(name, sizeof(name), "n%02u", i);
		if (x == y || (x != 0 && y != 0 && expected(x, y, i) == 0))
			continue;
		assert_true(at < cs.n);
		m = change_was(&cs, at);
		n = change_now(&cs, at);
		assert_ptr_equal(m, bnl_find(a, name));
		assert_ptr_equal(n, bnl_find(b, name));
		if (m != NULL && n != NULL)
			assert_int_equal(cs.v[at].what, expected(x, y, i));
		at++;
	}
	assert_int_equal(at, cs.n);
	assert_true(changes_fit(&cs, a, b));
	assert_false(changes_fit(&cs, b, a));
	assert_false(changes_fit(&cs, NULL, b));
	changes_free(&cs);
	assert_false(changes_fit(&cs, a, b));
	bnl_free(a);
	bnl_free(b);
}

static void
test_any_nodes(void **state)
{
	struct prng r = { 5 };

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct plan was = { .rest = PLAIN }, now = { .rest = PLAIN };

		for (unsigned int i = 0; i < NODES; i++) {
			was.kind[i] = prng_below(&r, 12);
			now.kind[i] = prng_below(&r, 2) == 0 ?
					      was.kind[i] :
					      prng_below(&r, 12);
		}
		check_changes(&was, &now);
	}
}

static void
test_no_list(void **state)
{
	struct plan p = { .kind = { [2] = 1, [5] = 1 }, .rest = PLAIN };
	struct bnl *b = parse(&p);
	struct list_changes cs;

	(void)state;
	assert_int_equal(changes_make(&cs, NULL, b), 0);
	assert_int_equal(cs.n, 2);
	assert_true(changes_all(&cs));
	assert_null(change_was(&cs, 1));
	assert_ptr_equal(change_now(&cs, 1), bnl_find(b, "n05"));
	changes_free(&cs);
	assert_int_equal(changes_make(&cs, b, NULL), 0);
	assert_int_equal(cs.n, 2);
	assert_null(change_now(&cs, 0));
	assert_true(changes_all(&cs));
	changes_free(&cs);
	bnl_free(b);
}

static void
expect_whole(const char *was, const char *now, bool prefixes, bool revokes)
{
	struct plan p = { .rest = was }, q = { .rest = now };
	struct bnl *a = parse(&p), *b = parse(&q);
	struct list_changes cs;

	assert_int_equal(changes_make(&cs, a, b), 0);
	assert_int_equal(cs.n, 0);
	assert_int_equal(cs.prefixes, prefixes);
	assert_int_equal(cs.revokes, revokes);
	assert_false(changes_all(&cs));
	changes_free(&cs);
	bnl_free(a);
	bnl_free(b);
}

/* What concerns all nodes, though none of them is another one. */
static void
test_of_all_nodes(void **state)
{
	static const char a[] = PLAIN "revoke " KEY_A "\n";
	static const char b[] = PLAIN "revoke " KEY_B "\n";
	static const char both[] = PLAIN "revoke " KEY_B "\nrevoke " KEY_A "\n";

	(void)state;
	expect_whole(PLAIN, PLAIN, false, false);
	expect_whole(PLAIN, PLAIN "prefix 192.168.0.0/24\n", true, false);
	expect_whole(PLAIN, "prefix 10.0.0.0/9\n", true, false);
	expect_whole(PLAIN, a, false, true);
	expect_whole(a, PLAIN, false, false);
	expect_whole(a, b, false, true);
	expect_whole(b, a, false, true);
	expect_whole(a, both, false, true);
	expect_whole(b, both, false, true);
	expect_whole(both, both, false, false);
	expect_whole(both, a, false, false);
	expect_whole(both, b, false, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_nodes),
		cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_of_all_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
