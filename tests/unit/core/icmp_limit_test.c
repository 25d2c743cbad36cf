/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP errors about size are limited by destination, apart from all others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/data/icmp_limit.h"

static struct icmp_limit l;
static struct monotime now;

static void
begin(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = "any sixteen byte";

	icmp_limit_init(&l, seed);
	now = (struct monotime){ 1000 * NS_PER_S };
}

static struct ipaddr
host(uint8_t n)
{
	return (struct ipaddr){ .family = IP_V4, .b = { 10, 156, 2, n } };
}

static unsigned int
allowed(unsigned int tries, bool about_size, uint8_t dst)
{
	struct ipaddr a = host(dst);
	unsigned int n = 0;

	while (tries-- > 0)
		n += icmp_limit_allows(&l, now, about_size, &a);
	return n;
}

static void
test_apart(void **state)
{
	(void)state;
	begin();
	assert_int_equal(allowed(3000, false, 99), ICMP_LIMIT_BURST);
	assert_int_equal(allowed(30, true, 1), 30);
	assert_int_equal(allowed(3000, true, 1), ICMP_LIMIT_BURST - 30);
	assert_int_equal(allowed(30, true, 2), 30);
	assert_int_equal(allowed(1, false, 1), 0);
}

/* Most of many destinations have a budget of their own. */
static void
test_many(void **state)
{
	unsigned int n = 0;

	(void)state;
	begin();
	for (uint8_t i = 0; i < ICMP_LIMIT_PLACES; i++)
		n += allowed(ICMP_LIMIT_BURST, true, i);
	assert_in_range(n, ICMP_LIMIT_PLACES / 2 * ICMP_LIMIT_BURST,
			ICMP_LIMIT_PLACES * ICMP_LIMIT_BURST);
}

static void
test_again(void **state)
{
	(void)state;
	begin();
	assert_int_equal(allowed(60, true, 1), ICMP_LIMIT_BURST);
	now = mono_add_ms(now, 999);
	assert_int_equal(allowed(60, true, 1), 0);
	now = mono_add_ms(now, 1);
	assert_int_equal(allowed(60, true, 1), ICMP_LIMIT_BURST);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
