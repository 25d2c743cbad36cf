/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets on their way through coalescing, and what is expected behind it.
 * Included behind cmocka.h. */
#ifndef TESTS_GRO_RIG_H
#define TESTS_GRO_RIG_H

#include <stdlib.h>

#include "../base/prng.h"
#include "core/data/gro.h"
#include "packets.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define FRAMES 1500
#define PAYLOAD 1000

static uint8_t payload[2 * FRAME_LEN_MAX];
static struct gro gro;
static struct tun_out frames[FRAMES];
static struct slice slices[FRAMES];
static struct core_out out;
static uint8_t *made[2 * FRAMES]; /* what was added since start() */
static unsigned int nmade;

static inline int
setup(void **state)
{
	struct prng r = { 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)prng_next(&r);
	return 0;
}

static inline void
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

static inline void
start(void)
{
	start_with(true, true);
}

static inline void
end(void)
{
	for (unsigned int i = 0; i < nmade; i++)
		free(made[i]);
	nmade = 0;
}

/* Memory of exactly that length, so that a sanitizer sees any overrun. */
static inline bool
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

static inline size_t
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

/* Frame i is the packet m, to be cut at segsize or (0) whole. */
static inline void
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

#endif
