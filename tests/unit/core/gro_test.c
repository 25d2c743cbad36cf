/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coalescing: what may join, what must not, and in which order it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/gro.h"
#include "packets.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define FRAMES 400
#define PAYLOAD 1000

static uint8_t payload[FRAME_LEN_MAX];
static struct gro gro;
static struct tun_out frames[FRAMES];
static struct slice slices[FRAMES];
static struct core_out out;
static uint8_t *made[FRAMES]; /* what was added since start() */
static unsigned int nmade;

static const struct made tcp4 = {
    .proto = 6, .host = 1, .ttl = 64, .tos = 0x2e, .id = 0xfffe,
    .frag = 0x4000, .seq = 0xfffffc00, .ack = 77, .flags = FLAG_ACK,
    .window = 512, .tcpopt = 12, .optbyte = 1, .partial = true,
    .payload = payload, .len = PAYLOAD};
static const struct made tcp6 = {
    .v6 = true, .proto = 6, .host = 1, .ttl = 64, .label = 0xabcde, .seq = 5,
    .ack = 77, .flags = FLAG_ACK, .window = 512, .partial = true,
    .payload = payload, .len = PAYLOAD};
static const struct made udp4 = {
    .proto = 17, .host = 1, .ttl = 64, .id = 9, .partial = true,
    .payload = payload, .len = PAYLOAD};
static const struct made udp6 = {
    .v6 = true, .proto = 17, .host = 1, .ttl = 64, .partial = true,
    .payload = payload, .len = PAYLOAD};
static const struct made *const all[] = {&tcp4, &tcp6, &udp4, &udp6};

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
	return 0;
}

static void
start_with(bool tcp, bool udp)
{
	out = (struct core_out){.frames = frames, .maxframes = FRAMES,
				.slices = slices, .maxslices = FRAMES};
	/* What is not written must not be looked at. */
	memset(&gro, 0xa5, sizeof(gro));
	memset(frames, 0xa5, sizeof(frames));
	memset(slices, 0xa5, sizeof(slices));
	gro_begin(&gro, &out, tcp, udp);
}

static void
start(void)
{
	start_with(true, true);
}

static void
end(void)
{
	gro_flush(&gro);
	for (unsigned int i = 0; i < nmade; i++)
		free(made[i]);
	nmade = 0;
}

/* Memory of exactly that length, so that a sanitizer sees any overrun. */
static bool
add_bytes(const uint8_t *p, size_t len, bool partial)
{
	uint8_t *copy = malloc(len);
	struct ippkt ip;

	assert_non_null(copy);
	memcpy(copy, p, len);
	made[nmade++] = copy;
	assert_int_equal(ippkt_parse(&ip, copy, len), 0);
	return gro_add(&gro, copy, len, partial, &ip);
}

static void
add(const struct made *m)
{
	static uint8_t buf[FRAME_LEN_MAX + 40];
	size_t len = make_packet(buf, m);

	assert_true(add_bytes(buf, len, m->partial));
}

/* The packet that follows m in its flow. */
static struct made
after(const struct made *m)
{
	struct made s = *m;

	s.payload += m->len;
	s.seq += (uint32_t)m->len;
	s.id++;
	return s;
}

static size_t
gather(uint8_t *p, const struct tun_out *f)
{
	size_t n = 0;

	assert_in_range(f->niov, 1, GRO_SEGMENTS_MAX);
	for (unsigned int i = 0; i < f->niov; i++) {
		memcpy(p + n, f->iov[i].p, f->iov[i].len);
		n += f->iov[i].len;
	}
	return n;
}

/* Frame i is the packet m, cut at PAYLOAD or (segsize 0) whole. */
static void
expect(unsigned int i, const struct made *m, size_t segsize)
{
	static uint8_t got[FRAME_LEN_MAX + 40], want[FRAME_LEN_MAX + 40];
	struct made s = *m;
	const struct frame_offload *off = &frames[i].off;
	size_t len;

	assert_true(i < out.nframes);
	if (segsize != 0)
		s.partial = true;
	len = make_packet(want, &s);
	assert_int_equal(gather(got, &frames[i]), len);
	assert_memory_equal(got, want, len);
	assert_int_equal(off->needs_csum, s.partial);
	if (s.partial) {
		assert_int_equal(off->csum_start,
				 (m->v6 ? 40 : 20) + m->ipopt);
		assert_int_equal(off->csum_offset, m->proto == 6 ? 16 : 6);
	}
	assert_int_equal(off->segsize, segsize);
	if (segsize == 0) {
		assert_int_equal(off->kind, FRAME_WHOLE);
		assert_int_equal(frames[i].niov, 1);
		return;
	}
	assert_int_equal(off->kind, m->proto == 17 ? FRAME_UDP :
				    m->v6	   ? FRAME_TCP6 :
						     FRAME_TCP4);
	assert_int_equal(off->hdrlen, made_header_len(m));
}

/* a and then b: nothing is coalesced, both come as they are. */
static void
expect_apart(const struct made *a, const struct made *b)
{
	start();
	add(a);
	add(b);
	gro_flush(&gro);
	assert_int_equal(out.nframes, 2);
	assert_int_equal(out.nslices, 2);
	expect(0, a, 0);
	expect(1, b, 0);
	end();
}

/* a and then b: one super-packet of sum bytes of payload. */
static void
expect_joined(const struct made *a, const struct made *b)
{
	struct made sum = *a;

	start();
	add(a);
	add(b);
	gro_flush(&gro);
	assert_int_equal(out.nframes, 1);
	assert_int_equal(out.nslices, 2);
	sum.len += b->len;
	sum.flags |= b->flags;
	expect(0, &sum, a->len);
	end();
}

static void
test_joins(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * LEN(all); i++) {
		struct made a = *all[i / 2], b, sum;

		a.partial = i % 2 == 0;
		b = after(&a);
		expect_joined(&a, &b);
		b.len = 1;
		expect_joined(&a, &b);

		start();
		b = sum = a;
		for (int n = 0; n < 5; n++, b = after(&b))
			add(&b);
		b.len = 300; /* a shorter one ends it */
		add(&b);
		b = after(&b);
		add(&b);
		gro_flush(&gro);
		assert_int_equal(out.nframes, 2);
		sum.len = 5 * PAYLOAD + 300;
		expect(0, &sum, PAYLOAD);
		expect(1, &b, 0);
		end();
	}
}

static void
test_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * LEN(all); i++) {
		struct made a = *all[i / 2];

		a.partial = i % 2 == 0;
		start();
		add(&a);
		gro_flush(&gro);
		assert_int_equal(out.nframes, 1);
		expect(0, &a, 0);
		end();
	}
}

static void
test_empty(void **state)
{
	(void)state;
	start();
	gro_flush(&gro);
	assert_int_equal(out.nframes, 0);
	assert_int_equal(out.nslices, 0);
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

/* The four bits beside the header length are kept, so nothing joins. */
static void
test_reserved_bits(void **state)
{
	struct made m = tcp4;
	uint8_t buf[2000];
	size_t len;

	(void)state;
	start();
	for (int i = 0; i < 2; i++, m = after(&m)) {
		len = make_packet(buf, &m);
		buf[20 + 12] |= 1;
		assert_true(add_bytes(buf, len, true));
	}
	gro_flush(&gro);
	assert_int_equal(out.nframes, 2);
	end();
}

static void
test_push(void **state)
{
	struct made a = tcp4, b = after(&a), c = after(&b), sum = a;

	(void)state;
	b.flags |= FLAG_PSH;
	expect_joined(&a, &b);
	start();
	add(&a);
	add(&b);
	add(&c);
	gro_flush(&gro);
	assert_int_equal(out.nframes, 2);
	sum.len = 2 * PAYLOAD;
	sum.flags |= FLAG_PSH;
	expect(0, &sum, PAYLOAD);
	expect(1, &c, 0);
	end();
}

static void
test_ids(void **state)
{
	struct made a = udp4, b = after(&a);

	(void)state;
	b.id++; /* one is missing */
	expect_apart(&a, &b);
	b.id = a.id;
	expect_apart(&a, &b);
	a.id = 0xffff;
	b = after(&a);
	assert_int_equal(b.id, 0);
	expect_joined(&a, &b);
	/* RFC 6864: with DF they mean nothing. */
	a.frag = b.frag = 0x4000;
	b.id = 77;
	expect_joined(&a, &b);
	b.id = a.id;
	expect_joined(&a, &b);
}

/* What cannot be part of a super-packet comes out at its place. */
static void
test_order(void **state)
{
	struct made a = tcp4, ack, b = after(&a), c = after(&b);
	struct made d = after(&c), two = a;

	(void)state;
	ack = c;
	ack.len = 0;
	two.len = 2 * PAYLOAD;
	start();
	add(&a);
	add(&b);
	add(&ack);
	add(&c);
	add(&d);
	gro_flush(&gro);
	assert_int_equal(out.nframes, 3);
	expect(0, &two, PAYLOAD);
	expect(1, &ack, 0);
	two = c;
	two.len = 2 * PAYLOAD;
	expect(2, &two, PAYLOAD);
	end();
}

/* A fragment shows no ports: it may be any flow's of these addresses. */
static void
test_order_fragment(void **state)
{
	struct made a = udp4, b = after(&a), other = udp4, frag = udp4, two;
	struct made c = after(&b), d = after(&c), other2;

	(void)state;
	frag.frag = 0x00b9;
	other.host = 2;
	other2 = after(&other);
	start();
	add(&other);
	add(&a);
	add(&b);
	add(&frag);
	add(&other2);
	add(&c);
	add(&d);
	gro_flush(&gro);
	assert_int_equal(out.nframes, 4);
	two = other;
	two.len = 2 * PAYLOAD;
	expect(0, &two, PAYLOAD);
	two = a;
	two.len = 2 * PAYLOAD;
	expect(1, &two, PAYLOAD);
	assert_int_equal(frames[2].off.needs_csum, false);
	assert_int_equal(frames[2].off.kind, FRAME_WHOLE);
	two = c;
	two.len = 2 * PAYLOAD;
	expect(3, &two, PAYLOAD);
	end();
}

static void
spoil(const struct made *m, size_t at)
{
	uint8_t buf[2000];
	size_t len = make_packet(buf, m);

	buf[at] ^= 0x10;
	assert_true(add_bytes(buf, len, m->partial));
}

/* A wrong checksum is neither repaired nor joined with right ones. */
static void
test_bad_checksum(void **state)
{
	static uint8_t got[2000], want[2000];

	(void)state;
	for (unsigned int i = 0; i < 6 * LEN(all); i++) {
		struct made m[5] = {*all[i / 6]}, sum;
		unsigned int bad = i % 3, frame = bad == 0 ? 0 : 1;
		size_t iphdr = m[0].v6 ? 40 : 20;
		/* in the payload's last byte, or in the checksum itself */
		size_t at = i % 6 < 3 ? made_header_len(&m[0]) + PAYLOAD - 1
				      : iphdr + (m[0].proto == 6 ? 16 : 6);
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
	static const uint8_t doffs[] = {0x00, 0x40, 0xf0};
	static const uint32_t left[] = {50, 34, 30};

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
	} odd[] = {{6, 0}, {6, 19}, {17, 0}, {17, 7}, {1, 64}, {132, 64}};
	uint8_t buf[200] = {0};

	(void)state;
	for (size_t i = 0; i < 2 * LEN(odd); i++) {
		struct made m = {.v6 = i % 2 == 1, .proto = odd[i / 2].proto};
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

static void
test_segments_max(void **state)
{
	struct made m = tcp4, sum = tcp4;

	(void)state;
	m.len = 100;
	start();
	for (int i = 0; i < 2 * GRO_SEGMENTS_MAX + 1; i++, m = after(&m))
		add(&m);
	gro_flush(&gro);
	assert_int_equal(out.nframes, 3);
	sum.len = 100 * GRO_SEGMENTS_MAX;
	expect(0, &sum, 100);
	assert_int_equal(frames[1].niov, GRO_SEGMENTS_MAX);
	assert_int_equal(frames[2].niov, 1);
	end();
}

/* The longest super-packet is FRAME_LEN_MAX with its headers, not more. */
static void
test_length_max(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * LEN(all); i++) {
		struct made a = *all[i / 2], b, sum = a;
		size_t hdr = made_header_len(&a);

		a.len = (FRAME_LEN_MAX - hdr + 1) / 2;
		b = after(&a);
		b.len = FRAME_LEN_MAX - hdr - a.len + i % 2;
		start();
		add(&a);
		add(&b);
		gro_flush(&gro);
		assert_int_equal(out.nframes, 1 + i % 2);
		sum.len = a.len + b.len;
		if (i % 2 == 0)
			expect(0, &sum, a.len);
		end();
	}
}

/* IPv6 packets can be longer than a frame may become. */
static void
test_too_long(void **state)
{
	struct made a = tcp6, b;

	(void)state;
	a.len = FRAME_LEN_MAX - 20;
	b = after(&a);
	b.payload = payload;
	b.len = 1;
	expect_apart(&a, &b);
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
	key = (((uint64_t)ports * factor ^ word[0]) * factor ^ word[1]) * factor;
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

static void
test_not_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4 * LEN(all); i++) {
		const struct made *a = all[i / 4];
		const struct made b = after(a);
		bool tcp = (i & 1) != 0, udp = (i & 2) != 0;

		start_with(tcp, udp);
		add(a);
		add(&b);
		gro_flush(&gro);
		assert_int_equal(out.nframes,
				 (a->proto == 6 ? tcp : udp) ? 1 : 2);
		end();
	}
}

/* Flows do not disturb each other; frames come by their first packets. */
static void
test_interleaved(void **state)
{
	struct made m[GRO_FLOWS + 1];

	(void)state;
	for (unsigned int n = GRO_FLOWS; n <= GRO_FLOWS + 1; n++) {
		start();
		for (unsigned int i = 0; i < n; i++) {
			m[i] = *all[i % LEN(all)];
			m[i].host = (uint8_t)(i / LEN(all));
		}
		for (unsigned int k = 0; k < 3; k++)
			for (unsigned int i = 0; i < n; i++) {
				add(&m[i]);
				m[i] = after(&m[i]);
			}
		gro_flush(&gro);
		/* One flow too many: each is closed before its next comes. */
		assert_int_equal(out.nframes,
				 n == GRO_FLOWS ? n : 3 * (GRO_FLOWS + 1));
		assert_int_equal(out.nslices, 3 * n);
		for (unsigned int i = 0; i < n; i++) {
			struct made sum = *all[i % LEN(all)];

			sum.host = (uint8_t)(i / LEN(all));
			if (n == GRO_FLOWS)
				sum.len = 3 * PAYLOAD;
			expect(i, &sum, n == GRO_FLOWS ? PAYLOAD : 0);
		}
		end();
	}
}

/* The last free frame and the last free slice are used, then it says so. */
static void
test_full(void **state)
{
	struct made m = tcp4, sum = tcp4, other = udp6;
	uint8_t buf[2000];
	size_t len = make_packet(buf, &other);

	(void)state;
	start();
	out.maxslices = 5;
	for (int i = 0; i < 5; i++, m = after(&m))
		add(&m);
	assert_false(add_bytes(buf, len, true));
	gro_flush(&gro);
	assert_int_equal(out.nslices, 5);
	assert_int_equal(out.nframes, 1);
	sum.len = 5 * PAYLOAD;
	expect(0, &sum, PAYLOAD);
	end();

	start();
	out.maxframes = 2;
	add(&tcp4);
	add(&other);
	other = after(&other);
	len = make_packet(buf, &other);
	assert_false(add_bytes(buf, len, true));
	gro_flush(&gro);
	assert_int_equal(out.nslices, 2);
	assert_int_equal(out.nframes, 2);
	expect(0, &tcp4, 0);
	expect(1, &udp6, 0);
	end();
}

/* A second batch stands behind the frames of the first. */
static void
test_two_batches(void **state)
{
	struct made m = tcp4, sum = tcp4;

	(void)state;
	start();
	for (int batch = 0; batch < 2; batch++) {
		if (batch == 1)
			gro_begin(&gro, &out, true, true);
		for (int i = 0; i < 3; i++, m = after(&m))
			add(&m);
		gro_flush(&gro);
	}
	assert_int_equal(out.nframes, 2);
	assert_int_equal(out.nslices, 6);
	sum.len = 3 * PAYLOAD;
	expect(0, &sum, PAYLOAD);
	sum = after(&sum);
	sum.id = (uint16_t)(tcp4.id + 3);
	sum.len = 3 * PAYLOAD;
	expect(1, &sum, PAYLOAD);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_joins),
	    cmocka_unit_test(test_alone),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_other_header),
	    cmocka_unit_test(test_other_tcp),
	    cmocka_unit_test(test_reserved_bits),
	    cmocka_unit_test(test_push),
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_order_fragment),
	    cmocka_unit_test(test_bad_checksum),
	    cmocka_unit_test(test_udp_no_checksum),
	    cmocka_unit_test(test_udp_length),
	    cmocka_unit_test(test_tcp_header_length),
	    cmocka_unit_test(test_no_transport),
	    cmocka_unit_test(test_segments_max),
	    cmocka_unit_test(test_length_max),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_same_key),
	    cmocka_unit_test(test_not_wanted),
	    cmocka_unit_test(test_interleaved),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_two_batches),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
