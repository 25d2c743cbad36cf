/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interfaces, addresses and routes in a network namespace of their own: what
 * others change is news, what this program sets is there. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/clock.h"
#include "sys/ifaces.h"
#include "sys/rtnl.h"
#include "sys/tun.h"

#define WAIT_MS 10000

static const char *unusable; /* why there is no namespace here */

struct world {
	struct tun *t;
	struct rtnl *r;
	struct ifaces ifaces;
	unsigned int routes, routes_gone, dumps, synced, done, failed;
	uint32_t failed_seq;
	int error;
};

static void
on_news(void *ctx, const struct rtnl_news *n)
{
	struct world *w = ctx;

	(void)ifaces_take(&w->ifaces, n);
	w->routes += n->kind == RTNL_ROUTE;
	w->routes_gone += n->kind == RTNL_ROUTE_GONE;
	w->dumps += n->kind == RTNL_DUMP;
	w->synced += n->kind == RTNL_SYNCED;
	w->done += n->kind == RTNL_DONE;
	if (n->kind == RTNL_FAILED) {
		w->failed++;
		w->failed_seq = n->seq;
		w->error = n->error;
	}
}

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static struct prefix
prefix(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text, strlen(text)), 0);
	return p;
}

static void
shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void
settle(struct world *w)
{
	struct err e;

	if (rtnl_settle(w->r, WAIT_MS, &e) < 0)
		fail_msg("%s", e.text);
}

static void
flush(struct world *w)
{
	struct err e;

	if (rtnl_flush(w->r, &e) < 0)
		fail_msg("%s", e.text);
	settle(w);
}

static void
setup(struct world *w)
{
	struct err e = { 0 };

	*w = (struct world){ 0 };
	if (unusable != NULL) {
		print_message("%s\n", unusable);
		skip();
	}
	if (tun_open(&w->t, "tunroute0", TUN_PLAIN, &e) < 0 ||
	    rtnl_open(&w->r, on_news, w, &e) < 0)
		fail_msg("%s", e.text);
	rtnl_dump(w->r);
	settle(w);
	assert_int_equal(w->synced, 1);
}

static void
teardown(struct world *w)
{
	rtnl_close(w->r);
	tun_close(w->t);
	ifaces_free(&w->ifaces);
}

static const struct iface *
own(const struct world *w)
{
	return ifaces_find(&w->ifaces, tun_ifindex(w->t));
}

static bool
has_addr(const struct world *w, const char *text, uint8_t len)
{
	const struct iface *f = own(w);
	struct ipaddr a = addr(text);

	for (size_t i = 0; f != NULL && i < f->naddrs; i++)
		if (ipaddr_equal(&f->addrs[i].a.addr, &a) &&
		    f->addrs[i].a.len == len)
			return true;
	return false;
}

/* Reads until a condition holds. */
#define soon(w, condition)                                                 \
	do {                                                               \
		struct monotime end_ = mono_add_ms(clock_mono(), WAIT_MS); \
		while (!(condition)) {                                     \
			assert_true(mono_before(clock_mono(), end_));      \
			usleep(1000);                                      \
			rtnl_read((w)->r);                                 \
		}                                                          \
	} while (0)

static void
test_others(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	assert_string_equal(own(&w)->link.name, "tunroute0");
	assert_false(own(&w)->link.up);
	shell("ip link set tunroute0 up mtu 1333");
	soon(&w, own(&w)->link.up && own(&w)->link.mtu == 1333);
	shell("ip addr add 10.99.0.1/24 dev tunroute0");
	shell("ip addr add fd00:c9::1/64 dev tunroute0");
	soon(&w, has_addr(&w, "10.99.0.1", 24));
	soon(&w, has_addr(&w, "fd00:c9::1", 64));
	/* Where the other end has an address, this end's counts. */
	shell("ip addr add 10.98.0.1 peer 10.97.0.1/32 dev tunroute0");
	soon(&w, has_addr(&w, "10.98.0.1", 32));
	shell("ip addr flush dev tunroute0");
	soon(&w, own(&w)->naddrs == 0);
	assert_false(own(&w)->forwards4);
	shell("sysctl -qw net.ipv4.ip_forward=1");
	soon(&w, own(&w)->forwards4);
	assert_false(own(&w)->forwards6);
	shell("sysctl -qw net.ipv6.conf.all.forwarding=1");
	soon(&w, own(&w)->forwards6);
	shell("ip link set tunroute0 down && "
	      "ip link set tunroute0 name elsewhere0");
	soon(&w, strcmp(own(&w)->link.name, "elsewhere0") == 0);
	shell("ip link del elsewhere0");
	soon(&w, own(&w) == NULL);
	teardown(&w);
}

static void
test_own(void **state)
{
	struct prefix p4 = prefix("10.77.0.0/16"), p6 = prefix("fd00:c7::/48");
	struct ipaddr a4 = addr("10.99.0.1"), a6 = addr("fd00:c9::1");
	unsigned int index;
	struct world w;
	uint32_t seq;

	(void)state;
	setup(&w);
	index = tun_ifindex(w.t);
	rtnl_link_set(w.r, index, 1400, true);
	rtnl_addr_add(w.r, index, &a4, 24);
	rtnl_addr_add(w.r, index, &a6, 64);
	rtnl_route_add(w.r, index, &p4, &a4);
	rtnl_route_add(w.r, index, &p6, &a6);
	assert_int_equal(rtnl_room(w.r), RTNL_BATCH - 5);
	flush(&w);
	assert_int_equal(w.done, 1);
	assert_int_equal(w.failed, 0);
	shell("ip -o addr show tunroute0 | grep -q 'inet 10.99.0.1/24'");
	shell("ip -o addr show tunroute0 | grep -q 'inet6 fd00:c9::1/64'");
	/* An address alone brings no route. */
	shell("test -z \"$(ip route show 10.99.0.0/24)\"");
	shell("ip route show | grep -q "
	      "'^10.77.0.0/16 dev tunroute0 .*src 10.99.0.1 metric 3406'");
	shell("ip -6 route show | grep -q "
	      "'^fd00:c7::/48 dev tunroute0 .*src fd00:c9::1 metric 3406'");
	/* Another source, in one batch. */
	rtnl_route_remove(w.r, index, &p4);
	rtnl_route_remove(w.r, index, &p6);
	rtnl_route_add(w.r, index, &p4, NULL);
	rtnl_route_add(w.r, index, &p6, NULL);
	flush(&w);
	shell("test $(ip route show 10.77.0.0/16 | wc -l) = 1");
	shell("! ip route show | grep -q 'src 10.99.0.1 metric 3406'");
	shell("test $(ip -6 route show fd00:c7::/48 | wc -l) = 1");
	shell("! ip -6 route show | grep -q 'src fd00:c9::1 metric 3406'");
	/* One failure leaves the rest of the batch in force. */
	seq = rtnl_addr_add(w.r, index, &a4, 24);
	rtnl_route_remove(w.r, index, &p4);
	rtnl_addr_remove(w.r, index, &a6, 64);
	flush(&w);
	assert_int_equal(w.failed, 1);
	assert_int_equal(w.failed_seq, seq);
	assert_int_equal(w.error, EEXIST);
	shell("test -z \"$(ip route show 10.77.0.0/16)\"");
	shell("! ip -o addr show tunroute0 | grep -q fd00:c9");
	teardown(&w);
}

/* More routes than fit in one batch, a dump of them, and all at once away. */
static void
test_many(void **state)
{
	enum { BATCHES = 40, MANY = BATCHES * RTNL_BATCH };
	struct prefix p = prefix("10.64.0.0/32");
	unsigned int index;
	struct world w;

	(void)state;
	setup(&w);
	index = tun_ifindex(w.t);
	rtnl_link_set(w.r, index, 1400, true);
	flush(&w);
	/* Those of others, and of other devices, are not looked at. */
	shell("ip link set lo up && ip route add 10.1.0.0/24 dev lo proto 99");
	for (int i = 0; i < BATCHES; i++) {
		for (int j = 0; j < RTNL_BATCH; j++) {
			p.addr.b[2] = (uint8_t)((i * RTNL_BATCH + j) >> 8);
			p.addr.b[3] = (uint8_t)(i * RTNL_BATCH + j);
			rtnl_route_add(w.r, index, &p, NULL);
		}
		assert_int_equal(rtnl_room(w.r), 0);
		flush(&w);
	}
	assert_int_equal(w.failed, 0);
	assert_int_equal(w.routes, 0); /* its own changes are no news */
	rtnl_dump(w.r);
	settle(&w);
	assert_int_equal(w.synced, 2);
	assert_int_equal(w.routes, MANY);
	/* Too many news for the buffer: a dump follows, which names none. On a
	 * busy host, ip(8) gives up after 30 s. */
	shell("until ip route flush proto 78; do :; done && "
	      "ip link set tunroute0 mtu 1300");
	soon(&w, own(&w)->link.mtu == 1300);
	settle(&w);
	assert_true(w.routes_gone == MANY || w.synced > 2);
	assert_int_equal(w.synced, w.dumps);
	teardown(&w);
}

static void
enter_namespace(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		unusable = "/dev/net/tun cannot be opened";
		return;
	}
	close(fd);
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 ||
	    system("ip link set lo up") != 0)
		unusable = "no network namespace: run as root, or in a "
			   "user namespace";
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_many),
	};

	enter_namespace();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
