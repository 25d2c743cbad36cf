/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures of DSA and Ed25519 keys. */
#include "crypto/sign.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/bytes.h"

static int
check_type(const struct key *k, enum err_code code, struct err *e)
{
	enum key_type t = key_type(k);

	if (t == KEY_DSA || t == KEY_ED25519)
		return 0;
	return err_set(e, code, "a key of type %s signs nothing",
		       key_type_name(t));
}

/* Joins the parts in one piece of memory, since Ed25519 reads the message
 * twice. A single part is used in place; the caller frees *owned. */
static int
join_parts(struct bytes *whole, void **owned, const struct bytes *parts,
	   size_t nparts)
{
	size_t len = 0;
	uint8_t *p;

	*owned = NULL;
	if (nparts == 1) {
		*whole = parts[0];
		return 0;
	}
	for (size_t i = 0; i < nparts; i++) {
		if (parts[i].len > SIZE_MAX - 1 - len)
			return -1;
		len += parts[i].len;
	}
	p = malloc(len + 1);
	if (p == NULL)
		return -1;
	*owned = p;
	*whole = (struct bytes){ p, len };
	for (size_t i = 0; i < nparts; i++) {
		if (parts[i].len > 0)
			memcpy(p, parts[i].p, parts[i].len);
		p += parts[i].len;
	}
	return 0;
}

/* siglen: in, the capacity of sig; out, the length of the signature. */
static bool
dsa_make(EVP_MD_CTX *c, EVP_PKEY *pkey, const struct bytes *parts,
	 size_t nparts, uint8_t *sig, size_t *siglen)
{
	if (EVP_DigestSignInit_ex(c, NULL, "SHA256", NULL, NULL, pkey, NULL) !=
	    1)
		return false;
	for (size_t i = 0; i < nparts; i++)
		if (EVP_DigestSignUpdate(c, parts[i].p, parts[i].len) != 1)
			return false;
	return EVP_DigestSignFinal(c, sig, siglen) == 1;
}

/* DER has one encoding for a pair of numbers. Any other encoding that decodes
 * to the same pair would be a second signature, not made by the signer. */
static bool
dsa_is_der(const uint8_t *sig, size_t siglen)
{
	const unsigned char *p = sig;
	DSA_SIG *s = d2i_DSA_SIG(NULL, &p, (long)siglen);
	unsigned char *der = NULL;
	int len = s != NULL ? i2d_DSA_SIG(s, &der) : 0;
	bool same = len > 0 && (size_t)len == siglen &&
		    memcmp(der, sig, siglen) == 0;

	OPENSSL_free(der);
	DSA_SIG_free(s);
	return same;
}

static bool
dsa_verify(EVP_MD_CTX *c, EVP_PKEY *pkey, const struct bytes *parts,
	   size_t nparts, const uint8_t *sig, size_t siglen)
{
	if (!dsa_is_der(sig, siglen) ||
	    EVP_DigestVerifyInit_ex(c, NULL, "SHA256", NULL, NULL, pkey,
				    NULL) != 1)
		return false;
	for (size_t i = 0; i < nparts; i++)
		if (EVP_DigestVerifyUpdate(c, parts[i].p, parts[i].len) != 1)
			return false;
	return EVP_DigestVerifyFinal(c, sig, siglen) == 1;
}

static bool
ed25519_make(EVP_MD_CTX *c, EVP_PKEY *pkey, const struct bytes *parts,
	     size_t nparts, uint8_t *sig, size_t *siglen)
{
	struct bytes whole;
	void *owned;
	bool ok;

	if (join_parts(&whole, &owned, parts, nparts) < 0)
		return false;
	ok = EVP_DigestSignInit_ex(c, NULL, NULL, NULL, NULL, pkey, NULL) ==
		     1 &&
	     EVP_DigestSign(c, sig, siglen, whole.p, whole.len) == 1;
	free(owned);
	return ok;
}

static bool
ed25519_verify(EVP_MD_CTX *c, EVP_PKEY *pkey, const struct bytes *parts,
	       size_t nparts, const uint8_t *sig, size_t siglen)
{
	struct bytes whole;
	void *owned;
	bool ok;

	if (join_parts(&whole, &owned, parts, nparts) < 0)
		return false;
	ok = EVP_DigestVerifyInit_ex(c, NULL, NULL, NULL, NULL, pkey, NULL) ==
		     1 &&
	     EVP_DigestVerify(c, sig, siglen, whole.p, whole.len) == 1;
	free(owned);
	return ok;
}

int
sign_make(uint8_t out[SIGN_MAX], size_t *outlen, const struct key *k,
	  const struct bytes *parts, size_t nparts, struct err *e)
{
	uint8_t sig[SIGN_MAX];
	size_t len = sizeof(sig);
	EVP_MD_CTX *c;
	bool ok;

	if (check_type(k, ERR_USAGE, e) < 0)
		return -1;
	if (!key_is_private(k))
		return err_set(e, ERR_USAGE, "signing needs a private key");
	c = EVP_MD_CTX_new();
	if (c == NULL)
		return err_nomem(e);
	if (key_type(k) == KEY_DSA)
		ok = dsa_make(c, key_native(k), parts, nparts, sig, &len);
	else
		ok = ed25519_make(c, key_native(k), parts, nparts, sig, &len);
	EVP_MD_CTX_free(c);
	if (!ok) {
		ERR_clear_error();
		return err_set(e, ERR_CRYPTO, "cannot sign");
	}
	memcpy(out, sig, len);
	*outlen = len;
	return 0;
}

int
sign_verify(const struct key *k, const struct bytes *parts, size_t nparts,
	    const uint8_t *sig, size_t siglen, struct err *e)
{
	EVP_MD_CTX *c;
	bool ok;

	if (check_type(k, ERR_SIGNATURE, e) < 0)
		return -1;
	if (siglen == 0 || siglen > SIGN_MAX)
		return err_set(e, ERR_SIGNATURE, "signature of %zu bytes",
			       siglen);
	c = EVP_MD_CTX_new();
	if (c == NULL)
		return err_nomem(e);
	if (key_type(k) == KEY_DSA)
		ok = dsa_verify(c, key_native(k), parts, nparts, sig, siglen);
	else
		ok = ed25519_verify(c, key_native(k), parts, nparts, sig,
				    siglen);
	EVP_MD_CTX_free(c);
	if (!ok) {
		ERR_clear_error();
		return err_set(e, ERR_SIGNATURE, "signature does not verify");
	}
	return 0;
}
