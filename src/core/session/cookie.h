/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cookies: a node that is busy makes the sender of an INIT show that it
 * receives at the address it sends from. The responder keeps nothing per
 * sender, only a secret that changes with time.
 */
#ifndef CORE_SESSION_COOKIE_H
#define CORE_SESSION_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/monotime.h"
#include "crypto/rng.h"
#include "format/proto.h"

#define COOKIE_SECRET_LEN 32

struct cookie_jar {
	struct monotime since; /* start of the secret; unset: none */
	bool has_previous;
	uint8_t current[COOKIE_SECRET_LEN];
	uint8_t previous[COOKIE_SECRET_LEN];
};

/* The cookie of a pair at a source address, under the current secret. The
 * secret changes every rotate_ms. */
void cookie_make(struct cookie_jar *j, struct monotime now, int64_t rotate_ms,
		 const struct rng *rng, const uint8_t pair_id[PAIR_ID_LEN],
		 const struct endpoint *source, uint8_t out[PROTO_MAC_LEN]);
/* mac2 of a message: keyed by the cookie, over all bytes before mac2. */
void cookie_mac(const uint8_t cookie[PROTO_MAC_LEN], const void *msg,
		size_t len, uint8_t mac2[PROTO_MAC_LEN]);
/* True when mac2 was made with the cookie of that pair and source, under the
 * current secret or the one before it. */
bool cookie_check(struct cookie_jar *j, struct monotime now, int64_t rotate_ms,
		  const struct rng *rng, const uint8_t pair_id[PAIR_ID_LEN],
		  const struct endpoint *source, const void *msg, size_t len,
		  const uint8_t mac2[PROTO_MAC_LEN]);
void cookie_jar_wipe(struct cookie_jar *j);

#endif
