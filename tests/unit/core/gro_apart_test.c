/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coalescing: what must not join. */
#include "gro_rig.h"

static void
spoil(const struct made *m, size_t at)
{
	uint8_t buf[2000];
	size_t len = make_packet(buf, m);

	buf[at] ^= 0x10;
	assert_true(add_bytes(buf, len, m->partial));
}

static void
test_other_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(all); i++) {
		const struct made *a = all[i];
		const struct made next = after(a);
		struct made b, c;

		b = next, b.tos++;
		expect_apart(a, &b);
		b = next, b.ttl++;
		expect_apart(a, &b);
		b = next, b.host++;
		expect_apart(a, &b);
		b = next, b.sport++;
		expect_apart(a, &b);
		b = next, b.len++;
		expect_apart(a, &b);
		b = next, b.len = 0;
		expect_apart(a, &b);
		b = next, b.ipopt = 8;
		expect_apart(a, &b);
		b = next, b.partial = false;
		expect_apart(a, &b);
		if (a->v6) {
			b = next, b.label++;
			expect_apart(a, &b);
		} else {
			b = next, b.frag ^= 0x4000;
			expect_apart(a, &b);
			b = next, b.frag ^= 0x8000;
			expect_apart(a, &b);
			c = *a, c.partial = false;
			b = after(&c), b.frag |= 0x2000;
			expect_apart(&c, &b);
		}
	}
}

static void
test_other_tcp(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct made *a = all[i];
		const struct made next = after(a);
		struct made b;

		b = next, b.seq++;
		expect_apart(a, &b);
		b = next, b.seq--;
		expect_apart(a, &b);
		expect_apart(a, a); /* a retransmission */
		expect_apart(&next, a);
		b = next, b.ack++;
		expect_apart(a, &b);
		b = next, b.window++;
		expect_apart(a, &b);
		b = next, b.urgent++;
		expect_apart(a, &b);
		b = next, b.tcpopt += 4;
		expect_apart(a, &b);
		b = *a, b.tcpopt = 12;
		b = after(&b), b.optbyte = 0;
		expect_apart(a, &b);
		for (int bit = 0; bit < 8; bit++) {
			b = next, b.flags ^= (uint8_t)(1 << bit);
			if (b.flags != (FLAG_ACK | FLAG_PSH))
				expect_apart(a, &b);
			b = *a, b.flags ^= (uint8_t)(1 << bit);
			expect_apart(&b, &next);
		}
	}
}

/* How many frames two packets make with these flags, and these bits beside the
 * header length. */
static unsigned int
frames_of(uint8_t flags1, uint8_t bits1, uint8_t flags2, uint8_t bits2)
{
	struct made m = tcp4;
	uint8_t buf[2000];
	unsigned int n;

	start();
	for (int i = 0; i < 2; i++, m = after(&m)) {
		size_t len;

		m.flags = FLAG_ACK | (i == 0 ? flags1 : flags2);
		len = make_packet(buf, &m);
		buf[20 + 12] |= i == 0 ? bits1 : bits2;
		assert_true(add_bytes(buf, len, true));
	}
	gro_flush(&gro);
	n = out.nframes;
	if (n == 1) {
		const uint8_t *p = frames[0].iov[0].p;

		assert_int_equal(p[20 + 12] & 0x0f, bits1);
		assert_int_equal(p[20 + 13] & 0xf0, FLAG_ACK | flags1);
	}
	end();
	return n;
}

/* The counter of RFC 9768 is AE, beside the header length, CWR and ECE: packets
 * with the same one join, but for CWR, which no kernel cuts back. */
static void
test_ace(void **state)
{
	(void)state;
	assert_int_equal(frames_of(0, 1, 0, 1), 1);
	assert_int_equal(frames_of(FLAG_ECE, 0, FLAG_ECE, 0), 1);
	assert_int_equal(frames_of(FLAG_ECE, 1, FLAG_ECE, 1), 1);
	assert_int_equal(frames_of(0, 1, 0, 0), 2);
	assert_int_equal(frames_of(0, 0, 0, 1), 2);
	assert_int_equal(frames_of(FLAG_ECE, 0, 0, 0), 2);
	assert_int_equal(frames_of(0, 0, FLAG_ECE, 0), 2);
	assert_int_equal(frames_of(FLAG_ECE, 0, 0, 1), 2);
	assert_int_equal(frames_of(FLAG_CWR, 0, FLAG_CWR, 0), 2);
	assert_int_equal(frames_of(FLAG_CWR, 0, 0, 0), 2);
	/* The three bits that still mean nothing are kept as well. */
	for (uint8_t bit = 2; bit < 16; bit = (uint8_t)(bit * 2))
		assert_int_equal(frames_of(0, bit, 0, bit), 2);
}

/* A wrong checksum is neither repaired nor joined with right ones. */
static void
test_bad_checksum(void **state)
{
	static uint8_t got[2000], want[2000];

	(void)state;
	for (unsigned int i = 0; i < 6 * LEN(all); i++) {
		struct made m[5] = { *all[i / 6] }, sum;
		unsigned int bad = i % 3, frame = bad == 0 ? 0 : 1;
		size_t iphdr = m[0].v6 ? 40 : 20;
		/* in the payload's last byte, or in the checksum itself */
		size_t at = i % 6 < 3 ? made_header_len(&m[0]) + PAYLOAD - 1 :
					iphdr + (m[0].proto == 6 ? 16 : 6);
		size_t len;

		m[0].partial = false;
		for (size_t k = 1; k < LEN(m); k++)
			m[k] = after(&m[k - 1]);
		start();
		for (size_t k = 0; k < LEN(m); k++)
			if (k == bad)
				spoil(&m[k], at);
			else
				add(&m[k]);
		gro_flush(&gro);
		/* Those before it and those behind it are joined. */
		assert_int_equal(out.nframes, frame + 2);
		len = make_packet(want, &m[bad]);
		want[at] ^= 0x10;
		assert_int_equal(gather(got, &frames[frame]), len);
		assert_memory_equal(got, want, len);
		assert_int_equal(frames[frame].off.kind, FRAME_WHOLE);
		assert_false(frames[frame].off.needs_csum);
		sum = m[bad + 1];
		sum.len = (4 - bad) * PAYLOAD;
		expect(frame + 1, &sum, PAYLOAD);
		end();
	}
}

/* In UDP no checksum at all cannot be verified, even if the sum is right. */
static void
test_udp_no_checksum(void **state)
{
	struct made m = udp4;
	uint8_t buf[2000];
	size_t len;

	(void)state;
	m.partial = false;
	start();
	for (int i = 0; i < 2; i++, m = after(&m)) {
		make_packet(buf, &m);
		put_be16(buf + 28, 0);
		slow_csum(buf, 20, 28 + PAYLOAD, 17, false);
		memcpy(buf + 28, buf + 26, 2);
		put_be16(buf + 26, 0);
		len = 28 + PAYLOAD;
		assert_true(add_bytes(buf, len, false));
	}
	gro_flush(&gro);
	assert_int_equal(out.nframes, 2);
	assert_false(frames[0].off.needs_csum);
	assert_false(frames[1].off.needs_csum);
	end();
}

/* A UDP length that is not the packet's. */
static void
test_udp_length(void **state)
{
	struct made m = udp4;
	uint8_t buf[2000];
	size_t len;

	(void)state;
	start();
	for (int i = 0; i < 2; i++, m = after(&m)) {
		len = make_packet(buf, &m);
		put_be16(buf + 24, 8 + PAYLOAD - 1);
		assert_true(add_bytes(buf, len, true));
	}
	gro_flush(&gro);
	assert_int_equal(out.nframes, 2);
	end();
}

/* TCP headers that are shorter or longer than can be. */
static void
test_tcp_header_length(void **state)
{
	static const uint8_t doffs[] = { 0x00, 0x40, 0xf0 };
	static const uint32_t left[] = { 50, 34, 30 };

	(void)state;
	for (size_t i = 0; i < LEN(doffs); i++) {
		struct made m = tcp6;
		uint8_t buf[200];
		size_t len;

		m.len = 30;
		start();
		for (int k = 0; k < 2; k++, m.seq += left[i]) {
			len = make_packet(buf, &m);
			buf[40 + 12] = doffs[i];
			assert_true(add_bytes(buf, len, true));
		}
		gro_flush(&gro);
		assert_int_equal(out.nframes, 2);
		assert_true(frames[0].off.needs_csum);
		end();
	}
}

/* What shows no whole transport header is passed on without claims. */
static void
test_no_transport(void **state)
{
	static const struct {
		uint8_t proto;
		size_t len;
	} odd[] = { { 6, 0 },  { 6, 19 }, { 17, 0 },
		    { 17, 7 }, { 1, 64 }, { 132, 64 } };
	uint8_t buf[200] = { 0 };

	(void)state;
	for (size_t i = 0; i < 2 * LEN(odd); i++) {
		struct made m = { .v6 = i % 2 == 1, .proto = odd[i / 2].proto };
		size_t len = make_ip(buf, &m, odd[i / 2].len);

		len += odd[i / 2].len;
		start();
		assert_true(add_bytes(buf, len, true));
		assert_true(add_bytes(buf, len, false));
		gro_flush(&gro);
		assert_int_equal(out.nframes, 2);
		for (int k = 0; k < 2; k++) {
			assert_int_equal(frames[k].off.kind, FRAME_WHOLE);
			assert_false(frames[k].off.needs_csum);
			assert_int_equal(frames[k].iov[0].len, len);
			assert_memory_equal(frames[k].iov[0].p, buf, len);
		}
		end();
	}
}

/* Addresses made to have the same key are still not the same. */
static void
test_same_key(void **state)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	struct made m = udp6;
	uint8_t p[40 + 8 + PAYLOAD];
	size_t len = make_packet(p, &m);
	uint64_t word[4], key, other;
	uint32_t ports;

	(void)state;
	start();
	assert_true(add_bytes(p, len, true));
	memcpy(&ports, p + 40, 4);
	memcpy(word, p + 8, 32);
	key = (((uint64_t)ports * factor ^ word[0]) * factor ^ word[1]) *
	      factor;
	other = key ^ word[2] ^ 1;
	key ^= word[2];
	word[2] ^= 1;
	word[3] ^= key * factor ^ other * factor;
	memcpy(p + 8, word, 32);
	slow_csum(p, 40, len, 17, true);
	assert_true(add_bytes(p, len, true));
	assert_int_equal(gro.nflows, 2);
	assert_int_equal(gro.flows[0].key, gro.flows[1].key);
	gro_flush(&gro);
	assert_int_equal(out.nframes, 2);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_header),
		cmocka_unit_test(test_other_tcp),
		cmocka_unit_test(test_ace),
		cmocka_unit_test(test_bad_checksum),
		cmocka_unit_test(test_udp_no_checksum),
		cmocka_unit_test(test_udp_length),
		cmocka_unit_test(test_tcp_header_length),
		cmocka_unit_test(test_no_transport),
		cmocka_unit_test(test_same_key),
	};

	return cmocka_run_group_tests(tests, gro_setup, NULL);
}
