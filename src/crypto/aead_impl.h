/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions that an implementation of packet encryption provides. */
#ifndef CRYPTO_AEAD_IMPL_H
#define CRYPTO_AEAD_IMPL_H

#include <stdbool.h>

#include "crypto/aead.h"

/* The caller has checked the lengths. len is that of the plain text; the tag
 * follows the text. in == out is allowed. */
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

extern const struct aead_impl aead_openssl; /* has all algorithms */
/* Intel's ipsec-mb; NULL when it is not built in, or when it does not support
 * this algorithm on this processor. */
const struct aead_impl *aead_mb(enum aead_alg alg);
/* True when ipsec-mb would be used on a processor that lacks the features of
 * these flags (IMB_FLAG_..._OFF). */
bool aead_mb_serves(uint64_t flags);

#endif
