/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stored state of a peer: at most three pair secrets. */
#ifndef FORMAT_PAIR_H
#define FORMAT_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monotime.h"
#include "base/text.h"
#include "crypto/aead.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "format/bnl.h"
#include "format/compress.h"
#include "format/proto.h"

/* The outcome of one negotiation. */
struct pair {
	uint8_t id[PAIR_ID_LEN];
	uint8_t secret[PAIR_SECRET_LEN];
	uint32_t generation; /* 1 + the highest either side held */
	bool lower_dialled;  /* by the node with the lower name */
	bool proven;	     /* the peer was seen to hold it */
	enum aead_alg cipher;
	enum comp_alg comp;
	uint8_t level;
	uint8_t peer_static[X25519_LEN];   /* the peer's static key in it */
	uint8_t self_static[X25519_LEN];   /* ours (the public half) */
	uint8_t peer_key[FINGERPRINT_LEN]; /* in the peer's certificate */
	struct cert_above above;	   /* the keys of the CAs above it */
	int64_t made_run_s;		   /* this node's running time then */
	struct walltime made;
	/* The earlier end of those certificates that the list in force needed:
	 * see pair_end(). */
	struct walltime cert_end;
	/* The ends of both; of the peer's 0 when no CA vouched for it. */
	struct walltime self_end, peer_end;
	struct bnl_version list; /* in force at that moment */
};

struct pair_record {
	char peer[NODE_NAME_MAX + 1];
	struct pair pairs[PAIR_HELD_MAX]; /* newest first */
	unsigned int n;
};

#define PAIR_RECORD_MAX 2048 /* bytes of an encoded record */

/* magic, version, fields, SHA-256 of all before it. Returns the length. */
size_t pair_record_encode(uint8_t out[PAIR_RECORD_MAX],
			  const struct pair_record *r);
/* 0 or -1 (short, long, bad checksum, unknown version, value out of range); out
 * unchanged on -1. A record of version 1 is refused: it lacks the CAs by which
 * the peer's certificate was verified. */
int pair_record_decode(struct pair_record *out, const uint8_t *in, size_t len,
		       struct err *e);
void pair_record_wipe(struct pair_record *r);

#endif
