/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a node cannot be reached: one reason of a closed list, from evidence.
 * Pure: the same evidence, the same verdict.
 */
#ifndef CORE_WHY_H
#define CORE_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/text.h"
#include "crypto/key.h"
#include "format/bnl.h"

enum why_reason {
	WHY_REACHABLE,
	WHY_NO_NAME,	/* the list has no such node */
	WHY_REMOVED,	/* the node or this one left the list */
	WHY_OLDER_LIST, /* the peer's list is older, without us */
	WHY_KEY,	/* a key that is not the one of the list */
	WHY_CLOSED,	/* the host refuses connections */
	WHY_SILENT,	/* no answer at its addresses */
	WHY_ONE_WAY,	/* the peer is heard, and does not hear */
	WHY_DATE,	/* clock or certificate not valid now */
	WHY_BYE,	/* stopped by its operator */
	WHY_REFUSED,	/* refused for another reason: it is told */
	WHY_NO_LIST,	/* this node has no list in force */
	WHY_NO_ADDRESS, /* the list gives none, it has to call */
	WHY_TCP_SHUT,	/* the peer answers by UDP, and TCP is shut */
	WHY_NO_ROUTE,	/* no route from here to the peer's addresses */
	WHY_NO_HOST,	/* the peer's host name has no address */
	WHY_OTHER,	/* another machine or program answers */
	WHYS
};

#define WHY_TEXT_MAX 192
#define WHY_NEAREST_MAX 3

struct why {
	const char *name;
	bool self;		/* the question is about ourselves */
	bool list;		/* there is one in force that names us */
	bool removed_us;	/* there is one, and it does not */
	const char *removed_by; /* a node whose newer list (judged_by)
				 * has removed this one; NULL: none */
	bool listed;
	const char *nearest[WHY_NEAREST_MAX]; /* NULL: no more */
	struct walltime gone;		      /* 0: never was there */
	struct bnl_version gone_by;
	struct bnl_version ours, theirs; /* lists; theirs 0: not known */
	bool answered;			 /* the peer has shown it hears us */
	int64_t rtt_us;			 /* <= 0: not known */
	struct endpoint at;		 /* the peer's; port 0: not known */
	bool clock_wrong;		 /* the clock of this host */
	bool cert_ended, cert_early;	 /* our own certificate */
	struct walltime bye;		 /* 0: none, or it was met since then */
	uint8_t refused_us, refused_it;	 /* enum refuse_code; 0: no */
	struct bnl_version judged_by;	 /* list of the node that refused us */
	char refusal[WHY_TEXT_MAX];	 /* the refusal's text, escaped */
	bool pinned;
	uint8_t pin[FINGERPRINT_LEN], offered[FINGERPRINT_LEN];
	char date[WHY_TEXT_MAX];	/* a certificate's, "": all is well */
	char failed[WHY_TEXT_MAX];	/* another failure of the last try */
	size_t addresses;		/* number that may be tried */
	bool probed;			/* addresses were tried just now */
	bool tcp_shut;			/* TCP got no answer from any */
	char no_route[WHY_TEXT_MAX];	/* why no route leads to them; "":
					 * there is one */
	const char *host;		/* has no address; NULL: all have */
	char host_error[WHY_TEXT_MAX];	/* "": the answer is still to come */
	char other[WHY_TEXT_MAX];	/* the machine that answers instead */
	size_t closed, silent, reached; /* how many ended so, last */
	struct endpoint tried;		/* the address tried */
	bool has_pair;
	bool one_way;		      /* INITs come from it, no answer */
	unsigned int asked, up, down; /* others: how many reach it */
};

enum why_reason why_verdict(const struct why *w);
/* Stable word: "reachable", "no-such-name", ... */
const char *why_name(enum why_reason r);
/* The exit status of `cluevpnctl why`. */
int why_exit(enum why_reason r);
/* A sentence without a full stop, and the thing to do about it. Returns out. */
char *why_sentence(char *out, size_t cap, const struct why *w,
		   enum why_reason r);
const char *why_hint(const struct why *w, enum why_reason r);

#endif
