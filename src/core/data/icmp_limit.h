/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rate limits of the ICMP errors that answer inner packets (RFC 1812, section
 * 4.3.2.8; RFC 4443, section 2.4 f). Senders depend on errors about size to
 * find their path MTU, so no other error uses up their budget, and no
 * destination that of another one.
 */
#ifndef CORE_DATA_ICMP_LIMIT_H
#define CORE_DATA_ICMP_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/ipaddr.h"
#include "base/rate.h"

#define ICMP_LIMIT_BURST 50 /* errors of one budget in a second */
#define ICMP_LIMIT_PLACES \
	64 /* budgets for errors about size: destinations
	    * share one only where their hashes agree */

struct icmp_limit {
	uint8_t seed[HASH_SEED_LEN];
	struct rate size[ICMP_LIMIT_PLACES];
	struct rate other;
};

/* All budgets are full. */
void icmp_limit_init(struct icmp_limit *l, const uint8_t seed[HASH_SEED_LEN]);
/* Whether an error may be sent now; if so it is counted. about_size: the
 * packet for dst was too big. */
bool icmp_limit_allows(struct icmp_limit *l, struct monotime now,
		       bool about_size, const struct ipaddr *dst);

#endif
