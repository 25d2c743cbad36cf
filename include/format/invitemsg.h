/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages between the two processes of "cluevpnctl invite". The network
 * process has the connections and no key but that of its certificate, which is
 * good for this alone; the monitor has the keys, and takes no word of the
 * other for anything that it can check. Each message is a datagram of a socket
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
	/* The monitor's. */
	INVITE_SETUP = 1,	/* number: TCP port. The descriptor has what
				 * the certificate, its key and the CAs are:
				 * PEM, a NUL behind each */
	INVITE_GIVE,		/* id; hash: the guest's key. The descriptor
				 * has the GIVE message, number: its length */
	INVITE_REFUSE,		/* number: enum join_code; text */
	INVITE_COUNTED,		/* the DONE made the token used */
	/* The network process's. */
	INVITE_READY,		/* it listens; number: 1 when it is confined */
	INVITE_FAILED,		/* it cannot listen; text: why */
	INVITE_TELL,		/* text: a line about a stranger */
	INVITE_ASK,		/* hash: of the TLS exporter; text: the payload
				 * of ASK. The descriptor is the connection */
	INVITE_DONE,		/* id; hash: as in GIVE. The guest said DONE */
	INVITE_LEFT,		/* likewise: it has gone without */
	INVITE_KINDS
};

#define INVITEMSG_HEAD (1 + 4 + 4 + TOKEN_ID_LEN + 32)
#define INVITEMSG_MAX (INVITEMSG_HEAD + JOIN_ASK_MAX)

struct invitemsg {
	enum invitemsg_kind kind;
	uint32_t conn;			/* the network process's number of it */
	uint32_t number;
	uint8_t id[TOKEN_ID_LEN];	/* of the invitation */
	uint8_t hash[32];
	struct span text;		/* of a decoded one: a view */
};

/* The length; text is cut at JOIN_ASK_MAX. */
size_t invitemsg_encode(uint8_t out[INVITEMSG_MAX],
			const struct invitemsg *m);
int invitemsg_decode(struct invitemsg *out, const void *in, size_t len,
		     struct err *e);

#endif
