/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notes about other nodes, for an administrator asking why a node cannot be
 * reached: each address and how the last try there ended, refusals of each
 * side, goodbyes, nodes that left the list. No decision rests on them.
 */
#ifndef CORE_NOTES_H
#define CORE_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/monotime.h"
#include "crypto/key.h"
#include "format/bnl.h"

#define NOTES_ADDRESSES 12	/* per node; then the oldest goes */
#define NOTES_GONE_MAX 1024	/* nodes that left the list and are remembered */
#define NOTE_TEXT_MAX 192

/* How a try ended. */
enum note_kind {
	NOTE_REACHED,		/* the node showed that it is there */
	NOTE_CLOSED,		/* the host refuses connections to the port */
	NOTE_SILENT,		/* nothing came back in time */
	NOTE_DATE,		/* a certificate that is not valid now */
	NOTE_OTHER,		/* no node of this network answers there */
	NOTE_FAILED		/* anything else: the text says it */
};

struct note_address {
	struct endpoint to;
	enum note_kind kind;
	struct monotime at;
	char *text;		/* NULL: nothing more to say */
};

struct note_refusal {
	uint8_t code;		/* enum refuse_code; 0: none */
	struct monotime at;
	struct bnl_version list;	/* by which it was judged */
	char text[NOTE_TEXT_MAX];	/* not escaped when it is theirs */
	uint8_t key[FINGERPRINT_LEN];	/* key that was offered to us */
};

struct note {			/* about a single node */
	char name[NODE_NAME_MAX + 1];
	struct note_address *addresses;
	size_t naddresses;
	struct note_refusal theirs;	/* the node refused us */
	struct note_refusal ours;	/* we refused it */
	struct walltime bye;		/* time of a goodbye after which the node
					 * was not met; 0: none */
	struct walltime gone;		/* left the list then; 0: never */
	struct bnl_version gone_by;	/* with that list */
};

struct notes;

/* seed: HASH_SEED_LEN random bytes. NULL when memory is out. */
struct notes *notes_new(const uint8_t *seed);
void notes_free(struct notes *n);		/* NULL is fine */
/* NULL: nothing was noticed. Lives until the next call that changes it. */
const struct note *notes_get(const struct notes *n, const char *name);

/* Without memory, or without notes, nothing is remembered. text: may be NULL; copied. */
void notes_try(struct notes *n, struct monotime now, const char *name,
	       const struct endpoint *to, enum note_kind kind,
	       const char *text);
void notes_refused_us(struct notes *n, struct monotime now, const char *name,
		      uint8_t code, const struct bnl_version *list,
		      const char *text);
/* Only about nodes of the list: anybody with a certificate may call. */
void notes_refused_it(struct notes *n, struct monotime now, const char *name,
		      uint8_t code, const struct bnl_version *list,
		      const char *text, const uint8_t key[FINGERPRINT_LEN]);
void notes_bye(struct notes *n, struct walltime at, const char *name);
/* The node has shown that it runs: a goodbye is over. */
void notes_met(struct notes *n, const char *name);
/* The peer is up: forgets its goodbyes and refusals. */
void notes_up(struct notes *n, const char *name);
/* The node left the list, or is in it again. */
void notes_gone(struct notes *n, struct walltime at, const char *name,
		const struct bnl_version *by);
void notes_listed(struct notes *n, const char *name);

/* Stable word: "reached", "closed", ... */
const char *note_kind_name(enum note_kind k);

#endif
