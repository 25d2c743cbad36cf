/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256, HMAC-SHA-256 (RFC 2104), HKDF-SHA-256 (RFC 5869). */
#ifndef CRYPTO_KDF_H
#define CRYPTO_KDF_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

struct bytes { /* a view, not owned */
	const void *p;
	size_t len;
};

/* No function here can fail on valid arguments; a failure inside the library
 * ends the process, since the library itself is then broken. */
void sha256(uint8_t out[SHA256_LEN], const void *data, size_t len);
/* SHA-256 of all parts, concatenated. */
void sha256_parts(uint8_t out[SHA256_LEN], const struct bytes *parts,
		  size_t nparts);
void hmac_sha256(uint8_t out[SHA256_LEN], const void *key, size_t keylen,
		 const struct bytes *parts, size_t nparts);
void hkdf_extract(uint8_t prk[SHA256_LEN], const void *salt, size_t saltlen,
		  const void *ikm, size_t ikmlen);
/* len <= 255 * 32: asserts. */
void hkdf_expand(uint8_t *out, size_t len, const uint8_t prk[SHA256_LEN],
		 const void *info, size_t infolen);

#endif
