/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data path of whole cores, and what it must not let through. */
#include "core_rig.h"

#include "base/cursor.h"
#include "core/timings.h"

#define LIST                                                        \
	"prefix 10.156.0.0/16\n"                                    \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n" \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"

static struct rig_node a, b;
static struct rig_out out;
static bool no_csum; /* of b, from the next start on */

/* Both with a pair, without a session. */
static void
begin(enum comp_alg comp, bool no_gro)
{
	struct pair p;

	rig_begin();
	rig_node_init(&a, "alpha", "");
	rig_node_init(&b, "beta", "");
	b.no_gro = no_gro;
	b.no_csum = no_csum;
	p = rig_pair(comp, RIG_START - 60);
	rig_new(&a, rig_list(LIST, RIG_START), NULL);
	rig_new(&b, rig_list(LIST, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
	rig_start(&a);
	rig_start(&b);
}

/* With a session as well. */
static void
begin_up_on(enum comp_alg comp, bool no_gro)
{
	begin(comp, no_gro);
	rig_talk(&a, &b, rig_out(&out));
	rig_clock(mono_add_ms(rig.now.mono, 500));
	rig_talk(&a, &b, rig_out(&out));
	assert_true(rig_peer(&a, "beta")->up);
	assert_true(rig_peer(&b, "alpha")->up);
}

static void
begin_up(enum comp_alg comp)
{
	begin_up_on(comp, false);
}

static void
end(void)
{
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

/* What a's peer seals for b, whatever a itself would say to it; the drop
 * counters of b tell what becomes of it. Frames stay in out. */
static uint8_t tos_to_b; /* of the datagram */

static void
seal_to_b(uint8_t flags, const uint8_t *p, size_t len)
{
	struct assoc *l = rig_peer(&a, "beta")->assoc;
	static uint8_t dgram[4096]; /* the frame may be in it, at last */
	struct udp_run run = { .remote = a.at,
			       .local = b.at.addr,
			       .tos = tos_to_b,
			       .data = dgram };

	a.core->env.now = rig.now;
	assert_int_equal(assoc_seal(l, &a.core->env, flags, p, len, dgram),
			 DROP_NONE);
	run.len = len + DGRAM_DATA_OVERHEAD;
	run.segsize = (uint16_t)run.len;
	assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, rig_out(&out)),
			 1);
	rig_drain(&b);
}

static uint64_t
drops_of(struct rig_node *n, enum drop d)
{
	return core_drops(n->core, d);
}

/* --- from the device --------------------------------------------------------- */

/* Nobody has the destination: errors, but not for every packet. */
static void
test_errors_are_bounded(void **state)
{
	uint8_t mem[FRAME_HEADROOM + 256];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };

	(void)state;
	begin_up(COMP_NONE);
	for (int second = 1; second <= 2; second++) {
		for (int i = 0; i < 500; i++) {
			f.len = rig_packet(f.data, (const uint8_t *)"x", 1);
			f.data[18] = 77; /* 10.156.77.200 */
			slow_ip_csum(f.data);
			rig_tun_in(&a, &f, rig_out(&out));
		}
		assert_int_equal(drops_of(&a, DROP_NO_ROUTE), 500 * second);
		assert_int_equal(a.tun_writes, 50 * second);
		rig_clock(mono_add_ms(rig.now.mono, 1000));
	}
	end();
}

/* The device sends from subnets of this node alone: neither from a peer's nor
 * from one that nobody has. */
static void
test_sources_of_the_device(void **state)
{
	static const uint8_t subnets[] = { 1, 2, 77 };
	uint8_t mem[FRAME_HEADROOM + 256];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };

	(void)state;
	begin_up(COMP_NONE);
	for (size_t i = 0; i < sizeof(subnets); i++) {
		f.len = rig_packet(f.data, (const uint8_t *)"x", 1);
		f.data[14] = subnets[i]; /* 10.156.N. of the source */
		slow_ip_csum(f.data);
		rig_tun_in(&a, &f, rig_out(&out));
		assert_int_equal(drops_of(&a, DROP_TUN_SOURCE), i);
		assert_int_equal(out.o.nruns, i == 0);
	}
	end();
}

/* TCP super-packet of n payload bytes; what its segments hold shrinks to
 * ever different lengths. */
static void
make_super(struct tun_frame *f, uint8_t *mem, size_t n, uint16_t segsize)
{
	static uint8_t payload[60000];
	struct made m = { .proto = 6,
			  .host = 1,
			  .ttl = 64,
			  .flags = FLAG_ACK,
			  .payload = payload,
			  .len = n,
			  .partial = true };

	memset(payload, 0, n);
	for (size_t i = 0, at = 0; at + segsize <= n; i++, at += segsize)
		rng_fill(&rig.rng, payload + at, i * 16 % segsize);
	f->data = mem + FRAME_HEADROOM;
	f->len = make_packet(f->data, &m);
	f->off = (struct frame_offload){ .kind = FRAME_TCP4,
					 .segsize = segsize,
					 .hdrlen = 40,
					 .needs_csum = true,
					 .csum_start = 20,
					 .csum_offset = 16 };
}

/* A frame waits for the next out, rather than be cut short by this one. */
static void
test_frames_stay_whole(void **state)
{
	static uint8_t mem[9][FRAME_HEADROOM + 60040];
	static const uint16_t sizes[] = { 1380, 48 };
	struct tun_frame f[9];

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		size_t done = 0, packets = 0;

		begin_up(k == 0 ? COMP_ZLIB : COMP_NONE);
		for (int i = 0; i < 9; i++)
			make_super(&f[i], mem[i], 60000, sizes[k]);
		while (done < 9) {
			size_t n = core_tun_in(a.core, rig.now, f + done,
					       9 - done, rig_out(&out));

			assert_true(n > 0);
			done += n;
			for (unsigned int i = 0; i < out.o.nruns; i++)
				packets += (out.o.runs[i].len +
					    out.o.runs[i].segsize - 1) /
					   out.o.runs[i].segsize;
		}
		assert_int_equal(drops_of(&a, DROP_OUT_FULL), 0);
		assert_int_equal(packets,
				 9u * ((60000u + sizes[k] - 1) / sizes[k]));
		end();
	}
}

/* --- from a peer -------------------------------------------------------------- */

static size_t
inner(uint8_t *p, uint32_t src, uint32_t dst)
{
	size_t len = rig_packet(p, (const uint8_t *)"inside", 6);

	put_be32(p + 12, src);
	put_be32(p + 16, dst);
	slow_ip_csum(p);
	slow_csum(p, 20, len, 17, false);
	return len;
}

static void
assert_dropped(uint8_t flags, const uint8_t *p, size_t len, enum drop why)
{
	uint64_t before = drops_of(&b, why);
	uint64_t got = rig_peer(&b, "alpha")->rx_packets;

	seal_to_b(flags, p, len);
	assert_int_equal(out.o.nframes, 0);
	assert_int_equal(drops_of(&b, why), before + 1);
	assert_int_equal(rig_peer(&b, "alpha")->rx_packets, got);
}

/* A mark on the way goes into the packet, or the packet is lost; a packet that
 * is refused for another reason is counted under that. */
static void
test_marked(void **state)
{
	const uint8_t *got;
	uint8_t p[256];
	size_t len;

	(void)state;
	begin_up(COMP_NONE);
	len = inner(p, 0x0a9c0101, 0x0a9c0201);
	tos_to_b = 0x03;
	assert_dropped(0, p, len, DROP_ECN);
	assert_dropped(0, p, inner(p, 0x0a9c0101, 0x0a9c0105), DROP_INNER_DEST);
	tos_to_b = 0xba;
	inner(p, 0x0a9c0101, 0x0a9c0201);
	seal_to_b(0, p, len);
	assert_int_equal(out.o.nframes, 1);
	assert_int_equal(out.o.frames[0].iov[0].p[1], 0);
	tos_to_b = 0x03;
	p[1] = 0x02;
	slow_ip_csum(p);
	seal_to_b(0, p, len);
	assert_int_equal(out.o.nframes, 1);
	got = out.o.frames[0].iov[0].p;
	assert_int_equal(got[1], 0x03);
	assert_int_equal(slow_sum(0, got, 20), 0xffff);
	tos_to_b = 0;
	end();
}

/* Of packets with that TOS, so much is on their datagrams. */
static void
outside_is(uint8_t tos, uint8_t outer)
{
	static uint8_t mem[FRAME_HEADROOM + 256];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };

	f.len = rig_packet(f.data, (const uint8_t *)"x", 1);
	f.data[1] = tos;
	slow_ip_csum(f.data);
	assert_int_equal(core_tun_in(a.core, rig.now, &f, 1, rig_out(&out)), 1);
	assert_int_equal(out.o.nruns, 1);
	assert_int_equal(out.o.runs[0].tos, outer);
}

static void
test_tos_outside(void **state)
{
	(void)state;
	begin_up(COMP_NONE);
	outside_is(0xbb, 0x03);
	outside_is(0xb8, 0x00);
	a.conf->dscp = true;
	outside_is(0xbb, 0xbb);
	a.conf->ecn = false;
	outside_is(0xbb, 0xb8);
	a.conf->dscp = false;
	outside_is(0xbb, 0x00);
	end();
}

static void
test_inner_addresses(void **state)
{
	uint8_t p[256];
	size_t len;

	(void)state;
	begin_up(COMP_NONE);
	len = inner(p, 0x0a9c0101, 0x0a9c0201);
	seal_to_b(0, p, len);
	assert_int_equal(out.o.nframes, 1);
	assert_int_equal(out.o.frames[0].iov[0].len, len);
	/* Of the receiver itself, of nobody, of a third party outside. */
	assert_dropped(0, p, inner(p, 0x0a9c0205, 0x0a9c0201),
		       DROP_INNER_SOURCE);
	assert_dropped(0, p, inner(p, 0x0a9c4d01, 0x0a9c0201),
		       DROP_INNER_SOURCE);
	assert_dropped(0, p, inner(p, 0xc0000201, 0x0a9c0201),
		       DROP_INNER_SOURCE);
	/* To the sender, to nobody, to everybody. */
	assert_dropped(0, p, inner(p, 0x0a9c0101, 0x0a9c0105), DROP_INNER_DEST);
	assert_dropped(0, p, inner(p, 0x0a9c0101, 0x0a9c4d01), DROP_INNER_DEST);
	assert_dropped(0, p, inner(p, 0x0a9c0101, 0xe0000001), DROP_INNER_DEST);
	/* A length that is not the packet's. */
	len = inner(p, 0x0a9c0101, 0x0a9c0201);
	assert_dropped(0, p, len - 1, DROP_INNER_MALFORMED);
	assert_dropped(0, p, 1, DROP_INNER_MALFORMED);
	end();
}

/* Five packets of a flow, as one run. */
static void
five_to_b(uint8_t proto)
{
	struct assoc *l = rig_peer(&a, "beta")->assoc;
	static uint8_t mem[5 * 256];
	struct udp_run run = { .remote = a.at,
			       .local = b.at.addr,
			       .data = mem };
	uint8_t p[200];

	a.core->env.now = rig.now;
	for (int i = 0; i < 5; i++) {
		struct made m = { .proto = proto,
				  .host = 1,
				  .ttl = 64,
				  .id = (uint16_t)i,
				  .flags = FLAG_ACK,
				  .seq = 100u * (uint32_t)i,
				  .payload = mem,
				  .len = 100 };
		size_t len = make_packet(p, &m);

		assert_int_equal(assoc_seal(l, &a.core->env, 0, p, len,
					    run.data + run.len),
				 DROP_NONE);
		run.segsize = (uint16_t)(len + DGRAM_DATA_OVERHEAD);
		run.len += run.segsize;
	}
	assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, rig_out(&out)),
			 1);
}

/* A device that takes no super-packets gets none. */
static void
test_coalescing(void **state)
{
	(void)state;
	for (int off = 0; off <= 1; off++) {
		begin_up_on(COMP_NONE, off);
		five_to_b(6);
		assert_int_equal(out.o.nframes, off ? 5 : 1);
		assert_int_equal(out.o.frames[0].off.kind,
				 off ? FRAME_WHOLE : FRAME_TCP4);
		five_to_b(17);
		assert_int_equal(out.o.nframes, off ? 5 : 1);
		assert_int_equal(out.o.frames[0].off.kind,
				 off ? FRAME_WHOLE : FRAME_UDP);
		end();
	}
}

/* ... nor does one that turns out to refuse them. */
static void
test_coalescing_ends(void **state)
{
	(void)state;
	begin_up(COMP_NONE);
	core_device_takes(b.core, false, true);
	five_to_b(6);
	assert_int_equal(out.o.nframes, 5);
	five_to_b(17);
	assert_int_equal(out.o.nframes, 1);
	core_device_takes(b.core, true, false);
	five_to_b(6);
	assert_int_equal(out.o.nframes, 1);
	five_to_b(17);
	assert_int_equal(out.o.nframes, 5);
	end();
}

/* A device without partial checksums is given whole ones. */
static void
test_no_csum(void **state)
{
	static uint8_t payload[101];

	(void)state;
	for (int n = 0; n < 4; n++) {
		struct made m = { .proto = n & 1 ? 6 : 17,
				  .host = 1,
				  .ttl = 64,
				  .flags = FLAG_ACK,
				  .payload = payload,
				  .len = sizeof(payload),
				  .partial = true };
		const struct tun_out *f;
		uint8_t p[300], want[300];
		size_t len = make_packet(p, &m);

		no_csum = (n & 2) != 0;
		begin_up_on(COMP_NONE, true);
		seal_to_b(DATA_CSUM_PARTIAL, p, len);
		assert_int_equal(out.o.nframes, 1);
		f = &out.o.frames[0];
		assert_int_equal(f->off.needs_csum, !no_csum);
		m.partial = !no_csum;
		assert_int_equal(make_packet(want, &m), len);
		assert_int_equal(f->iov[0].len, len);
		assert_memory_equal(f->iov[0].p, want, len);
		end();
	}
	no_csum = false;
}

static void
assert_taken(uint8_t flags, const uint8_t *p, size_t len)
{
	uint64_t got = rig_peer(&b, "alpha")->rx_packets;

	seal_to_b(flags, p, len);
	assert_int_equal(rig_peer(&b, "alpha")->rx_packets, got + 1);
}

/* The one peer sends what does not unpack: none of it is looked at any more,
 * one event tells it, and what is not compressed passes all the time. */
static void
test_mute(void **state)
{
	static const uint8_t *junk = (const uint8_t *)"junk";
	static const uint8_t zeros[400];
	uint8_t p[512], packed[512];
	size_t len = rig_packet(p, zeros, sizeof(zeros)), n;
	struct comp *c = comp_new();

	(void)state;
	begin_up(COMP_ZLIB);
	n = comp_pack(c, COMP_ZLIB, 1, p, len, packed, sizeof(packed));
	assert_true(n > 0);
	for (int i = 0; i < MUTE_FAILURES; i++)
		assert_dropped(DATA_COMPRESSED, junk, 4, DROP_UNPACK);
	for (int i = 0; i < 1000; i++)
		assert_dropped(DATA_COMPRESSED, junk, 4, DROP_MUTED);
	assert_dropped(DATA_COMPRESSED, packed, n, DROP_MUTED);
	assert_taken(0, p, len);
	rig_drain(&b);
	assert_int_equal(b.events[EVENT_MUTED], 1);
	/* Later it is heard again, and muted again without another event. */
	rig_clock(mono_add_ms(rig.now.mono, MUTE_HOLD_MS));
	assert_taken(DATA_COMPRESSED, packed, n);
	for (int i = 0; i < MUTE_FAILURES; i++)
		assert_dropped(DATA_COMPRESSED, junk, 4, DROP_UNPACK);
	assert_dropped(DATA_COMPRESSED, packed, n, DROP_MUTED);
	/* A failure now and then mutes nobody. */
	rig_clock(mono_add_ms(rig.now.mono, MUTE_HOLD_MS));
	for (int i = 0; i < 2 * MUTE_FAILURES; i++) {
		assert_dropped(DATA_COMPRESSED, junk, 4, DROP_UNPACK);
		rig_clock(mono_add_ms(rig.now.mono, MUTE_SPAN_MS / 4));
	}
	assert_taken(DATA_COMPRESSED, packed, n);
	rig_drain(&b);
	assert_int_equal(b.events[EVENT_MUTED], 1);
	comp_free(c);
	end();
}

static struct monotime
slow_clock(void)
{
	static int64_t ns = 1;

	return (struct monotime){ ns += NS_PER_S };
}

/* Half of the time for one peer, a burst at once: the rest of what it has
 * packed is dropped, whether it would unpack or not. */
static void
test_unpacking_has_a_share(void **state)
{
	static const uint8_t zeros[400];
	uint8_t p[512], packed[512];
	size_t len = rig_packet(p, zeros, sizeof(zeros)), n;
	struct comp *c = comp_new();

	(void)state;
	begin_up(COMP_ZLIB);
	n = comp_pack(c, COMP_ZLIB, 1, p, len, packed, sizeof(packed));
	assert_true(n > 0);
	rig_peer(&b, "alpha")->unpacking.clock = slow_clock;
	for (int i = 0; i < ADAPT_BURST_NS / ADAPT_UNPACK_NS; i++)
		assert_taken(DATA_COMPRESSED, packed, n);
	assert_dropped(DATA_COMPRESSED, packed, n, DROP_MUTED);
	assert_taken(0, p, len);
	rig_clock(mono_add_ms(rig.now.mono, 1));
	for (int i = 0; i < NS_PER_MS / ADAPT_SHARE / ADAPT_UNPACK_NS; i++)
		assert_taken(DATA_COMPRESSED, packed, n);
	assert_dropped(DATA_COMPRESSED, packed, n, DROP_MUTED);
	rig_drain(&b);
	assert_int_equal(b.events[EVENT_MUTED], 0);
	comp_free(c);
	end();
}

static void
test_unpacking_is_bounded(void **state)
{
	static uint8_t big[INNER_MTU_MAX + 1], packed[2048];
	struct comp *c = comp_new();
	uint8_t p[1500];
	size_t n;

	(void)state;
	begin_up(COMP_ZLIB);
	memset(big, 0, sizeof(big));
	n = comp_pack(c, COMP_ZLIB, 1, big, sizeof(big), packed,
		      sizeof(packed));
	assert_true(n > 0);
	assert_dropped(DATA_COMPRESSED, packed, n, DROP_UNPACK);
	assert_dropped(DATA_COMPRESSED, (const uint8_t *)"junk", 4,
		       DROP_UNPACK);
	/* What is packed inside is looked at all the same. */
	memset(p, 0, sizeof(p));
	n = inner(p, 0x0a9c0205, 0x0a9c0201);
	n = comp_pack(c, COMP_ZLIB, 1, p, n, packed, sizeof(packed));
	if (n > 0)
		assert_dropped(DATA_COMPRESSED, packed, n, DROP_INNER_SOURCE);
	comp_free(c);
	end();
}

/* Room is asked for before a datagram is opened: with too little it stays as it
 * is, and can be handed over again. */
static void
test_room_before_opening(void **state)
{
	(void)state;
	begin_up(COMP_NONE);
	for (int lack = 0; lack < 3; lack++) {
		uint8_t p[64], dgram[sizeof(p) + DGRAM_DATA_OVERHEAD];
		struct assoc *l = rig_peer(&a, "beta")->assoc;
		size_t len = inner(p, 0x0a9c0105, 0x0a9c0201);
		struct udp_run run = { .remote = a.at,
				       .local = b.at.addr,
				       .data = dgram };

		a.core->env.now = rig.now;
		assert_int_equal(assoc_seal(l, &a.core->env, 0, p, len, dgram),
				 DROP_NONE);
		run.len = len + DGRAM_DATA_OVERHEAD;
		run.segsize = (uint16_t)run.len;
		rig_out(&out);
		out.o.cap = INNER_MTU_MAX - (lack == 0);
		out.o.maxframes = 1 - (lack == 1);
		out.o.maxslices = FRAME_IOV_MAX - (lack == 2);
		assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, &out.o),
				 0);
		assert_int_equal(run.len, len + DGRAM_DATA_OVERHEAD);
		out.o.cap = INNER_MTU_MAX;
		out.o.maxframes = 1;
		out.o.maxslices = FRAME_IOV_MAX;
		assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, &out.o),
				 1);
		assert_int_equal(out.o.nframes, 1);
	}
	for (int d = DROP_NONE + 1; d < DROPS; d++)
		assert_int_equal(drops_of(&b, (enum drop)d), 0);
	end();
}

static size_t
ping(uint8_t *p)
{
	struct wcur w;

	memset(p, 0, RECORD_HEADER_LEN + RECORD_PING_LEN);
	wcur_init(&w, p, RECORD_HEADER_LEN);
	wcur_u8(&w, RECORD_PING);
	wcur_be16(&w, RECORD_PING_LEN);
	return RECORD_HEADER_LEN + RECORD_PING_LEN;
}

static void
test_ping_is_answered_once(void **state)
{
	uint8_t p[1024];
	size_t len = 0, sent;

	(void)state;
	begin_up(COMP_NONE);
	while (len + 100 < sizeof(p))
		len += ping(p + len);
	sent = b.nsent;
	seal_to_b(DATA_CONTROL, p, len);
	assert_int_equal(b.nsent, sent + 1);
	assert_int_equal(b.sent[sent % RIG_KEPT].len,
			 RECORD_HEADER_LEN + RECORD_PING_LEN +
				 DGRAM_DATA_OVERHEAD);
	assert_int_equal(out.o.nframes, 0);
	end();
}

/* Control records are no packet: never compressed, without a checksum. */
static void
test_control_stands_alone(void **state)
{
	uint8_t p[128];
	size_t len = ping(p), sent;

	(void)state;
	begin_up(COMP_ZLIB);
	sent = b.nsent;
	assert_dropped(DATA_CONTROL | DATA_COMPRESSED, p, len, DROP_CONTROL);
	assert_dropped(DATA_CONTROL | DATA_CSUM_PARTIAL, p, len, DROP_CONTROL);
	assert_dropped(DATA_CONTROL, p, len - 1, DROP_CONTROL);
	assert_int_equal(b.nsent, sent);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_are_bounded),
		cmocka_unit_test(test_sources_of_the_device),
		cmocka_unit_test(test_frames_stay_whole),
		cmocka_unit_test(test_inner_addresses),
		cmocka_unit_test(test_marked),
		cmocka_unit_test(test_tos_outside),
		cmocka_unit_test(test_coalescing),
		cmocka_unit_test(test_coalescing_ends),
		cmocka_unit_test(test_no_csum),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_unpacking_has_a_share),
		cmocka_unit_test(test_unpacking_is_bounded),
		cmocka_unit_test(test_room_before_opening),
		cmocka_unit_test(test_ping_is_answered_once),
		cmocka_unit_test(test_control_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
