/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Noise_KKpsk0_25519 of revision 34 of the framework. Section numbers refer to
 * its specification.
 */
#include "crypto/noise.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

#define MESSAGE_MAX 65535 /* section 3 */

/* Section 8: a name of at most SHA256_LEN bytes is padded, not hashed. */
static void
init_symmetric(struct noise *n, const char *name)
{
	size_t len = strlen(name);

	if (len > SHA256_LEN)
		sha256(n->h, name, len);
	else
		memcpy(n->h, name, len);
	memcpy(n->ck, n->h, sizeof(n->ck));
}

static void
mix_hash(struct noise *n, const void *data, size_t len)
{
	const struct bytes parts[] = { { n->h, sizeof(n->h) }, { data, len } };

	sha256_parts(n->h, parts, 2);
}

static void
use_key(struct noise *n, const uint8_t k[32])
{
	memcpy(n->k, k, sizeof(n->k));
	n->n = 0;
	n->has_key = true;
}

/* Section 4.3: HKDF of RFC 5869 with ck as salt and no info. */
static void
derive_keys(const struct noise *n, const void *ikm, size_t ikmlen, uint8_t *out,
	    size_t len)
{
	uint8_t prk[SHA256_LEN];

	hkdf_extract(prk, n->ck, sizeof(n->ck), ikm, ikmlen);
	hkdf_expand(out, len, prk, NULL, 0);
	bytes_wipe(prk, sizeof(prk));
}

static void
mix_key(struct noise *n, const uint8_t ikm[X25519_LEN])
{
	uint8_t t[2 * SHA256_LEN];

	derive_keys(n, ikm, X25519_LEN, t, sizeof(t));
	memcpy(n->ck, t, SHA256_LEN);
	use_key(n, t + SHA256_LEN);
	bytes_wipe(t, sizeof(t));
}

static void
mix_key_and_hash(struct noise *n, const uint8_t psk[32])
{
	uint8_t t[3 * SHA256_LEN];

	derive_keys(n, psk, 32, t, sizeof(t));
	memcpy(n->ck, t, SHA256_LEN);
	mix_hash(n, t + SHA256_LEN, SHA256_LEN);
	use_key(n, t + 2 * SHA256_LEN);
	bytes_wipe(t, sizeof(t));
}

/* The token e. Section 9.2: with a psk, e is mixed into the key as well. */
static void
mix_e(struct noise *n, const uint8_t e[X25519_LEN])
{
	mix_hash(n, e, X25519_LEN);
	mix_key(n, e);
}

static int
mix_dh(struct noise *n, const uint8_t secret[X25519_LEN],
       const uint8_t own_public[X25519_LEN], const uint8_t public[X25519_LEN])
{
	uint8_t shared[X25519_LEN];

	if (x25519_shared(shared, secret, own_public, public) < 0)
		return -1;
	mix_key(n, shared);
	bytes_wipe(shared, sizeof(shared));
	return 0;
}

static enum aead_alg
alg_of(const struct noise *n)
{
	return n->cipher == NOISE_AESGCM ? AEAD_AES_256_GCM :
					   AEAD_CHACHA20_POLY1305;
}

/* Section 12: n is little endian for ChaChaPoly, big endian for AESGCM. */
static void
next_nonce(struct noise *n, uint8_t nonce[AEAD_NONCE_LEN])
{
	memset(nonce, 0, 4);
	put_be64(nonce + 4, n->n);
	if (n->cipher == NOISE_CHACHAPOLY)
		for (int i = 0; i < 8; i++)
			nonce[4 + i] = (uint8_t)(n->n >> (8 * i));
	n->n++;
}

static int
encrypt_and_hash(struct noise *n, const void *payload, size_t len, uint8_t *out)
{
	uint8_t nonce[AEAD_NONCE_LEN];

	next_nonce(n, nonce);
	if (aead_seal_once(alg_of(n), n->k, nonce, n->h, sizeof(n->h), payload,
			   len, out) < 0)
		return -1;
	mix_hash(n, out, len + AEAD_TAG_LEN);
	return 0;
}

static int
decrypt_and_hash(struct noise *n, const uint8_t *in, size_t len,
		 uint8_t *payload)
{
	uint8_t nonce[AEAD_NONCE_LEN];
	uint8_t ad[SHA256_LEN];

	next_nonce(n, nonce);
	/* Hashes before decrypting: payload may overlap the message. */
	memcpy(ad, n->h, sizeof(ad));
	mix_hash(n, in, len);
	return aead_open_once(alg_of(n), n->k, nonce, ad, sizeof(ad), in, len,
			      payload);
}

void
noise_init(struct noise *n, enum noise_cipher cipher, bool initiator,
	   const void *prologue, size_t prologuelen, const uint8_t psk[32],
	   const uint8_t s_secret[X25519_LEN],
	   const uint8_t s_public[X25519_LEN], const uint8_t rs[X25519_LEN])
{
	memset(n, 0, sizeof(*n));
	n->cipher = cipher;
	n->initiator = initiator;
	memcpy(n->psk, psk, sizeof(n->psk));
	memcpy(n->s_secret, s_secret, sizeof(n->s_secret));
	memcpy(n->s_public, s_public, sizeof(n->s_public));
	memcpy(n->rs, rs, sizeof(n->rs));

	init_symmetric(n, cipher == NOISE_AESGCM ?
				  "Noise_KKpsk0_25519_AESGCM_SHA256" :
				  "Noise_KKpsk0_25519_ChaChaPoly_SHA256");
	mix_hash(n, prologue, prologuelen);
	mix_hash(n, initiator ? n->s_public : n->rs, X25519_LEN);
	mix_hash(n, initiator ? n->rs : n->s_public, X25519_LEN);
}

static bool
is_message(size_t len)
{
	return len >= NOISE_MSG_OVERHEAD && len <= MESSAGE_MAX;
}

/* -> psk, e, es, ss */
int
noise_write_1(struct noise *n, const struct rng *rng, const void *payload,
	      size_t len, uint8_t *out)
{
	assert(n->initiator && !n->has_key);
	if (len > MESSAGE_MAX - NOISE_MSG_OVERHEAD)
		return -1;
	mix_key_and_hash(n, n->psk);
	x25519_keypair(n->e_secret, n->e_public, rng);
	mix_e(n, n->e_public);
	if (mix_dh(n, n->e_secret, n->e_public, n->rs) < 0 ||
	    mix_dh(n, n->s_secret, n->s_public, n->rs) < 0 ||
	    encrypt_and_hash(n, payload, len, out + NOISE_E_LEN) < 0)
		return -1;
	memcpy(out, n->e_public, NOISE_E_LEN);
	return 0;
}

int
noise_read_1(struct noise *n, const uint8_t *msg, size_t len, uint8_t *payload)
{
	if (n->initiator || n->has_key || !is_message(len))
		return -1;
	mix_key_and_hash(n, n->psk);
	memcpy(n->re, msg, NOISE_E_LEN);
	mix_e(n, n->re);
	if (mix_dh(n, n->s_secret, n->s_public, n->re) < 0 ||
	    mix_dh(n, n->s_secret, n->s_public, n->rs) < 0)
		return -1;
	return decrypt_and_hash(n, msg + NOISE_E_LEN, len - NOISE_E_LEN,
				payload);
}

/* <- e, ee, se */
int
noise_write_2(struct noise *n, const struct rng *rng, const void *payload,
	      size_t len, uint8_t *out)
{
	assert(!n->initiator && n->has_key);
	if (len > MESSAGE_MAX - NOISE_MSG_OVERHEAD)
		return -1;
	x25519_keypair(n->e_secret, n->e_public, rng);
	mix_e(n, n->e_public);
	if (mix_dh(n, n->e_secret, n->e_public, n->re) < 0 ||
	    mix_dh(n, n->e_secret, n->e_public, n->rs) < 0 ||
	    encrypt_and_hash(n, payload, len, out + NOISE_E_LEN) < 0)
		return -1;
	memcpy(out, n->e_public, NOISE_E_LEN);
	return 0;
}

int
noise_read_2(struct noise *n, const uint8_t *msg, size_t len, uint8_t *payload)
{
	if (!n->initiator || !n->has_key || !is_message(len))
		return -1;
	memcpy(n->re, msg, NOISE_E_LEN);
	mix_e(n, n->re);
	if (mix_dh(n, n->e_secret, n->e_public, n->re) < 0 ||
	    mix_dh(n, n->s_secret, n->s_public, n->re) < 0)
		return -1;
	return decrypt_and_hash(n, msg + NOISE_E_LEN, len - NOISE_E_LEN,
				payload);
}

void
noise_split(const struct noise *n, uint8_t k1[32], uint8_t k2[32])
{
	uint8_t t[2 * SHA256_LEN];

	derive_keys(n, NULL, 0, t, sizeof(t));
	memcpy(k1, t, 32);
	memcpy(k2, t + 32, 32);
	bytes_wipe(t, sizeof(t));
}

void
noise_wipe(struct noise *n)
{
	bytes_wipe(n, sizeof(*n));
}
