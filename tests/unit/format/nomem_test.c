/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out, at each place where some is asked for: an error that
 * says so, nothing half made, and the next attempt works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/bnl_edit.h"
#include "format/bnl_parse.h"
#include "format/compress.h"
#include "format/conf.h"

#define K1        \
	"sha256:" \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define K2        \
	"sha256:" \
	"2222222222222222222222222222222222222222222222222222222222222222"

static const char list[] =
	"network a\nprefix 10.0.0.0/8\nprefix fd00::/16\n"
	"node b\n  address 192.0.2.1\n  address b.example\n"
	"  subnet 10.1.0.0/16\n  subnet fd00:1::/32\n  key " K1 "\n"
	"node c\n  address c.example port 7\n  subnet 10.2.0.0/16\n"
	"revoke " K2 " # d\n";

/* Counts down; the request that meets 1 fails. 0: none does. */
static unsigned int left;

static bool
is_out(void)
{
	return left > 0 && --left == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *
__wrap_malloc(size_t n)
{
	return is_out() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return is_out() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return is_out() ? NULL : __real_realloc(p, n);
}

/* 0, or -1 and the error. Frees all that it has made. */
typedef int attempt_fn(struct err *e);

/* With one request more each time, until none fails any more. */
static void
at_each_place(attempt_fn *attempt, unsigned int least)
{
	unsigned int n;
	struct err e;

	for (n = 1;; n++) {
		int rc;

		memset(&e, 0, sizeof(e));
		left = n;
		rc = attempt(&e);
		if (left > 0) {
			left = 0;
			assert_int_equal(rc, 0);
			break;
		}
		assert_int_equal(rc, -1);
		if (e.code != ERR_NOMEM)
			fail_msg("request %u: %s", n, e.text);
		if (attempt(&e) < 0)
			fail_msg("after request %u: %s", n, e.text);
	}
	assert_true(n > least);
}

static int
parse(struct err *e)
{
	struct errs es = { 0 };
	struct bnl *b;

	if (bnl_parse(&b, list, sizeof(list) - 1, &es) < 0) {
		assert_true(es.count > 0);
		*e = es.e[0];
		return -1;
	}
	assert_int_equal(b->nnodes, 2);
	bnl_free(b);
	return 0;
}

static void
test_list(void **state)
{
	(void)state;
	at_each_place(parse, 10);
}

static int
change(struct bnl_edit *ed, const struct bnl_change *c, struct buf *out,
       struct err *e)
{
	if (bnl_edit_set(ed, "b", c, e) < 0 ||
	    bnl_edit_add(ed, "e", c, e) < 0 || bnl_edit_remove(ed, "c", e) < 0)
		return -1;
	return bnl_edit_write(ed, out, e);
}

static int
edit(struct err *e)
{
	struct bnl_change c = { .given = { false } };
	struct bnl_edit *ed = NULL;
	struct errs es = { 0 };
	struct buf out;
	int rc = -1;

	buf_init(&out, BNL_BYTES_MAX);
	if (bnl_edit_new(&ed, list, sizeof(list) - 1, &es) < 0)
		*e = es.e[0];
	else if (bnl_change_add(&c, BNL_ADDRESS, "192.0.2.9", e) == 0)
		rc = change(ed, &c, &out, e);
	bnl_change_free(&c);
	bnl_edit_free(ed);
	buf_free(&out);
	return rc;
}

static void
test_edit(void **state)
{
	(void)state;
	at_each_place(edit, 20);
}

static int
read_conf(struct err *e)
{
	static const char text[] = "name = b\nnetwork = a\n"
				   "restrictouname = VPN nodes\n"
				   "listen = 192.0.2.1\nlisten = 192.0.2.2\n";
	struct errs es = { 0 };
	struct conf *c;

	if (conf_parse(&c, text, sizeof(text) - 1, "/etc", &es) < 0) {
		assert_true(es.count > 0);
		*e = es.e[0];
		return -1;
	}
	conf_free(c);
	return 0;
}

static void
test_conf(void **state)
{
	(void)state;
	at_each_place(read_conf, 2);
}

static int
make_comp(struct err *e)
{
	struct comp *c = comp_new();

	if (c == NULL)
		return err_nomem(e);
	comp_free(c);
	return 0;
}

static void
test_compressors(void **state)
{
	(void)state;
	at_each_place(make_comp, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_compressors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
