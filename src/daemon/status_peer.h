/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON of peers, and the queries that select peers and fields. */
#ifndef DAEMON_STATUS_PEER_H
#define DAEMON_STATUS_PEER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"

struct daemon;

enum peers_kind {
	PEERS_ALL,
	PEERS_DOWN,   /* failing or stopped */
	PEERS_BEHIND, /* not known to run the list in force */
	PEERS_BUSY    /* packets have passed since the start */
};

#define PEERS_FIELDS_ALL UINT64_MAX

struct peers_query {
	enum peers_kind kind;
	uint64_t fields; /* a bit for each */
};

/* "KIND" or "KIND FIELD,FIELD,...". 0, or -1: a word of it is unknown. */
int peers_query_parse(struct peers_query *out, const char *text);
/* Whether the peer is of that kind. */
bool peers_query_has(const struct peers_query *q, const struct daemon *d,
		     const struct peer_info *p);

/* New references, for the caller to json_decref(); NULL: out of memory. */
json_t *status_peer_json(const struct daemon *d, const struct peer_info *p,
			 uint64_t fields);
json_t *status_peer(const struct daemon *d, const char *name); /* or null */
/* Returns the DROPS counters that are not zero, by name. */
json_t *status_drops(const uint64_t *drops);

#endif
