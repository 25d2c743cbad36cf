/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole cores over a path that takes less than their MTU. */
#include "core_rig.h"
#include "core/timings.h"

#define LIST                                                        \
	"prefix 10.156.0.0/16\nprefix fd00:c1::/48\n"               \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n" \
	"  subnet fd00:c1::/121\n"                                  \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"  \
	"  subnet fd00:c1::80/121\n"

#define AROUND 28 /* IPv4 and UDP */
#define NARROW 1300
#define NARROW_INNER 1240

static struct rig_node a, b;
static struct rig_out out;
static size_t path; /* larger datagrams are lost */
static uint8_t wire[9100];
static size_t seen[2]; /* datagrams of each that have gone */

/* Both with a session. */
static void
begin(enum comp_alg comp)
{
	struct pair p;

	rig_begin();
	rig_node_init(&a, "alpha", "");
	rig_node_init(&b, "beta", "");
	p = rig_pair(comp, RIG_START - 60);
	rig_new(&a, rig_list(LIST, RIG_START), NULL);
	rig_new(&b, rig_list(LIST, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
	rig_start(&a);
	rig_start(&b);
	rig_talk(&a, &b, rig_out(&out));
	rig_clock(mono_add_ms(rig.now.mono, 500));
	rig_talk(&a, &b, rig_out(&out));
	seen[0] = a.nsent;
	seen[1] = b.nsent;
	path = 1500;
}

static void
end(void)
{
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

static struct pmtu *
pmtu(void)
{
	return &rig_peer(&a, "beta")->pmtu;
}

static void
carry(struct rig_node *from, size_t *at, struct rig_node *to)
{
	for (; *at < from->nsent; ++*at)
		if (from->sent[*at % RIG_KEPT].len + AROUND <= path) {
			size_t n = from->nsent;

			from->nsent = *at + 1;
			rig_carry(from, *at, to, rig_out(&out));
			from->nsent = n;
		}
}

static void
pass(int64_t ms)
{
	for (int64_t t = 0; t < ms; t += 50) {
		rig_pass(&a, 50);
		rig_tick(&b);
		carry(&a, &seen[0], &b);
		carry(&b, &seen[1], &a);
	}
}

/* A UDP packet of len bytes in all from alpha's host; what came of it is in
 * out. */
static void
send_udp(size_t len, uint16_t frag)
{
	static uint8_t mem[FRAME_HEADROOM + 9000], payload[9000];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };
	struct made m = { .proto = 17,
			  .host = 1,
			  .ttl = 64,
			  .frag = frag,
			  .payload = payload,
			  .len = len - 28 };

	f.len = make_packet(f.data, &m);
	rig_tun_in(&a, &f, rig_out(&out));
}

static struct tun_frame
tcp_frame(uint8_t flags, size_t len, size_t optlen, uint16_t segsize)
{
	static uint8_t mem[FRAME_HEADROOM + 65536], payload[65536];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };
	struct made m = { .proto = 6,
			  .host = 1,
			  .ttl = 64,
			  .frag = 0x4000,
			  .flags = flags,
			  .tcpopt = optlen,
			  .payload = payload,
			  .len = len,
			  .partial = true };

	f.len = make_packet(f.data, &m);
	f.off = (struct frame_offload){ .needs_csum = true,
					.csum_start = 20,
					.csum_offset = 16 };
	if (segsize > 0) {
		f.off.kind = FRAME_TCP4;
		f.off.segsize = segsize;
	}
	return f;
}

/* Largest datagram and their number in out. */
static size_t
largest(size_t *n)
{
	size_t most = 0;

	*n = 0;
	for (unsigned int i = 0; i < out.o.nruns; i++) {
		const struct udp_run *r = &out.o.runs[i];

		*n += (r->len + r->segsize - 1) / r->segsize;
		if (r->segsize > most)
			most = r->segsize;
	}
	return most;
}

static void
learn(size_t outer)
{
	path = outer;
	send_udp(1420, 0);
	pass(2000);
}

/* A probe is as long as the packet, its answer is not. A small one follows. */
static void
test_probe(void **state)
{
	size_t mine, theirs;

	(void)state;
	begin(COMP_NONE);
	mine = a.nsent;
	theirs = b.nsent;
	send_udp(PMTU_BASE - 1, 0);
	assert_int_equal(a.nsent, mine);
	send_udp(PMTU_BASE, 0);
	assert_int_equal(a.nsent, mine + 2);
	assert_int_equal(a.sent[mine % RIG_KEPT].len,
			 1420 + DGRAM_DATA_OVERHEAD);
	pass(100);
	assert_int_equal(b.nsent, theirs + 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(b.sent[(theirs + i) % RIG_KEPT].len,
				 RECORD_HEADER_LEN + RECORD_PING_LEN +
					 DGRAM_DATA_OVERHEAD);
	assert_int_equal(pmtu()->state, PMTU_REST);
	/* However much goes, the next one is due after a while only. */
	for (int i = 0; i < 100; i++)
		send_udp(1420, 0);
	assert_int_equal(a.nsent, mine + 2);
	assert_int_equal(a.events[EVENT_MTU], 0);
	pass(PMTU_CONFIRM_MS);
	send_udp(1420, 0);
	pass(100);
	assert_int_equal(pmtu()->mtu, 1420);
	end();
}

static void
test_narrow(void **state)
{
	struct peer_info info;
	struct warning w;
	size_t pos = 0;
	bool warned = false;

	(void)state;
	begin(COMP_NONE);
	learn(NARROW);
	assert_int_equal(pmtu()->mtu, NARROW_INNER);
	assert_int_equal(a.events[EVENT_MTU], 1);
	core_peer_info(a.core, rig.now, 0, &info);
	assert_int_equal(info.mtu, NARROW_INNER);
	while (core_peer_warning(a.core, rig.now, 0, &pos, &w))
		warned = warned ||
			 (w.kind == EVENT_MTU && strcmp(w.peer, "beta") == 0);
	assert_true(warned);
	end();
}

/* The path narrows under traffic; nobody says so: found within a second. */
static void
test_shrinks(void **state)
{
	int64_t ms = 0;

	(void)state;
	begin(COMP_NONE);
	learn(1500);
	assert_int_equal(pmtu()->mtu, 1420);
	for (path = 1400; pmtu()->mtu == 1420 && ms < 5000; ms += 50) {
		send_udp(1420, 0x4000);
		pass(50);
	}
	assert_int_equal(pmtu()->mtu, 1340);
	assert_in_range(ms, 0, 1000);
	end();
}

/* What may not be cut is dropped, and its sender is told; what may is cut. */
static void
test_udp(void **state)
{
	size_t n, told;

	(void)state;
	begin(COMP_NONE);
	learn(NARROW);
	told = a.tun_writes;
	send_udp(NARROW_INNER, 0x4000);
	assert_int_equal(largest(&n), NARROW_INNER + DGRAM_DATA_OVERHEAD);
	send_udp(NARROW_INNER + 1, 0x4000);
	assert_int_equal(out.o.nruns, 0);
	assert_int_equal(core_drops(a.core, DROP_TOO_BIG), 1);
	assert_int_equal(a.tun_writes, told + 1);
	send_udp(1420, 0);
	assert_true(largest(&n) <= NARROW_INNER + DGRAM_DATA_OVERHEAD);
	assert_int_equal(n, 2);
	/* Beyond the MTU of the VPN nothing is cut. */
	send_udp(1421, 0);
	assert_int_equal(out.o.nruns, 0);
	assert_int_equal(core_drops(a.core, DROP_TOO_BIG), 2);
	end();
}

/* An IPv6 packet of up to 1280 bytes goes on any path: its datagram may be
 * fragmented where it has to, and only there. */
static void
test_least_v6(void **state)
{
	static uint8_t mem[FRAME_HEADROOM + 1400], payload[1400];
	static const size_t lens[] = { NARROW_INNER, NARROW_INNER + 1, 1280 };
	struct made m = { .v6 = true,
			  .proto = 17,
			  .host = 1,
			  .ttl = 64,
			  .payload = payload };
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };

	(void)state;
	begin(COMP_NONE);
	learn(NARROW);
	for (size_t i = 0; i < 3; i++) {
		m.len = lens[i] - 48;
		f.len = make_packet(f.data, &m);
		rig_tun_in(&a, &f, rig_out(&out));
		assert_int_equal(out.o.nruns, 1);
		assert_int_equal(out.o.runs[0].len,
				 lens[i] + DGRAM_DATA_OVERHEAD);
		assert_int_equal(out.o.runs[0].may_fragment, i > 0);
	}
	m.len = 1281 - 48;
	f.len = make_packet(f.data, &m);
	rig_tun_in(&a, &f, rig_out(&out));
	assert_int_equal(out.o.nruns, 0);
	assert_int_equal(core_drops(a.core, DROP_TOO_BIG), 1);
	end();
}

/* TCP is cut smaller, and nothing of it is lost. */
static void
test_tcp(void **state)
{
	struct tun_frame f;
	size_t n, told;

	(void)state;
	begin(COMP_NONE);
	learn(NARROW);
	told = a.tun_writes;
	f = tcp_frame(FLAG_ACK, 40000, 0, 1380);
	rig_tun_in(&a, &f, rig_out(&out));
	assert_int_equal(largest(&n), NARROW_INNER + DGRAM_DATA_OVERHEAD);
	assert_int_equal(n, (40000 + 1199) / 1200);
	assert_int_equal(a.tun_writes, told + 1);
	f = tcp_frame(FLAG_ACK, 1380, 0, 0);
	rig_tun_in(&a, &f, rig_out(&out));
	assert_int_equal(largest(&n), NARROW_INNER + DGRAM_DATA_OVERHEAD);
	assert_int_equal(n, 2);
	/* Not told for each. */
	assert_int_equal(a.tun_writes, told + 1);
	assert_int_equal(core_drops(a.core, DROP_TOO_BIG), 0);
	end();
}

/* The number in a SYN that beta's host gets, or sent. */
static uint16_t
mss_after(bool to_beta)
{
	struct tun_frame f = tcp_frame(FLAG_SYN, 0, 4, 0);
	struct assoc *l = rig_peer(&b, "alpha")->assoc;
	uint8_t dgram[256];
	struct udp_run run = { .remote = b.at,
			       .local = a.at.addr,
			       .data = dgram };

	memcpy(f.data + 40, "\2\4\5\264", 4);
	if (to_beta) {
		rig_tun_in(&a, &f, rig_out(&out));
		run = out.o.runs[0];
		run.remote = a.at;
		run.local = b.at.addr;
		assert_int_equal(
			core_udp_in(b.core, rig.now, &run, 1, rig_out(&out)),
			1);
	} else {
		put_be32(f.data + 12, 0x0a9c0201);
		put_be32(f.data + 16, 0x0a9c0101);
		slow_ip_csum(f.data);
		b.core->env.now = rig.now;
		assert_int_equal(
			assoc_seal(l, &b.core->env, 0, f.data, f.len, dgram),
			DROP_NONE);
		run.len = f.len + DGRAM_DATA_OVERHEAD;
		run.segsize = (uint16_t)run.len;
		assert_int_equal(
			core_udp_in(a.core, rig.now, &run, 1, rig_out(&out)),
			1);
	}
	assert_int_equal(out.o.nframes, 1);
	return get_be16(out.o.frames[0].iov[0].p + 42);
}

static void
test_mss(void **state)
{
	(void)state;
	begin(COMP_NONE);
	assert_int_equal(mss_after(true), 1460);
	assert_int_equal(mss_after(false), 1460);
	learn(NARROW);
	assert_int_equal(mss_after(true), NARROW_INNER - 40);
	assert_int_equal(mss_after(false), NARROW_INNER - 40);
	end();
}

/* A burst of errors of another kind silences none about size. */
static void
test_told(void **state)
{
	static uint8_t mem[FRAME_HEADROOM + 64];
	struct made m = { .proto = 17, .host = 1, .ttl = 64 };
	size_t told;

	(void)state;
	begin(COMP_NONE);
	learn(NARROW);
	for (int i = 0; i < 100; i++) {
		struct tun_frame f = { .data = mem + FRAME_HEADROOM };

		f.len = make_packet(f.data, &m);
		f.data[18] = 99; /* 10.156.99.0: nobody's */
		slow_ip_csum(f.data);
		rig_tun_in(&a, &f, rig_out(&out));
	}
	assert_int_equal(core_drops(a.core, DROP_NO_ROUTE), 100);
	told = a.tun_writes;
	for (int i = 0; i < 30; i++)
		send_udp(NARROW_INNER + 1, 0x4000);
	assert_int_equal(a.tun_writes, told + 30);
	end();
}

/*
 * beta has the least MTU there is, alpha a large one: what alpha's host sends
 * comes out whole, packed or not.
 */
static void
test_mtu_differs(void **state)
{
	static const enum comp_alg all[] = { COMP_NONE, COMP_LZO, COMP_ZLIB };
	static const size_t lens[] = { 1281, 1420, 5000, 9000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(all[i]);
		a.conf->mtu = 9000;
		b.conf->mtu = 1280;
		core_reconf(a.core, rig.now, a.conf,
			    (struct tls_provider){ &plain_ops, &a.plain },
			    &a.plain.cert);
		core_reconf(b.core, rig.now, b.conf,
			    (struct tls_provider){ &plain_ops, &b.plain },
			    &b.plain.cert);
		rig_drain(&a);
		rig_drain(&b);
		pmtu()->state = PMTU_REST; /* the path takes all */
		for (size_t k = 0; k < 4; k++) {
			struct udp_run run;

			send_udp(lens[k], 0x4000);
			assert_int_equal(out.o.nruns, 1);
			run = out.o.runs[0];
			memcpy(wire, run.data, run.len);
			run.data = wire;
			run.remote = a.at;
			run.local = b.at.addr;
			assert_int_equal(core_udp_in(b.core, rig.now, &run, 1,
						     rig_out(&out)),
					 1);
			assert_int_equal(out.o.nframes, 1);
			assert_int_equal(out.o.frames[0].iov[0].len, lens[k]);
		}
		assert_int_equal(core_drops(b.core, DROP_UNPACK), 0);
		end();
	}
}

/* The device's word begins a search and decides nothing. */
static void
test_too_big(void **state)
{
	struct endpoint other;

	(void)state;
	begin(COMP_NONE);
	other = b.at;
	other.port++;
	core_too_big(a.core, rig.now, &other);
	assert_int_equal(pmtu()->state, PMTU_ARMED);
	core_too_big(a.core, rig.now, &b.at);
	rig_drain(&a);
	assert_int_equal(pmtu()->state, PMTU_SEARCH);
	assert_int_equal(pmtu()->mtu, 1420);
	pass(100);
	assert_int_equal(pmtu()->state, PMTU_REST);
	assert_int_equal(pmtu()->mtu, 1420);
	end();
}

/* Answers to what was not asked are none. */
static void
test_tags(void **state)
{
	uint8_t tag[RECORD_TAG_LEN] = { 0 };
	struct peer *p;

	(void)state;
	begin(COMP_NONE);
	p = rig_peer(&a, "beta");
	put_be16(tag + 6, 1420);
	assert_false(pmtu_probe_answered(p, tag));
	path = 100;
	send_udp(1420, 0);
	assert_int_equal(pmtu()->state, PMTU_CHECK);
	memcpy(tag, p->probe, sizeof(p->probe));
	tag[0] ^= 1;
	assert_false(pmtu_probe_answered(p, tag));
	assert_int_equal(pmtu()->state, PMTU_CHECK);
	tag[0] ^= 1;
	assert_true(pmtu_probe_answered(p, tag));
	assert_int_equal(pmtu()->state, PMTU_REST);
	/* And none that came from where the peer is no more. */
	pmtu_probe_moved(p);
	assert_false(pmtu_probe_answered(p, tag));
	core_settle(a.core);
	end();
}

static void
test_reconf(void **state)
{
	(void)state;
	begin(COMP_NONE);
	learn(NARROW);
	core_reconf(a.core, rig.now, a.conf,
		    (struct tls_provider){ &plain_ops, &a.plain },
		    &a.plain.cert);
	assert_int_equal(pmtu()->mtu, NARROW_INNER);
	a.conf->mtu = 1400;
	core_reconf(a.core, rig.now, a.conf,
		    (struct tls_provider){ &plain_ops, &a.plain },
		    &a.plain.cert);
	assert_int_equal(pmtu()->mtu, 1400);
	rig_drain(&a);
	end();
}

/* It grows again, and that is said. */
static void
test_grows(void **state)
{
	(void)state;
	begin(COMP_NONE);
	learn(NARROW);
	pmtu()->raise_at = rig.now.mono; /* ten minutes are over */
	pass(PMTU_CONFIRM_MS);
	learn(1500);
	assert_int_equal(pmtu()->mtu, 1420);
	assert_int_equal(a.events[EVENT_MTU], 2);
	assert_false(pmtu_probe_is_narrow(rig_peer(&a, "beta")));
	end();
}

int
main(void)
{
	/* clang-format off */
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),	cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_shrinks),
		cmocka_unit_test(test_udp),	cmocka_unit_test(test_least_v6),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_mss),	cmocka_unit_test(test_told),
		cmocka_unit_test(test_mtu_differs),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_tags),	cmocka_unit_test(test_reconf),
		cmocka_unit_test(test_grows),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
