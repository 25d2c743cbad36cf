/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Randomness from the kernel, and a repeatable generator for tests. */
#include "crypto/rng.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/bytes.h"
#include "crypto/must.h"

#define CHACHA20_BLOCK 64
#define CHACHA20_IV_LEN 16

static void
system_fill(void *ctx, void *out, size_t len)
{
	uint8_t *p = out;

	(void)ctx;
	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0) {
			must(errno == EINTR);
			continue;
		}
		p += n;
		len -= (size_t)n;
	}
}

struct rng
rng_system(void)
{
	return (struct rng){ .fill = system_fill, .ctx = NULL };
}

/* As RAND_poll(3), but reports whether the kernel gave randomness. */
void
rng_renew(void)
{
	must(EVP_RAND_reseed(RAND_get0_primary(NULL), 0, NULL, 0, NULL, 0) ==
	     1);
}

/* The key stream of the IV {block number, little endian; eight zeros}. */
static void
make_piece(struct rng_seeded *s, uint64_t piece)
{
	uint8_t iv[CHACHA20_IV_LEN] = { 0 };
	uint64_t block = piece * (sizeof(s->held) / CHACHA20_BLOCK);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	for (int i = 0; i < 8; i++)
		iv[i] = (uint8_t)(block >> (8 * i));
	memset(s->held, 0, sizeof(s->held));
	must(c != NULL &&
	     EVP_EncryptInit_ex2(c, EVP_chacha20(), s->key, iv, NULL) == 1);
	must(EVP_EncryptUpdate(c, s->held, &n, s->held, (int)sizeof(s->held)) ==
	     1);
	EVP_CIPHER_CTX_free(c);
	s->piece = piece;
}

/* counter counts bytes, so that the bytes do not depend on the sizes of the
 * requests. One piece of the stream is cached: most requests are for four
 * bytes. */
static void
seeded_fill(void *ctx, void *out, size_t len)
{
	struct rng_seeded *s = ctx;
	uint8_t *p = out;

	while (len > 0) {
		size_t at = s->counter % sizeof(s->held);
		size_t n = sizeof(s->held) - at;

		if (s->piece != s->counter / sizeof(s->held))
			make_piece(s, s->counter / sizeof(s->held));
		n = n < len ? n : len;
		memcpy(p, s->held + at, n);
		s->counter += n;
		p += n;
		len -= n;
	}
}

struct rng
rng_seeded(struct rng_seeded *state, uint64_t seed)
{
	memset(state, 0, sizeof(*state));
	put_be64(state->key, seed);
	state->piece = UINT64_MAX;
	return (struct rng){ .fill = seeded_fill, .ctx = state };
}

uint32_t
rng_u32(const struct rng *r)
{
	uint8_t b[4];

	rng_fill(r, b, sizeof(b));
	return get_be32(b);
}

/* Rejects the lowest 2^32 mod bound values of the 2^32, so that equally many
 * remain for every remainder. */
uint32_t
rng_below(const struct rng *r, uint32_t bound)
{
	const uint32_t lowest = (UINT32_MAX - bound + 1) % bound;
	uint32_t v;

	do {
		v = rng_u32(r);
	} while (v < lowest);
	return v % bound;
}
