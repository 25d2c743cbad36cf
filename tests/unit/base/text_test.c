/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines, words, numbers, names, UTF-8, escapes. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/text.h"
#include "prng.h"

static void
span_is_compares_whole_words(void **state)
{
	(void)state;
	assert_true(span_is(SPAN("port"), "port"));
	assert_false(span_is(SPAN("port"), "ports"));
	assert_false(span_is(SPAN("ports"), "port"));
	assert_false(span_is(SPAN("Port"), "port"));
	assert_false(span_is(SPAN("port\0"), "port"));
	assert_true(span_is((struct span){ NULL, 0 }, ""));
	assert_false(span_is((struct span){ NULL, 0 }, "x"));
}

static void
lines(void **state)
{
	struct span rest = SPAN("one\n\n three \nlast");
	struct span line;

	(void)state;
	assert_true(span_line(&rest, &line));
	assert_true(span_is(line, "one"));
	assert_true(span_line(&rest, &line));
	assert_true(span_is(line, ""));
	assert_true(span_line(&rest, &line));
	assert_true(span_is(line, " three "));
	assert_true(span_line(&rest, &line));
	assert_true(span_is(line, "last"));
	assert_false(span_line(&rest, &line));
	assert_int_equal(rest.len, 0);
	assert_false(span_line(&rest, &line));

	rest = SPAN("a\n");
	assert_true(span_line(&rest, &line));
	assert_true(span_is(line, "a"));
	assert_false(span_line(&rest, &line));
	rest = SPAN("\n");
	assert_true(span_line(&rest, &line));
	assert_true(span_is(line, ""));
	assert_false(span_line(&rest, &line));
	rest = (struct span){ NULL, 0 };
	assert_false(span_line(&rest, &line));
	/* CR and NUL belong to the line: they are for others to refuse. */
	rest = SPAN("a\r\nb\0c");
	assert_true(span_line(&rest, &line));
	assert_int_equal(line.len, 2);
	assert_true(span_line(&rest, &line));
	assert_int_equal(line.len, 3);
}

static void
words(void **state)
{
	struct span rest = SPAN("  node \t alpha.example\t");
	struct span word = SPAN("untouched");

	(void)state;
	assert_true(span_word(&rest, &word));
	assert_true(span_is(word, "node"));
	assert_true(span_word(&rest, &word));
	assert_true(span_is(word, "alpha.example"));
	assert_false(span_word(&rest, &word));
	assert_true(span_is(word, "alpha.example"));
	assert_int_equal(rest.len, 0);
	rest = SPAN("a\vb\rc d");
	assert_true(span_word(&rest, &word));
	assert_true(span_is(word, "a\vb\rc"));
	rest = (struct span){ NULL, 0 };
	assert_false(span_word(&rest, &word));
}

static void
trim(void **state)
{
	(void)state;
	assert_true(span_is(span_trim(SPAN(" \t a b \t")), "a b"));
	assert_true(span_is(span_trim(SPAN("a")), "a"));
	assert_true(span_is(span_trim(SPAN(" \t ")), ""));
	assert_true(span_is(span_trim((struct span){ NULL, 0 }), ""));
	assert_true(span_is(span_trim(SPAN("\na\r")), "\na\r"));
}

static bool
utf8(const char *text)
{
	return text_is_utf8(text, strlen(text));
}

static void
dup_terminates(void **state)
{
	char *copy = span_dup((struct span){ "hello world", 5 });

	(void)state;
	assert_string_equal(copy, "hello");
	free(copy);
	copy = span_dup(SPAN("a\0b"));
	assert_memory_equal(copy, "a\0b", 4);
	free(copy);
	copy = span_dup((struct span){ NULL, 0 });
	assert_string_equal(copy, "");
	free(copy);
	assert_null(span_dup((struct span){ "x", SIZE_MAX }));
}

static void
utf8_well_formed(void **state)
{
	(void)state;
	assert_true(text_is_utf8(NULL, 0));
	assert_true(utf8("plain \x01\x7f"));
	/* The first and last of each length and around the surrogates. */
	assert_true(utf8("\xc2\x80\xdf\xbf"));
	assert_true(utf8("\xe0\xa0\x80\xef\xbf\xbf"));
	assert_true(utf8("\xed\x9f\xbf\xee\x80\x80"));
	assert_true(utf8("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

static void
utf8_malformed(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2\x41",
		"\xc2\xc2\x80",
		"\xe0\x9f\xbf",
		"\xe0\xa0",
		"\xe1\x80\x41",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80",
		"\xf1\x80\x80\xc0",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xfe",
		"\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char around[16] = "ok";

		assert_false(utf8(bad[i]));
		memcpy(around + 2, bad[i], strlen(bad[i]));
		assert_false(utf8(around));
	}
	/* Cut by the length, although the byte behind would fit. */
	assert_false(text_is_utf8("\xc2\x80", 1));
	assert_false(text_is_utf8("\xe1\x80\x80", 2));
	assert_false(text_is_utf8("\xf1\x80\x80\x80", 3));
	assert_false(text_is_utf8("a\0b", 3));
	assert_false(text_is_utf8("\0", 1));
}

/* Every three-byte sequence, against decoding by arithmetic. */
static void
utf8_of_three_bytes_exhaustively(void **state)
{
	(void)state;
	for (unsigned int n = 0x800000; n < 0x1000000; n++) {
		uint8_t b[3] = { (uint8_t)(n >> 16), (uint8_t)(n >> 8),
				 (uint8_t)n };
		unsigned int c = (b[0] & 0x0fU) << 12 | (b[1] & 0x3fU) << 6 |
				 (b[2] & 0x3fU);
		bool one = b[0] >= 0xe0 && b[0] < 0xf0 &&
			   (b[1] & 0xc0) == 0x80 && (b[2] & 0xc0) == 0x80 &&
			   c >= 0x800 && (c < 0xd800 || c > 0xdfff);
		bool two = b[0] >= 0xc2 && b[0] < 0xe0 &&
			   (b[1] & 0xc0) == 0x80 && b[2] != 0 && b[2] < 0x80;

		if (text_is_utf8((const char *)b, 3) != (one || two))
			fail_msg("%06x", n);
	}
}

static void
numbers(void **state)
{
	uint64_t v = 42;

	(void)state;
	assert_int_equal(text_u64(&v, SPAN("0"), 0, 10), 0);
	assert_true(v == 0);
	assert_int_equal(text_u64(&v, SPAN("65535"), 1, 65535), 0);
	assert_true(v == 65535);
	assert_int_equal(
		text_u64(&v, SPAN("18446744073709551615"), 0, UINT64_MAX), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(text_u64(&v, SPAN("007"), 0, 10), 0);
	assert_true(v == 7);
}

static void
numbers_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"+1",
		"-1",
		" 1",
		"1 ",
		"0x1",
		"1e3",
		"1.0",
		"a",
		"1a",
		"18446744073709551616",
		"18446744073709551620",
		"99999999999999999999",
		"100000000000000000000000",
	};
	uint64_t v = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			text_u64(&v, (struct span){ bad[i], strlen(bad[i]) }, 0,
				 UINT64_MAX),
			-1);
	assert_int_equal(text_u64(&v, SPAN("0"), 1, 65535), -1);
	assert_int_equal(text_u64(&v, SPAN("65536"), 1, 65535), -1);
	assert_int_equal(text_u64(&v, SPAN("4294967297"), 0, 100), -1);
	assert_int_equal(text_u64(&v, SPAN("1\0"), 0, 100), -1);
	assert_int_equal(text_u64(&v, (struct span){ NULL, 0 }, 0, 100), -1);
	assert_true(v == 42);
}

static void
escapes(void **state)
{
	/* clang-format off */
	static const char *const cases[][2] = {
		{ "plain text: ok!", "plain text: ok!" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "\x7f", "\\x7f" },
		{ "back\\slash", "back\\x5cslash" },
		{ "\\x0a", "\\x5cx0a" },
		{ "\xc2\x80\xc2\x85\xc2\x9f", "\\xc2\\x80\\xc2\\x85\\xc2\\x9f" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "gr\xc3\xbc\xc3\x9f dich", "gr\xc3\xbc\xc3\x9f dich" },
		{ "\xe2\x82\xac \xf0\x9f\x98\x80",
		  "\xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xff\xc3(\xe2\x82", "\\xff\\xc3(\\xe2\\x82" },
		{ "\x9b", "\\x9b" },
		{ "", "" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[64];

		assert_ptr_equal(text_escape(out, sizeof(out), cases[i][0],
					     strlen(cases[i][0])),
				 out);
		assert_string_equal(out, cases[i][1]);
	}
}

static void
escape_of_nul(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(text_escape(out, sizeof(out), "a\0b", 3),
			    "a\\x00b");
	assert_string_equal(text_escape(out, sizeof(out), NULL, 0), "");
}

static void
escapes_what_is_not(void **state)
{
	/* clang-format off */
	static const char *const cases[][2] = {
		{ "beta\\x00.evil", "beta\\x00.evil" },
		{ "\\x5cx00 \\xff\\x1b", "\\x5cx00 \\xff\\x1b" },
		{ "a\n\\x0a\n", "a\\x0a\\x0a\\x0a" },
		{ "back\\slash", "back\\x5cslash" },
		/* Nothing that would be written so. */
		{ "\\x41", "\\x5cx41" },
		{ "\\x0A", "\\x5cx0A" },
		{ "\\x0", "\\x5cx0" },
		{ "\\\\x0a", "\\x5c\\x0a" },
		{ "\\x\x1b" "0", "\\x5cx\\x1b0" },
		{ "\xc2\x80\xc3\xbc\xff", "\\xc2\\x80\xc3\xbc\\xff" },
		{ "", "" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[64], again[64];

		assert_ptr_equal(
			text_escape_rest(out, sizeof(out), cases[i][0]), out);
		assert_string_equal(out, cases[i][1]);
		text_escape_rest(again, sizeof(again), out);
		assert_string_equal(again, out);
		text_escape(out, sizeof(out), cases[i][0], strlen(cases[i][0]));
		text_escape_rest(again, sizeof(again), out);
		assert_string_equal(again, out);
	}
}

static void
what_is_escaped_is_cut_whole(void **state)
{
	static const char in[] = "a\\x00b";

	(void)state;
	for (size_t cap = 1; cap < sizeof(in); cap++) {
		char out[16];

		memset(out, '#', sizeof(out));
		text_escape_rest(out, cap, in);
		assert_string_equal(out, cap == 1 ? "" :
					 cap < 6  ? "a" :
						    "a\\x00");
		assert_int_equal(out[cap], '#');
	}
}

/* Cut at every length: terminated, nothing half-written, nothing beyond. */
static void
escape_is_cut_whole(void **state)
{
	static const char in[] = "a\xe2\x82\xac\nb";
	static const char *const want[] = {
		"",
		"",
		"a",
		"a",
		"a",
		"a\xe2\x82\xac",
		"a\xe2\x82\xac",
		"a\xe2\x82\xac",
		"a\xe2\x82\xac",
		"a\xe2\x82\xac\\x0a",
		"a\xe2\x82\xac\\x0ab",
		"a\xe2\x82\xac\\x0ab",
	};

	(void)state;
	for (size_t cap = 1; cap < 12; cap++) {
		char out[16];

		memset(out, '#', sizeof(out));
		text_escape(out, cap, in, sizeof(in) - 1);
		assert_string_equal(out, want[cap]);
		assert_int_equal(out[cap], '#');
	}
	assert_null(text_escape(NULL, 0, in, sizeof(in) - 1));
}

static void
escaped_text_is_always_safe(void **state)
{
	struct prng r = { 10 };

	(void)state;
	for (unsigned int n = 0; n < 20000; n++) {
		uint8_t in[40];
		char out[100], text[sizeof(in) + 1] = { 0 };
		size_t len = prng_below(&r, sizeof(in) + 1);
		size_t cap = 1 + prng_below(&r, sizeof(out));

		for (size_t i = 0; i < len; i++)
			in[i] = (uint8_t)prng_next(&r);
		memcpy(text, in, len);
		if (n % 2 == 0)
			text_escape(out, cap, in, len);
		else
			text_escape_rest(out, cap, text);
		assert_true(text_is_utf8(out, strlen(out)));
		for (size_t i = 0; out[i] != '\0'; i++) {
			uint8_t c = (uint8_t)out[i];

			assert_true(c >= 0x20 && c != 0x7f);
			if (c == 0xc2)
				assert_true((uint8_t)out[i + 1] >= 0xa0);
		}
	}
}

static void
node_names(void **state)
{
	static const char *const good[] = {
		"a", "0", "alpha.example.org", "a-b_c.d", "a--", "9.", "x_"
	};
	static const char *const bad[] = {
		"",    ".a",   "-a",  "_a",	  "A",	       "aB", "a b",
		"a/b", "../x", "a\n", "\xc3\xa4", "a\xc3\xa4", "a:", "a@"
	};
	char text[NODE_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_node_name(
			(struct span){ good[i], strlen(good[i]) }));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_node_name(
			(struct span){ bad[i], strlen(bad[i]) }));
	assert_false(text_is_node_name(SPAN("a\0b")));
	memset(text, 'a', sizeof(text));
	assert_true(text_is_node_name((struct span){ text, NODE_NAME_MAX }));
	assert_false(
		text_is_node_name((struct span){ text, NODE_NAME_MAX + 1 }));
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(span_is_compares_whole_words),
		cmocka_unit_test(lines),
		cmocka_unit_test(words),
		cmocka_unit_test(trim),
		cmocka_unit_test(dup_terminates),
		cmocka_unit_test(utf8_well_formed),
		cmocka_unit_test(utf8_malformed),
		cmocka_unit_test(utf8_of_three_bytes_exhaustively),
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_refused),
		cmocka_unit_test(escapes),
		cmocka_unit_test(escape_of_nul),
		cmocka_unit_test(escapes_what_is_not),
		cmocka_unit_test(what_is_escaped_is_cut_whole),
		cmocka_unit_test(escape_is_cut_whole),
		cmocka_unit_test(escaped_text_is_always_safe),
		cmocka_unit_test(node_names),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
