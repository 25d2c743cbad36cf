/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The result of a negotiation: the selection of algorithms, the keys and the
 * confirmation. Pure; both sides get the same from the same two HELLOs.
 *
 *	th = SHA-256(key fingerprint of the lower name || of the higher name ||
 *	     HELLO frame of the dialler || of the listener), frames with their
 *	     headers, fingerprints of the certificates that TLS verified
 *	exporter = TLS exporter(LABEL_TLS_EXPORT, context th, 32 bytes)
 *	prk = HKDF-Extract(salt exporter, dialler's random || listener's)
 *	secret = HKDF-Expand(prk, LABEL_PAIR_SECRET || th, 32)
 *	id = HKDF-Expand(prk, LABEL_PAIR_ID || th, 16)
 *	confirm key = HKDF-Expand(prk, LABEL_CONFIRM_KEY || th, 32)
 *	CONFIRM = HMAC(confirm key, role label || th || cipher 1 ||
 *	          compressor 1 || level 1 || generation 4)
 */
#ifndef CORE_CONN_AGREEMENT_H
#define CORE_CONN_AGREEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/kdf.h"
#include "format/ctlmsg.h"
#include "format/pair.h"

struct selection {
	enum aead_alg cipher;
	enum comp_alg comp;
	uint8_t level;
	uint32_t generation;
};

/*
 * The algorithm with the highest sum of both preferences wins; ties go to
 * the higher number of a cipher, the lower one of a compressor; the level is
 * the lower of the two. Compressor `none` is always in common. false: no
 * cipher is. The order of a and b does not matter.
 */
bool agreement_select(struct selection *out, const struct hello *a,
		      const struct hello *b);

/* A frame with its header, as it was on the connection. */
struct negotiate_side {
	const struct hello *hello;
	const uint8_t *frame;
	size_t framelen;
	const uint8_t *fingerprint; /* FINGERPRINT_LEN */
};

void agreement_transcript(uint8_t th[SHA256_LEN],
			  const struct negotiate_side *dialler,
			  const struct negotiate_side *listener);

struct negotiate_keys {
	uint8_t id[PAIR_ID_LEN];
	uint8_t secret[PAIR_SECRET_LEN];
	uint8_t confirm_key[SHA256_LEN];
};

void agreement_derive(struct negotiate_keys *out, const uint8_t th[SHA256_LEN],
		      const uint8_t exporter[SHA256_LEN],
		      const struct negotiate_side *dialler,
		      const struct negotiate_side *listener);
void agreement_confirm(uint8_t out[PROTO_CONFIRM_LEN],
		       const struct negotiate_keys *k, bool by_dialler,
		       const uint8_t th[SHA256_LEN], const struct selection *s);
/* "aes-256-gcm:10 chacha20-poly1305:5", for a log. */
#define NEGOTIATE_LIST_MAX 160
char *agreement_list(char out[NEGOTIATE_LIST_MAX], const struct conf_algos *a);

#endif
