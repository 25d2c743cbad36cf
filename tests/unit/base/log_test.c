/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines: levels, the peer in front, escapes, lines too long. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "base/log.h"

struct seen {
	unsigned int count;
	enum log_level level;
	char line[8192];
};

static void
keep(void *ctx, enum log_level level, const char *line)
{
	struct seen *s = ctx;

	s->count++;
	s->level = level;
	snprintf(s->line, sizeof(s->line), "%s", line);
	errno = EBADF;
}

static struct seen seen;

static int
setup(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	log_set_sink(keep, &seen);
	log_set_level(LOG_LVL_INFO);
	return 0;
}

static void
line_and_level_arrive(void **state)
{
	(void)state;
	log_warn("port %d is %s", 3406, "taken");
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.level, LOG_LVL_WARN);
	assert_string_equal(seen.line, "port 3406 is taken");
	log_line(LOG_LVL_ERROR, "alpha", "session: %s", "expired");
	assert_int_equal(seen.level, LOG_LVL_ERROR);
	assert_string_equal(seen.line, "peer=alpha session: expired");
}

static void
levels_filter(void **state)
{
	static const enum log_level all[] = { LOG_LVL_ERROR, LOG_LVL_WARN,
					      LOG_LVL_INFO, LOG_LVL_DEBUG };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		seen.count = 0;
		log_set_level(all[i]);
		assert_int_equal(log_get_level(), all[i]);
		log_error("x");
		log_warn("x");
		log_info("x");
		log_debug("x");
		assert_int_equal(seen.count, i + 1);
		assert_int_equal(seen.level, all[i]);
	}
}

static void
level_names(void **state)
{
	enum log_level level = LOG_LVL_WARN;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const char *name = log_level_name((enum log_level)i);

		assert_int_equal(log_level_parse(&level, name), 0);
		assert_int_equal(level, i);
	}
	assert_string_equal(log_level_name(LOG_LVL_ERROR), "error");
	assert_string_equal(log_level_name(LOG_LVL_DEBUG), "debug");
	assert_string_equal(log_level_name((enum log_level)4), "unknown");
	level = LOG_LVL_WARN;
	assert_int_equal(log_level_parse(&level, ""), -1);
	assert_int_equal(log_level_parse(&level, "Error"), -1);
	assert_int_equal(log_level_parse(&level, "errors"), -1);
	assert_int_equal(log_level_parse(&level, "err"), -1);
	assert_int_equal(level, LOG_LVL_WARN);
}

/* Neither a peer's name nor a peer's words can forge a line or drive a
 * terminal. */
static void
whole_line_is_escaped(void **state)
{
	(void)state;
	log_line(LOG_LVL_INFO, "a\nb", "says \"%s\"", "x\n\x1b[2J\xff\\");
	assert_string_equal(seen.line, "peer=a\\x0ab says \"x\\x0a\\x1b[2J"
				       "\\xff\\x5c\"");
}

/* An error quotes what it found, and is logged. */
static void
what_is_escaped_stays(void **state)
{
	(void)state;
	log_line(LOG_LVL_INFO, "a", "name \"%s\"\n", "b\\x00.evil");
	assert_string_equal(seen.line, "peer=a name \"b\\x00.evil\"\\x0a");
}

static void
long_lines_are_cut(void **state)
{
	static char big[100000];

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	log_info("%s", big);
	assert_int_equal(seen.count, 1);
	assert_in_range(strlen(seen.line), 1000, 1024);
	/* A long name leaves room for the text. */
	log_line(LOG_LVL_INFO, big, "the end");
	assert_non_null(strstr(seen.line, " the end"));
	log_line(LOG_LVL_INFO, big, "%s", big);
	assert_in_range(strlen(seen.line), 1000, 1024);
	/* Each byte takes four when escaped. */
	memset(big, '\x01', sizeof(big) - 1);
	log_info("%s", big);
	assert_int_equal(strlen(seen.line) % 4, 0);
	assert_in_range(strlen(seen.line), 1000, 4096);
}

static void
errno_is_kept(void **state)
{
	(void)state;
	errno = ENOSPC;
	log_info("the sink sets errno");
	assert_int_equal(seen.count, 1);
	assert_int_equal(errno, ENOSPC);
	log_debug("not shown");
	assert_int_equal(errno, ENOSPC);
}

static void
default_sink_is_standard_error(void **state)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char text[64] = "";

	(void)state;
	assert_non_null(file);
	assert_true(saved >= 0);
	log_set_sink(NULL, NULL);
	fflush(stderr);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	log_error("disk full");
	log_debug("not shown");
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, file), 17);
	assert_string_equal(text, "error: disk full\n");
	fclose(file);
	assert_int_equal(seen.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(line_and_level_arrive, setup),
		cmocka_unit_test_setup(levels_filter, setup),
		cmocka_unit_test_setup(level_names, setup),
		cmocka_unit_test_setup(whole_line_is_escaped, setup),
		cmocka_unit_test_setup(what_is_escaped_stays, setup),
		cmocka_unit_test_setup(long_lines_are_cut, setup),
		cmocka_unit_test_setup(errno_is_kept, setup),
		cmocka_unit_test_setup(default_sink_is_standard_error, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
