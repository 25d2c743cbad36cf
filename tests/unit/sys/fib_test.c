/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The routes of a network namespace of its own. */
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/fib.h"

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static unsigned int
device(const char *to, const char *from)
{
	const struct ipaddr none = { .family = IP_NONE }, t = addr(to);
	const struct ipaddr f = from != NULL ? addr(from) : none;

	return fib_device(&t, &f);
}

static void
shell(const char *command)
{
	/* NOLINTNEXTLINE(cert-env33-c): the test's own words */
	assert_int_equal(system(command), 0);
}

static void
test_device(void **state)
{
	unsigned int a = if_nametoindex("va"), b = if_nametoindex("vb");

	(void)state;
	assert_int_equal(device("192.0.2.7", NULL), a);
	assert_int_equal(device("192.0.2.7", "192.0.2.1"), a);
	assert_int_equal(device("10.9.0.1", NULL), b);
	assert_int_equal(device("10.8.0.1", NULL), 0);
	assert_int_equal(device("2001:db8::7", NULL), a);
	assert_int_equal(device("fd00:9::1", NULL), b);
	assert_int_equal(device("fe80::1%7", NULL), 7);
}

static bool
has(enum ip_family family, const char *text, unsigned int index)
{
	struct fib_route *v;
	struct prefix p;
	bool found = false;
	struct err e;
	size_t n;

	assert_int_equal(prefix_parse(&p, text, strlen(text)), 0);
	assert_int_equal(fib_routes(&v, &n, family, &e), 0);
	for (size_t i = 0; i < n; i++)
		found = found ||
			(prefix_cmp(&v[i].dst, &p) == 0 && v[i].index == index);
	free(v);
	return found;
}

static void
test_routes(void **state)
{
	unsigned int a = if_nametoindex("va"), b = if_nametoindex("vb");

	(void)state;
	assert_true(has(IP_V4, "192.0.2.0/24", a));
	assert_true(has(IP_V4, "192.0.2.1/32", a));
	assert_true(has(IP_V4, "10.9.0.0/16", b));
	assert_true(has(IP_V4, "10.77.0.0/16", 0));
	assert_false(has(IP_V4, "10.8.0.0/16", b));
	assert_true(has(IP_V6, "2001:db8::/64", a));
	assert_true(has(IP_V6, "fd00:9::/48", b));
	assert_true(has(IP_V4, "0.0.0.0/0", a) == false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_routes),
	};

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 ||
	    access("/dev/net/tun", R_OK | W_OK) < 0) {
		puts("1..0 # SKIP no network namespace of its own");
		return 0;
	}
	shell("ip link add va type veth peer name vb");
	shell("ip link set va up; ip link set vb up");
	shell("ip addr add 192.0.2.1/24 dev va");
	shell("ip addr add 2001:db8::1/64 dev va nodad");
	shell("ip route add 10.9.0.0/16 dev vb");
	shell("ip route add 10.77.0.0/16 via 192.0.2.9 table 100");
	shell("ip route add blackhole 10.77.0.0/16");
	shell("ip route add fd00:9::/48 dev vb");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
