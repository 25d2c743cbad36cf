/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures over a namespace and a message, and their base64 text. */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/kdf.h"
#include "crypto/key.h"

#define SIGN_MAX 512 /* the longest signature of these keys */

/*
 * The signed message is the concatenation of all parts; the first part is a
 * fixed namespace, so that a signature made for one purpose is invalid for
 * another. DSA keys sign SHA-256 of the message; Ed25519 keys sign the message
 * itself. The algorithm follows from the key, never from the signature.
 */
int sign_make(uint8_t out[SIGN_MAX], size_t *outlen, const struct key *k,
	      const struct bytes *parts, size_t nparts, struct err *e);
/* 0 only when the signature is valid; else -1 with ERR_SIGNATURE. */
int sign_verify(const struct key *k, const struct bytes *parts, size_t nparts,
		const uint8_t *sig, size_t siglen, struct err *e);

/* Base64 (RFC 4648 section 4), no line breaks. encode: NUL-terminated, the
 * length without NUL; cap must be >= BASE64_MAX(len). decode: strict; 0/-1. */
#define BASE64_MAX(n) (((n) + 2) / 3 * 4 + 1)
size_t base64_encode(char *out, size_t cap, const uint8_t *in, size_t len);
int base64_decode(uint8_t *out, size_t cap, size_t *outlen, const char *in,
		  size_t len);

#endif
