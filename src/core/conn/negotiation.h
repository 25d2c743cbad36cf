/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HELLOs of a connection and the negotiation of a pair: a pure state
 * machine, without connection, TLS, disk, timer or log. The owner keeps the
 * state, says what has happened, sends the frame and takes the step that comes
 * back. Some steps are questions, which the owner answers at once by an event:
 *
 *	NEG_ADMIT    NEG_ADMITTED, unless the peer is refused
 *	NEG_COMPARE  NEG_COMPARED
 *	NEG_EXPORT   NEG_EXPORTED
 *
 * An answer to a question that was not asked changes nothing.
 */
#ifndef CORE_CONN_NEGOTIATION_H
#define CORE_CONN_NEGOTIATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/conn/agreement.h"
#include "core/conn/conn_state.h"
#include "core/env.h"
#include "core/secrets/secret_store.h"
#include "format/ctlmsg.h"
#include "format/pair.h"

enum neg_event {
	NEG_NOTHING,  /* none: for the owner */
	NEG_START,    /* the certificate is verified, and may talk to us */
	NEG_DISK,     /* the disk has answered, for whatever it was */
	NEG_FRAME,    /* a HELLO, CONFIRM or READY */
	NEG_ADMITTED, /* the peer may have what its HELLO asks for */
	NEG_COMPARED, /* the store has seen which pairs the peer holds */
	NEG_EXPORTED, /* key material from TLS, SHA256_LEN bytes */
	NEG_EVENTS
};

enum neg_step {
	NEG_WAIT,    /* for the next event */
	NEG_ADMIT,   /* may the peer have what its HELLO asks for? */
	NEG_COMPARE, /* tell the store which pairs theirs lists */
	NEG_EXPORT,  /* export from TLS, with the context th */
	NEG_AGREED,  /* lists may be exchanged; the negotiation goes on */
	NEG_STORE,   /* out->pair goes to the disk */
	NEG_DONE,    /* the pair is held; the negotiation is over */
	/* Lists may be exchanged and no negotiation follows: */
	NEG_LISTS,  /* none was wanted */
	NEG_FETCH,  /* the peer may deliver a newer list, and nothing else.
		     * out->why: one was wanted; "": none was */
	NEG_FAILED, /* one was wanted: out->why */
	/* The connection ends: */
	NEG_REFUSE, /* out->code and out->why go to the peer */
	NEG_END	    /* by this node's own fault: out->why */
};

/* From the own HELLO, or the wait for the other one's, until the end. Holds
 * secrets: negotiation_free() wipes it. */
struct negotiation {
	struct hello mine, theirs;
	uint8_t my_frame[FRAME_HEADER_LEN + FRAME_HELLO_MAX];
	uint8_t their_frame[FRAME_HEADER_LEN + FRAME_HELLO_MAX];
	size_t my_len, their_len;
	uint8_t th[SHA256_LEN];
	struct selection selection;
	struct negotiate_keys keys;
	bool ready_seen;      /* the peer's READY came */
	enum neg_event asked; /* the answer that is due; or NEG_NOTHING */
};

/* Facts outside of the machine at the time of an event. */
struct neg_env {
	enum conn_state at;
	const struct core_env *core; /* only its name, keys, list, time, rng */
	const char *peer;
	const struct conf_algos *algos;
	const struct cert_info *mine, *cert; /* in this connection */
	bool dialled;
	bool lower_dialled; /* the node with the lower name did */
	bool wanted;	    /* dialler: a negotiation */
	bool able;	    /* admission_can_negotiate() */
	bool deliver_only;  /* the list does not admit the peer */
	bool negotiated;    /* OPEN: upon a negotiation */
	/* The secret store's: */
	bool settled;
	struct hello_held held[PAIR_HELD_MAX]; /* settled */
	uint8_t nheld;
	enum pair_place place; /* STORE: of the new pair */
};

struct neg_out {
	enum conn_state next; /* the state from now on */
	/* The frame to be sent before the step; NULL: none. */
	const uint8_t *payload;
	size_t len;
	enum frame_type send;
	bool have;		/* LIST_HAVE behind it */
	bool negotiates;	/* ADMIT: a negotiation is asked for */
	int code;		/* REFUSE */
	bool used_up;		/* REFUSE: all pairs of the peer are erased */
	bool behind;		/* FAILED: the peer's list is older than ours */
	bool nothing_in_common; /* FAILED */
	char why[2 * NEGOTIATE_LIST_MAX + 64];
	struct pair pair;		/* STORE: to be wiped */
	uint8_t mac[PROTO_CONFIRM_LEN]; /* behind payload */
};

/* NULL when memory is out. */
struct negotiation *negotiation_new(void);
void negotiation_free(struct negotiation *n); /* NULL is fine; wipes */

/*
 * The only one that changes *n. type and in: of NEG_FRAME, the whole frame with
 * its header, of a length that its type may have; in of NEG_EXPORTED. n may be
 * NULL when it is over: no event but NEG_DISK and NEG_FRAME can come then.
 */
enum neg_step negotiation_in(struct negotiation *n, const struct neg_env *env,
			     enum neg_event event, enum frame_type type,
			     const uint8_t *in, size_t len,
			     struct neg_out *out);

#endif
