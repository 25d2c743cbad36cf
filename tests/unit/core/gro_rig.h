/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets on their way through coalescing, and what is expected behind it. */
#ifndef TESTS_GRO_RIG_H
#define TESTS_GRO_RIG_H

#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "../base/prng.h"
#include "core/data/gro.h"
#include "core/data/gso.h"
#include "packets.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define FRAMES 1500
#define PAYLOAD 1000

extern uint8_t payload[2 * FRAME_LEN_MAX];
extern struct gro gro;
extern struct tun_out frames[FRAMES];
extern struct core_out out;
extern unsigned int nmade;

int gro_setup(void **state);
void start_with(bool tcp, bool udp);
void start(void);
void end(void);

/* Memory of exactly that length, so that a sanitizer sees any overrun. */
bool add_bytes(const uint8_t *p, size_t len, bool partial);
size_t gather(uint8_t *p, const struct tun_out *f);

/* Frame i is the packet m, to be cut at segsize or (0) whole. */
void expect(unsigned int i, const struct made *m, size_t segsize);

/* --- a packet of each kind, and those that follow it ---------------------- */

extern const struct made tcp4;
extern const struct made tcp6;
extern const struct made udp4;
extern const struct made udp6;
extern const struct made *const all[4];

void add(const struct made *m);

/* The packet that follows m in its flow. */
struct made after(const struct made *m);

/* a and then b: nothing is coalesced, both come as they are. */
void expect_apart(const struct made *a, const struct made *b);

/* --- random flows --------------------------------------------------------- */

#define ROUNDS 300

bool coin(struct prng *r);

/* Another address for each host; not yet a payload of any length. */
struct made random_flow(struct prng *r, unsigned int host);

#endif
