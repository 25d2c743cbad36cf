/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which keys a program has used, by LD_PRELOAD: the keys of ciphers, of its
 * own and of TLS, and the private keys of X25519, a line each, as they are
 * given to the libraries, in the file that KEYS_FILE names:
 *
 *	cipher 5f0c...
 *	x25519 77aa...
 *	tls 9b1d...
 *
 * It is opened at the start, so that it may be written to by a daemon that has
 * given up all else; nothing here keeps a key.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#if defined(__has_include)
#if __has_include(<intel-ipsec-mb.h>)
#include <intel-ipsec-mb.h>
#define HAVE_IPSEC_MB 1
#endif
#endif

#define KEY_MAX 64

static int file = -1;

/* ISO C knows no conversion of objects to functions: POSIX has them alike. */
#define NEXT(fn, name)                             \
	do {                                       \
		void *p_ = dlsym(RTLD_NEXT, name); \
		if (p_ == NULL)                    \
			_exit(EXIT_FAILURE);       \
		memcpy(&(fn), &p_, sizeof(fn));    \
	} while (0)

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("KEYS_FILE");

	if (path != NULL)
		file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			    0600);
}

static void
tell(const char *kind, const uint8_t *key, size_t len)
{
	char line[16 + 2 * KEY_MAX + 2];
	int n;

	if (file < 0 || key == NULL || len > KEY_MAX)
		return;
	n = snprintf(line, 16, "%s ", kind);
	for (size_t i = 0; i < len; i++)
		n += snprintf(line + n, 3, "%02x", key[i]);
	line[n++] = '\n';
	if (write(file, line, (size_t)n) != n)
		_exit(EXIT_FAILURE);
}

int
EVP_CipherInit_ex2(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher,
		   const unsigned char *key, const unsigned char *iv, int enc,
		   const OSSL_PARAM params[])
{
	static int (*next)(EVP_CIPHER_CTX *, const EVP_CIPHER *,
			   const unsigned char *, const unsigned char *, int,
			   const OSSL_PARAM[]);

	if (next == NULL)
		NEXT(next, "EVP_CipherInit_ex2");
	if (cipher != NULL)
		tell("cipher", key, (size_t)EVP_CIPHER_get_key_length(cipher));
	return next(ctx, cipher, key, iv, enc, params);
}

/* The TLS library's call. The random generators use it as well, whose keys
 * stay in use. */
int
EVP_CipherInit_ex(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, ENGINE *impl,
		  const unsigned char *key, const unsigned char *iv, int enc)
{
	static int (*next)(EVP_CIPHER_CTX *, const EVP_CIPHER *, ENGINE *,
			   const unsigned char *, const unsigned char *, int);
	const EVP_CIPHER *used = cipher;

	if (next == NULL)
		NEXT(next, "EVP_CipherInit_ex");
	if (used == NULL)
		used = EVP_CIPHER_CTX_get0_cipher(ctx);
	if (used != NULL &&
	    (EVP_CIPHER_get_flags(used) & EVP_CIPH_FLAG_AEAD_CIPHER) != 0)
		tell("tls", key, (size_t)EVP_CIPHER_get_key_length(used));
	return next(ctx, cipher, impl, key, iv, enc);
}

EVP_PKEY *
EVP_PKEY_new_raw_private_key_ex(OSSL_LIB_CTX *libctx, const char *type,
				const char *propq, const unsigned char *key,
				size_t len)
{
	static EVP_PKEY *(*next)(OSSL_LIB_CTX *, const char *, const char *,
				 const unsigned char *, size_t);

	if (next == NULL)
		NEXT(next, "EVP_PKEY_new_raw_private_key_ex");
	tell("x25519", key, len);
	return next(libctx, type, propq, key, len);
}

#ifdef HAVE_IPSEC_MB

/* The functions for this processor stand in a table. */
static aes_gcm_pre_t pre_128, pre_256;

static void
tell_128(const void *key, struct gcm_key_data *out)
{
	tell("cipher", key, 16);
	pre_128(key, out);
}

static void
tell_256(const void *key, struct gcm_key_data *out)
{
	tell("cipher", key, 32);
	pre_256(key, out);
}

void
init_mb_mgr_auto(IMB_MGR *m, IMB_ARCH *arch)
{
	static void (*next)(IMB_MGR *, IMB_ARCH *);

	if (next == NULL)
		NEXT(next, "init_mb_mgr_auto");
	next(m, arch);
	if (m->gcm128_pre == NULL || m->gcm256_pre == NULL)
		return;
	pre_128 = m->gcm128_pre;
	pre_256 = m->gcm256_pre;
	m->gcm128_pre = tell_128;
	m->gcm256_pre = tell_256;
}

#endif
