/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asymmetric keys: DSA and Ed25519 (list signing), EC P-256 (certificates),
 * X25519 (sessions). Keys are handles; files are the caller's affair.
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/rng.h"

#define FINGERPRINT_LEN 32	/* SHA-256 of the SubjectPublicKeyInfo (DER) */
#define FINGERPRINT_TEXT_MAX 72 /* "sha256:" + 64 digits + NUL */
#define X25519_LEN 32

enum key_type { KEY_DSA, KEY_ED25519, KEY_EC_P256, KEY_OTHER };

struct key; /* public, or public and private; immutable */

/* Fresh key. DSA: 2048-bit p, 256-bit q (FIPS 186-4); takes seconds. */
int key_generate(struct key **out, enum key_type type, struct err *e);
/* Reads the first private key of a PEM text of at most 256 KiB: PKCS#8, SEC 1
 * or PKCS#1; certificates and parameters beside it are skipped. DSA keys below
 * 2048/224 or above 4096/256, and encrypted keys, are refused. */
int key_read_private(struct key **out, const void *pem, size_t len,
		     struct err *e);
/* True when the key of the text is protected by a passphrase. */
bool key_is_encrypted(const void *pem, size_t len);
/* Reads a public key, or a private one of which only the public half is
 * kept. */
int key_read_public(struct key **out, const void *pem, size_t len,
		    struct err *e);
/* As key_read_public(), for a file that must hold one PUBLIC KEY block and no
 * other block (RFC 7468): a private key, a certificate or a request is
 * refused. */
int key_read_public_alone(struct key **out, const void *pem, size_t len,
			  struct err *e);
/* The number of PEM blocks of any type that begin in a text. */
unsigned int key_count_blocks(const char *text, size_t len);
void key_free(struct key *k); /* NULL is fine; wipes */

enum key_type key_type(const struct key *k);
const char *key_type_name(enum key_type t); /* "DSA", "Ed25519", ... */
bool key_is_private(const struct key *k);
/* SHA-256 of the SubjectPublicKeyInfo in its canonical encoding: a named curve
 * (RFC 5480) and an uncompressed point, whatever the encoding of the input.
 * Keys with explicit parameters, and RSA keys for PSS alone, are refused when
 * read. */
void key_fingerprint(uint8_t out[FINGERPRINT_LEN], const struct key *k);
/* "sha256:hex"; parse accepts exactly this form. 0 or -1. */
char *fingerprint_format(char out[FINGERPRINT_TEXT_MAX],
			 const uint8_t fp[FINGERPRINT_LEN]);
int fingerprint_parse(uint8_t out[FINGERPRINT_LEN], const char *text,
		      size_t len);

/* Malloc'd, NUL-terminated PEM; the caller wipes (private) and frees. */
int key_write_private(char **out, const struct key *k, struct err *e);
int key_write_public(char **out, const struct key *k, struct err *e);

/* OpenSSL's handle (EVP_PKEY); only src/crypto may use it. */
void *key_native(const struct key *k);
/* Takes over one reference of an EVP_PKEY; on failure the caller keeps it. */
int key_from_native(struct key **out, void *pkey, bool is_private,
		    struct err *e);

/* X25519 (RFC 7748) on raw bytes. */
void x25519_keypair(uint8_t secret[X25519_LEN], uint8_t public[X25519_LEN],
		    const struct rng *rng);
void x25519_public(uint8_t public[X25519_LEN],
		   const uint8_t secret[X25519_LEN]);
/* own_public belongs to secret. -1 when the result is all zero (a point of
 * small order). */
int x25519_shared(uint8_t out[X25519_LEN], const uint8_t secret[X25519_LEN],
		  const uint8_t own_public[X25519_LEN],
		  const uint8_t public[X25519_LEN]);

#endif
