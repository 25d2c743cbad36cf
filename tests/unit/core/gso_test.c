/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segmentation against packets made one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/frame.h"
#include "core/data/gso.h"
#include "packets.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static uint8_t mem[FRAME_LEN_MAX + 1], payload[FRAME_LEN_MAX];

static const struct made tcp4 = { .proto = 6,
				  .ttl = 64,
				  .tos = 0x2e,
				  .id = 0xfffe,
				  .frag = 0x4000,
				  .seq = 0xfffffc00,
				  .ack = 77,
				  .flags = FLAG_ACK,
				  .window = 512,
				  .tcpopt = 12,
				  .optbyte = 1,
				  .partial = true };
static const struct made tcp6 = { .v6 = true,
				  .proto = 6,
				  .ttl = 64,
				  .label = 0xabcde,
				  .seq = 5,
				  .ack = 77,
				  .flags = FLAG_ACK,
				  .window = 512,
				  .partial = true };
static const struct made udp4 = {
	.proto = 17, .ttl = 64, .id = 9, .partial = true
};
static const struct made udp6 = {
	.v6 = true, .proto = 17, .ttl = 64, .partial = true
};

static void
fill_payload(size_t len)
{
	for (size_t i = 0; i < len; i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
}

static bool cwr_once; /* as the kernel says of what it hands out */

/* The packet m, as the kernel would hand it over: cut at segsize, or whole
 * when that is 0. */
static struct tun_frame
frame_of(const struct made *m, size_t segsize)
{
	struct tun_frame f = { .data = mem };

	f.len = make_packet(mem, m);
	f.off.needs_csum = m->partial;
	f.off.csum_start = (uint16_t)((m->v6 ? 40 : 20) + m->ipopt);
	f.off.csum_offset = m->proto == 6 ? 16 : 6;
	if (segsize == 0)
		return f;
	f.off.segsize = (uint16_t)segsize;
	f.off.cwr_once = cwr_once;
	f.off.hdrlen = 1; /* a hint, and wrong */
	f.off.kind = m->proto == 17 ? FRAME_UDP :
		     m->v6	    ? FRAME_TCP6 :
				      FRAME_TCP4;
	return f;
}

static enum drop
start(struct gso *g, const struct tun_frame *f)
{
	struct ippkt ip;

	assert_int_equal(ippkt_parse(&ip, f->data, f->len), 0);
	return gso_start(g, f, &ip);
}

/* Segment i of n of the super-packet m. */
static struct made
segment_of(const struct made *m, size_t segsize, size_t i, size_t n)
{
	struct made s = *m;

	s.payload += i * segsize;
	s.len = i + 1 < n ? segsize : m->len - i * segsize;
	s.seq += (uint32_t)(i * segsize);
	s.id = (uint16_t)(s.id + i);
	if (i + 1 < n)
		s.flags &= (uint8_t) ~(FLAG_FIN | FLAG_PSH);
	if (i > 0 && cwr_once)
		s.flags &= (uint8_t)~FLAG_CWR;
	return s;
}

static void
check_cut(struct made m, size_t len, size_t segsize)
{
	static uint8_t want[FRAME_LEN_MAX];
	size_t n = len == 0 ? 1 : (len + segsize - 1) / segsize;
	struct tun_frame f;
	struct ippkt ip;
	struct gso g;
	uint8_t *p;
	size_t got;

	fill_payload(len);
	m.payload = payload;
	m.len = len;
	f = frame_of(&m, segsize);
	assert_int_equal(start(&g, &f), DROP_NONE);
	assert_int_equal(gso_largest(&g),
			 made_header_len(&m) + (len < segsize ? len : segsize));
	for (size_t i = 0; i < n; i++) {
		struct made s = segment_of(&m, segsize, i, n);
		size_t wantlen = make_packet(want, &s);

		p = gso_next(&g, &got);
		assert_non_null(p);
		assert_true(p >= mem && p + got <= mem + f.len);
		assert_true(g.csum_partial);
		assert_int_equal(got, wantlen);
		assert_memory_equal(p, want, got);
		assert_int_equal(ippkt_parse(&ip, p, got), 0);
		memset(mem, 0xee, (size_t)(p - mem) + got);
	}
	assert_null(gso_next(&g, &got));
	assert_null(gso_next(&g, &got));
}

static void
test_cut(void **state)
{
	const struct made *const all[] = { &tcp4, &tcp6, &udp4, &udp6 };

	(void)state;
	for (size_t i = 0; i < LEN(all); i++) {
		check_cut(*all[i], 5000, 1380);
		check_cut(*all[i], 4140, 1380);
		check_cut(*all[i], 1380, 1380);
		check_cut(*all[i], 1000, 1380);
		check_cut(*all[i], 65000, 1380);
		check_cut(*all[i], 300, 1);
		check_cut(*all[i], 65000, 65000);
		check_cut(*all[i], 0, 1380);
	}
}

static void
test_flags(void **state)
{
	struct made m = tcp4;

	(void)state;
	m.flags = 0xff;
	m.urgent = 12;
	check_cut(m, 3000, 1000);
	check_cut(m, 1000, 1000);
	m = tcp6;
	m.flags = FLAG_ACK | FLAG_CWR | FLAG_FIN;
	check_cut(m, 3001, 1000);
	/* The sender counts by CWR (RFC 9768), or means it once (RFC 3168). */
	cwr_once = true;
	check_cut(m, 3001, 1000);
	cwr_once = false;
}

static void
test_long_headers(void **state)
{
	struct made m = tcp4;

	(void)state;
	m.ipopt = 40;
	m.tcpopt = 40;
	check_cut(m, 3000, 1000);
	check_cut(m, 100, 3);
	m = tcp6;
	m.tcpopt = 36;
	m.ipopt = 160; /* 256 bytes in all */
	check_cut(m, 3000, 1000);
	m = udp6;
	m.ipopt = 8;
	check_cut(m, 3000, 1000);
	m.ipopt = 208; /* 256 bytes, where TCP's flags would be behind them */
	check_cut(m, 3000, 1000);
}

/* Whole packets come out as they came in, whatever the checksum is. */
static void
test_whole(void **state)
{
	const struct made *const all[] = { &tcp4, &tcp6, &udp4, &udp6 };
	uint8_t before[200];

	(void)state;
	fill_payload(100);
	for (size_t i = 0; i < 2 * LEN(all); i++) {
		struct made m = *all[i / 2];
		struct tun_frame f;
		struct gso g;
		size_t len;

		m.payload = payload;
		m.len = 100;
		m.partial = i % 2 == 1;
		f = frame_of(&m, 0);
		memcpy(before, mem, f.len);
		assert_int_equal(start(&g, &f), DROP_NONE);
		assert_int_equal(g.csum_partial, m.partial);
		assert_int_equal(gso_largest(&g), f.len);
		assert_ptr_equal(gso_next(&g, &len), mem);
		assert_int_equal(len, f.len);
		assert_memory_equal(mem, before, len);
		assert_null(gso_next(&g, &len));
	}
}

/* A partial checksum that is not the transport's is completed at once. */
static void
test_whole_other(void **state)
{
	struct made m = udp4;
	struct tun_frame f;
	uint8_t want[200];
	struct gso g;
	size_t len;

	(void)state;
	fill_payload(100);
	m.payload = payload;
	m.len = 100;
	/* An IPv4 packet within an IPv4 packet: the inner one's UDP. */
	len = make_packet(mem + 20, &m);
	m.proto = 4;
	make_ip(mem, &m, len);
	f = (struct tun_frame){ .data = mem, .len = 20 + len };
	f.off = (struct frame_offload){ .needs_csum = true,
					.csum_start = 40,
					.csum_offset = 6 };
	memcpy(want, mem, f.len);
	slow_csum(want + 20, 20, len, 17, false);
	assert_int_equal(start(&g, &f), DROP_NONE);
	assert_false(g.csum_partial);
	assert_ptr_equal(gso_next(&g, &len), mem);
	assert_int_equal(len, f.len);
	assert_memory_equal(mem, want, len);

	/* The first fragment of a UDP packet; nonsense, but bounded. */
	m = udp4;
	m.payload = payload;
	m.len = 100;
	m.frag = 0x2000;
	f = frame_of(&m, 0);
	memcpy(want, mem, f.len);
	slow_csum(want, 20, f.len, 17, false);
	assert_int_equal(start(&g, &f), DROP_NONE);
	assert_false(g.csum_partial);
	assert_memory_equal(mem, want, f.len);

	/* A field just at the packet's end. */
	m = udp4;
	f = frame_of(&m, 0);
	f.off.csum_start = 26;
	f.off.csum_offset = 0;
	put_be16(mem + 26, 0x1234);
	assert_int_equal(start(&g, &f), DROP_NONE);
	assert_false(g.csum_partial);
	assert_int_equal(get_be16(mem + 26), (uint16_t)~0x1234);
}

static void
refuse(const struct tun_frame *f)
{
	static uint8_t before[FRAME_LEN_MAX];
	struct gso g;

	memcpy(before, f->data, f->len);
	assert_int_equal(start(&g, f), DROP_TUN_MALFORMED);
	assert_memory_equal(f->data, before, f->len);
}

static void
test_whole_refused(void **state)
{
	struct made m = udp4;
	struct tun_frame f = frame_of(&m, 0);

	(void)state;
	f.off.csum_start = 19; /* in the IP header */
	refuse(&f);
	f.off.csum_start = 27; /* one byte beyond the end */
	f.off.csum_offset = 0;
	refuse(&f);
	f.off.csum_start = 20;
	f.off.csum_offset = 7;
	refuse(&f);
	f.off.csum_start = 0xffff;
	f.off.csum_offset = 0xffff;
	refuse(&f);
}

static void
test_super_refused(void **state)
{
	struct made m = tcp4;
	struct tun_frame f, good;

	(void)state;
	fill_payload(3000);
	m.payload = payload;
	m.len = 3000;
	good = frame_of(&m, 1000);
	f = good;
	f.off.segsize = 0;
	refuse(&f);
	f = good;
	f.off.needs_csum = false;
	refuse(&f);
	f = good;
	f.off.csum_start++;
	refuse(&f);
	f = good;
	f.off.csum_offset = 6;
	refuse(&f);
	f = good;
	f.off.kind = FRAME_TCP6;
	refuse(&f);
	f = good;
	f.off.kind = FRAME_UDP;
	put_be16(mem + 20 + 4, (uint16_t)(f.len - 20)); /* as in UDP */
	refuse(&f);
	mem[20 + 12] = 0x40; /* a TCP header of 16 bytes */
	refuse(&good);

	m.len = 8; /* a TCP header longer than the packet */
	f = frame_of(&m, 4);
	mem[20 + 12] = 0xb0;
	refuse(&f);
	mem[20 + 12] = 0xa0; /* just as long is allowed */
	assert_int_equal(start(&(struct gso){ 0 }, &f), DROP_NONE);

	m.frag = 0x2000;
	f = frame_of(&m, 4);
	refuse(&f);

	m = tcp6;
	m.payload = payload;
	m.len = 3000;
	m.ipopt = 160;
	m.tcpopt = 40; /* 260 bytes of headers */
	f = frame_of(&m, 1000);
	refuse(&f);
	m.ipopt = 0;
	f = frame_of(&m, 1000);
	f.off.kind = FRAME_TCP4;
	refuse(&f);
}

static void
test_super_udp_refused(void **state)
{
	struct made m = udp4;
	struct tun_frame f;

	(void)state;
	m.payload = payload;
	m.len = 3000;
	f = frame_of(&m, 1000);
	f.off.kind = FRAME_TCP4;
	mem[20 + 12] = 0x50; /* as in TCP */
	refuse(&f);
	f.off.kind = FRAME_UDP;
	put_be16(mem + 24, 3007); /* a byte less than there is */
	refuse(&f);
	put_be16(mem + 24, 3008);
	assert_int_equal(start(&(struct gso){ 0 }, &f), DROP_NONE);

	/* A UDP header that is cut off. */
	f = (struct tun_frame){ .data = mem, .len = 27 };
	make_ip(mem, &m, 7);
	f.off = (struct frame_offload){ .kind = FRAME_UDP,
					.needs_csum = true,
					.segsize = 1,
					.csum_start = 20,
					.csum_offset = 6 };
	refuse(&f);
}

static void
test_complete(void **state)
{
	const struct made *const all[] = { &tcp4, &tcp6, &udp4, &udp6 };
	uint8_t want[200];
	struct ippkt ip;
	struct made m;
	size_t len;

	(void)state;
	fill_payload(101);
	for (size_t i = 0; i < LEN(all); i++) {
		m = *all[i];
		m.payload = payload;
		m.len = 101;
		len = make_packet(mem, &m);
		m.partial = false;
		make_packet(want, &m);
		assert_int_equal(ippkt_parse(&ip, mem, len), 0);
		assert_int_equal(gso_complete_csum(mem, len, &ip), 0);
		assert_memory_equal(mem, want, len);
	}
	/* Zero would mean that there is none. */
	m = udp4;
	m.payload = want;
	m.len = 2;
	memset(want, 0, sizeof(want));
	m.partial = false;
	len = make_packet(mem, &m);
	memcpy(want, mem + 26, 2); /* makes the sum 0xffff */
	m.partial = true;
	len = make_packet(mem, &m);
	assert_int_equal(ippkt_parse(&ip, mem, len), 0);
	assert_int_equal(gso_complete_csum(mem, len, &ip), 0);
	assert_int_equal(get_be16(mem + 26), 0xffff);
}

static void
test_complete_refused(void **state)
{
	struct made m = udp4;
	struct ippkt ip;

	(void)state;
	make_ip(mem, &m, 7);
	assert_int_equal(ippkt_parse(&ip, mem, 27), 0);
	assert_int_equal(gso_complete_csum(mem, 27, &ip), -1);
	m.proto = 6;
	make_ip(mem, &m, 19);
	assert_int_equal(ippkt_parse(&ip, mem, 39), 0);
	assert_int_equal(gso_complete_csum(mem, 39, &ip), -1);
	m.proto = 1;
	make_ip(mem, &m, 100);
	assert_int_equal(ippkt_parse(&ip, mem, 120), 0);
	assert_int_equal(gso_complete_csum(mem, 120, &ip), -1);
	m.proto = 17;
	m.frag = 0x2000;
	make_ip(mem, &m, 100);
	assert_int_equal(ippkt_parse(&ip, mem, 120), 0);
	assert_int_equal(gso_complete_csum(mem, 120, &ip), -1);
}

/* --- cutting smaller ------------------------------------------------------------- */

static bool
recut(struct tun_frame *f, size_t mtu)
{
	struct ippkt ip;

	assert_int_equal(ippkt_parse(&ip, f->data, f->len), 0);
	return gso_recut(f, &ip, mtu);
}

/* What came whole, or was to be cut at segsize, comes out as if the sender's
 * host had cut it for mtu. */
static void
check_recut(struct made m, size_t len, size_t segsize, size_t mtu)
{
	static uint8_t want[FRAME_LEN_MAX];
	size_t size = mtu - made_header_len(&m);
	size_t n = (len + size - 1) / size, got;
	bool partial = m.partial;
	struct tun_frame f;
	struct gso g;

	fill_payload(len);
	m.payload = payload;
	m.len = len;
	f = frame_of(&m, segsize);
	f.off.needs_csum = partial;
	assert_true(recut(&f, mtu));
	assert_int_equal(start(&g, &f), DROP_NONE);
	assert_true(gso_largest(&g) <= mtu);
	assert_true(g.csum_partial);
	m.partial = true;
	for (size_t i = 0; i < n; i++) {
		struct made s = segment_of(&m, size, i, n);
		size_t wantlen = make_packet(want, &s);
		const uint8_t *p = gso_next(&g, &got);

		assert_non_null(p);
		assert_int_equal(got, wantlen);
		assert_memory_equal(p, want, got);
	}
	assert_null(gso_next(&g, &got));
}

static void
test_recut(void **state)
{
	struct made whole4 = tcp4, whole6 = tcp6;

	(void)state;
	whole4.partial = whole6.partial = false;
	whole4.flags |= FLAG_FIN | FLAG_PSH | FLAG_CWR;
	check_recut(tcp4, 60000, 1368, 1240);
	check_recut(tcp6, 60000, 1360, 1220);
	check_recut(tcp4, 1368, 0, 1240);
	check_recut(tcp6, 1360, 0, 1200);
	check_recut(whole4, 1368, 0, 1240);
	check_recut(whole6, 1221, 0, 1220);
}

/* Three packets of one flow become six: no identification comes twice. */
static void
test_number(void **state)
{
	bool seen[UINT16_MAX + 1] = { false };
	struct made m = tcp4;
	uint16_t id = UINT16_MAX - 1; /* it wraps */

	(void)state;
	fill_payload(1380);
	m.payload = payload;
	m.len = 1380;
	for (m.id = 100; m.id < 103; m.id++) {
		struct tun_frame f = frame_of(&m, 0);
		struct ippkt ip;
		struct gso g;
		uint8_t *p;
		size_t len;

		assert_true(recut(&f, 1240));
		assert_int_equal(start(&g, &f), DROP_NONE);
		gso_number(&g, &id);
		while ((p = gso_next(&g, &len)) != NULL) {
			assert_int_equal(ippkt_parse(&ip, p, len), 0);
			assert_false(seen[get_be16(p + 4)]);
			seen[get_be16(p + 4)] = true;
		}
	}
	assert_int_equal(id, 4);
	assert_true(seen[UINT16_MAX - 1] && seen[UINT16_MAX] && seen[3]);
}

static void
assert_not_recut(struct made m, size_t mtu)
{
	static uint8_t before[FRAME_LEN_MAX];
	struct tun_frame f;

	m.payload = payload;
	m.len = 1300;
	f = frame_of(&m, 0);
	memcpy(before, mem, f.len);
	assert_false(recut(&f, mtu));
	assert_int_equal(f.off.kind, FRAME_WHOLE);
	assert_memory_equal(mem, before, f.len);
}

static void
test_not_recut(void **state)
{
	static const uint8_t flags[] = { FLAG_SYN, FLAG_RST, FLAG_URG };
	struct made m = tcp4;
	struct tun_frame f;

	(void)state;
	assert_not_recut(udp4, 1240);
	assert_not_recut(udp6, 1240);
	assert_not_recut(tcp4, 52); /* no room behind the headers */
	for (size_t i = 0; i < LEN(flags); i++) {
		m.flags = flags[i];
		assert_not_recut(m, 1240);
	}
	m = tcp4;
	m.frag = 0x2000;
	assert_not_recut(m, 1240);
	m.frag = 0; /* it may become fragments, with the sender's id */
	assert_not_recut(m, 1240);
	for (int v6 = 0; v6 < 2; v6++) {
		m = v6 ? tcp6 : tcp4;
		m.tcpopt = 20;
		m.optbyte = 19; /* TCP MD5, of 19 bytes */
		assert_not_recut(m, 1240);
		m.optbyte = 29; /* TCP-AO, of 29 */
		assert_not_recut(m, 1240);
	}
	/* A checksum that is wrong must not become one that is right. */
	m = tcp4;
	m.partial = false;
	m.payload = payload;
	m.len = 1300;
	f = frame_of(&m, 0);
	mem[36] ^= 1;
	assert_false(recut(&f, 1240));
	/* Nor one that is said to be somewhere else. */
	m.partial = true;
	f = frame_of(&m, 0);
	f.off.csum_offset = 6;
	assert_false(recut(&f, 1240));
	/* A TCP header that says it is longer than the packet. */
	m.len = 8;
	f = frame_of(&m, 0);
	mem[32] = 0xf0;
	assert_false(recut(&f, 40));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_long_headers),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_whole_other),
		cmocka_unit_test(test_whole_refused),
		cmocka_unit_test(test_super_refused),
		cmocka_unit_test(test_super_udp_refused),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_complete_refused),
		cmocka_unit_test(test_recut),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_not_recut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
