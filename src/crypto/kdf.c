/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 and the functions built on it; the algorithm is fetched once. */
#include "crypto/kdf.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "crypto/must.h"

#define SHA256_BLOCK 64

/* Fetching the algorithm costs as much as hashing a short packet. */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static const EVP_MD *sha256_md;

static void
fetch_sha256(void)
{
	sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256_md != NULL);
}

static EVP_MD_CTX *
hash_new(void)
{
	EVP_MD_CTX *c;

	must(pthread_once(&fetched, fetch_sha256) == 0);
	c = EVP_MD_CTX_new();
	must(c != NULL);
	return c;
}

static void
hash_begin(EVP_MD_CTX *c)
{
	must(EVP_DigestInit_ex2(c, sha256_md, NULL) == 1);
}

static void
hash_add(EVP_MD_CTX *c, const void *data, size_t len)
{
	must(EVP_DigestUpdate(c, data, len) == 1);
}

static void
hash_parts(EVP_MD_CTX *c, const struct bytes *parts, size_t nparts)
{
	for (size_t i = 0; i < nparts; i++)
		hash_add(c, parts[i].p, parts[i].len);
}

static void
hash_end(EVP_MD_CTX *c, uint8_t out[SHA256_LEN])
{
	must(EVP_DigestFinal_ex(c, out, NULL) == 1);
}

void
sha256(uint8_t out[SHA256_LEN], const void *data, size_t len)
{
	const struct bytes part = { data, len };

	sha256_parts(out, &part, 1);
}

void
sha256_parts(uint8_t out[SHA256_LEN], const struct bytes *parts, size_t nparts)
{
	EVP_MD_CTX *c = hash_new();

	hash_begin(c);
	hash_parts(c, parts, nparts);
	hash_end(c, out);
	EVP_MD_CTX_free(c);
}

/* RFC 2104 on one hash context: EVP_MAC takes three times as long, and the
 * first check of every datagram is this MAC. */
void
hmac_sha256(uint8_t out[SHA256_LEN], const void *key, size_t keylen,
	    const struct bytes *parts, size_t nparts)
{
	EVP_MD_CTX *c = hash_new();
	uint8_t ipad[SHA256_BLOCK] = { 0 };
	uint8_t opad[SHA256_BLOCK];
	uint8_t inner[SHA256_LEN];

	if (keylen > SHA256_BLOCK)
		sha256(ipad, key, keylen);
	else if (keylen > 0)
		memcpy(ipad, key, keylen);
	for (size_t i = 0; i < SHA256_BLOCK; i++) {
		opad[i] = ipad[i] ^ 0x5c;
		ipad[i] ^= 0x36;
	}
	hash_begin(c);
	hash_add(c, ipad, sizeof(ipad));
	hash_parts(c, parts, nparts);
	hash_end(c, inner);
	hash_begin(c);
	hash_add(c, opad, sizeof(opad));
	hash_add(c, inner, sizeof(inner));
	hash_end(c, out);
	EVP_MD_CTX_free(c);
	bytes_wipe(ipad, sizeof(ipad));
	bytes_wipe(opad, sizeof(opad));
	bytes_wipe(inner, sizeof(inner));
}

void
hkdf_extract(uint8_t prk[SHA256_LEN], const void *salt, size_t saltlen,
	     const void *ikm, size_t ikmlen)
{
	const struct bytes part = { ikm, ikmlen };

	hmac_sha256(prk, salt, saltlen, &part, 1);
}

/* RFC 5869 section 2.3: T(i) = HMAC(PRK, T(i-1) | info | i). */
void
hkdf_expand(uint8_t *out, size_t len, const uint8_t prk[SHA256_LEN],
	    const void *info, size_t infolen)
{
	uint8_t t[SHA256_LEN];
	uint8_t i = 0;
	struct bytes parts[3] = { { t, 0 }, { info, infolen }, { &i, 1 } };

	assert(len <= 255 * SHA256_LEN);
	while (len > 0) {
		size_t n = len < SHA256_LEN ? len : SHA256_LEN;

		i++;
		hmac_sha256(t, prk, SHA256_LEN, parts, 3);
		parts[0].len = SHA256_LEN;
		memcpy(out, t, n);
		out += n;
		len -= n;
	}
	bytes_wipe(t, sizeof(t));
}
