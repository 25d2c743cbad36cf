/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segmentation and coalescing undo each other, on random streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../base/prng.h"
#include "core/gro.h"
#include "core/gso.h"
#include "packets.h"

#define ROUNDS 300
#define PACKETS 1500
#define SUPERS 3 /* of each flow */

struct packet {
	uint8_t *p;
	size_t len;
	bool partial;
	unsigned int flow;
};

static uint8_t payload[2 * FRAME_LEN_MAX];
static struct packet packets[PACKETS];
static size_t npackets;
static struct tun_out frames[PACKETS];
static struct slice slices[PACKETS];
static struct core_out out;
static struct gro gro;

static int
setup(void **state)
{
	struct prng r = {1};

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)prng_next(&r);
	return 0;
}

static bool
coin(struct prng *r)
{
	return prng_below(r, 2) == 0;
}

static void
out_of(unsigned int maxframes, unsigned int maxslices)
{
	out = (struct core_out){.frames = frames, .maxframes = maxframes,
				.slices = slices, .maxslices = maxslices};
	memset(&gro, 0xa5, sizeof(gro));
	gro_begin(&gro, &out, true, true);
}

/* Copied to memory of exactly that length. */
static struct packet *
keep(const uint8_t *p, size_t len, bool partial, unsigned int flow)
{
	struct packet *k = &packets[npackets++];

	assert_true(npackets <= PACKETS);
	*k = (struct packet){malloc(len), len, partial, flow};
	assert_non_null(k->p);
	memcpy(k->p, p, len);
	return k;
}

static void
free_packets(void)
{
	for (size_t i = 0; i < npackets; i++)
		free(packets[i].p);
	npackets = 0;
}

static bool
add(const struct packet *k)
{
	struct ippkt ip;

	assert_int_equal(ippkt_parse(&ip, k->p, k->len), 0);
	return gro_add(&gro, k->p, k->len, k->partial, &ip);
}

static size_t
gather(uint8_t *p, const struct tun_out *f)
{
	size_t n = 0;

	for (unsigned int i = 0; i < f->niov; i++) {
		memcpy(p + n, f->iov[i].p, f->iov[i].len);
		n += f->iov[i].len;
	}
	return n;
}

static struct made
random_flow(struct prng *r, unsigned int host)
{
	struct made m = {.host = (uint8_t)host};

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

/* --- segment, then coalesce ----------------------------------------------- */

struct source {
	struct made m;		/* the super-packet that is being cut */
	size_t segsize;
	unsigned int left;	/* super-packets */
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
static size_t nwants;

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
	struct tun_frame f = {.data = s->mem};
	struct made m;
	struct ippkt ip;

	random_super(s, r);
	m = s->m;
	m.partial = true;
	f.len = make_packet(s->mem, &m);
	f.off = (struct frame_offload){
	    .kind = m.proto == 17 ? FRAME_UDP :
		    m.v6	  ? FRAME_TCP6 :
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
	struct packet *k;
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
	k = keep(p, len, s->m.partial, 0);
	if (!s->m.partial) {
		assert_int_equal(ippkt_parse(&ip, k->p, len), 0);
		assert_int_equal(gso_complete_csum(k->p, len, &ip), 0);
	}
	assert_true(add(k));
	return true;
}

static void
expect(const struct tun_out *f, struct made m, size_t segsize)
{
	static uint8_t got[FRAME_LEN_MAX], want[FRAME_LEN_MAX];
	size_t len;

	assert_int_equal(f->off.segsize, segsize);
	if (segsize != 0) {
		m.partial = true;
		assert_int_equal(f->off.kind, m.proto == 17 ? FRAME_UDP :
					      m.v6	    ? FRAME_TCP6 :
							      FRAME_TCP4);
		assert_int_equal(f->off.hdrlen, made_header_len(&m));
	} else {
		assert_int_equal(f->off.kind, FRAME_WHOLE);
	}
	assert_int_equal(f->off.needs_csum, m.partial);
	len = make_packet(want, &m);
	assert_int_equal(gather(got, f), len);
	assert_memory_equal(got, want, len);
}

static void
test_segment_coalesce(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < ROUNDS; seed++) {
		struct prng r = {seed};
		unsigned int n = 1 + prng_below(&r, GRO_FLOWS), left = n;

		out_of(PACKETS, PACKETS);
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
		assert_int_equal(out.nslices, npackets);
		assert_int_equal(out.nframes, nwants);
		for (size_t i = 0; i < nwants; i++)
			expect(&frames[i], wants[i].m, wants[i].segsize);
		free_packets();
	}
}

/* --- coalesce, then segment ----------------------------------------------- */

#define FLOWS_MANY (GRO_FLOWS + 3)

/* Copies of what went in, for each flow in order. */
static struct packet sent[PACKETS];
static size_t nsent;
static size_t taken[FLOWS_MANY]; /* up to here in sent */

/* Now and then something that does not fit the stream. */
static void
perturb(struct made *m, struct prng *r)
{
	switch (prng_below(r, 24)) {
	case 0: m->tos++; break;
	case 1: m->ttl++; break;
	case 2: m->label ^= 1; break;
	case 3: m->id++; break;
	case 4: m->frag ^= 0x4000; break;
	case 5: m->frag = (uint16_t)(1u << prng_below(r, 16)); break;
	case 6: m->seq++; break;
	case 7: m->ack++; break;
	case 8: m->window++; break;
	case 9: m->urgent++; break;
	case 10: m->flags ^= (uint8_t)(1 << prng_below(r, 8)); break;
	case 11: m->tcpopt = 4 * prng_below(r, 11); break;
	case 12: m->optbyte++; break;
	case 13: m->ipopt = 8 * prng_below(r, 3); break;
	case 14: m->len = prng_below(r, 2000); break;
	case 15: m->len = 0; break;
	case 16: m->partial = !m->partial; break;
	default: m->flags = FLAG_ACK; break;
	}
}

/* One bit is wrong: behind the ports, and not in a partial checksum, which
 * nobody looks at. */
static void
spoil(uint8_t *p, size_t len, const struct made *m, struct prng *r)
{
	size_t hdr = (m->v6 ? 40 : 20) + m->ipopt;
	size_t csum = hdr + (m->proto == 6 ? 16 : 6);
	size_t at = hdr + 4 + prng_below(r, (uint32_t)(len - hdr - 4));

	if (!m->partial || at < csum || at > csum + 1)
		p[at] ^= (uint8_t)(1 << prng_below(r, 8));
}

static void
send_one(struct made *m, unsigned int flow, struct prng *r)
{
	static uint8_t buf[4000];
	struct packet *k;
	size_t len;

	if (prng_below(r, 6) == 0)
		perturb(m, r);
	else if (prng_below(r, 8) == 0)
		m->flags = FLAG_ACK | FLAG_PSH;
	m->payload = payload + prng_below(r, 10000);
	len = make_packet(buf, m);
	if (prng_below(r, 20) == 0)
		spoil(buf, len, m, r);
	k = keep(buf, len, m->partial, flow);
	sent[nsent] = *k;
	sent[nsent].p = malloc(len);
	assert_non_null(sent[nsent].p);
	memcpy(sent[nsent++].p, buf, len);
	m->seq += (uint32_t)m->len;
	m->id++;
	m->flags = FLAG_ACK;
	m->frag &= 0x4000;
	m->ipopt = 0;
	if (m->len == 0)
		m->len = 1 + prng_below(r, 1400);
}

/* What may differ: identifications that mean nothing, and which of the two
 * zeros a TCP checksum is. */
static void
normalise(struct packet *k)
{
	struct ippkt ip;
	uint8_t *csum;

	assert_int_equal(ippkt_parse(&ip, k->p, k->len), 0);
	if (k->p[0] >> 4 == 4 && ip.dont_fragment && !ip.fragment) {
		put_be16(k->p + 4, 0);
		slow_ip_csum(k->p);
	}
	csum = k->p + ip.hdrlen + 16;
	if (ip.proto == 6 && !ip.fragment && k->len >= ip.hdrlen + 20 &&
	    get_be16(csum) == 0)
		put_be16(csum, 0xffff);
}

/* The next packet of its flow that was sent. */
static void
check_packet(uint8_t *p, size_t len, bool was_super, bool partial)
{
	struct packet got = {.p = p, .len = len};
	struct packet *want;
	struct ippkt ip;
	unsigned int flow = p[0] >> 4 == 4 ? p[15] : p[23];
	size_t *at = &taken[flow];

	assert_true(flow < FLOWS_MANY);
	while (*at < nsent && sent[*at].flow != flow)
		++*at;
	assert_true(*at < nsent);
	want = &sent[(*at)++];
	if (was_super && !want->partial) {
		assert_int_equal(ippkt_parse(&ip, p, len), 0);
		assert_int_equal(gso_complete_csum(p, len, &ip), 0);
	}
	assert_int_equal(len, want->len);
	normalise(&got);
	normalise(want);
	assert_memory_equal(p, want->p, len);
	if (!was_super && partial)
		assert_true(want->partial);
}

/* Cuts all frames that came out, and empties out. */
static void
drain(void)
{
	static uint8_t mem[FRAME_LEN_MAX];
	struct tun_frame f = {.data = mem};
	struct ippkt ip;
	struct gso g;
	uint8_t *p;
	size_t len;

	gro_flush(&gro);
	for (unsigned int i = 0; i < out.nframes; i++) {
		bool was_super = frames[i].off.kind != FRAME_WHOLE;

		assert_int_equal(was_super, frames[i].niov > 1);
		f.len = gather(mem, &frames[i]);
		f.off = frames[i].off;
		assert_int_equal(ippkt_parse(&ip, mem, f.len), 0);
		assert_int_equal(gso_start(&g, &f, &ip), DROP_NONE);
		assert_int_equal(g.csum_partial, f.off.needs_csum);
		while ((p = gso_next(&g, &len)) != NULL)
			check_packet(p, len, was_super, g.csum_partial);
	}
	core_out_reset(&out);
}

static void
test_coalesce_segment(void **state)
{
	size_t frames_out = 0, packets_in = 0;

	(void)state;
	for (unsigned int seed = 0; seed < ROUNDS; seed++) {
		struct prng r = {seed};
		unsigned int n = 1 + prng_below(&r, FLOWS_MANY);
		struct made flows[FLOWS_MANY];

		nsent = 0;
		memset(taken, 0, sizeof(taken));
		out_of(1 + prng_below(&r, 50), 1 + prng_below(&r, 200));
		for (unsigned int i = 0; i < n; i++) {
			flows[i] = random_flow(&r, i);
			flows[i].len = 1 + prng_below(&r, 1400);
		}
		while (nsent < 500) {
			unsigned int i = prng_below(&r, n);

			for (uint32_t k = prng_below(&r, 30); k > 0; k--)
				send_one(&flows[i], i, &r);
		}
		for (size_t i = 0; i < npackets; i++)
			if (!add(&packets[i])) {
				frames_out += out.nframes;
				drain();
				gro_begin(&gro, &out, true, true);
				assert_true(add(&packets[i]));
			}
		frames_out += out.nframes;
		drain();
		for (size_t i = 0; i < nsent; i++)
			free(sent[i].p);
		for (unsigned int i = 0; i < n; i++) {
			while (taken[i] < nsent && sent[taken[i]].flow != i)
				taken[i]++;
			assert_int_equal(taken[i], nsent);
		}
		packets_in += npackets;
		free_packets();
	}
	/* It would prove nothing if next to nothing was coalesced. */
	assert_true(frames_out < packets_in / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_segment_coalesce),
	    cmocka_unit_test(test_coalesce_segment),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
