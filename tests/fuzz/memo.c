/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The curve and the signatures with a memory. A target that starts with the
 * same keys at every input would compute the same things at every input, at
 * ten times the cost of what it is about. Results are the true ones: they
 * are remembered under all that they depend on.
 *
 * Stands in for x25519.o and sign.o of the library.
 */
#include <string.h>

#include "fuzz.h"
#include "crypto/key.h"
#include "crypto/sign.h"

#define x25519_public true_x25519_public
#define x25519_keypair true_x25519_keypair
#define x25519_shared true_x25519_shared
#define sign_make true_sign_make
#define sign_verify true_sign_verify
static void x25519_public(uint8_t public[X25519_LEN],
			  const uint8_t secret[X25519_LEN]);
static void x25519_keypair(uint8_t secret[X25519_LEN],
			   uint8_t public[X25519_LEN], const struct rng *rng)
	__attribute__((unused));
static int x25519_shared(uint8_t out[X25519_LEN],
			 const uint8_t secret[X25519_LEN],
			 const uint8_t own_public[X25519_LEN],
			 const uint8_t public[X25519_LEN]);
static int sign_make(uint8_t out[SIGN_MAX], size_t *outlen, const struct key *k,
		     const struct bytes *parts, size_t nparts, struct err *e);
static int sign_verify(const struct key *k, const struct bytes *parts,
		       size_t nparts, const uint8_t *sig, size_t siglen,
		       struct err *e);
/* NOLINTBEGIN(bugprone-suspicious-include): they are what is stood in for */
#include "../../src/crypto/x25519.c"
#include "../../src/crypto/sign.c"
/* NOLINTEND(bugprone-suspicious-include) */
#undef x25519_public
#undef x25519_keypair
#undef x25519_shared
#undef sign_make
#undef sign_verify

/* The hash with contexts that stay: each would be two allocations. */
#define CONTEXTS 4 /* hmac_sha256() holds one and takes another */
static EVP_MD_CTX *contexts[CONTEXTS];
static unsigned int taken;

static EVP_MD_CTX *
context_take(void)
{
	require(taken < CONTEXTS);
	if (contexts[taken] == NULL)
		contexts[taken] = EVP_MD_CTX_new();
	return contexts[taken++];
}

static void
context_leave(EVP_MD_CTX *c)
{
	require(taken > 0 && contexts[--taken] == c);
}

#define EVP_MD_CTX_new context_take
#define EVP_MD_CTX_free context_leave
#include "../../src/crypto/kdf.c" /* NOLINT(bugprone-suspicious-include) */
#undef EVP_MD_CTX_new
#undef EVP_MD_CTX_free

#define MEMO_SLOTS 65536 /* a power of two */

struct memo {
	uint8_t question[SHA256_LEN];
	uint8_t answer[X25519_LEN];
	bool known;
	int8_t result;
};

/* The newer of two takes the slot. */
static struct memo *
memo_find(const struct bytes *parts, size_t nparts)
{
	static struct memo slots[MEMO_SLOTS];
	uint8_t question[SHA256_LEN];
	struct memo *m;

	sha256_parts(question, parts, nparts);
	m = &slots[get_be32(question) & (MEMO_SLOTS - 1)];
	if (m->known && memcmp(m->question, question, SHA256_LEN) == 0)
		return m;
	m->known = false;
	memcpy(m->question, question, SHA256_LEN);
	return m;
}

void
x25519_public(uint8_t public[X25519_LEN], const uint8_t secret[X25519_LEN])
{
	const struct bytes parts[] = { { "p", 1 }, { secret, X25519_LEN } };
	struct memo *m = memo_find(parts, 2);

	if (!m->known)
		true_x25519_public(m->answer, secret);
	m->known = true;
	memcpy(public, m->answer, X25519_LEN);
}

void
x25519_keypair(uint8_t secret[X25519_LEN], uint8_t public[X25519_LEN],
	       const struct rng *rng)
{
	rng_fill(rng, secret, X25519_LEN);
	x25519_public(public, secret);
}

int
x25519_shared(uint8_t out[X25519_LEN], const uint8_t secret[X25519_LEN],
	      const uint8_t own_public[X25519_LEN],
	      const uint8_t public[X25519_LEN])
{
	const struct bytes parts[] = { { "s", 1 },
				       { secret, X25519_LEN },
				       { own_public, X25519_LEN },
				       { public, X25519_LEN } };
	struct memo *m = memo_find(parts, 4);

	if (!m->known)
		m->result = (int8_t)true_x25519_shared(m->answer, secret,
						       own_public, public);
	m->known = true;
	if (m->result == 0)
		memcpy(out, m->answer, X25519_LEN);
	return m->result;
}

int
sign_make(uint8_t out[SIGN_MAX], size_t *outlen, const struct key *k,
	  const struct bytes *parts, size_t nparts, struct err *e)
{
	return true_sign_make(out, outlen, k, parts, nparts, e);
}

/* What verifies is remembered alone. The keys are never freed. */
int
sign_verify(const struct key *k, const struct bytes *parts, size_t nparts,
	    const uint8_t *sig, size_t siglen, struct err *e)
{
	struct bytes all[8] = { { "v", 1 },
				{ &k, sizeof(k) },
				{ &siglen, sizeof(siglen) },
				{ sig, siglen } };
	struct memo *m;
	int r;

	require(nparts <= 4);
	memcpy(all + 4, parts, nparts * sizeof(*parts));
	m = memo_find(all, 4 + nparts);
	if (m->known)
		return 0;
	r = true_sign_verify(k, parts, nparts, sig, siglen, e);
	m->known = r == 0;
	return r;
}
