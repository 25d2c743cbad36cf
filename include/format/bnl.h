/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Bootstrap Node List: one checked, immutable generation of it. */
#ifndef FORMAT_BNL_H
#define FORMAT_BNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ipaddr.h"
#include "base/monotime.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/kdf.h"
#include "crypto/key.h"
#include "format/proto.h"

/* Lists are ordered by (timestamp, digest); a node accepts only greater
 * ones. */
struct bnl_version {
	struct walltime timestamp;
	uint8_t digest[SHA256_LEN]; /* SHA-256 of the signed bytes */
};

int bnl_version_cmp(const struct bnl_version *a, const struct bnl_version *b);
#define BNL_VERSION_TEXT_MAX 48 /* "2026-11-22T06:25:00Z (5f0c3a9e)" */
char *bnl_version_format(char out[BNL_VERSION_TEXT_MAX],
			 const struct bnl_version *v);
void bnl_version_write(uint8_t out[BNL_VERSION_WIRE_LEN],
		       const struct bnl_version *v);
void bnl_version_read(struct bnl_version *v,
		      const uint8_t in[BNL_VERSION_WIRE_LEN]);

struct bnl_address {
	struct endpoint ep; /* addr.family IP_NONE: a host name */
	const char *host;   /* NULL when it is an address */
};

struct bnl_node {
	const char *name;
	struct bnl_address *addresses; /* in order of preference */
	struct prefix *subnets;	       /* in the order of the file */
	uint32_t naddresses;
	uint32_t nsubnets;
	uint32_t line; /* line of the `node` statement */
	bool pinned;
	uint8_t pin[FINGERPRINT_LEN];
};

struct bnl {
	struct arena arena; /* owns everything below */
	const char *raw;    /* the whole file, not terminated */
	size_t rawlen;
	size_t signedlen;	    /* bytes signed; 0: not signed */
	uint16_t format;	    /* as it says; BNL_FORMAT_FIRST without */
	bool held;		    /* of a later format than BNL_FORMAT: only
				     * network, timestamp, history and revoked
				     * keys are known, and it is not applied */
	uint32_t words;		    /* 1 << enum bnl_word of each in use */
	uint32_t nskipped;	    /* lines without effect: `skip` names
				     * their word */
	uint32_t unknown_line;	    /* where `skip` names a word that is
				     * unknown here; 0: nowhere */
	struct bnl_version version; /* timestamp 0: not set yet */
	const char *network;
	bool admit_pinned; /* `admit pinned`: see bnl_admits_by_key() */
	struct prefix *prefixes;
	struct bnl_node *nodes;		     /* sorted by name */
	struct bnl_version *history;	     /* newest first */
	uint8_t (*revoked)[FINGERPRINT_LEN]; /* sorted */
	uint32_t nprefixes;
	uint32_t nnodes;
	uint32_t nhistory;
	uint32_t nrevoked;
	uint8_t signer[FINGERPRINT_LEN]; /* key that verified; zero: none */
	/* Leads from an earlier list to this one; NULL: there is none. */
	const uint8_t *diff;
	size_t difflen;
	struct bnl_version diff_from;
};

void bnl_free(struct bnl *b); /* NULL is fine */
/* The error of a list of a later format, with the format that it needs. -1. */
int bnl_too_new(const struct bnl *b, struct err *e);
/* Fails unless every statement of the list is understood here: a list that is
 * not is neither edited nor signed. 0 or -1. */
int bnl_check_whole(const struct bnl *b, struct err *e);
/* By binary search; NULL when the node is not listed. */
const struct bnl_node *bnl_find(const struct bnl *b, const char *name);
/* Length of the network's prefix that contains the subnet. */
uint8_t bnl_covering_len(const struct bnl *b, const struct prefix *subnet);
/* True when a prefix of the list contains the whole subnet. */
bool bnl_covers(const struct bnl *b, const struct prefix *subnet);
/* True when a prefix of the list contains the address: it is inside the VPN,
 * and no node is reached there from outside. */
bool bnl_is_inside(const struct bnl *b, const struct ipaddr *a);
/* True for 255.255.255.255, for the IPv4 broadcast address (RFC 919) of a
 * prefix of the list, and for that of a subnet of the node (NULL: no node). */
bool bnl_is_broadcast(const struct bnl *b, const struct bnl_node *node,
		      const struct ipaddr *a);
/* True when the list pins a key for the node, and fp is another one. */
bool bnl_pins_another(const struct bnl_node *node,
		      const uint8_t fp[FINGERPRINT_LEN]);
/* True when the list says `admit pinned` and pins that key for the node.
 * Whoever proves to hold the key is then the node, whatever its certificate's
 * chain and dates are. No such key is revoked: the parser sees to it. */
bool bnl_admits_by_key(const struct bnl *b, const char *name,
		       const uint8_t fp[FINGERPRINT_LEN]);
/* True when the list gives the node that address; a host name of it, with that
 * port, may stand for any. */
bool bnl_may_be_at(const struct bnl_node *node, const struct endpoint *at);
bool bnl_is_revoked(const struct bnl *b, const uint8_t fp[FINGERPRINT_LEN]);
/* The first key above a certificate that the list revokes; NULL: none. */
const uint8_t *bnl_revoked_above(const struct bnl *b,
				 const struct cert_above *above);
/* True when the list accepts the holder of that key, with the CA keys above it,
 * as the node: the list names the node, revokes none of the keys, and pins no
 * other key. The CA keys do not count for one that is admitted by its key. */
bool bnl_allows(const struct bnl *b, const char *name,
		const uint8_t fp[FINGERPRINT_LEN],
		const struct cert_above *above);
/* True when the list is that version or names it in its history. */
bool bnl_descends_from(const struct bnl *b, const struct bnl_version *v);
/* True when the list's history reaches back to the time of that older version
 * and does not name it: two people signed at once. */
bool bnl_misses(const struct bnl *b, const struct bnl_version *older);

/*
 * Compares a list with the one in force: FORK means that it is newer and its
 * history reaches back to the time of the one in force but does not name it
 * (two people signed at once); such a list is accepted, with an alarm.
 */
enum bnl_order {
	BNL_OLDER,
	BNL_SAME,
	BNL_NEWER,
	BNL_NEWER_FORK,
	BNL_OLDER_FORK
};
enum bnl_order bnl_compare(const struct bnl *in_force, const struct bnl *other);

#endif
