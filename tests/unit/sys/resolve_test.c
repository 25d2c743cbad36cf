/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names by way of the system, as far as no name server is needed. */
#include "../unit.h"
#include "sys/resolve.h"

static void
test_found(void **state)
{
	struct ipaddr at[4];
	size_t n = 0;

	(void)state;
	/* RFC 6761, section 6.3: loopback, whatever the hosts file says. */
	assert_int_equal(resolve("localhost", IP_V4, at, 4, &n, NULL), 0);
	assert_in_range(n, 1, 4);
	for (size_t i = 0; i < n; i++)
		assert_true(ipaddr_is_loopback(&at[i]));
	assert_int_equal(resolve("localhost", IP_V4, at, 0, &n, NULL), 0);
	assert_int_equal(n, 0);
}

static void
test_in_file(void **state)
{
	struct ipaddr at[4];

	(void)state;
	assert_in_range(resolve_in_file("localhost", at, 4), 0, 4);
	assert_int_equal(resolve_in_file("nobody.invalid", at, 4), 0);
	assert_int_equal(resolve_in_file("127.0.0.1", at, 4), 0);
}

static void
test_not_found(void **state)
{
	struct ipaddr at[4];
	size_t n = 77;
	struct err e;

	(void)state;
	/* Longer than any name can be: no name server is asked. */
	assert_int_equal(resolve("0123456789012345678901234567890123456789"
				 "0123456789012345678901234567890123456789",
				 IP_V6, at, 4, &n, &e),
			 -1);
	assert_true(e.text[0] != '\0');
	assert_int_equal(n, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_in_file),
		cmocka_unit_test(test_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
