/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls_memo.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sanitizer/asan_interface.h>

#include "fuzz.h"
#include "base/bytes.h"
#include "crypto/kdf.h"

#ifdef __clang__
#define UNWATCHED __attribute__((no_sanitize("address")))
#else
#define UNWATCHED __attribute__((no_sanitize_address))
#endif

/* The heap: blocks of 32 << class bytes with a head before them. */
#define CLASSES 20
#define BLOCK_USED 0x75736564u
#define BLOCK_FREE 0x66726565u

struct block {
	uint32_t state;
	uint32_t class;
	struct block *next; /* of those that are free */
};

static struct {
	struct block *first, *last;
} heap_free[CLASSES];
size_t heap_count;

UNWATCHED static size_t
block_size(const struct block *b)
{
	return (size_t)32 << b->class;
}

UNWATCHED static void *
heap_take(size_t n, const char *file, int line)
{
	uint32_t class = 0;
	struct block *b;

	(void)file;
	(void)line;
	if (n == 0)
		return NULL;
	while ((size_t)32 << class < n)
		class ++;
	require(class < CLASSES);
	b = heap_free[class].first;
	if (b != NULL) {
		require(b->state == BLOCK_FREE);
		heap_free[class].first = b->next;
	} else {
		b = malloc(sizeof(*b) + ((size_t)32 << class));
		require(b != NULL);
		b->class = class;
		ASAN_POISON_MEMORY_REGION(b + 1, block_size(b));
	}
	b->state = BLOCK_USED;
	b->next = NULL;
	heap_count++;
	ASAN_UNPOISON_MEMORY_REGION(b + 1, n);
	return b + 1;
}

UNWATCHED static void
heap_give(void *p, const char *file, int line)
{
	struct block *b;

	(void)file;
	(void)line;
	if (p == NULL)
		return;
	b = (struct block *)p - 1;
	require(b->state == BLOCK_USED);
	b->state = BLOCK_FREE;
	b->next = NULL;
	if (heap_free[b->class].first == NULL)
		heap_free[b->class].first = b;
	else
		heap_free[b->class].last->next = b;
	heap_free[b->class].last = b;
	heap_count--;
	ASAN_POISON_MEMORY_REGION(p, block_size(b));
}

UNWATCHED static void *
heap_resize(void *p, size_t n, const char *file, int line)
{
	void *new = heap_take(n, file, line);
	size_t had;

	if (p != NULL && new != NULL) {
		/* As much as both hold: the length asked for is not kept. */
		had = block_size((struct block *)p - 1);
		ASAN_UNPOISON_MEMORY_REGION(p, had);
		memcpy(new, p, n < had ? n : had);
	}
	heap_give(p, file, line);
	return new;
}

void
memo_begin(void)
{
	require(CRYPTO_set_mem_functions(heap_take, heap_resize, heap_give) ==
		1);
}

/* The function of the library that name stands before. */
#define TRUE_ONE(name)                     \
	static __typeof__(&name) true_one; \
	if (true_one == NULL)              \
	*(void **)&true_one = dlsym(RTLD_NEXT, #name)

static bool memo_on;	       /* within an execution */
static unsigned int memo_keys; /* so far in this one */
static uint8_t memo_randoms;

void
memo_start(void)
{
	memo_on = true;
	memo_keys = memo_randoms = 0;
}

void
memo_stop(void)
{
	memo_on = false;
}

#define MEMO_SLOTS 16384
#define MEMO_ANSWER 128
#define MEMO_PARTS 40

struct memo {
	uint8_t question[SHA256_LEN];
	uint8_t answer[MEMO_ANSWER];
	size_t len;
	bool known;
};

/* The newer of two takes the slot. */
static struct memo *
memo_find(const struct bytes *parts, size_t nparts)
{
	static struct memo slots[MEMO_SLOTS];
	uint8_t question[SHA256_LEN];
	struct memo *m;

	sha256_parts(question, parts, nparts);
	m = &slots[get_be32(question) % MEMO_SLOTS];
	if (m->known && memcmp(m->question, question, SHA256_LEN) == 0)
		return m;
	m->known = false;
	memcpy(m->question, question, SHA256_LEN);
	return m;
}

static void
memo_keep(struct memo *m, const uint8_t *answer, size_t len)
{
	m->known = len <= sizeof(m->answer);
	m->len = len;
	if (m->known)
		memcpy(m->answer, answer, len);
}

/* The hellos' random bytes. Keys and signatures have true ones. */
int
RAND_bytes_ex(OSSL_LIB_CTX *ctx, unsigned char *buf, size_t num,
	      unsigned int strength)
{
	TRUE_ONE(RAND_bytes_ex);

	if (!memo_on)
		return true_one(ctx, buf, num, strength);
	memset(buf, ++memo_randoms, num);
	return 1;
}

#define KEYS_MAX 4

int
EVP_PKEY_keygen(EVP_PKEY_CTX *ctx, EVP_PKEY **out)
{
	static EVP_PKEY *keys[KEYS_MAX];
	EVP_PKEY **key;
	TRUE_ONE(EVP_PKEY_keygen);

	if (!memo_on || *out != NULL || memo_keys == KEYS_MAX ||
	    !EVP_PKEY_CTX_is_a(ctx, "X25519"))
		return true_one(ctx, out);
	key = &keys[memo_keys++];
	if (*key == NULL && true_one(ctx, key) != 1)
		return 0;
	*out = *key;
	return EVP_PKEY_up_ref(*key);
}

int
EVP_PKEY_derive(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len)
{
	uint8_t own[32], peer[32];
	const struct bytes parts[] = { { "d", 1 },
				       { own, sizeof(own) },
				       { peer, sizeof(peer) } };
	size_t ownlen = sizeof(own), peerlen = sizeof(peer);
	struct memo *m;
	int ok;
	TRUE_ONE(EVP_PKEY_derive);

	if (!memo_on || out == NULL || !EVP_PKEY_CTX_is_a(ctx, "X25519") ||
	    EVP_PKEY_get_raw_public_key(EVP_PKEY_CTX_get0_pkey(ctx), own,
					&ownlen) != 1 ||
	    EVP_PKEY_get_raw_public_key(EVP_PKEY_CTX_get0_peerkey(ctx), peer,
					&peerlen) != 1)
		return true_one(ctx, out, len);
	m = memo_find(parts, 3);
	if (m->known && m->len <= *len) {
		*len = m->len;
		memcpy(out, m->answer, m->len);
		return 1;
	}
	ok = true_one(ctx, out, len);
	if (ok == 1)
		memo_keep(m, out, *len);
	return ok;
}

/* Certificates that were good: of these alone anything is remembered. */
#define CERTS_MAX 4

static struct memo_cert {
	X509 *x;
	uint8_t *der;
	long len;
	/* How it was verified: each side has a store of its own, and one part. */
	X509_STORE *store;
	STACK_OF(X509) * chain;
	time_t at;
} memo_certs[CERTS_MAX];

/* The one of x, or of that key; NULL: none. */
static struct memo_cert *
memo_cert(const X509 *x, const EVP_PKEY *key)
{
	for (int i = 0; i < CERTS_MAX; i++) {
		struct memo_cert *c = &memo_certs[i];

		if (c->x != NULL &&
		    (c->x == x ||
		     (key != NULL && X509_get0_pubkey(c->x) == key)))
			return c;
	}
	return NULL;
}

X509 *
d2i_X509(X509 **x, const unsigned char **in, long len)
{
	TRUE_ONE(d2i_X509);

	for (int i = 0; memo_on && x != NULL && i < CERTS_MAX; i++) {
		const struct memo_cert *c = &memo_certs[i];

		if (c->x == NULL || c->len != len ||
		    memcmp(c->der, *in, (size_t)len) != 0)
			continue;
		require(X509_up_ref(c->x) == 1);
		X509_free(*x);
		*in += len;
		return *x = c->x;
	}
	return true_one(x, in, len);
}

static void
memo_keep_cert(X509_STORE_CTX *sc)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(sc);
	int i = 0;

	while (i < CERTS_MAX && memo_certs[i].x != NULL)
		i++;
	if (i == CERTS_MAX)
		return;
	memo_certs[i] = (struct memo_cert){
		.x = X509_STORE_CTX_get0_cert(sc),
		.store = X509_STORE_CTX_get0_store(sc),
		.chain = X509_STORE_CTX_get1_chain(sc),
		.at = X509_VERIFY_PARAM_get_time(param),
	};
	require(X509_up_ref(memo_certs[i].x) == 1);
	memo_certs[i].len = i2d_X509(memo_certs[i].x, &memo_certs[i].der);
	require(memo_certs[i].len > 0);
}

int
X509_verify_cert(X509_STORE_CTX *sc)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(sc);
	const struct memo_cert *c =
		memo_cert(X509_STORE_CTX_get0_cert(sc), NULL);
	bool alone = sk_X509_num(X509_STORE_CTX_get0_untrusted(sc)) == 1;
	int ok;
	TRUE_ONE(X509_verify_cert);

	if (memo_on && alone && c != NULL &&
	    c->store == X509_STORE_CTX_get0_store(sc) &&
	    c->at == X509_VERIFY_PARAM_get_time(param)) {
		X509_STORE_CTX_set0_verified_chain(sc,
						   X509_chain_up_ref(c->chain));
		X509_STORE_CTX_set_error(sc, X509_V_OK);
		return 1;
	}
	ok = true_one(sc);
	if (memo_on && alone && c == NULL && ok == 1)
		memo_keep_cert(sc);
	return ok;
}

/* The data that is signed or verified, and the key. The keys of the two sides
 * and of the certificates above are never freed. */
static struct memo *
memo_signed(const char *how, EVP_MD_CTX *ctx, struct bytes data,
	    struct bytes sig)
{
	const EVP_PKEY *key =
		EVP_PKEY_CTX_get0_pkey(EVP_MD_CTX_get_pkey_ctx(ctx));
	const EVP_MD *md = EVP_MD_CTX_get0_md(ctx);
	const struct bytes parts[] = { { how, 1 },
				       { &key, sizeof(key) },
				       { &md, sizeof(md) },
				       { &data.len, sizeof(data.len) },
				       data,
				       sig };

	return memo_find(parts, 6);
}

int
EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *len,
	       const unsigned char *data, size_t datalen)
{
	struct memo *m;
	int ok;
	TRUE_ONE(EVP_DigestSign);

	if (!memo_on || sig == NULL)
		return true_one(ctx, sig, len, data, datalen);
	m = memo_signed("s", ctx, (struct bytes){ data, datalen },
			(struct bytes){ NULL, 0 });
	if (m->known && m->len <= *len) {
		*len = m->len;
		memcpy(sig, m->answer, m->len);
		return 1;
	}
	ok = true_one(ctx, sig, len, data, datalen);
	if (ok == 1)
		memo_keep(m, sig, *len);
	return ok;
}

int
EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig, size_t len,
		 const unsigned char *data, size_t datalen)
{
	const EVP_PKEY *key =
		EVP_PKEY_CTX_get0_pkey(EVP_MD_CTX_get_pkey_ctx(ctx));
	struct memo *m;
	int ok;
	TRUE_ONE(EVP_DigestVerify);

	if (!memo_on || memo_cert(NULL, key) == NULL)
		return true_one(ctx, sig, len, data, datalen);
	m = memo_signed("v", ctx, (struct bytes){ data, datalen },
			(struct bytes){ sig, len });
	if (m->known)
		return 1;
	ok = true_one(ctx, sig, len, data, datalen);
	if (ok == 1)
		memo_keep(m, sig, 0);
	return ok;
}

static EVP_KDF *memo_kdf;

EVP_KDF *
EVP_KDF_fetch(OSSL_LIB_CTX *ctx, const char *name, const char *properties)
{
	TRUE_ONE(EVP_KDF_fetch);

	if (!memo_on || strcmp(name, OSSL_KDF_NAME_TLS1_3_KDF) != 0)
		return true_one(ctx, name, properties);
	if (memo_kdf == NULL)
		memo_kdf = true_one(ctx, name, properties);
	require(memo_kdf != NULL && EVP_KDF_up_ref(memo_kdf) == 1);
	return memo_kdf;
}

/* libssl derives with a new context each time: the parameters say all. */
int
EVP_KDF_derive(EVP_KDF_CTX *ctx, unsigned char *out, size_t len,
	       const OSSL_PARAM *params)
{
	struct bytes parts[MEMO_PARTS] = { { "k", 1 }, { &len, sizeof(len) } };
	size_t n = 2;
	struct memo *m;
	int ok;
	TRUE_ONE(EVP_KDF_derive);

	if (!memo_on || params == NULL || EVP_KDF_CTX_kdf(ctx) != memo_kdf)
		return true_one(ctx, out, len, params);
	for (const OSSL_PARAM *p = params; p->key != NULL; p++) {
		require(n + 3 <= MEMO_PARTS);
		parts[n++] = (struct bytes){ p->key, strlen(p->key) + 1 };
		parts[n++] =
			(struct bytes){ &p->data_size, sizeof(p->data_size) };
		parts[n++] = (struct bytes){ p->data, p->data_size };
	}
	m = memo_find(parts, n);
	if (m->known) {
		memcpy(out, m->answer, len);
		return 1;
	}
	ok = true_one(ctx, out, len, params);
	if (ok == 1)
		memo_keep(m, out, len);
	return ok;
}
