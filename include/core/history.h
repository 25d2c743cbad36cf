/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notes about other nodes, for an administrator asking why a node cannot be
 * reached: each address and how the last try there ended, refusals of each
 * side, goodbyes, nodes that left the list. No decision rests on them.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/monotime.h"
#include "crypto/key.h"
#include "format/bnl.h"

#define HISTORY_ADDRESSES 12  /* per node; then the oldest goes */
#define HISTORY_GONE_MAX 1024 /* nodes that left the list and are remembered */
#define HISTORY_TEXT_MAX 192

/* How a try ended. */
enum history_kind {
	HISTORY_REACHED, /* the node showed that it is there */
	HISTORY_CLOSED,	 /* the host refuses connections to the port */
	HISTORY_SILENT,	 /* nothing came back in time */
	HISTORY_DATE,	 /* a certificate that is not valid now */
	HISTORY_OTHER,	 /* no node of this network answers there */
	HISTORY_FAILED	 /* anything else: the text says it */
};

struct history_address {
	struct endpoint to;
	enum history_kind kind;
	struct monotime at;
	char *text; /* NULL: nothing more to say */
};

struct history_refusal {
	uint8_t code; /* enum refuse_code; 0: none */
	struct monotime at;
	struct bnl_version list;      /* by which it was judged */
	char text[HISTORY_TEXT_MAX];  /* not escaped when it is theirs */
	uint8_t key[FINGERPRINT_LEN]; /* key that was offered to us */
};

struct history_entry {	  /* about a single node */
	const char *name; /* borrowed of the table of names */
	struct history_address *addresses;
	size_t naddresses;
	struct history_refusal theirs; /* the node refused us */
	struct history_refusal ours;   /* we refused it */
	struct walltime bye;	       /* time of a goodbye after which the node
					* was not met; 0: none */
	struct walltime gone;	       /* left the list then; 0: never */
	struct bnl_version gone_by;    /* with that list */
	struct history_entry *before, *after; /* by when they left */
};

struct history;
struct names;

/* The notes are parts of the entries of ns. NULL when memory is out. */
struct history *history_new(struct names *ns);
void history_free(struct history *n); /* NULL is fine */
/* NULL: nothing was noticed. Lives until the next call that changes it. */
const struct history_entry *history_get(const struct history *n,
					const char *name);

/* Without memory, or without notes, nothing is remembered. text: may be NULL;
 * copied. */
void history_try(struct history *n, struct monotime now, const char *name,
		 const struct endpoint *to, enum history_kind kind,
		 const char *text);
void history_refused_us(struct history *n, struct monotime now,
			const char *name, uint8_t code,
			const struct bnl_version *list, const char *text);
/* Only about nodes of the list: anybody with a certificate may call. */
void history_refused_it(struct history *n, struct monotime now,
			const char *name, uint8_t code,
			const struct bnl_version *list, const char *text,
			const uint8_t key[FINGERPRINT_LEN]);
void history_bye(struct history *n, struct walltime at, const char *name);
/* The node has shown that it runs: a goodbye is over. */
void history_met(struct history *n, const char *name);
/* The peer is up: forgets its goodbyes and refusals. */
void history_up(struct history *n, const char *name);
/* A node that refuses this one by a list that is newer than that version and
 * has removed it, as that node says; NULL: none does. */
const struct history_entry *history_removal(struct history *n,
					    const struct bnl_version *than);
/* The node left the list, or is in it again. */
void history_gone(struct history *n, struct walltime at, const char *name,
		  const struct bnl_version *by);
void history_listed(struct history *n, const char *name);

/* Stable word: "reached", "closed", ... */
const char *history_kind_name(enum history_kind k);

#endif
