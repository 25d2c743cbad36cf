/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rate limits of ICMP errors. */
#include "core/data/icmp_limit.h"
#include "core/timings.h"

#include <string.h>

void
icmp_limit_init(struct icmp_limit *l, const uint8_t seed[HASH_SEED_LEN])
{
	memset(l, 0, sizeof(*l));
	memcpy(l->seed, seed, sizeof(l->seed));
}

static bool
budget_take(struct rate *budget, struct monotime now)
{
	return rate_allows(budget, now, ICMP_LIMIT_MS, ICMP_LIMIT_BURST);
}

bool
icmp_limit_allows(struct icmp_limit *l, struct monotime now, bool about_size,
		  const struct ipaddr *dst)
{
	uint64_t h;

	if (!about_size)
		return budget_take(&l->other, now);
	h = hash_bytes(l->seed, dst->b, sizeof(dst->b));
	return budget_take(&l->size[h % ICMP_LIMIT_PLACES], now);
}
