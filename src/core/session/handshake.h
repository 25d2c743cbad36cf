/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The handshake messages of a resume: INIT, RESP and COOKIE, from the keys
 * of a pair. Bytes in, bytes out; the owner decides when to send.
 *
 * All keys come from the pair secret S by HKDF-Expand (RFC 5869) with S as the
 * pseudorandom key:
 *	psk	LABEL_PSK
 *	mac1	LABEL_MAC1, then the name of the node the message is for
 *	cookie	LABEL_COOKIE, then the name of the node the reply is for
 * Prologue: LABEL_PROLOGUE, the initiator's and the responder's name (each
 * behind a length byte), pair id, cipher, compressor, level (a byte each).
 */
#ifndef CORE_SESSION_HANDSHAKE_H
#define CORE_SESSION_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "core/drop.h"
#include "core/env.h"
#include "core/session/session.h"
#include "crypto/kdf.h"
#include "crypto/noise.h"
#include "format/bnl.h"
#include "format/pair.h"
#include "format/proto.h"

/* The keys that a pair gives the messages between us and one peer. */
struct pair_keys {
	uint8_t id[PAIR_ID_LEN];
	struct session_algos algos;
	bool proven;
	uint8_t psk[32];
	uint8_t mac_out[SHA256_LEN]; /* for mac1 of sent messages */
	uint8_t mac_in[SHA256_LEN];  /* for mac1 of received ones */
	uint8_t cookie_out[32];	     /* seals the replies that we send */
	uint8_t cookie_in[32];
	uint8_t peer_static[X25519_LEN];
	uint8_t peer_key[FINGERPRINT_LEN]; /* of the peer's certificate */
	struct cert_above above;	   /* the keys above that one */
};

void pair_keys_derive(struct pair_keys *out, const struct pair *p,
		      const char *self, const char *peer);

/* The news that both sides of a handshake tell each other. */
struct handshake_news {
	struct bnl_version version;
	struct walltime wall;
};

/* An INIT of ours that is not answered yet. */
struct handshake {
	struct noise noise;
	struct pair_keys *keys; /* borrowed */
	uint64_t serial;	/* counts a association's INITs from 1 */
	uint32_t local_index;
	struct monotime sent;
	struct endpoint to;
	struct ipaddr local;
	uint8_t dgram[DGRAM_INIT_LEN]; /* as it was sent */
	uint8_t mac1[PROTO_MAC_LEN];
	bool with_cookie; /* the INIT carried a cookie */
	bool cookied;	  /* a cookie came for it */
};

/* --- initiator ----------------------------------------------------------- */

/* Makes the INIT of *h (keys and local_index are set) and fills in noise and
 * mac1. cookie: PROTO_MAC_LEN bytes, or NULL. 0 or -1 (a bad static key). */
int handshake_init(struct handshake *h, const struct core_env *env,
		   const char *peer, const uint8_t *cookie,
		   uint8_t out[DGRAM_INIT_LEN]);
/* Reads the answer to *h, which stays as it is. On success *seed and *news are
 * set; the caller wipes the seed. */
enum drop handshake_finish(const struct handshake *h,
			   const uint8_t dgram[DGRAM_RESP_LEN],
			   struct session_seed *seed,
			   struct handshake_news *news);
/* Reads a cookie reply to *h. */
enum drop handshake_cookie_read(const struct handshake *h,
				const uint8_t dgram[DGRAM_COOKIE_LEN],
				uint8_t cookie[PROTO_MAC_LEN]);

/* --- responder ----------------------------------------------------------- */

/* True when mac1 is right: a holder of the pair made it, for us. */
bool handshake_init_mac(const struct pair_keys *k,
			const uint8_t dgram[DGRAM_INIT_LEN]);
/* The parts of an INIT that are looked at before it is read. */
const uint8_t *handshake_init_pair_id(const uint8_t dgram[DGRAM_INIT_LEN]);
const uint8_t *handshake_init_ephemeral(const uint8_t dgram[DGRAM_INIT_LEN]);
const uint8_t *handshake_init_mac2(const uint8_t dgram[DGRAM_INIT_LEN]);
/* Bytes of an INIT that mac2 covers. */
#define HANDSHAKE_MAC2_AT (DGRAM_INIT_LEN - PROTO_MAC_LEN)
/*
 * Reads an INIT whose mac1 is right and writes the RESP. local_index: ours of
 * the session to be. On success *seed, *news and out are set; the caller wipes
 * the seed. DROP_HANDSHAKE: it does not authenticate.
 */
enum drop
handshake_answer(const struct pair_keys *k, const struct core_env *env,
		 const char *peer, uint32_t local_index,
		 const uint8_t dgram[DGRAM_INIT_LEN], struct session_seed *seed,
		 struct handshake_news *news, uint8_t out[DGRAM_RESP_LEN]);
/* Answers an INIT whose mac1 is right with a cookie. 0, or -1. */
int handshake_cookie_write(const struct pair_keys *k, const struct rng *rng,
			   const uint8_t dgram[DGRAM_INIT_LEN],
			   const uint8_t cookie[PROTO_MAC_LEN],
			   uint8_t out[DGRAM_COOKIE_LEN]);

#endif
