/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Versions, look-ups, and how two lists stand to each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/bnl.h"
#include "format/bnl_parse.h"

/* A version told by two small numbers. */
static struct bnl_version
ver(int64_t s, uint8_t d)
{
	struct bnl_version v = { .timestamp = { s } };

	v.digest[0] = d;
	return v;
}

static void
versions(void **state)
{
	(void)state;
	const struct bnl_version a = ver(10, 1), b = ver(10, 2), c = ver(11, 0);

	assert_int_equal(bnl_version_cmp(&a, &a), 0);
	assert_true(bnl_version_cmp(&a, &b) < 0);
	assert_true(bnl_version_cmp(&b, &a) > 0);
	assert_true(bnl_version_cmp(&b, &c) < 0);
	assert_true(bnl_version_cmp(&c, &b) > 0);
}

static void
version_text(void **state)
{
	(void)state;
	struct bnl_version v = ver(1795328700, 0x5f);
	char text[BNL_VERSION_TEXT_MAX];

	v.digest[3] = 0x9e;
	assert_string_equal(bnl_version_format(text, &v),
			    "2026-11-22T06:25:00Z (5f00009e)");
	v.timestamp.s = 253402300799;
	assert_string_equal(bnl_version_format(text, &v),
			    "9999-12-31T23:59:59Z (5f00009e)");
	/* From the wire may come anything. */
	v.timestamp.s = 253402300800;
	assert_string_equal(bnl_version_format(text, &v), "no time (5f00009e)");
	v.timestamp.s = INT64_MIN;
	assert_string_equal(bnl_version_format(text, &v), "no time (5f00009e)");
	v.timestamp.s = 0;
	assert_string_equal(bnl_version_format(text, &v), "no time (5f00009e)");
}

static void
version_wire(void **state)
{
	(void)state;
	static const uint8_t want[] = { 0, 0, 0, 0, 0x6b, 0x02, 0xb4, 0x7c, 7 };
	const struct bnl_version v = ver(0x6b02b47c, 7);
	uint8_t wire[BNL_VERSION_WIRE_LEN];
	struct bnl_version back;

	bnl_version_write(wire, &v);
	assert_memory_equal(wire, want, sizeof(want));
	bnl_version_read(&back, wire);
	assert_int_equal(bnl_version_cmp(&v, &back), 0);
	memset(wire, 0xff, sizeof(wire));
	bnl_version_read(&back, wire);
	assert_int_equal(back.timestamp.s, -1);
}

#define HEX_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define HEX_2 "2222222222222222222222222222222222222222222222222222222222222222"

static struct bnl *
parse(const char *text)
{
	struct errs es = { 0 };
	struct bnl *b = NULL;

	assert_int_equal(bnl_parse(&b, text, strlen(text), &es), 0);
	return b;
}

static void
look_ups(void **state)
{
	(void)state;
	static const char *const names[] = { "b", "ba", "c", "zz.example" };
	struct bnl *b = parse("network a\nnode c\nnode zz.example\nnode b\n"
			      "node ba\nrevoke sha256:" HEX_2 "\n"
			      "revoke sha256:" HEX_1 "\n");
	struct bnl *none = parse("network a\n");
	struct cert_above above = { .n = 2 };
	uint8_t fp[FINGERPRINT_LEN];

	assert_int_equal(b->nnodes, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_string_equal(b->nodes[i].name, names[i]);
		assert_ptr_equal(bnl_find(b, names[i]), &b->nodes[i]);
	}
	assert_null(bnl_find(b, "a"));
	assert_null(bnl_find(b, "bb"));
	assert_null(bnl_find(b, "zzz"));
	assert_null(bnl_find(b, ""));
	assert_null(bnl_find(none, "b"));

	memset(fp, 0x11, sizeof(fp));
	assert_true(bnl_is_revoked(b, fp));
	assert_false(bnl_is_revoked(none, fp));
	memset(fp, 0x22, sizeof(fp));
	assert_true(bnl_is_revoked(b, fp));
	fp[FINGERPRINT_LEN - 1] = 0x21;
	assert_false(bnl_is_revoked(b, fp));
	bnl_free(b);
	b = parse("network a\nnode b\n  key sha256:" HEX_2 "\nnode c\n"
		  "revoke sha256:" HEX_1 "\n");
	memset(fp, 0x22, sizeof(fp));
	assert_true(bnl_allows(b, "b", fp, &above));
	assert_true(bnl_allows(b, "c", fp, &above));
	assert_false(bnl_allows(b, "d", fp, &above));
	memset(fp, 0x11, sizeof(fp));
	assert_false(bnl_allows(b, "c", fp, &above));
	memset(fp, 0x33, sizeof(fp));
	assert_false(bnl_allows(b, "b", fp, &above));
	assert_true(bnl_allows(b, "c", fp, &above));
	/* A key above counts like the node's own. */
	assert_null(bnl_revoked_above(b, &above));
	memset(above.key[1], 0x11, FINGERPRINT_LEN);
	assert_ptr_equal(bnl_revoked_above(b, &above), above.key[1]);
	assert_false(bnl_allows(b, "c", fp, &above));
	above.n = 1;
	assert_null(bnl_revoked_above(b, &above));
	assert_true(bnl_allows(b, "c", fp, &above));
	bnl_free(b);
	bnl_free(none);
	bnl_free(NULL);
}

/* The lists of the table below: a version and the history, newest first. */
static const struct {
	const char *name;
	int64_t s;
	uint8_t d;
	struct {
		int64_t s;
		uint8_t d;
	} history[4];
} lists[] = {
	{ "first", 10, 1, { { 0, 0 } } },
	{ "second", 20, 2, { { 10, 1 } } },
	{ "third", 30, 3, { { 20, 2 }, { 10, 1 } } },
	{ "rival of second", 20, 9, { { 10, 1 } } },
	{ "later rival of second", 21, 8, { { 10, 1 } } },
	{ "far descendant, short history", 90, 7, { { 80, 6 }, { 70, 5 } } },
	{ "another first", 15, 4, { { 0, 0 } } },
	{ "third dated back", 12, 2, { { 30, 3 }, { 20, 2 }, { 10, 1 } } },
	{ "third, short history", 30, 5, { { 20, 2 } } },
	{ "rival of first", 10, 6, { { 0, 0 } } },
};

enum { FIRST, SECOND, THIRD, RIVAL, LATER, FAR, OTHER, BACK, SHORT, TWIN };

static void
fill(struct bnl *b, struct bnl_version history[4], size_t i)
{
	memset(b, 0, sizeof(*b));
	b->version = ver(lists[i].s, lists[i].d);
	b->history = history;
	while (b->nhistory < 4 && lists[i].history[b->nhistory].s != 0) {
		history[b->nhistory] = ver(lists[i].history[b->nhistory].s,
					   lists[i].history[b->nhistory].d);
		b->nhistory++;
	}
}

static void
compare(void **state)
{
	(void)state;
	static const struct {
		int in_force, other;
		enum bnl_order want;
	} cells[] = {
		{ FIRST, FIRST, BNL_SAME },
		{ FIRST, SECOND, BNL_NEWER },
		{ FIRST, THIRD, BNL_NEWER },
		{ SECOND, FIRST, BNL_OLDER },
		{ THIRD, FIRST, BNL_OLDER },
		{ THIRD, SECOND, BNL_OLDER },
		/* two people signed at once, in one second or not */
		{ SECOND, RIVAL, BNL_NEWER_FORK },
		{ RIVAL, SECOND, BNL_OLDER_FORK },
		{ SECOND, LATER, BNL_NEWER_FORK },
		{ LATER, SECOND, BNL_OLDER_FORK },
		{ RIVAL, THIRD, BNL_NEWER_FORK },
		{ THIRD, RIVAL, BNL_OLDER_FORK },
		{ THIRD, LATER, BNL_OLDER_FORK },
		{ FIRST, RIVAL, BNL_NEWER },
		/* the rival of the oldest that it names */
		{ RIVAL, SHORT, BNL_NEWER_FORK },
		{ SHORT, RIVAL, BNL_OLDER_FORK },
		/* history that does not reach back concludes nothing */
		{ SECOND, FAR, BNL_NEWER },
		{ FAR, SECOND, BNL_OLDER },
		{ FIRST, OTHER, BNL_NEWER },
		{ OTHER, FIRST, BNL_OLDER },
		/* but another beginning shows where it does */
		{ OTHER, SECOND, BNL_NEWER_FORK },
		{ SECOND, OTHER, BNL_OLDER_FORK },
		/* one second, two beginnings */
		{ FIRST, TWIN, BNL_NEWER_FORK },
		{ TWIN, FIRST, BNL_OLDER_FORK },
		{ TWIN, SECOND, BNL_NEWER_FORK },
		/* dated back on purpose: it names the newer one */
		{ THIRD, BACK, BNL_OLDER },
		{ BACK, THIRD, BNL_NEWER },
	};

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct bnl_version ha[4], hb[4];
		struct bnl a, b;
		enum bnl_order got;

		fill(&a, ha, (size_t)cells[i].in_force);
		fill(&b, hb, (size_t)cells[i].other);
		got = bnl_compare(&a, &b);
		if (got != cells[i].want)
			fail_msg("in force: %s, other: %s: %d, expected %d",
				 lists[cells[i].in_force].name,
				 lists[cells[i].other].name, (int)got,
				 (int)cells[i].want);
	}
}

static void
descent(void **state)
{
	(void)state;
	struct bnl_version history[4], v = ver(20, 2);
	struct bnl b;

	fill(&b, history, THIRD);
	assert_true(bnl_descends_from(&b, &b.version));
	assert_true(bnl_descends_from(&b, &v));
	v = ver(10, 1);
	assert_true(bnl_descends_from(&b, &v));
	v = ver(10, 2);
	assert_false(bnl_descends_from(&b, &v));
	v = ver(11, 1);
	assert_false(bnl_descends_from(&b, &v));
}

static void
misses(void **state)
{
	(void)state;
	struct bnl_version history[4], v = ver(20, 3);
	struct bnl b;

	fill(&b, history, THIRD);
	assert_true(bnl_misses(&b, &v));
	v = ver(30, 2);
	assert_true(bnl_misses(&b, &v));
	v = ver(9, 1); /* before its beginning */
	assert_false(bnl_misses(&b, &v));
	v = ver(20, 2);
	assert_false(bnl_misses(&b, &v));
	assert_false(bnl_misses(&b, &b.version));
	fill(&b, history, FAR);
	assert_false(bnl_misses(&b, &v));
	v = ver(70, 6);
	assert_true(bnl_misses(&b, &v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),	cmocka_unit_test(version_text),
		cmocka_unit_test(version_wire), cmocka_unit_test(look_ups),
		cmocka_unit_test(compare),	cmocka_unit_test(descent),
		cmocka_unit_test(misses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
