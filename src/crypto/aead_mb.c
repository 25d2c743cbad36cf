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

bool
aead_mb_serves(uint64_t flags)
{
	(void)flags;
	return false;
}

#else

#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define NEEDED (IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ)
#define STATE_ALIGN 64

/* Older versions of the library do not define it. */
#ifndef IMB_FEATURE_AESNI_EMU
#define IMB_FEATURE_AESNI_EMU 0
#endif
#ifndef IMB_FEATURE_SELF_TEST
#define IMB_FEATURE_SELF_TEST 0
#define IMB_FEATURE_SELF_TEST_PASS 0
#endif

/* The functions for this processor; read-only after creation. NULL: none. */
static IMB_MGR *functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Refuses a manager that emulates AES without the processor's instructions, or
 * whose self-test failed. */
static bool
is_fit(IMB_MGR *m, IMB_ARCH arch)
{
	uint64_t f = m->features;

	return imb_get_errno(m) == 0 && arch >= IMB_ARCH_SSE &&
	       (f & NEEDED) == NEEDED && (f & IMB_FEATURE_AESNI_EMU) == 0 &&
	       ((f & IMB_FEATURE_SELF_TEST) == 0 ||
		(f & IMB_FEATURE_SELF_TEST_PASS) != 0);
}

static IMB_MGR *
new_manager(uint64_t flags)
{
	IMB_ARCH arch = IMB_ARCH_NONE;
	IMB_MGR *m = alloc_mb_mgr(flags);

	if (m == NULL)
		return NULL;
	init_mb_mgr_auto(m, &arch);
	if (is_fit(m, arch))
		return m;
	free_mb_mgr(m);
	return NULL;
}

bool
aead_mb_serves(uint64_t flags)
{
	IMB_MGR *m = new_manager(flags);

	if (m == NULL)
		return false;
	free_mb_mgr(m);
	return true;
}

static void
choose_functions(void)
{
	functions = new_manager(0);
}

struct mb_state {
	struct gcm_key_data key;
	struct gcm_context_data context; /* the current packet's */
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
	size_t size =
		(sizeof(*s) + STATE_ALIGN - 1) / STATE_ALIGN * STATE_ALIGN;

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

	s->enc(&s->key, &s->context, out, in, len, nonce, ad, adlen, out + len,
	       AEAD_TAG_LEN);
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
			      AEAD_TAG_LEN) ?
		       0 :
		       -1;
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
	pthread_once(&once, choose_functions);
	return functions == NULL ? NULL : &mb;
}

#endif
