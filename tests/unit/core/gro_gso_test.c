/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random packets, coalesced and cut again. */
#include "gro_rig.h"

#define FLOWS_MANY (GRO_FLOWS + 3)

struct packet {
	uint8_t *p;
	size_t len;
	bool partial;
	unsigned int flow;
};

static struct packet sent[FRAMES]; /* in order */
static size_t nsent;
static size_t taken[FLOWS_MANY]; /* of each flow, came out up to here */

static void
perturb_ip(struct made *m, struct prng *r)
{
	switch (prng_below(r, 8)) {
	case 0:
		m->tos++;
		return;
	case 1:
		m->ttl++;
		return;
	case 2:
		m->label ^= 1;
		return;
	case 3:
		m->id++;
		return;
	case 4:
		m->frag ^= 0x4000;
		return;
	case 5:
		m->frag = (uint16_t)(1u << prng_below(r, 16));
		return;
	case 6:
		m->ipopt = 8 * prng_below(r, 3);
		return;
	default:
		m->partial = !m->partial;
		return;
	}
}

static void
perturb_transport(struct made *m, struct prng *r)
{
	switch (prng_below(r, 10)) {
	case 0:
		m->seq++;
		return;
	case 1:
		m->ack++;
		return;
	case 2:
		m->window++;
		return;
	case 3:
		m->urgent++;
		return;
	case 4:
		m->tcpopt = 4 * prng_below(r, 11);
		return;
	case 5:
		m->optbyte++;
		return;
	case 6:
		m->len = prng_below(r, 2000);
		return;
	case 7:
		m->len = 0;
		return;
	case 8:
		m->flags ^= (uint8_t)(1 << prng_below(r, 8));
		return;
	default:
		m->flags |= FLAG_PSH;
		return;
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

/* Makes the next packet of a flow; now and then it does not fit. */
static void
make_next(struct made *m, unsigned int flow, struct prng *r)
{
	static uint8_t buf[4000];
	struct packet *k = &sent[nsent++];

	assert_true(nsent <= FRAMES);
	if (prng_below(r, 12) == 0)
		perturb_ip(m, r);
	if (prng_below(r, 8) == 0)
		perturb_transport(m, r);
	m->payload = payload + prng_below(r, 10000);
	k->flow = flow;
	k->partial = m->partial;
	k->len = make_packet(buf, m);
	if (prng_below(r, 20) == 0)
		spoil(buf, k->len, m, r);
	k->p = malloc(k->len);
	assert_non_null(k->p);
	memcpy(k->p, buf, k->len);
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
	struct packet got = { .p = p, .len = len };
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
	struct tun_frame f = { .data = mem };
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
make_all(unsigned int nflows, struct prng *r)
{
	struct made flows[FLOWS_MANY];

	nsent = 0;
	for (unsigned int i = 0; i < nflows; i++) {
		flows[i] = random_flow(r, i);
		flows[i].len = 1 + prng_below(r, 1400);
	}
	while (nsent < 500) {
		unsigned int i = prng_below(r, nflows);

		for (uint32_t k = prng_below(r, 30); k > 0; k--)
			make_next(&flows[i], i, r);
	}
}

/* Sends all through a small out; the number of frames that came out. */
static size_t
send_all(void)
{
	size_t nframes = 0;

	memset(taken, 0, sizeof(taken));
	for (size_t i = 0; i < nsent; i++) {
		const struct packet *k = &sent[i];

		if (add_bytes(k->p, k->len, k->partial))
			continue;
		nframes += out.nframes;
		drain();
		gro_begin(&gro, &out, true, true);
		assert_true(add_bytes(k->p, k->len, k->partial));
	}
	nframes += out.nframes;
	drain();
	return nframes;
}

static void
test_coalesce_segment(void **state)
{
	size_t nframes = 0, npackets = 0;

	(void)state;
	for (unsigned int seed = 0; seed < ROUNDS; seed++) {
		struct prng r = { seed };
		unsigned int n = 1 + prng_below(&r, FLOWS_MANY);

		make_all(n, &r);
		start();
		out.maxframes = 1 + prng_below(&r, 50);
		out.maxslices = 1 + prng_below(&r, 200);
		nframes += send_all();
		npackets += nsent;
		for (unsigned int i = 0; i < n; i++) {
			while (taken[i] < nsent && sent[taken[i]].flow != i)
				taken[i]++;
			assert_int_equal(taken[i], nsent);
		}
		for (size_t i = 0; i < nsent; i++)
			free(sent[i].p);
		end();
	}
	/* It would prove nothing if next to nothing was coalesced. */
	assert_true(nframes < npackets / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coalesce_segment),
	};

	return cmocka_run_group_tests(tests, gro_setup, NULL);
}
