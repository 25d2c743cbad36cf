/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Randomness from the kernel, and a repeatable one for tests. */
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
#define UPDATE_MAX (1u << 30)	/* OpenSSL counts in int */

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

/* As RAND_poll(3), which does not say whether it worked. */
void
rng_renew(void)
{
	must(EVP_RAND_reseed(RAND_get0_primary(NULL), 0, NULL, 0, NULL, 0) ==
	     1);
}

/* The key stream of the IV {block number, little endian; eight zeros}. */
static EVP_CIPHER_CTX *
seeded_stream(const struct rng_seeded *s)
{
	uint8_t iv[CHACHA20_IV_LEN] = { 0 };
	uint8_t skip[CHACHA20_BLOCK] = { 0 };
	uint64_t block = s->counter / CHACHA20_BLOCK;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	for (int i = 0; i < 8; i++)
		iv[i] = (uint8_t)(block >> (8 * i));
	must(c != NULL && EVP_EncryptInit_ex2(c, EVP_chacha20(), s->key, iv,
					      NULL) == 1);
	must(EVP_EncryptUpdate(c, skip, &n, skip,
			       (int)(s->counter % CHACHA20_BLOCK)) == 1);
	return c;
}

/* counter counts bytes, so that the bytes do not depend on how they are
 * asked for. */
static void
seeded_fill(void *ctx, void *out, size_t len)
{
	struct rng_seeded *s = ctx;
	EVP_CIPHER_CTX *c = seeded_stream(s);
	uint8_t *p = out;

	if (len > 0)
		memset(out, 0, len);
	s->counter += len;
	while (len > 0) {
		int n = (int)(len < UPDATE_MAX ? len : UPDATE_MAX);

		must(EVP_EncryptUpdate(c, p, &n, p, n) == 1);
		p += n;
		len -= (size_t)n;
	}
	EVP_CIPHER_CTX_free(c);
}

struct rng
rng_seeded(struct rng_seeded *state, uint64_t seed)
{
	memset(state, 0, sizeof(*state));
	put_be64(state->key, seed);
	return (struct rng){ .fill = seeded_fill, .ctx = state };
}

uint32_t
rng_u32(const struct rng *r)
{
	uint8_t b[4];

	rng_fill(r, b, sizeof(b));
	return get_be32(b);
}

/* Of the 2^32 values the lowest 2^32 mod bound are drawn again: then as many
 * are left for every remainder. */
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
