/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random flows. Included behind gro_rig.h. */
#ifndef TESTS_GRO_RANDOM_H
#define TESTS_GRO_RANDOM_H

#include "core/data/gso.h"

#define ROUNDS 300

static inline bool
coin(struct prng *r)
{
	return prng_below(r, 2) == 0;
}

/* Another address for each host; not yet a payload of any length. */
static inline struct made
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

#endif
