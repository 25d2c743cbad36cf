/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X25519 (RFC 7748) on raw bytes. */
#include "crypto/key.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/bytes.h"
#include "crypto/must.h"

/* NULL only when there is no memory: every secret is a valid key. */
static EVP_PKEY *
private_new(const uint8_t secret[X25519_LEN])
{
	return EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, secret,
					       X25519_LEN);
}

void
x25519_public(uint8_t public[X25519_LEN], const uint8_t secret[X25519_LEN])
{
	EVP_PKEY *k = private_new(secret);
	size_t len = X25519_LEN;

	must(k != NULL && EVP_PKEY_get_raw_public_key(k, public, &len) == 1 &&
	     len == X25519_LEN);
	EVP_PKEY_free(k);
}

void
x25519_keypair(uint8_t secret[X25519_LEN], uint8_t public[X25519_LEN],
	       const struct rng *rng)
{
	rng_fill(rng, secret, X25519_LEN);
	x25519_public(public, secret);
}

/* Sets both halves: from the secret alone OpenSSL would compute the public one
 * again, at twice the cost of the exchange itself. */
static EVP_PKEY *
pair_new(const uint8_t secret[X25519_LEN], const uint8_t public[X25519_LEN])
{
	uint8_t s[X25519_LEN], p[X25519_LEN];
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, s, sizeof(s)),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, p, sizeof(p)),
		OSSL_PARAM_END
	};
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
	EVP_PKEY *k = NULL;

	memcpy(s, secret, sizeof(s));
	memcpy(p, public, sizeof(p));
	if (c == NULL || EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &k, EVP_PKEY_KEYPAIR, params) != 1)
		k = NULL;
	EVP_PKEY_CTX_free(c);
	bytes_wipe(s, sizeof(s));
	return k;
}

int
x25519_shared(uint8_t out[X25519_LEN], const uint8_t secret[X25519_LEN],
	      const uint8_t own_public[X25519_LEN],
	      const uint8_t public[X25519_LEN])
{
	uint8_t shared[X25519_LEN] = { 0 };
	size_t len = sizeof(shared);
	EVP_PKEY *own = pair_new(secret, own_public);
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL,
							 public, X25519_LEN);
	EVP_PKEY_CTX *c = NULL;
	int r = -1;

	if (own != NULL && other != NULL)
		c = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	/* RFC 7748 section 6.1: some versions of OpenSSL refuse an all-zero
	 * result; this refuses it with all of them. */
	if (c != NULL && EVP_PKEY_derive_init(c) == 1 &&
	    EVP_PKEY_derive_set_peer(c, other) == 1 &&
	    EVP_PKEY_derive(c, shared, &len) == 1 && len == sizeof(shared) &&
	    !bytes_all_zero_ct(shared, sizeof(shared))) {
		memcpy(out, shared, sizeof(shared));
		r = 0;
	} else {
		ERR_clear_error();
	}
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(other);
	EVP_PKEY_free(own);
	bytes_wipe(shared, sizeof(shared));
	return r;
}
