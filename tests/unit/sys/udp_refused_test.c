/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP that is not taken: what is counted, cut, remembered, dropped. */
#include "udp_fixture.h"

static void
gso_refused(int errnum, bool off)
{
	struct fixture x;
	struct udp_run r;

	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	assert_true(udp_gso(x.tx));
	refuse.segmented_errno = errnum;
	r = run(&x, 0, 4300, 1000);
	r.local = addr("127.0.0.1");
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 5);
	assert_int_equal(x.res.failed, 0);
	assert_int_equal(udp_stats(x.tx)->gso_refused, 1);
	assert_true(udp_gso(x.tx) != off);
	expect_stream(&x, 0, 4300, 1000);

	refuse.calls = 0;
	udp_send(x.tx, &r, 1, NULL);
	expect_stream(&x, 0, 4300, 1000);
	/* Remembered: one call for all five. */
	assert_int_equal(refuse.calls, off ? 1 : 6);
	fixture_teardown(&x);
}

static void
test_gso_refused(void **state)
{
	(void)state;
	gso_refused(EIO, true);
	gso_refused(EINVAL, true);
	gso_refused(EMSGSIZE, false);
}

/* The way to one peer refuses segments: all others keep them. */
static void
test_refused_to_one(void **state)
{
	static const int errnums[] = { EIO, EINVAL };
	struct fixture x;
	struct udp_run r[3];
	int errnum = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
		for (int k = 0; k < 3; k++)
			r[k] = run(&x, 0, 4300, 1000);
		r[1].remote.addr = addr("127.0.0.2");
		refuse.segmented_errno = errnums[i];
		refuse.to = htonl(0x7f000002);
		udp_send(x.tx, r, 3, &x.res);
		assert_int_equal(x.res.sent, 15);
		assert_int_equal(x.res.failed, 0);
		assert_true(udp_gso(x.tx));
		assert_int_equal(udp_gso_errno(x.tx), 0);
		assert_int_equal(udp_gso_refusals(x.tx, &errnum), 1);
		assert_int_equal(errnum, errnums[i]);
		assert_int_equal(udp_gso_refused(x.tx, &r[1].remote.addr),
				 errnums[i]);
		assert_int_equal(udp_gso_refused(x.tx, &r[0].remote.addr), 0);
		assert_int_equal(udp_stats(x.tx)->segmented, 2);
		assert_int_equal(udp_stats(x.tx)->gso_refused, 1);
		/* One message, five, one: in a single call. */
		refuse.calls = 0;
		udp_send(x.tx, r, 3, &x.res);
		assert_int_equal(x.res.sent, 15);
		assert_int_equal(refuse.calls, 1);
		assert_int_equal(udp_stats(x.tx)->segmented, 4);
		assert_int_equal(udp_stats(x.tx)->gso_refused, 1);
		fixture_teardown(&x);
	}
}

/* Another way may have been taken meanwhile: it is tried again. */
static void
test_refused_no_more(void **state)
{
	struct fixture x;
	struct udp_run r;
	int errnum = 0;

	(void)state;
	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	refuse.segmented_errno = EIO;
	r = run(&x, 0, 64, 1);
	for (int i = 0; i < 1000; i++)
		udp_send(x.tx, &r, 1, NULL);
	/* Tried, but by no means each time. */
	assert_in_range(udp_stats(x.tx)->gso_refused, 2, 8);
	assert_int_equal(udp_gso_refusals(x.tx, &errnum), 1);
	assert_false(udp_gso(x.tx));
	refuse.segmented_errno = 0;
	for (int i = 0; i < 1000; i++)
		udp_send(x.tx, &r, 1, NULL);
	assert_int_equal(udp_gso_refusals(x.tx, &errnum), 0);
	assert_int_equal(udp_gso_refused(x.tx, &r.remote.addr), 0);
	assert_true(udp_gso(x.tx));
	fixture_teardown(&x);
}

/* There are more peers than places: the last ones are remembered. */
static void
test_refused_to_many(void **state)
{
	struct fixture x;
	struct udp_run r;
	int errnum = 0;

	(void)state;
	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	refuse.segmented_errno = EIO;
	for (unsigned int i = 1; i <= 500; i++) {
		r = run(&x, 0, 300, 100);
		r.remote.addr.b[2] = (uint8_t)(i / 250);
		r.remote.addr.b[3] = (uint8_t)(1 + i % 250);
		udp_send(x.tx, &r, 1, &x.res);
		assert_int_equal(x.res.failed, 0);
		assert_int_equal(udp_gso_refused(x.tx, &r.remote.addr), EIO);
	}
	assert_in_range(udp_gso_refusals(x.tx, &errnum), 2, 64);
	fixture_teardown(&x);
}

/* Segmentation is refused, and so is each full-sized datagram: the size is
 * to blame. The short last one gets through. */
static void
test_too_big(void **state)
{
	static const int errnums[] = { EINVAL, EMSGSIZE };
	struct fixture x;
	struct udp_run r;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
		memset(x.data, 1, 3000);
		memset(x.data + 3000, 2, 10);
		refuse.segmented_errno = errnums[i];
		refuse.errnum = EMSGSIZE;
		refuse.mark = 1;
		r = run(&x, 0, 3010, 1000);
		udp_send(x.tx, &r, 1, &x.res);
		assert_int_equal(x.res.sent, 1);
		assert_int_equal(x.res.failed, 3);
		assert_int_equal(x.res.last_errno, EMSGSIZE);
		assert_int_equal(udp_stats(x.tx)->too_big, 3);
		assert_true(udp_gso(x.tx));
		assert_int_equal(receive(&x), 1);
		assert_int_equal(x.runs[0].len, 10);
		fixture_teardown(&x);
	}
}

/* What the kernel itself finds too big for the loopback device. */
static void
test_really_too_big(void **state)
{
	struct udp_run r[2];
	struct fixture x;

	(void)state;
	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	r[0] = run(&x, 0, 65530, 65530);
	r[1] = run(&x, 0, 100, 100);
	udp_send(x.tx, r, 2, &x.res);
	assert_int_equal(x.res.sent, 1);
	assert_int_equal(x.res.failed, 1);
	assert_int_equal(udp_stats(x.tx)->too_big, 1);
	assert_int_equal(receive(&x), 1);
	fixture_teardown(&x);
}

/* The failing message is left out, those behind it are sent. */
static void
test_errors_are_counted(void **state)
{
	static const struct {
		int errnum;
		size_t unreachable, full;
	} cases[] = {
		{ ECONNREFUSED, 1, 0 }, { ENETUNREACH, 1, 0 },
		{ EHOSTUNREACH, 1, 0 }, { EPERM, 1, 0 },
		{ ENOBUFS, 0, 1 },	{ EPROTO, 0, 0 },
	};
	struct udp_run r[5];
	struct fixture x;

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
		for (size_t i = 0; i < 5; i++) {
			x.data[i * 10] = (uint8_t)(100 + i);
			r[i] = run(&x, i * 10, 10, 10);
		}
		refuse.errnum = cases[c].errnum;
		refuse.mark = 102;
		udp_send(x.tx, r, 5, &x.res);
		assert_int_equal(x.res.sent, 4);
		assert_int_equal(x.res.failed, 1);
		assert_int_equal(x.res.last_errno, cases[c].errnum);
		assert_false(x.res.full);
		assert_int_equal(udp_stats(x.tx)->unreachable,
				 cases[c].unreachable);
		assert_int_equal(udp_stats(x.tx)->full, cases[c].full);
		assert_int_equal(udp_stats(x.tx)->last_errno, cases[c].errnum);
		assert_int_equal(receive(&x), 4);
		assert_int_equal(x.runs[1].data[0], 101);
		assert_int_equal(x.runs[2].data[0], 103);
		fixture_teardown(&x);
	}
}

static void
test_full_drops_the_rest(void **state)
{
	struct udp_run r[3];
	struct fixture x;

	(void)state;
	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	memset(x.data, 1, 100);
	memset(x.data + 100, 2, 100000);
	r[0] = run(&x, 0, 100, 50);
	r[1] = run(&x, 100, 100, 10);
	r[2] = run(&x, 200, 99900, 100);
	refuse.errnum = EAGAIN;
	refuse.mark = 2;
	udp_send(x.tx, r, 3, &x.res);
	assert_true(x.res.full);
	assert_int_equal(x.res.sent, 2);
	assert_int_equal(x.res.failed, 10 + 999);
	assert_int_equal(udp_stats(x.tx)->full, 10 + 999);
	assert_int_equal(refuse.calls, 2);
	fixture_teardown(&x);
}

static void
test_not_sendable(void **state)
{
	struct udp_run r[4];
	struct fixture x;

	(void)state;
	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	for (int i = 0; i < 4; i++)
		r[i] = run(&x, 0, 100, 100);
	r[0].remote.addr = addr("::1");
	r[1].local = addr("::1");
	r[2].segsize = 0;
	udp_send(x.tx, r, 4, &x.res);
	assert_int_equal(x.res.sent, 1);
	assert_int_equal(x.res.failed, 3);
	udp_send(x.tx, NULL, 0, &x.res);
	assert_int_equal(x.res.sent + x.res.failed, 0);
	fixture_teardown(&x);
}

/* A device with a small MTU, and the kernel's own answer. Changes the
 * namespace: the last test. */
static void
test_small_mtu(void **state)
{
	const char *set = "ip link set lo mtu 1500 up";
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	static const char *const any[] = { "0.0.0.0", "::" };
	struct fixture x;
	struct udp_run r;

	(void)state;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 || system(set) != 0) {
		print_message("skipped: no network namespace\n");
		skip();
	}
	for (int i = 0; i < 2; i++) {
		fixture_setup(&x, hosts[i], any[i], true, true);
		/* Two that are too long and a short one; in one message. */
		r = run(&x, 0, 4300, 2000);
		r.local = x.to.addr;
		udp_send(x.tx, &r, 1, &x.res);
		assert_int_equal(x.res.sent, 1);
		assert_int_equal(x.res.failed, 2);
		assert_int_equal(x.res.last_errno, EMSGSIZE);
		assert_int_equal(udp_stats(x.tx)->too_big, 2);
		assert_true(udp_gso(x.tx));
		assert_int_equal(receive(&x), 1);
		assert_int_equal(x.runs[0].len, 300);
		/* What fits goes on in one message. */
		r = run(&x, 0, 40000, 1400);
		refuse.calls = 0;
		udp_send(x.tx, &r, 1, &x.res);
		assert_int_equal(x.res.failed, 0);
		assert_int_equal(refuse.calls, 1);
		expect_stream(&x, 0, 40000, 1400);
		fixture_teardown(&x);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gso_refused),
		cmocka_unit_test(test_refused_to_one),
		cmocka_unit_test(test_refused_no_more),
		cmocka_unit_test(test_refused_to_many),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_really_too_big),
		cmocka_unit_test(test_errors_are_counted),
		cmocka_unit_test(test_full_drops_the_rest),
		cmocka_unit_test(test_not_sendable),
		cmocka_unit_test(test_small_mtu),
	};

	return cmocka_run_group_tests(tests, loopback_up, NULL);
}
