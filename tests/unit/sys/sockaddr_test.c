/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Endpoints to socket addresses and back; the clocks. */
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "../unit.h"
#include "sys/clock.h"
#include "sys/sockaddr.h"

static struct endpoint
endpoint(const char *text, uint16_t port)
{
	struct endpoint e = { .port = port };

	assert_int_equal(ipaddr_parse(&e.addr, text, strlen(text)), 0);
	return e;
}

static void
test_there_and_back(void **state)
{
	struct endpoint v4 = endpoint("192.0.2.1", 3406), got;
	struct endpoint v6 = endpoint("2001:db8::1", 65535);
	struct endpoint ll = endpoint("fe80::1", 1);
	struct sockaddr_storage ss;
	struct sockaddr_in in;

	(void)state;
	assert_int_equal(sockaddr_put(&ss, &v4), sizeof(in));
	memcpy(&in, &ss, sizeof(in));
	assert_int_equal(in.sin_family, AF_INET);
	assert_int_equal(ntohs(in.sin_port), 3406);
	assert_int_equal(ntohl(in.sin_addr.s_addr), 0xc0000201);
	assert_int_equal(sockaddr_get(&got, &ss, sizeof(in)), 0);
	assert_true(endpoint_equal(&got, &v4));

	assert_int_equal(sockaddr_put(&ss, &v6), sizeof(struct sockaddr_in6));
	assert_int_equal(sockaddr_get(&got, &ss, sizeof(ss)), 0);
	assert_true(endpoint_equal(&got, &v6));

	ll.addr.scope = 7;
	sockaddr_put(&ss, &ll);
	assert_int_equal(sockaddr_get(&got, &ss, sizeof(ss)), 0);
	assert_int_equal(got.addr.scope, 7);
	assert_true(endpoint_equal(&got, &ll));
	/* A scope means nothing elsewhere. */
	v6.addr.scope = 7;
	sockaddr_put(&ss, &v6);
	assert_int_equal(sockaddr_get(&got, &ss, sizeof(ss)), 0);
	assert_int_equal(got.addr.scope, 0);
}

static void
test_refused(void **state)
{
	struct endpoint e = { .port = 1 }, got = { .port = 77 };
	struct sockaddr_storage ss = { .ss_family = AF_UNIX };
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };

	(void)state;
	assert_int_equal(sockaddr_put(&ss, &e), 0);
	assert_int_equal(sockaddr_family(&e.addr), AF_UNSPEC);
	assert_int_equal(sockaddr_get(&got, &ss, sizeof(ss)), -1);
	mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
	mapped.sin6_addr.s6_addr[12] = 10;
	memcpy(&ss, &mapped, sizeof(mapped));
	assert_int_equal(sockaddr_get(&got, &ss, sizeof(ss)), -1);
	e = endpoint("2001:db8::1", 1);
	sockaddr_put(&ss, &e);
	assert_int_equal(
		sockaddr_get(&got, &ss, sizeof(struct sockaddr_in6) - 1), -1);
	e = endpoint("192.0.2.1", 1);
	sockaddr_put(&ss, &e);
	assert_int_equal(
		sockaddr_get(&got, &ss, sizeof(struct sockaddr_in) - 1), -1);
	assert_int_equal(got.port, 77);
}

static void
test_clocks(void **state)
{
	struct monotime a = clock_mono(), b = clock_mono();
	struct now now = clock_now();

	(void)state;
	assert_true(a.ns > 0);
	assert_true(a.ns <= b.ns && b.ns <= now.mono.ns);
	/* time(2) may lag behind by a tick. */
	assert_in_range(now.wall.s, time(NULL) - 1, time(NULL) + 1);
	assert_in_range(clock_wall().s, now.wall.s, now.wall.s + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
