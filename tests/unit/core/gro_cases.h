/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A packet of each kind, and those that follow it. Included behind
 * gro_rig.h. */
#ifndef TESTS_GRO_CASES_H
#define TESTS_GRO_CASES_H

static const struct made tcp4 = { .proto = 6,
				  .host = 1,
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
				  .partial = true,
				  .payload = payload,
				  .len = PAYLOAD };
static const struct made tcp6 = { .v6 = true,
				  .proto = 6,
				  .host = 1,
				  .ttl = 64,
				  .label = 0xabcde,
				  .seq = 5,
				  .ack = 77,
				  .flags = FLAG_ACK,
				  .window = 512,
				  .partial = true,
				  .payload = payload,
				  .len = PAYLOAD };
static const struct made udp4 = { .proto = 17,
				  .host = 1,
				  .ttl = 64,
				  .id = 9,
				  .partial = true,
				  .payload = payload,
				  .len = PAYLOAD };
static const struct made udp6 = { .v6 = true,
				  .proto = 17,
				  .host = 1,
				  .ttl = 64,
				  .partial = true,
				  .payload = payload,
				  .len = PAYLOAD };
static const struct made *const all[] = { &tcp4, &tcp6, &udp4, &udp6 };

static inline void
add(const struct made *m)
{
	static uint8_t buf[FRAME_LEN_MAX + 40];
	size_t len = make_packet(buf, m);

	assert_true(add_bytes(buf, len, m->partial));
}

/* The packet that follows m in its flow. */
static inline struct made
after(const struct made *m)
{
	struct made s = *m;

	s.payload += m->len;
	s.seq += (uint32_t)m->len;
	s.id++;
	return s;
}

/* a and then b: nothing is coalesced, both come as they are. */
static inline void
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

#endif
