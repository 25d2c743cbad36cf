/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session: a key for each direction, a counter, a replay window. */
#ifndef CORE_SESSION_SESSION_H
#define CORE_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monotime.h"
#include "core/drop.h"
#include "core/session/replay.h"
#include "crypto/aead.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "format/compress.h"
#include "format/conf.h"
#include "format/proto.h"

struct session_algos {
	enum aead_alg cipher;
	enum comp_alg comp;
	uint8_t level;
};

struct session {
	struct aead *tx, *rx;
	uint64_t counter; /* for the next packet; never reset */
	struct monotime made;
	struct monotime rekey_at, reject_at;
	uint64_t rekey_packets, reject_packets;
	uint32_t local_index, remote_index;
	bool initiator;
	bool heard;	 /* DATA came in it */
	uint64_t serial; /* initiator: of the INIT that made it */
	uint64_t rival;	 /* responder: serial of the first own
			  * INIT that crossed; 0: none */
	uint8_t pair_id[PAIR_ID_LEN];
	uint8_t peer_key[FINGERPRINT_LEN]; /* the pair's */
	struct cert_above above;	   /* likewise */
	struct session_algos algos;
	struct replay replay;
};

/* The result of a handshake. */
struct session_seed {
	uint8_t tx_key[AEAD_KEY_MAX], rx_key[AEAD_KEY_MAX];
	uint32_t local_index, remote_index;
	bool initiator;
	uint8_t pair_id[PAIR_ID_LEN];
	uint8_t peer_key[FINGERPRINT_LEN];
	struct cert_above above;
	struct session_algos algos;
};

/* The keys are copied; the caller wipes the seed. 0 or -1. */
int session_new(struct session **out, const struct session_seed *seed,
		struct monotime now, const struct conf_timers *t,
		struct err *e);
void session_free(struct session *s); /* NULL is fine; wipes */

/* Below the hard limits of age and packets. */
static inline bool
session_can_send(const struct session *s, struct monotime now)
{
	return mono_before(now, s->reject_at) && s->counter < s->reject_packets;
}

/* A packet that passes now should bring about a new session. */
static inline bool
session_is_old(const struct session *s, struct monotime now)
{
	return mono_reached(s->rekey_at, now) ||
	       s->counter >= s->rekey_packets ||
	       s->replay.next >= s->rekey_packets;
}

/* Only when session_can_send(): writes len + DGRAM_DATA_OVERHEAD bytes. in
 * may be out + DGRAM_DATA_HEADER_LEN. DROP_NONE or DROP_SEAL. */
enum drop session_seal(struct session *s, uint8_t flags, const uint8_t *in,
		       size_t len, uint8_t *out);
/* A DATA datagram of at least DGRAM_DATA_OVERHEAD bytes, for this session:
 * decrypts in place, behind the header. *highest: its counter is above all
 * before it. On a drop the session is as it was, the datagram spoilt. */
enum drop session_open(struct session *s, struct monotime now, uint8_t *dgram,
		       size_t len, bool *highest);

#endif
