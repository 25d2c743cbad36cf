/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packet encryption by Intel's Multi-Buffer Crypto for IPsec: one call a
 * packet, without the checks and look-ups of a general library.
 */
#include "aead_impl.h"

#include <stddef.h>

#ifndef IPSEC_MB

const struct aead_impl *
aead_mb(enum aead_alg alg)
{
	(void)alg;
	return NULL;
}

#else

#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define NEEDED (IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ)
#define STATE_ALIGN 64

/* The functions for this processor; read only once it is made. NULL: none. */
static IMB_MGR *functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
choose(void)
{
	IMB_ARCH arch;
	IMB_MGR *m = alloc_mb_mgr(0);

	if (m == NULL)
		return;
	init_mb_mgr_auto(m, &arch);
	if (imb_get_errno(m) == 0 && arch != IMB_ARCH_NONE &&
	    arch != IMB_ARCH_NOAESNI && (m->features & NEEDED) == NEEDED)
		functions = m;
	else
		free_mb_mgr(m);
}

struct mb_state {
	struct gcm_key_data key;
	struct gcm_context_data context;	/* of the packet in hand */
	aes_gcm_enc_dec_t enc, dec;
};

static void
mb_free(void *state)
{
	if (state != NULL)
		bytes_wipe(state, sizeof(struct mb_state));
	free(state);
}

static void *
mb_new(enum aead_alg alg, const uint8_t *key)
{
	struct mb_state *s;
	size_t size = (sizeof(*s) + STATE_ALIGN - 1) / STATE_ALIGN *
		      STATE_ALIGN;

	s = aligned_alloc(STATE_ALIGN, size);
	if (s == NULL)
		return NULL;
	memset(s, 0, sizeof(*s));
	if (alg == AEAD_AES_256_GCM) {
		functions->gcm256_pre(key, &s->key);
		s->enc = functions->gcm256_enc;
		s->dec = functions->gcm256_dec;
	} else {
		functions->gcm128_pre(key, &s->key);
		s->enc = functions->gcm128_enc;
		s->dec = functions->gcm128_dec;
	}
	return s;
}

static int
mb_seal(void *state, const uint8_t nonce[AEAD_NONCE_LEN], const void *ad,
	size_t adlen, const void *in, size_t len, uint8_t *out)
{
	struct mb_state *s = state;

	s->enc(&s->key, &s->context, out, in, len, nonce, ad, adlen,
	       out + len, AEAD_TAG_LEN);
	return 0;
}

static int
mb_open(void *state, const uint8_t nonce[AEAD_NONCE_LEN], const void *ad,
	size_t adlen, const void *in, size_t len, uint8_t *out)
{
	struct mb_state *s = state;
	uint8_t expected[AEAD_TAG_LEN];

	s->dec(&s->key, &s->context, out, in, len, nonce, ad, adlen, expected,
	       AEAD_TAG_LEN);
	return bytes_equal_ct(expected, (const uint8_t *)in + len,
			      AEAD_TAG_LEN) ? 0 : -1;
}

static const struct aead_impl mb = {
	.name = "ipsec-mb",
	.new = mb_new,
	.free = mb_free,
	.seal = mb_seal,
	.open = mb_open,
};

const struct aead_impl *
aead_mb(enum aead_alg alg)
{
	if (alg != AEAD_AES_256_GCM && alg != AEAD_AES_128_GCM)
		return NULL;
	pthread_once(&once, choose);
	return functions == NULL ? NULL : &mb;
}

#endif
