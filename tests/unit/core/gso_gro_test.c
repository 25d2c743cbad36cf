/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random super-packets, cut and coalesced again. */
#include "gro_rig.h"

#define SUPERS 3 /* of each flow */

struct source {
	struct made m; /* the super-packet that is being cut */
	size_t segsize;
	unsigned int left; /* super-packets */
	bool cutting;
	struct gso g;
	uint8_t mem[FRAME_LEN_MAX];
};

static struct source sources[GRO_FLOWS];

/* What must come out again. */
static struct {
	struct made m;
	size_t segsize;
} wants[SUPERS * GRO_FLOWS];
static unsigned int nwants;

/* A super-packet that shows its end: no further packet could join it. */
static void
random_super(struct source *s, struct prng *r)
{
	struct made *m = &s->m;
	size_t hdr = made_header_len(m);
	size_t segs = prng_below(r, GRO_SEGMENTS_MAX) + 1;

	m->seq += (uint32_t)m->len;
	m->id = (uint16_t)(m->id + 100);
	s->segsize = 2 + prng_below(r, coin(r) ? 40 : 1400);
	if (s->segsize * segs > FRAME_LEN_MAX - hdr)
		segs = (FRAME_LEN_MAX - hdr) / s->segsize;
	m->flags = FLAG_ACK;
	if (m->proto == 6 && coin(r)) {
		m->len = 1 + prng_below(r, (uint32_t)(s->segsize * segs));
		m->flags |= FLAG_PSH;
	} else {
		if (segs == 1)
			segs = 2;
		m->len = (segs - 1) * s->segsize + 1 +
			 prng_below(r, (uint32_t)s->segsize - 1);
	}
}

static void
begin_super(struct source *s, struct prng *r)
{
	struct tun_frame f = { .data = s->mem };
	struct made m;
	struct ippkt ip;

	random_super(s, r);
	m = s->m;
	m.partial = true;
	f.len = make_packet(s->mem, &m);
	f.off = (struct frame_offload){
		.kind = m.proto == 17 ? FRAME_UDP :
			m.v6	      ? FRAME_TCP6 :
					FRAME_TCP4,
		.needs_csum = true,
		.segsize = (uint16_t)s->segsize,
		.csum_start = m.v6 ? 40 : 20,
		.csum_offset = m.proto == 6 ? 16 : 6,
	};
	assert_int_equal(ippkt_parse(&ip, s->mem, f.len), 0);
	assert_int_equal(gso_start(&s->g, &f, &ip), DROP_NONE);
	s->cutting = true;
	s->left--;
	wants[nwants].m = s->m;
	wants[nwants++].segsize = s->m.len > s->segsize ? s->segsize : 0;
}

/* One segment of s goes the whole way; false: there is none left. */
static bool
step(struct source *s, struct prng *r)
{
	struct ippkt ip;
	uint8_t *p = NULL;
	size_t len;

	if (s->cutting)
		p = gso_next(&s->g, &len);
	if (p == NULL) {
		if (s->left == 0)
			return false;
		begin_super(s, r);
		p = gso_next(&s->g, &len);
		assert_non_null(p);
	}
	if (!s->m.partial) {
		assert_int_equal(ippkt_parse(&ip, p, len), 0);
		assert_int_equal(gso_complete_csum(p, len, &ip), 0);
	}
	assert_true(add_bytes(p, len, s->m.partial));
	return true;
}

static void
test_segment_coalesce(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < ROUNDS; seed++) {
		struct prng r = { seed };
		unsigned int n = 1 + prng_below(&r, GRO_FLOWS), left = n;

		start();
		nwants = 0;
		for (unsigned int i = 0; i < n; i++) {
			sources[i].m = random_flow(&r, i);
			sources[i].left = 1 + prng_below(&r, SUPERS);
			sources[i].cutting = false;
		}
		while (left > 0) {
			unsigned int i = prng_below(&r, left);
			unsigned int burst = 1 + prng_below(&r, 20);

			while (burst > 0 && step(&sources[i], &r))
				burst--;
			if (burst > 0)
				sources[i] = sources[--left];
		}
		gro_flush(&gro);
		assert_int_equal(out.nslices, nmade);
		assert_int_equal(out.nframes, nwants);
		for (unsigned int i = 0; i < nwants; i++)
			expect(i, &wants[i].m, wants[i].segsize);
		end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segment_coalesce),
	};

	return cmocka_run_group_tests(tests, gro_setup, NULL);
}
