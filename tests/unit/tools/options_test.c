/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of options: parsing, the help and the errors. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "capture.h"
#include "lib/defaults.h"
#include "lib/options.h"

enum { ADD = 1, SET = 2 };

struct values {
	bool force, all;
	const char *file, *odd;
	uint64_t days, wait_s;
	bool wait;
	struct option_values many;
	char words[64];
	unsigned int in;
	bool stop, place;
	int min, max;
};

/* Takes any value but "odd". */
static int
take_even(void *ctx, const struct option_row *row, const char *arg,
	  struct err *e)
{
	assert_null(ctx);
	if (strcmp(arg, "odd") != 0)
		return 0;
	return err_set(e, ERR_USAGE, "--%s: odd", row->name);
}

static int
take_word(void *ctx, const struct option_row *row, const char *arg,
	  struct err *e)
{
	char *words = ctx;

	assert_null(row);
	if (strcmp(arg, "bad") == 0)
		return err_set(e, ERR_SYNTAX, "a bad word");
	strncat(words, arg, 60 - strlen(words));
	return 0;
}

/* Parses "program LINE", cut at blanks; returns options_parse()'s result. */
static int
parse(struct values *v, const char *line)
{
	static char copy[512];
	char *argv[64] = { (char[]){ "program" } };
	const struct option_row rows[] = {
		{ 'f', "force", NULL, "do it", .flag = &v->force },
		{ 0, "all", NULL, "all of them", ADD, .flag = &v->all },
		{ 'o', "out", "FILE", "goes there", .text = &v->file },
		{ 'k', NULL, "KEY", "only a letter", .text = &v->odd },
		{ 0, "days", "N", NULL, .number = &v->days, .min = 1,
		  .max = 9 },
		{ 0, "wait", "[=SECONDS]",
		  "a text that is too long for what "
		  "is left of a line of eighty columns",
		  SET, .flag = &v->wait, .number = &v->wait_s, .max = 9 },
		{ 0, "many", "X", "one more", .values = &v->many, .most = 2 },
		{ 0, "even", "X", "one that is even", .take = take_even },
		{ .name = NULL },
	};
	struct options o = { .command = "add",
			     .usage = "p add X\np set",
			     .about = "About.",
			     .below = "Below.",
			     .version = "P",
			     .rows = rows,
			     .in = v->in,
			     .min = v->min,
			     .max = v->max,
			     .stop = v->stop,
			     .word = v->place ? take_word : NULL,
			     .ctx = v->words };
	int argc = 1, rc;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *p = strtok(copy, " "); p != NULL; p = strtok(NULL, " "))
		argv[argc++] = p;
	capture_begin();
	rc = options_parse(&o, argc, argv);
	capture_end();
	assert_string_equal(argv[0], "program");
	return rc;
}

static void
fails(struct values v, const char *line, const char *says)
{
	char head[64];

	assert_int_equal(parse(&v, line), EXIT_USAGE);
	if (strstr(captured.text, says) == NULL)
		fail_msg("%s: %s", line, captured.text);
	snprintf(head, sizeof(head), "%s: ", program_invocation_short_name);
	assert_memory_equal(captured.text, head, strlen(head));
}

static void
test_values(void **state)
{
	struct values v = { .in = SET, .max = 2 };

	(void)state;
	assert_int_equal(parse(&v, "-f x --out there -kK --days 9 --wait "
				   "--many a --many=b y --even 2"),
			 -1);
	assert_string_equal(captured.text, "");
	assert_true(v.force && v.wait && !v.all);
	assert_string_equal(v.file, "there");
	assert_string_equal(v.odd, "K");
	assert_int_equal(v.days, 9);
	assert_int_equal(v.wait_s, 0);
	assert_int_equal(v.many.n, 2);
	assert_string_equal(v.many.v[0], "a");
	assert_string_equal(v.many.v[1], "b");
	/* An optional value, and a long name that is cut. */
	assert_int_equal(parse(&v, "--wai=7 -- -f --all"), -1);
	assert_int_equal(v.wait_s, 7);
	assert_false(v.all);
}

static void
test_refused(void **state)
{
	const struct values v = { .in = ADD };

	(void)state;
	fails(v, "--days 0", "--days \"0\": expected a number from 1 to 9\n");
	fails(v, "--days 10", "from 1 to 9");
	fails(v, "--days 1x", "from 1 to 9");
	fails(v, "--days=", "from 1 to 9");
	fails(v, "--many a --many b --many c",
	      "--many is given more than 2 times\n");
	fails(v, "--even odd", "--even: odd\n");
	/* All that follow show how the command is used. */
	fails(v, "--wait",
	      "add takes no --wait\nusage: p add X\n       p "
	      "set\n");
	fails(v, "--colour", "unrecognized option '--colour'\nusage: p");
	fails(v, "--out", "requires an argument\nusage: p");
	fails(v, "-x", "invalid option -- 'x'\nusage: p");
	fails(v, "--force=1", "doesn't allow an argument\nusage: p");
}

static void
test_arguments(void **state)
{
	struct values v = { .in = ADD, .min = 1, .max = 2 };

	(void)state;
	fails(v, "-f", "an argument is missing\nusage: p");
	fails(v, "a b c", "unexpected argument \"c\"\nusage: p");
	assert_int_equal(parse(&v, "a -f b"), -1);
	assert_true(v.force);
	/* Options end at the first argument, which is not counted. */
	v = (struct values){ .in = ADD, .stop = true };
	assert_int_equal(parse(&v, "-f a --days 0 b c d"), -1);
	assert_int_equal(optind, 2);
	/* Each argument is taken in its place, also after "--". */
	v = (struct values){ .in = ADD, .place = true };
	assert_int_equal(parse(&v, "a -f b -- -c d"), -1);
	assert_string_equal(v.words, "ab-cd");
	fails(v, "a bad", ": a bad word\n");
	fails(v, "a -- bad", ": a bad word\n");
}

/* An option before a command that does not take it. */
static void
test_two_passes(void **state)
{
	bool all = false;
	const struct option_row rows[] = {
		{ 0, "all", .in = ADD, .flag = &all },
		{ .name = NULL },
	};
	struct options o = {
		.usage = "p", .rows = rows, .in = ~0U, .stop = true
	};
	char *argv[] = { (char[]){ "p" }, (char[]){ "--all" },
			 (char[]){ "set" }, NULL };

	(void)state;
	assert_int_equal(options_parse(&o, 3, argv), -1);
	assert_true(all);
	o.command = "set";
	o.in = SET;
	o.stop = false;
	capture_begin();
	assert_int_equal(options_parse(&o, 1, argv + 2), EXIT_USAGE);
	assert_non_null(strstr(capture_end(), "set takes no --all\n"));
	o.in = ADD;
	assert_int_equal(options_parse(&o, 1, argv + 2), -1);
}

static void
test_help(void **state)
{
	struct values v = { .in = SET };

	(void)state;
	assert_int_equal(parse(&v, "a b c --help"), EXIT_OK);
	assert_string_equal(
		captured.text,
		"usage: p add X\n"
		"       p set\n"
		"About.\n"
		"  -f, --force             do it\n"
		"  -o, --out FILE          goes there\n"
		"  -k KEY                  only a letter\n"
		"      --wait[=SECONDS]    a text that is too long for what is "
		"left of a line of\n"
		"                          eighty columns\n"
		"      --many X            one more\n"
		"      --even X            one that is even\n"
		"  -h, --help              show this\n"
		"  -V, --version           show the version\n"
		"Below.\n");
	assert_int_equal(parse(&v, "-V"), EXIT_OK);
	assert_string_equal(captured.text, "P " VERSION "\n");
	capture_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_two_passes),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
