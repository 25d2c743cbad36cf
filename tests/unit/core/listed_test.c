/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses of a list, found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/listed.h"
#include "format/bnl_parse.h"

static const char text[] =
	"network test.example\nprefix 10.0.0.0/8\n"
	"timestamp 2026-11-22T06:25:00Z\n"
	"node alpha\n  address 192.0.2.9\n  address 2001:db8::1 port 4406\n"
	"node beta\n  address host.example\n  address 192.0.2.1\n"
	"node gamma\n  subnet 10.1.0.0/16\n"
	"  address a.host.example\n";

static bool
has(const struct listed *l, const char *address)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, address, strlen(address)), 0);
	return listed_has(l, &a);
}

static void
test_addresses(void **state)
{
	struct errs es = { 0 };
	struct listed l;
	struct bnl *b;

	(void)state;
	assert_int_equal(bnl_parse(&b, text, sizeof(text) - 1, &es), 0);
	assert_int_equal(listed_build(&l, b, NULL), 0);
	assert_int_equal(l.n, 3);
	assert_true(has(&l, "192.0.2.9"));
	assert_true(has(&l, "192.0.2.1"));
	assert_true(has(&l, "2001:db8::1"));
	assert_false(has(&l, "192.0.2.2"));
	assert_false(has(&l, "192.0.2.0"));
	assert_false(has(&l, "2001:db8::2"));
	assert_false(has(&l, "10.1.0.0"));
	assert_int_equal(l.nhosts, 2);
	assert_true(listed_has_host(&l, "host.example"));
	assert_true(listed_has_host(&l, "a.host.example"));
	assert_false(listed_has_host(&l, "host.exampl"));
	assert_false(listed_has_host(&l, "192.0.2.9"));
	listed_free(&l);
	bnl_free(b);
}

static void
test_none(void **state)
{
	struct listed none = { 0 };

	(void)state;
	assert_false(has(NULL, "192.0.2.1"));
	assert_false(has(&none, "192.0.2.1"));
	assert_false(listed_has_host(&none, "host.example"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("listed", tests, NULL, NULL);
}
