/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an implementation of packet encryption brings. */
#ifndef CRYPTO_AEAD_IMPL_H
#define CRYPTO_AEAD_IMPL_H

#include <stdbool.h>

#include "crypto/aead.h"

/* Lengths are checked before it is called, len is that of the plain text,
 * and the tag stands behind the text. in == out is allowed. */
struct aead_impl {
	const char *name;
	/* NULL: out of memory, or the library failed. */
	void *(*new)(enum aead_alg alg, const uint8_t *key);
	void (*free)(void *state);
	int (*seal)(void *state, const uint8_t nonce[AEAD_NONCE_LEN],
		    const void *ad, size_t adlen, const void *in, size_t len,
		    uint8_t *out);
	int (*open)(void *state, const uint8_t nonce[AEAD_NONCE_LEN],
		    const void *ad, size_t adlen, const void *in, size_t len,
		    uint8_t *out);
};

extern const struct aead_impl aead_openssl;	/* has all algorithms */
/* Intel's ipsec-mb; NULL when it is not built in, or when it has nothing for
 * this algorithm on this processor. */
const struct aead_impl *aead_mb(enum aead_alg alg);
/* Whether it would serve if the processor lacked what these of its flags
 * (IMB_FLAG_..._OFF) name. */
bool aead_mb_serves(uint64_t flags);

#endif
