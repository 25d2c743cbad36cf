/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coalescing: what joins, how much of it, and in which order it comes. */
#include "gro_rig.h"

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
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_fragment),
		cmocka_unit_test(test_segments_max),
		cmocka_unit_test(test_length_max),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_not_wanted),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_two_batches),
	};

	return cmocka_run_group_tests(tests, gro_setup, NULL);
}
