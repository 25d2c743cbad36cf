/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads keys from PEM text, in the forms that certificate authorities hand
 * out. */
#include "crypto/key.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.h"

#define PEM_SIZE_MAX (256 * 1024) /* a key, its certificate and a chain */

/* OpenSSL's own messages do not help an administrator. Its queue is emptied, so
 * that none is mistaken for the error of a later call. */
static int
read_failed(struct err *e, enum err_code code, const char *text)
{
	ERR_clear_error();
	return err_set(e, code, "%s", text);
}

/* A PEM block of a text. */
struct block {
	char *name;
	char *header;
	unsigned char *der;
	long len;
};

static void
block_free(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_clear_free(b->der, b->len > 0 ? (size_t)b->len : 0);
	memset(b, 0, sizeof(*b));
}

static bool
block_is_private(const struct block *b)
{
	static const char end[] = "PRIVATE KEY";
	size_t n = strlen(b->name);

	return n >= sizeof(end) - 1 &&
	       strcmp(b->name + n - (sizeof(end) - 1), end) == 0;
}

/* The error names binary (DER, PKCS#12) files, since several CAs hand them
 * out. */
static int
no_block(const uint8_t *text, size_t len, struct err *e)
{
	if (len > 0 && text[0] == 0x30)
		return read_failed(
			e, ERR_SYNTAX,
			"this is no PEM text but binary (DER or PKCS#12): "
			"\"openssl pkey -inform DER -in FILE -out NEW\", or "
			"\"openssl pkcs12 -nodes -in FILE -out NEW\", "
			"writes PEM");
	return read_failed(e, ERR_SYNTAX, "no whole PEM block");
}

/* Reads the first private key, or the first block where there is none: EC
 * parameters and certificates may precede the key. Decrypts nothing, so no
 * passphrase is ever prompted for. */
static int
block_read(struct block *b, const void *pem, size_t len, struct err *e)
{
	struct block next = { 0 };
	BIO *bio;

	memset(b, 0, sizeof(*b));
	if (len > PEM_SIZE_MAX)
		return err_set(e, ERR_LIMIT, "key file over %d bytes",
			       PEM_SIZE_MAX);
	bio = BIO_new_mem_buf(len > 0 ? pem : "", (int)len);
	if (bio == NULL)
		return err_nomem(e);
	while (PEM_read_bio(bio, &next.name, &next.header, &next.der,
			    &next.len) == 1) {
		bool found = block_is_private(&next);

		if (found || b->name == NULL) {
			block_free(b);
			*b = next;
		} else {
			block_free(&next);
		}
		memset(&next, 0, sizeof(next));
		if (found)
			break;
	}
	BIO_free(bio);
	ERR_clear_error();
	if (b->name == NULL)
		return no_block(pem, len, e);
	return 0;
}

static bool
block_is_encrypted(const struct block *b)
{
	return b->header[0] != '\0' || strcmp(b->name, PEM_STRING_PKCS8) == 0;
}

bool
key_is_encrypted(const void *pem, size_t len)
{
	struct block b;
	bool encrypted =
		block_read(&b, pem, len, NULL) == 0 && block_is_encrypted(&b);

	block_free(&b);
	return encrypted;
}

/* Reads the first block, which must be unencrypted. */
static int
block_read_plain(struct block *b, const void *pem, size_t len, struct err *e)
{
	if (block_read(b, pem, len, e) < 0)
		return -1;
	if (!block_is_encrypted(b))
		return 0;
	block_free(b);
	return err_set(e, ERR_CRYPTO,
		       "the key is under a passphrase: \"openssl pkey -in FILE "
		       "-out NEW\" writes it without one");
}

/* The block types that CA tools write: PKCS#8 (RFC 5958), SEC 1 (RFC 5915),
 * PKCS#1 (RFC 8017 appendix A.1.2) and OpenSSL's own type for DSA. */
static const struct private_kind {
	const char *name;
	int type;
} private_kinds[] = {
	{ PEM_STRING_PKCS8INF, EVP_PKEY_NONE },
	{ PEM_STRING_ECPRIVATEKEY, EVP_PKEY_EC },
	{ PEM_STRING_RSA, EVP_PKEY_RSA },
	{ PEM_STRING_DSA, EVP_PKEY_DSA },
};

static const struct private_kind *
private_kind_of(const struct block *b)
{
	for (size_t i = 0; i < sizeof(private_kinds) / sizeof(*private_kinds);
	     i++)
		if (strcmp(b->name, private_kinds[i].name) == 0)
			return &private_kinds[i];
	return NULL;
}

static EVP_PKEY *
decode_pkcs8(const unsigned char **p, long len)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, p, len);
	EVP_PKEY *pkey = info == NULL ? NULL : EVP_PKCS82PKEY(info);

	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

static EVP_PKEY *
decode_private(const struct block *b, const struct private_kind *kind)
{
	const unsigned char *p = b->der;
	EVP_PKEY *pkey = kind->type == EVP_PKEY_NONE ?
				 decode_pkcs8(&p, b->len) :
				 d2i_PrivateKey(kind->type, NULL, &p, b->len);

	if (pkey != NULL && p != b->der + b->len) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

static EVP_PKEY *
decode_public(const unsigned char *der, long len)
{
	const unsigned char *p = der;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, len);

	if (pkey != NULL && p != der + len) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

/* Makes a new handle that holds the public half alone. */
static EVP_PKEY *
strip_private(EVP_PKEY *pkey)
{
	unsigned char *der = NULL;
	int len = pkey != NULL ? i2d_PUBKEY(pkey, &der) : 0;
	EVP_PKEY *pub = len > 0 ? decode_public(der, len) : NULL;

	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	return pub;
}

static int
wrong_block(const struct block *b, const char *wanted, struct err *e)
{
	char name[64];

	text_escape(name, sizeof(name), b->name, strlen(b->name));
	return err_set(e, ERR_SYNTAX,
		       "PEM block is a \"%s\"; expected a \"%s\"", name,
		       wanted);
}

static int
wrap_key(struct key **out, EVP_PKEY *pkey, bool is_private, struct err *e)
{
	if (pkey == NULL)
		return read_failed(e, ERR_SYNTAX,
				   "PEM block holds no usable key");
	if (key_from_native(out, pkey, is_private, e) < 0) {
		EVP_PKEY_free(pkey);
		return -1;
	}
	return 0;
}

int
key_read_private(struct key **out, const void *pem, size_t len, struct err *e)
{
	const struct private_kind *kind;
	struct block b;
	int r;

	if (block_read_plain(&b, pem, len, e) < 0)
		return -1;
	kind = private_kind_of(&b);
	if (kind != NULL)
		r = wrap_key(out, decode_private(&b, kind), true, e);
	else
		r = wrong_block(&b, PEM_STRING_PKCS8INF, e);
	block_free(&b);
	return r;
}

int
key_read_public(struct key **out, const void *pem, size_t len, struct err *e)
{
	const struct private_kind *kind;
	struct block b;
	int r;

	if (block_read_plain(&b, pem, len, e) < 0)
		return -1;
	kind = private_kind_of(&b);
	if (strcmp(b.name, PEM_STRING_PUBLIC) == 0)
		r = wrap_key(out, decode_public(b.der, b.len), false, e);
	else if (kind != NULL)
		r = wrap_key(out, strip_private(decode_private(&b, kind)),
			     false, e);
	else
		r = wrong_block(&b, PEM_STRING_PUBLIC, e);
	block_free(&b);
	return r;
}

unsigned int
key_count_blocks(const char *text, size_t len)
{
	static const char begin[] = "-----BEGIN ";
	unsigned int n = 0;
	const char *at;

	while ((at = memmem(text, len, begin, sizeof(begin) - 1)) != NULL) {
		n++;
		len -= (size_t)(at - text) + sizeof(begin) - 1;
		text = at + sizeof(begin) - 1;
	}
	return n;
}

int
key_read_public_alone(struct key **out, const void *pem, size_t len,
		      struct err *e)
{
	static const char private[] = "PRIVATE KEY-----";

	if (len > 0 && memmem(pem, len, private, sizeof(private) - 1) != NULL)
		return err_set(e, ERR_SYNTAX,
			       "this is a private key, which belongs on its "
			       "own host alone; expected the public key that "
			       "\"keygen bnl\" writes to bnl-pub.pem");
	if (len > 0 && key_count_blocks(pem, len) > 1)
		return err_set(e, ERR_SYNTAX,
			       "more than one PEM block; expected one "
			       "\"PUBLIC KEY\" and nothing else");
	return key_read_public(out, pem, len, e);
}
