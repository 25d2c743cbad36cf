/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Authenticated encryption of packets: one interface, one context per
 * direction. */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The numbers appear on the wire; a higher one wins a tie of preferences. */
enum aead_alg {
	AEAD_NONE = 0,		    /* no algorithm: never negotiated */
	AEAD_CHACHA20_POLY1305 = 1, /* RFC 8439 */
	AEAD_AES_128_GCM = 2,	    /* NIST SP 800-38D */
	AEAD_AES_256_GCM = 3,
	AEAD_ALGS
};

#define AEAD_KEY_MAX 32
#define AEAD_TAG_LEN 16
#define AEAD_NONCE_LEN 12

const char *aead_name(enum aead_alg alg); /* "aes-256-gcm"; NULL: none */
enum aead_alg aead_by_name(const char *name, size_t len);
size_t aead_key_len(enum aead_alg alg);

/*
 * The nonce of a packet is four zero bytes and the 64-bit counter, big
 * endian for every algorithm: a key is never used in two directions, and
 * the counter never repeats under a key.
 */
struct aead;

/* key: aead_key_len(alg) bytes, copied. One context serves one direction. */
int aead_new(struct aead **out, enum aead_alg alg, const uint8_t *key,
	     struct err *e);
/* As aead_new(), but always OpenSSL: the reference for faster
 * implementations. */
int aead_new_plain(struct aead **out, enum aead_alg alg, const uint8_t *key,
		   struct err *e);
void aead_free(struct aead *a); /* NULL is fine; wipes */
/* Writes len + AEAD_TAG_LEN bytes to out. in == out is allowed, any other
 * overlap is not. No allocation. 0, or -1 when the library failed. */
int aead_seal(struct aead *a, uint64_t counter, const uint8_t *ad, size_t adlen,
	      const uint8_t *in, size_t len, uint8_t *out);
/* len includes the tag; writes len - AEAD_TAG_LEN bytes. 0 only when the tag is
 * right; else -1, and the content of out is useless. */
int aead_open(struct aead *a, uint64_t counter, const uint8_t *ad, size_t adlen,
	      const uint8_t *in, size_t len, uint8_t *out);

/* Which implementation aead_new() picks: "openssl", "ipsec-mb". */
const char *aead_impl(enum aead_alg alg);

/* One-shot with a full nonce, for handshakes. */
int aead_seal_once(enum aead_alg alg, const uint8_t *key,
		   const uint8_t nonce[AEAD_NONCE_LEN], const void *ad,
		   size_t adlen, const void *in, size_t len, uint8_t *out);
int aead_open_once(enum aead_alg alg, const uint8_t *key,
		   const uint8_t nonce[AEAD_NONCE_LEN], const void *ad,
		   size_t adlen, const void *in, size_t len, uint8_t *out);

#endif
