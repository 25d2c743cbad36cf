/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors: what is written, what is cut, what is left alone. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../unit.h"
#include "base/err.h"

static void
set_writes_all_fields(void **state)
{
	struct err e = { ERR_IO, 7, 9, "old" };

	(void)state;
	assert_int_equal(err_set(&e, ERR_RANGE, "%s: %d", "port", 70000), -1);
	assert_int_equal(e.code, ERR_RANGE);
	assert_int_equal(e.line, 0);
	assert_int_equal(e.column, 0);
	assert_string_equal(e.text, "port: 70000");
}

static void
at_keeps_the_place(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_at(&e, ERR_SYNTAX, 12, 3, "bad %c", 'x'), -1);
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_int_equal(e.line, 12);
	assert_int_equal(e.column, 3);
	assert_string_equal(e.text, "bad x");
}

static void
null_is_allowed_everywhere(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
	assert_int_equal(err_at(NULL, ERR_IO, 1, 1, "x"), -1);
	assert_int_equal(err_errno(NULL, ENOENT, "x"), -1);
	assert_int_equal(err_nomem(NULL), -1);
	assert_int_equal(err_prefix(NULL, "x"), -1);
}

static void
errno_chooses_the_code(void **state)
{
	static const struct {
		int errnum;
		enum err_code code;
	} cases[] = {
		{ ENOENT, ERR_NOTFOUND }, { ENOTDIR, ERR_NOTFOUND },
		{ EEXIST, ERR_EXISTS },	  { EADDRINUSE, ERR_EXISTS },
		{ EACCES, ERR_PERM },	  { EPERM, ERR_PERM },
		{ EIO, ERR_IO },	  { ENOSPC, ERR_IO },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(err_errno(&e, cases[i].errnum, "f"), -1);
		assert_int_equal(e.code, cases[i].code);
		assert_int_equal(strncmp(e.text, "f: ", 3), 0);
		assert_string_equal(e.text + 3, strerror(cases[i].errnum));
	}
}

static void
nomem_has_its_code(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_nomem(&e), -1);
	assert_int_equal(e.code, ERR_NOMEM);
	assert_string_equal(e.text, "out of memory");
}

static void
prefix_goes_in_front(void **state)
{
	struct err e;

	(void)state;
	err_at(&e, ERR_SYNTAX, 4, 5, "no value");
	assert_int_equal(err_prefix(&e, "node %s", "alpha"), -1);
	assert_string_equal(e.text, "node alpha: no value");
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_int_equal(e.line, 4);
	assert_int_equal(e.column, 5);
}

static void
file_goes_before_the_place(void **state)
{
	struct err e;

	(void)state;
	err_at(&e, ERR_SYNTAX, 4, 5, "no value");
	assert_int_equal(err_in_file(&e, "/etc/x"), -1);
	assert_string_equal(e.text, "/etc/x:4:5: no value");
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_int_equal(e.line, 0);
	err_set(&e, ERR_IO, "disk full");
	err_in_file(&e, "/etc/x");
	assert_string_equal(e.text, "/etc/x: disk full");
	assert_int_equal(err_in_file(NULL, "/etc/x"), -1);
}

static void
text_may_quote_itself(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_IO, "disk full");
	err_set(&e, ERR_LIMIT, "again: %s", e.text);
	assert_string_equal(e.text, "again: disk full");
	err_prefix(&e, "%s", e.text);
	assert_string_equal(e.text, "again: disk full: again: disk full");
}

static void
long_text_is_cut(void **state)
{
	char big[2 * ERR_TEXT_MAX];
	struct err e;

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, ERR_IO, "%s", big);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	err_errno(&e, EIO, "%s", big);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	err_set(&e, ERR_IO, "tail");
	err_prefix(&e, "%s", big);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	assert_int_equal(e.text[ERR_TEXT_MAX - 2], 'a');

	/* Only the old text is cut when the prefix fits. */
	err_set(&e, ERR_IO, "%s", big);
	err_prefix(&e, "p");
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	assert_int_equal(strncmp(e.text, "p: aaa", 6), 0);
}

static void
every_code_has_its_own_name(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ERR_CODES; i++) {
		const char *name = err_code_name((enum err_code)i);

		assert_non_null(name);
		assert_string_not_equal(name, "unknown");
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(
				name, err_code_name((enum err_code)j));
	}
	assert_string_equal(err_code_name(ERR_SYNTAX), "syntax");
	assert_string_equal(err_code_name(ERR_SIGNATURE), "signature");
	assert_string_equal(err_code_name(ERR_CODES), "unknown");
}

static void
errs_keeps_the_first_and_counts_all(void **state)
{
	struct errs es = { 0 };
	struct err e;

	(void)state;
	for (unsigned int i = 1; i <= ERRS_MAX + 5; i++) {
		err_at(&e, ERR_SYNTAX, i, 0, "number %u", i);
		errs_add(&es, &e);
	}
	assert_int_equal(es.count, ERRS_MAX + 5);
	assert_int_equal(es.e[0].line, 1);
	assert_int_equal(es.e[ERRS_MAX - 1].line, ERRS_MAX);
	es.count = UINT_MAX;
	errs_add(&es, &e);
	assert_int_equal(es.count, UINT_MAX);
}

static void
format_leaves_out_what_is_zero(void **state)
{
	char out[64];
	struct err e;

	(void)state;
	err_at(&e, ERR_SYNTAX, 12, 3, "oops");
	assert_string_equal(err_format(out, sizeof(out), "a.conf", &e),
			    "a.conf:12:3: oops");
	assert_string_equal(err_format(out, sizeof(out), NULL, &e),
			    "12:3: oops");
	e.column = 0;
	assert_string_equal(err_format(out, sizeof(out), "a.conf", &e),
			    "a.conf:12: oops");
	e.line = 0;
	assert_string_equal(err_format(out, sizeof(out), "a.conf", &e),
			    "a.conf: oops");
	assert_string_equal(err_format(out, sizeof(out), NULL, &e), "oops");
	/* A column means nothing without its line. */
	e.column = 8;
	assert_string_equal(err_format(out, sizeof(out), NULL, &e), "oops");
	e.line = UINT_MAX;
	e.column = UINT_MAX;
	assert_string_equal(err_format(out, sizeof(out), "f", &e),
			    "f:4294967295:4294967295: oops");
}

static void
format_is_cut_at_cap(void **state)
{
	char out[16] = "###############";
	struct err e;

	(void)state;
	err_set(&e, ERR_IO, "0123456789");
	assert_ptr_equal(err_format(out, 8, "abc", &e), out);
	assert_string_equal(out, "abc: 01");
	assert_int_equal(out[8], '#');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_writes_all_fields),
		cmocka_unit_test(at_keeps_the_place),
		cmocka_unit_test(null_is_allowed_everywhere),
		cmocka_unit_test(errno_chooses_the_code),
		cmocka_unit_test(nomem_has_its_code),
		cmocka_unit_test(prefix_goes_in_front),
		cmocka_unit_test(file_goes_before_the_place),
		cmocka_unit_test(text_may_quote_itself),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(every_code_has_its_own_name),
		cmocka_unit_test(errs_keeps_the_first_and_counts_all),
		cmocka_unit_test(format_leaves_out_what_is_zero),
		cmocka_unit_test(format_is_cut_at_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
