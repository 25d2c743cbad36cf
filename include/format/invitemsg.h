/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages between the two processes of "cluevpnctl invite". The network
 * process has the connections and no key but that of its certificate, which is
 * valid for this alone; the monitor has the keys, and verifies everything that
 * it can instead of trusting the other. Each message is a datagram of a socket
 * pair, and all have the same form:
 *
 *	kind 1, connection 4, number 4, id 8, hash 32, text (the rest)
 *
 * A descriptor goes with some. Fields that a kind does not use are 0.
 */
#ifndef FORMAT_INVITEMSG_H
#define FORMAT_INVITEMSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "crypto/key.h"
#include "format/proto.h"

enum invitemsg_kind {
	/* Sent by the monitor. */
	INVITE_SETUP = 1, /* number: TCP port. The descriptor holds
			   * certificate, key and CAs: PEM, a NUL
			   * behind each */
	INVITE_GIVE,	  /* id; hash: the guest's key. The descriptor
			   * has the GIVE message, number: its length */
	INVITE_REFUSE,	  /* number: enum join_code; text */
	INVITE_COUNTED,	  /* the DONE made the token used */
	/* Sent by the network process. */
	INVITE_READY,  /* listening; number: 1 when confined */
	INVITE_FAILED, /* not listening; text: the error */
	INVITE_TELL,   /* text: a log line about a stranger */
	INVITE_ASK,    /* hash: of the TLS exporter; text: the payload
			* of ASK. The descriptor is the connection */
	INVITE_DONE,   /* id; hash: as in GIVE. The guest said DONE */
	INVITE_LEFT,   /* id; hash: as in GIVE. The guest left */
	INVITE_KINDS
};

#define INVITEMSG_HEAD (1 + 4 + 4 + TOKEN_ID_LEN + 32)
#define INVITEMSG_MAX (INVITEMSG_HEAD + JOIN_ASK_MAX)

struct invitemsg {
	enum invitemsg_kind kind;
	uint32_t conn; /* number by the network process */
	uint32_t number;
	uint8_t id[TOKEN_ID_LEN]; /* the invitation's */
	uint8_t hash[32];
	struct span text; /* a view when decoded */
};

/* Returns the length; text is cut at JOIN_ASK_MAX. */
size_t invitemsg_encode(uint8_t out[INVITEMSG_MAX], const struct invitemsg *m);
int invitemsg_decode(struct invitemsg *out, const void *in, size_t len,
		     struct err *e);

#endif
