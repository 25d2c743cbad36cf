/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Randomness as a parameter: the kernel's, or a seeded one in tests. */
#ifndef CRYPTO_RNG_H
#define CRYPTO_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	void (*fill)(void *ctx, void *out, size_t len);
	void *ctx;
};

/* getrandom(2) directly, so that a cloned machine never repeats a key. Ends the
 * process when the kernel cannot provide any (never on Linux). */
struct rng rng_system(void);
/* Reseeds OpenSSL's generators from the kernel, since a copy of this virtual
 * machine has their state as well. Seeds the generator that all the others, of
 * every thread, are seeded from; each of them notices at its next use. */
void rng_renew(void);
/* ChaCha20 of a seed: the same seed gives the same bytes. Tests only.
 * state is the caller's and must outlive the rng. */
struct rng_seeded {
	uint8_t key[32];
	uint64_t counter;
	uint64_t piece; /* number of the piece held */
	uint8_t held[512];
};
struct rng rng_seeded(struct rng_seeded *state, uint64_t seed);

static inline void
rng_fill(const struct rng *r, void *out, size_t len)
{
	r->fill(r->ctx, out, len);
}

uint32_t rng_u32(const struct rng *r);
/* Uniform in 0..bound-1; bound > 0. */
uint32_t rng_below(const struct rng *r, uint32_t bound);

#endif
