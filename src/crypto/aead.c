/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Authenticated encryption: the algorithms, and the choice of an
 * implementation. */
#include "aead_impl.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/bytes.h"

#define LEN_MAX (INT_MAX - AEAD_TAG_LEN) /* OpenSSL counts in int */

struct algorithm {
	const char *name;
	size_t key_len;
	const EVP_CIPHER *(*cipher)(void);
};

static const struct algorithm algorithms[AEAD_ALGS] = {
	[AEAD_CHACHA20_POLY1305] = { "chacha20-poly1305", 32,
				     EVP_chacha20_poly1305 },
	[AEAD_AES_128_GCM] = { "aes-128-gcm", 16, EVP_aes_128_gcm },
	[AEAD_AES_256_GCM] = { "aes-256-gcm", 32, EVP_aes_256_gcm },
};

struct aead {
	const struct aead_impl *impl;
	void *state;
};

static void
openssl_free(void *state)
{
	EVP_CIPHER_CTX_free(state);
}

/* Fetches the algorithm and expands the key, once for all packets. */
static void *
openssl_new(enum aead_alg alg, const uint8_t *key)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

	if (c != NULL && EVP_CipherInit_ex2(c, algorithms[alg].cipher(), key,
					    NULL, 1, NULL) == 1)
		return c;
	EVP_CIPHER_CTX_free(c);
	ERR_clear_error();
	return NULL;
}

/* Associated data, text and finalisation: the steps between nonce and tag. */
static int
openssl_run(EVP_CIPHER_CTX *c, const void *ad, size_t adlen, const void *in,
	    size_t len, uint8_t *out)
{
	uint8_t none[1];
	int n;

	if (adlen > 0 && EVP_CipherUpdate(c, NULL, &n, ad, (int)adlen) != 1)
		return -1;
	if (len > 0 &&
	    (EVP_CipherUpdate(c, out, &n, in, (int)len) != 1 || n != (int)len))
		return -1;
	return EVP_CipherFinal_ex(c, none, &n) == 1 && n == 0 ? 0 : -1;
}

static int
openssl_seal(void *state, const uint8_t nonce[AEAD_NONCE_LEN], const void *ad,
	     size_t adlen, const void *in, size_t len, uint8_t *out)
{
	OSSL_PARAM tag[2] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
						  out + len, AEAD_TAG_LEN),
		OSSL_PARAM_construct_end(),
	};

	if (EVP_CipherInit_ex2(state, NULL, NULL, nonce, 1, NULL) != 1 ||
	    openssl_run(state, ad, adlen, in, len, out) < 0 ||
	    EVP_CIPHER_CTX_get_params(state, tag) != 1) {
		ERR_clear_error();
		return -1;
	}
	return 0;
}

static int
openssl_open(void *state, const uint8_t nonce[AEAD_NONCE_LEN], const void *ad,
	     size_t adlen, const void *in, size_t len, uint8_t *out)
{
	uint8_t expected[AEAD_TAG_LEN];
	OSSL_PARAM tag[2] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
						  expected, AEAD_TAG_LEN),
		OSSL_PARAM_construct_end(),
	};

	memcpy(expected, (const uint8_t *)in + len, AEAD_TAG_LEN);
	if (EVP_CipherInit_ex2(state, NULL, NULL, nonce, 0, tag) != 1 ||
	    openssl_run(state, ad, adlen, in, len, out) < 0) {
		ERR_clear_error();
		return -1;
	}
	return 0;
}

const struct aead_impl aead_openssl = {
	.name = "openssl",
	.new = openssl_new,
	.free = openssl_free,
	.seal = openssl_seal,
	.open = openssl_open,
};

/* The fastest implementation comes first. */
static const struct aead_impl *
impl_of(enum aead_alg alg)
{
	const struct aead_impl *fast = aead_mb(alg);

	if (aead_key_len(alg) == 0)
		return NULL;
	return fast != NULL ? fast : &aead_openssl;
}

const char *
aead_name(enum aead_alg alg)
{
	return (unsigned int)alg < AEAD_ALGS ? algorithms[alg].name : NULL;
}

enum aead_alg
aead_by_name(const char *name, size_t len)
{
	for (unsigned int i = AEAD_NONE + 1; i < AEAD_ALGS; i++)
		if (strlen(algorithms[i].name) == len &&
		    memcmp(algorithms[i].name, name, len) == 0)
			return (enum aead_alg)i;
	return AEAD_NONE;
}

size_t
aead_key_len(enum aead_alg alg)
{
	return (unsigned int)alg < AEAD_ALGS ? algorithms[alg].key_len : 0;
}

const char *
aead_impl(enum aead_alg alg)
{
	const struct aead_impl *impl = impl_of(alg);

	return impl != NULL ? impl->name : NULL;
}

static int
new_of(struct aead **out, const struct aead_impl *impl, enum aead_alg alg,
       const uint8_t *key, struct err *e)
{
	struct aead *a;

	if (impl == NULL)
		return err_set(e, ERR_USAGE, "no cipher has number %u",
			       (unsigned int)alg);
	a = malloc(sizeof(*a));
	if (a == NULL)
		return err_nomem(e);
	a->impl = impl;
	a->state = impl->new (alg, key);
	if (a->state == NULL) {
		free(a);
		return err_set(e, ERR_CRYPTO, "cannot set up cipher %s",
			       aead_name(alg));
	}
	*out = a;
	return 0;
}

int
aead_new(struct aead **out, enum aead_alg alg, const uint8_t *key,
	 struct err *e)
{
	return new_of(out, impl_of(alg), alg, key, e);
}

int
aead_new_plain(struct aead **out, enum aead_alg alg, const uint8_t *key,
	       struct err *e)
{
	return new_of(out, aead_key_len(alg) > 0 ? &aead_openssl : NULL, alg,
		      key, e);
}

void
aead_free(struct aead *a)
{
	if (a == NULL)
		return;
	a->impl->free(a->state);
	free(a);
}

static int
seal_checked(const struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN],
	     const void *ad, size_t adlen, const void *in, size_t len,
	     uint8_t *out)
{
	if (adlen > LEN_MAX || len > LEN_MAX)
		return -1;
	return a->impl->seal(a->state, nonce, ad, adlen, in, len, out);
}

/* Wipes the decrypted bytes when the tag proves wrong. */
static int
open_checked(const struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN],
	     const void *ad, size_t adlen, const void *in, size_t len,
	     uint8_t *out)
{
	size_t n;

	if (adlen > LEN_MAX || len < AEAD_TAG_LEN || len > LEN_MAX)
		return -1;
	n = len - AEAD_TAG_LEN;
	if (a->impl->open(a->state, nonce, ad, adlen, in, n, out) < 0) {
		bytes_wipe(out, n);
		return -1;
	}
	return 0;
}

static void
packet_nonce(uint8_t nonce[AEAD_NONCE_LEN], uint64_t counter)
{
	memset(nonce, 0, 4);
	put_be64(nonce + 4, counter);
}

int
aead_seal(struct aead *a, uint64_t counter, const uint8_t *ad, size_t adlen,
	  const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t nonce[AEAD_NONCE_LEN];

	packet_nonce(nonce, counter);
	return seal_checked(a, nonce, ad, adlen, in, len, out);
}

int
aead_open(struct aead *a, uint64_t counter, const uint8_t *ad, size_t adlen,
	  const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t nonce[AEAD_NONCE_LEN];

	packet_nonce(nonce, counter);
	return open_checked(a, nonce, ad, adlen, in, len, out);
}

int
aead_seal_once(enum aead_alg alg, const uint8_t *key,
	       const uint8_t nonce[AEAD_NONCE_LEN], const void *ad,
	       size_t adlen, const void *in, size_t len, uint8_t *out)
{
	struct aead *a;
	int r;

	if (aead_new(&a, alg, key, NULL) < 0)
		return -1;
	r = seal_checked(a, nonce, ad, adlen, in, len, out);
	aead_free(a);
	return r;
}

int
aead_open_once(enum aead_alg alg, const uint8_t *key,
	       const uint8_t nonce[AEAD_NONCE_LEN], const void *ad,
	       size_t adlen, const void *in, size_t len, uint8_t *out)
{
	struct aead *a;
	int r;

	if (aead_new(&a, alg, key, NULL) < 0)
		return -1;
	r = open_checked(a, nonce, ad, adlen, in, len, out);
	aead_free(a);
	return r;
}
