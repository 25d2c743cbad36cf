/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What signing writes into a list, and what it leaves as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bnl_keys.h"
#include "format/bnl_sign.h"
#include "format/bnl_words.h"

#define NOW ((struct walltime){ 1795328700 }) /* 2026-11-22T06:25:00Z */
#define D1 "1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "2222222222222222222222222222222222222222222222222222222222222222"

static struct key *key;

static int
load_key(void **state)
{
	(void)state;
	return key_read_private(&key, PEM_ED_1, sizeof(PEM_ED_1) - 1, NULL);
}

static int
free_key(void **state)
{
	(void)state;
	key_free(key);
	return 0;
}

static int
try_sign(char **out, const char *text, const struct bnl *previous,
	 struct walltime now, bool reset, struct errs *es)
{
	const struct bnl_sign_in in = {
		.text = text,
		.len = strlen(text),
		.previous = previous,
		.key = key,
		.now = now,
		.reset_time = reset,
	};
	size_t len;
	char *p;

	*out = NULL;
	if (bnl_sign(&p, &len, &in, es) != 0)
		return -1;
	*out = span_dup((struct span){ p, len });
	assert_int_equal(strlen(*out), len);
	free(p);
	return 0;
}

static char *
sign_text(const char *text, const struct bnl *previous, struct walltime now)
{
	struct errs es = { 0 };
	char *p;

	if (try_sign(&p, text, previous, now, false, &es) != 0)
		fail_msg("%s", es.e[0].text);
	return p;
}

static struct bnl *
open_text(const char *text)
{
	const struct key *trusted = key;
	struct err e = { 0 };
	struct bnl *b;

	if (bnl_open(&b, text, strlen(text), &trusted, 1, &e) != 0)
		fail_msg("%s", e.text);
	return b;
}

/* The part before the block is exactly want. */
static void
check_body(char *text, const char *want)
{
	char *block = strstr(text, BNL_BEGIN);

	assert_non_null(block);
	*block = '\0';
	assert_string_equal(text, want);
}

static void
first_list(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "network a\n",
		  "network a\ntimestamp 2026-11-22T06:25:00Z\n" },
		{ "network a", "network a\ntimestamp 2026-11-22T06:25:00Z\n" },
		{ "# c\nprefix 10.0.0.0/8\n\n network a # x\n\n  node b\nx-y z",
		  "# c\nprefix 10.0.0.0/8\n\n network a # x\n"
		  "timestamp 2026-11-22T06:25:00Z\n\n  node b\nx-y z\n" },
		{ "network a\nprefix 10.0.0.0/8\n# network\nnode b\n",
		  "network a\nprefix 10.0.0.0/8\n"
		  "timestamp 2026-11-22T06:25:00Z\n# network\nnode b\n" },
		{ "\t timestamp\t 2001-01-01T00:00:00Z \t# mine\nnetwork a\n",
		  "\t timestamp\t 2026-11-22T06:25:00Z \t# mine\nnetwork a\n" },
		{ "timestamp 2001-01-01T00:00:00Z#mine\nnetwork a\n",
		  "timestamp 2026-11-22T06:25:00Z#mine\nnetwork a\n" },
		/* format and skip are written as the statements need them */
		{ "# c\nformat 1 # mine\n\nnetwork a\n",
		  "# c\n\nnetwork a\ntimestamp 2026-11-22T06:25:00Z\n" },
		{ "format 2\nnetwork a\n", NULL },
		{ "skip colour\nnetwork a\n", NULL },
		{ "skip colour\nnetwork a\ncolour blue\n", NULL },
		/* without a previous list there is no history */
		{ "network a\nhistory 2001-01-01T00:00:00Z sha256:" D1 "\n"
		  "node b\n  history 2001-01-01T00:00:00Z sha256:" D2 "\n",
		  NULL },
		{ "network a\nhistory 2001-01-01T00:00:00Z sha256:" D1 "\n"
		  " history 2000-01-01T00:00:00Z sha256:" D2 " # x\nnode b\n",
		  "network a\ntimestamp 2026-11-22T06:25:00Z\nnode b\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct errs es = { 0 };
		char *p;
		int rc = try_sign(&p, cases[i].in, NULL, NOW, false, &es);

		if (cases[i].out == NULL) {
			assert_int_equal(rc, -1);
			continue;
		}
		assert_int_equal(rc, 0);
		bnl_free(open_text(p));
		check_body(p, cases[i].out);
		free(p);
	}
}

/* The head that a list needs, by the words in it. */
static void
head_of_words(void **state)
{
	static const struct bnl_word_row rows[] = {
		{ "network", 1, false }, { "colour", 2, true },
		{ "weight", 3, false },	 { "group", 4, true },
		{ "limit", 2, false },
	};
	static const struct {
		uint32_t used;
		const char *head;
	} cases[] = {
		{ 0x00, "" },
		{ 0x01, "" },
		{ 0x03, "skip colour\n" },
		{ 0x0b, "skip colour group\n" },
		{ 0x11, "format 2\n" },
		{ 0x15, "format 3\n" },
		{ 0x13, "format 2\n" }, /* which knows colour */
		{ 0x1f, "format 3\nskip group\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;

		buf_init(&b, 64);
		assert_int_equal(bnl_words_head(&b, rows, 5, cases[i].used), 0);
		assert_int_equal(buf_put(&b, "", 1), 0);
		assert_string_equal((const char *)buf_data(&b), cases[i].head);
		buf_free(&b);
	}
	for (size_t room = 1; room < 19; room++) {
		struct buf b;

		buf_init(&b, room);
		assert_int_equal(bnl_words_head(&b, rows, 5, 0x1f), -1);
		buf_free(&b);
	}
}

static void
second_list(void **state)
{
	(void)state;
	char *one = sign_text("network a\n\nnode b\n", NULL, NOW);
	struct bnl *first = open_text(one);
	char digest[2 * SHA256_LEN + 1], want[512];
	struct walltime later = { NOW.s + 60 };
	char *edited, *two, *again;

	for (size_t i = 0; i < SHA256_LEN; i++)
		snprintf(digest + 2 * i, 3, "%02x", first->version.digest[i]);
	/* With its old block, as an editor leaves it. */
	assert_true(asprintf(&edited, "# new\n%s", one) > 0);
	two = sign_text(edited, first, later);

	struct bnl *second = open_text(two);

	assert_int_equal(second->version.timestamp.s, later.s);
	assert_int_equal(second->nhistory, 1);
	assert_int_equal(bnl_version_cmp(&second->history[0], &first->version),
			 0);
	assert_int_equal(bnl_compare(first, second), BNL_NEWER);
	again = sign_text(two, second, later);
	snprintf(want, sizeof(want),
		 "# new\nnetwork a\n"
		 "timestamp 2026-11-22T06:26:00Z\n"
		 "history   2026-11-22T06:25:00Z sha256:%s\n\nnode b\n",
		 digest);
	check_body(two, want);

	struct bnl *third = open_text(again);

	assert_int_equal(third->nhistory, 2);
	assert_int_equal(bnl_version_cmp(&third->history[0], &second->version),
			 0);
	assert_int_equal(bnl_version_cmp(&third->history[1], &first->version),
			 0);
	/* Within the same second it is later all the same. */
	assert_int_equal(third->version.timestamp.s, later.s + 1);
	bnl_free(first);
	bnl_free(second);
	bnl_free(third);
	free(one);
	free(edited);
	free(two);
	free(again);
}

static void
history_is_capped(void **state)
{
	(void)state;
	char *text = sign_text("network a\nnode b\n", NULL, NOW);
	struct bnl_version versions[70];

	for (uint32_t i = 0; i < 70; i++) {
		struct bnl *b = open_text(text);
		char *next = sign_text(text, b, NOW);

		versions[i] = b->version;
		assert_int_equal(b->nhistory,
				 i < BNL_HISTORY_MAX ? i : BNL_HISTORY_MAX);
		for (uint32_t j = 0; j < b->nhistory; j++)
			assert_int_equal(bnl_version_cmp(&b->history[j],
							 &versions[i - 1 - j]),
					 0);
		bnl_free(b);
		free(text);
		text = next;
	}
	free(text);
}

static void
time_order(void **state)
{
	(void)state;
	const int64_t ahead = BNL_SIGN_AHEAD_MAX_S;
	const struct {
		int64_t now;
		bool reset;
		int64_t want; /* 0: refused */
	} cases[] = {
		{ NOW.s + 1, false, NOW.s + 1 },
		{ NOW.s, false, NOW.s + 1 },
		{ NOW.s - 1, false, NOW.s + 1 },
		{ NOW.s - ahead, false, NOW.s + 1 },
		{ NOW.s - ahead - 1, false, 0 },
		{ NOW.s - ahead - 1, true, NOW.s - ahead - 1 },
		{ NOW.s - 1, true, NOW.s - 1 },
		{ NOW.s, true, NOW.s + 1 },
		{ NOW.s + 5, true, NOW.s + 5 },
		{ 0, true, 0 },
		{ -5, true, 0 },
		{ INT64_C(253402300800), false, 0 },
	};
	char *text = sign_text("network a\nnode b\n", NULL, NOW);
	struct bnl *previous = open_text(text);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct errs es = { 0 };
		char *p;
		int rc = try_sign(&p, text, previous,
				  (struct walltime){ cases[i].now },
				  cases[i].reset, &es);

		if (cases[i].want == 0) {
			assert_int_equal(rc, -1);
			assert_int_equal(es.count, 1);
			if (cases[i].now == NOW.s - ahead - 1) {
				assert_int_equal(es.e[0].code, ERR_FUTURE);
				assert_non_null(
					strstr(es.e[0].text, "--reset-time"));
			}
			continue;
		}
		assert_int_equal(rc, 0);

		struct bnl *b = open_text(p);

		assert_int_equal(b->version.timestamp.s, cases[i].want);
		assert_int_equal(b->nhistory, 1);
		bnl_free(b);
		free(p);
	}
	bnl_free(previous);
	free(text);
}

static void
refusals(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned int count, line;
	} cases[] = {
		{ "", 1, 0 },
		{ "network a\nnode B\nnode C\n", 2, 2 },
		{ "network a\ntimestamp soon\n", 1, 2 },
		{ "network a\n" BNL_BEGIN "\n", 1, 3 },
		{ "network a\n" BNL_END "\n", 1, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct errs es = { 0 };
		char *p;

		assert_int_equal(
			try_sign(&p, cases[i].text, NULL, NOW, false, &es), -1);
		assert_int_equal(es.count, cases[i].count);
		assert_int_equal(es.e[0].line, cases[i].line);
	}
}

static void
a_network_is_not_renamed(void **state)
{
	(void)state;
	char *one = sign_text("network a\nnode b\n", NULL, NOW);
	struct bnl *previous = open_text(one);
	struct errs es = { 0 };
	char *p;

	assert_int_equal(try_sign(&p, "network A\n", previous, NOW, true, &es),
			 -1);
	memset(&es, 0, sizeof(es));
	assert_int_equal(
		try_sign(&p, "network aa\nnode b\n", previous, NOW, true, &es),
		-1);
	assert_int_equal(es.count, 1);
	assert_int_equal(es.e[0].code, ERR_CONFLICT);
	assert_non_null(strstr(es.e[0].text, "\"aa\""));
	assert_non_null(strstr(es.e[0].text, "\"a\""));
	bnl_free(previous);
	free(one);
}

static void
public_key_signs_nothing(void **state)
{
	(void)state;
	struct bnl_sign_in in = { .text = "network a\n",
				  .len = 10,
				  .now = NOW };
	struct errs es = { 0 };
	char *out = NULL;
	struct key *pub;
	size_t len = 7;

	assert_int_equal(
		key_read_public(&pub, PEM_ED_1, sizeof(PEM_ED_1) - 1, NULL), 0);
	in.key = pub;
	assert_int_equal(bnl_sign(&out, &len, &in, &es), -1);
	assert_int_equal(es.count, 1);
	assert_null(out);
	assert_int_equal(len, 7);
	key_free(pub);
}

/* Signing adds bytes: a list that just fits does not any more. */
static void
no_room(void **state)
{
	(void)state;
	char *text = malloc(BNL_BYTES_MAX + 1);
	struct errs es = { 0 };
	char *p;

	assert_non_null(text);
	memset(text, '\n', BNL_BYTES_MAX);
	text[BNL_BYTES_MAX] = '\0';
	memcpy(text, "network a", 9);
	assert_int_equal(try_sign(&p, text, NULL, NOW, false, &es), -1);
	assert_int_equal(es.count, 1);
	assert_int_equal(es.e[0].code, ERR_LIMIT);
	/* As large as it can be: the time, its line and the block. */
	memset(&es, 0, sizeof(es));
	text[BNL_BYTES_MAX - 31 - 30 - 77 - 90 - 28] = '\0';
	assert_int_equal(try_sign(&p, text, NULL, NOW, false, &es), 0);
	assert_int_equal(strlen(p), BNL_BYTES_MAX);
	bnl_free(open_text(p));
	free(p);
	free(text);
}

#define HISTORY_LINE 103
#define SIGNED_BYTES (31 + 30 + 77 + 90 + 28) /* time and block */

/* Comments that leave so many bytes for what is signed along. */
static int
sign_full(char **out, char *text, size_t left, const struct bnl *previous,
	  struct errs *es)
{
	size_t len = BNL_BYTES_MAX - SIGNED_BYTES - left;

	memset(text, '#', len);
	for (size_t i = 1000; i < len; i += 1000)
		text[i] = '\n';
	memcpy(text, "network a\n", 10);
	text[len] = '\0';
	return try_sign(out, text, previous, NOW, false, es);
}

/* A list that is full keeps less history, and can still be signed; never one
 * that does not name the one before it. */
static void
history_gives_way(void **state)
{
	static const struct {
		size_t lines;
		uint32_t kept;
	} cases[] = { { 10, 10 }, { 9, 8 }, { 2, 1 }, { 1, 0 } };
	char *text = malloc(BNL_BYTES_MAX + 1), *p;
	struct errs es = { 0 };
	struct bnl *previous = NULL, *next;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(
			try_sign(&p, "network a\n", previous, NOW, false, &es),
			0);
		next = open_text(p);
		free(p);
		bnl_free(previous);
		previous = next;
	}
	assert_int_equal(previous->nhistory, 9);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t left = cases[i].lines * HISTORY_LINE +
			      (i == 0 ? HISTORY_LINE : 0) - i;

		if (sign_full(&p, text, left, previous, &es) != 0) {
			assert_int_equal(cases[i].kept, 0);
			assert_int_equal(es.e[0].code, ERR_LIMIT);
			continue;
		}
		next = open_text(p);
		assert_int_equal(next->nhistory, cases[i].kept);
		assert_true(bnl_descends_from(next, &previous->version));
		bnl_free(next);
		free(p);
	}
	bnl_free(previous);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_list),
		cmocka_unit_test(head_of_words),
		cmocka_unit_test(second_list),
		cmocka_unit_test(history_is_capped),
		cmocka_unit_test(time_order),
		cmocka_unit_test(refusals),
		cmocka_unit_test(a_network_is_not_renamed),
		cmocka_unit_test(public_key_signs_nothing),
		cmocka_unit_test(no_room),
		cmocka_unit_test(history_gives_way),
	};

	return cmocka_run_group_tests(tests, load_key, free_key);
}
