/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times as text against a calendar that counts day by day. */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/text.h"

#define DAY_S 86400

static struct span
span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void
known_times(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:01Z", 1 },
		{ "1999-12-31T23:59:59Z", 946684799 },
		{ "2000-02-29T12:00:00Z", 951825600 },
		{ "2001-09-09T01:46:40Z", 1000000000 },
		{ "2024-02-29T23:59:59Z", 1709251199 },
		{ "2038-01-19T03:14:07Z", INT32_MAX },
		{ "2038-01-19T03:14:08Z", INT64_C(2147483648) },
		{ "2106-02-07T06:28:16Z", INT64_C(4294967296) },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct walltime t = { -1 };
		char out[TEXT_TIME_MAX];

		assert_int_equal(text_time_parse(&t, span_of(cases[i].text)),
				 0);
		assert_true(t.s == cases[i].s);
		assert_ptr_equal(text_time_format(out, t), out);
		assert_string_equal(out, cases[i].text);
	}
}

static int
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Each day of the 8030 years, and the day behind each month's end. */
static void
every_day_counted(void **state)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31 };
	int64_t day = 0;

	(void)state;
	for (int year = 1970; year <= 9999; year++) {
		for (int m = 0; m < 12; m++) {
			int len = lengths[m] + (m == 1 && is_leap(year));
			char text[48];
			char out[TEXT_TIME_MAX];
			struct walltime t;

			for (int d = 1; d <= len; d++, day++) {
				snprintf(text, sizeof(text),
					 "%04d-%02d-%02dT06:07:08Z", year,
					 m + 1, d);
				assert_int_equal(
					text_time_parse(&t, span_of(text)), 0);
				assert_true(t.s == day * DAY_S + 22028);
				text_time_format(out, t);
				assert_int_equal(strcmp(out, text), 0);
			}
			snprintf(text, sizeof(text), "%04d-%02d-%02dT06:07:08Z",
				 year, m + 1, len + 1);
			assert_int_equal(text_time_parse(&t, span_of(text)),
					 -1);
		}
	}
}

static void
every_second_of_a_day(void **state)
{
	(void)state;
	for (int s = 0; s < DAY_S; s++) {
		struct walltime t = { 20000LL * DAY_S + s };
		struct walltime back;
		char out[TEXT_TIME_MAX];

		text_time_format(out, t);
		assert_int_equal(text_time_parse(&back, span_of(out)), 0);
		assert_true(back.s == t.s);
	}
}

static void
wrong_times_are_refused(void **state)
{
	/* clang-format off */
	static const char *const bad[] = {
		"", "2026-11-22", "2026-11-22T06:25Z", "2026-11-22T06:25:00",
		"2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
		"2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-01-01T00:00:60Z", "2016-12-31T23:59:60Z",
		"1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
		"2026-11-22t06:25:00Z", "2026-11-22T06:25:00z",
		"2026-11-22 06:25:00Z", "2026-11-22T06:25:00+",
		"2026-11-22T06:25:00.0Z", "2026-11-22T06:25:00+00:00",
		"2026-11-22T06:25:00Z ", " 2026-11-22T06:25:00Z",
		"10000-01-01T00:00:00Z", "2026-1-022T06:25:00Z",
		"+026-11-22T06:25:00Z", "2026-11- 2T06:25:00Z",
		"2026/11/22T06:25:00Z", "2026-11-22T06.25.00Z",
		"2026-11-22T-6:25:00Z", "202a-11-22T06:25:00Z",
	};
	/* clang-format on */
	struct walltime t = { 42 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (text_time_parse(&t, span_of(bad[i])) != -1)
			fail_msg("taken: \"%s\"", bad[i]);
	}
	assert_int_equal(text_time_parse(&t, (struct span){ NULL, 0 }), -1);
	assert_true(t.s == 42);
}

/* A single wrong byte anywhere is refused, whatever it is. */
static void
form_is_exact(void **state)
{
	static const char good[] = "2026-11-22T06:25:00Z";

	(void)state;
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (int c = 0; c < 256; c++) {
			char text[sizeof(good)];
			bool digit = good[i] >= '0' && good[i] <= '9';
			struct walltime t;

			memcpy(text, good, sizeof(good));
			text[i] = (char)c;
			if (text[i] == good[i] ||
			    (digit && c >= '0' && c <= '9'))
				continue;
			assert_int_equal(
				text_time_parse(
					&t, (struct span){ text,
							   sizeof(good) - 1 }),
				-1);
		}
	}
}

/* What has no such text is shown as a count of seconds. */
static void
times_outside_the_calendar(void **state)
{
	char out[TEXT_TIME_MAX];

	(void)state;
	assert_string_equal(text_time_format(out, (struct walltime){ -1 }),
			    "@-1");
	assert_string_equal(text_time_format(out, (struct walltime){ INT64_C(
							  253402300800) }),
			    "@253402300800");
	assert_string_equal(
		text_time_format(out, (struct walltime){ INT64_MAX }),
		"@9223372036854775807");
	assert_string_equal(
		text_time_format(out, (struct walltime){ INT64_MIN }),
		"@-9223372036854775808");
}

static void
durations(void **state)
{
	/* clang-format off */
	static const struct {
		int64_t s;
		const char *text;
	} cases[] = {
		{ 0, "0 s" },		    { 3, "3 s" },
		{ 59, "59 s" },		    { 60, "1 min" },
		{ 719, "11 min" },	    { 720, "12 min" },
		{ 3599, "59 min" },	    { 3600, "1 h" },
		{ 15000, "4 h 10 min" },    { 86399, "23 h 59 min" },
		{ 86400, "1 d" },	    { 183600, "2 d 3 h" },
		{ 86400 + 3599, "1 d" },    { -3, "-3 s" },
		{ -15000, "-4 h 10 min" },
		{ INT64_MAX, "106751991167300 d 15 h" },
		{ INT64_MIN, "-106751991167300 d 15 h" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[TEXT_SPAN_MAX];

		assert_ptr_equal(text_duration(out, cases[i].s), out);
		assert_string_equal(out, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times),
		cmocka_unit_test(every_day_counted),
		cmocka_unit_test(every_second_of_a_day),
		cmocka_unit_test(wrong_times_are_refused),
		cmocka_unit_test(form_is_exact),
		cmocka_unit_test(times_outside_the_calendar),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
