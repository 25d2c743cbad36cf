/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gro_rig.h"

uint8_t payload[2 * FRAME_LEN_MAX];
struct gro gro;
struct tun_out frames[FRAMES];
static struct slice slices[FRAMES];
struct core_out out;
static uint8_t *made[2 * FRAMES]; /* what was added since start() */
unsigned int nmade;

int
gro_setup(void **state)
{
	struct prng r = { 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)prng_next(&r);
	return 0;
}

void
start_with(bool tcp, bool udp)
{
	out = (struct core_out){ .frames = frames,
				 .maxframes = FRAMES,
				 .slices = slices,
				 .maxslices = FRAMES };
	/* What is not written must not be looked at. */
	memset(&gro, 0xa5, sizeof(gro));
	memset(frames, 0xa5, sizeof(frames));
	memset(slices, 0xa5, sizeof(slices));
	gro_begin(&gro, &out, tcp, udp);
}

void
start(void)
{
	start_with(true, true);
}

void
end(void)
{
	for (unsigned int i = 0; i < nmade; i++)
		free(made[i]);
	nmade = 0;
}

bool
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

size_t
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

void
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
		assert_int_equal(off->csum_start, (m->v6 ? 40 : 20) + m->ipopt);
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

/* --- a packet of each kind, and those that follow it ---------------------- */

const struct made tcp4 = { .proto = 6,
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

const struct made tcp6 = { .v6 = true,
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

const struct made udp4 = { .proto = 17,
			   .host = 1,
			   .ttl = 64,
			   .id = 9,
			   .partial = true,
			   .payload = payload,
			   .len = PAYLOAD };

const struct made udp6 = { .v6 = true,
			   .proto = 17,
			   .host = 1,
			   .ttl = 64,
			   .partial = true,
			   .payload = payload,
			   .len = PAYLOAD };

const struct made *const all[] = { &tcp4, &tcp6, &udp4, &udp6 };

void
add(const struct made *m)
{
	static uint8_t buf[FRAME_LEN_MAX + 40];
	size_t len = make_packet(buf, m);

	assert_true(add_bytes(buf, len, m->partial));
}

struct made
after(const struct made *m)
{
	struct made s = *m;

	s.payload += m->len;
	s.seq += (uint32_t)m->len;
	s.id++;
	return s;
}

void
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

/* --- random flows --------------------------------------------------------- */

bool
coin(struct prng *r)
{
	return prng_below(r, 2) == 0;
}

struct made
random_flow(struct prng *r, unsigned int host)
{
	struct made m = { .host = (uint8_t)host };

	m.v6 = coin(r);
	m.proto = coin(r) ? 6 : 17;
	m.sport = (uint16_t)prng_below(r, 3);
	m.tos = (uint8_t)prng_next(r);
	m.ttl = (uint8_t)prng_next(r);
	m.label = prng_below(r, 1 << 20);
	m.id = (uint16_t)prng_next(r);
	m.frag = coin(r) ? 0x4000 : 0;
	m.seq = (uint32_t)prng_next(r);
	m.ack = (uint32_t)prng_next(r);
	m.flags = FLAG_ACK;
	m.window = (uint16_t)prng_next(r);
	m.tcpopt = 4 * prng_below(r, 11);
	m.optbyte = (uint8_t)prng_next(r);
	m.partial = coin(r);
	m.payload = payload + prng_below(r, FRAME_LEN_MAX);
	return m;
}
