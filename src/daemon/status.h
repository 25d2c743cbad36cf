/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The status of the node, and walks over all its peers and routes. */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include "core/core.h"
#include "daemon/status_peer.h"

/* Walks over all peers or routes are made in slices: each call examines up to
 * STATUS_STEP places from *at on, which starts as zeros, and advances it.
 * false: none is left. The list may change in between. */
#define STATUS_STEP 16

struct status_place {
	char node[NODE_NAME_MAX + 1]; /* last place examined; "": none */
	uint32_t item;		      /* first unreported item of it */
};

struct status_sums {
	uint64_t n[HEALTH_STOPPED + 1]; /* peers of each health */
	uint64_t waiting;		/* packets */
	json_t *warnings;		/* an array: of the peers */
};

typedef void status_item_fn(void *ctx, json_t *item); /* takes over item */

bool status_peers(struct daemon *d, struct status_place *at,
		  const struct peers_query *q, status_item_fn *item, void *ctx);
bool status_routes(const struct daemon *d, struct status_place *at,
		   status_item_fn *item, void *ctx);
bool status_sum(struct daemon *d, struct status_place *at,
		struct status_sums *s);
/* Into the log: this node; its peers. */
void status_log(struct daemon *d);
bool status_log_peers(struct daemon *d, struct status_place *at);
/* A new reference, for the caller to json_decref(); NULL: out of memory. */
json_t *status_node(struct daemon *d, const struct status_sums *sums);

#endif
