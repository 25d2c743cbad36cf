/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Noise Protocol Framework (revision 34), pattern KKpsk0 with X25519 and
 * SHA-256; the cipher is ChaChaPoly or AESGCM.
 *
 *	-> s
 *	<- s
 *	...
 *	-> psk, e, es, ss
 *	<- e, ee, se
 */
#ifndef CRYPTO_NOISE_H
#define CRYPTO_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/key.h"

enum noise_cipher { NOISE_CHACHAPOLY, NOISE_AESGCM };

struct noise { /* plain data: copy it to work on a trial, wipe it */
	enum noise_cipher cipher;
	bool initiator;
	bool has_key;
	uint8_t ck[SHA256_LEN]; /* chaining key */
	uint8_t h[SHA256_LEN];	/* transcript hash */
	uint8_t k[32];
	uint64_t n;
	uint8_t s_secret[X25519_LEN]; /* own static */
	uint8_t s_public[X25519_LEN];
	uint8_t rs[X25519_LEN];	      /* the peer's static key */
	uint8_t e_secret[X25519_LEN]; /* own ephemeral */
	uint8_t e_public[X25519_LEN];
	uint8_t re[X25519_LEN];
	uint8_t psk[32];
};

#define NOISE_E_LEN X25519_LEN
#define NOISE_MSG_OVERHEAD (NOISE_E_LEN + AEAD_TAG_LEN)

/* Mixes in pre-messages, prologue and psk as the pattern prescribes. */
void noise_init(struct noise *n, enum noise_cipher cipher, bool initiator,
		const void *prologue, size_t prologuelen, const uint8_t psk[32],
		const uint8_t s_secret[X25519_LEN],
		const uint8_t s_public[X25519_LEN],
		const uint8_t rs[X25519_LEN]);
/* Writes e and the sealed payload: NOISE_MSG_OVERHEAD + len bytes. 0, or -1 (a
 * degenerate key of the other side): then wipe and drop. */
int noise_write_1(struct noise *n, const struct rng *rng, const void *payload,
		  size_t len, uint8_t *out);
/* payload gets len - NOISE_MSG_OVERHEAD bytes. 0 only when the message
 * authenticates; after -1 the state is invalid: work on a copy. */
int noise_read_1(struct noise *n, const uint8_t *msg, size_t len,
		 uint8_t *payload);
int noise_write_2(struct noise *n, const struct rng *rng, const void *payload,
		  size_t len, uint8_t *out);
int noise_read_2(struct noise *n, const uint8_t *msg, size_t len,
		 uint8_t *payload);
/* After message 2: two keys of 32 bytes, first initiator -> responder. */
void noise_split(const struct noise *n, uint8_t k1[32], uint8_t k2[32]);
void noise_wipe(struct noise *n);

#endif
