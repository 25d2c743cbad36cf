/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory that a node keeps of every other node about lists. */
#include "core/list/standing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "core/timings.h"

void
standings_init(struct standings *ps, const struct rng *rng)
{
	uint8_t seed[HASH_SEED_LEN];

	rng_fill(rng, seed, sizeof(seed));
	table_init(&ps->table, seed);
}

void
standings_free(struct standings *ps)
{
	struct standing *p;
	size_t pos = 0;

	while ((p = table_next(&ps->table, &pos)) != NULL)
		free(p);
	table_free(&ps->table);
}

struct standing *
standing_find(const struct standings *ps, const char *name)
{
	return table_get(&ps->table, name, strlen(name));
}

struct standing *
standing_get(struct standings *ps, const char *name)
{
	struct standing *p = standing_find(ps, name);
	size_t len = strlen(name);

	if (p != NULL)
		return p;
	assert(len <= NODE_NAME_MAX);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	memcpy(p->name, name, len);
	timer_init(&p->retry, p, 0);
	if (table_put(&ps->table, p->name, len, p) < 0) {
		free(p);
		return NULL;
	}
	return p;
}

static bool
is_idle(const struct standing *p)
{
	return p->conns == 0 && p->strikes == 0 && p->broke == 0 && !p->ready &&
	       !p->pull && !timer_is_set(&p->retry);
}

bool
standing_purge(struct standings *ps, struct standing *p, const struct bnl *b)
{
	if (!is_idle(p) || (b != NULL && bnl_find(b, p->name) != NULL))
		return false;
	table_remove(&ps->table, p->name, strlen(p->name));
	free(p);
	return true;
}

void
standing_strike(struct standing *p, struct monotime now)
{
	p->muted_until = mono_add_ms(now, backoff_next(STANDING_MUTE_MS,
						       STANDING_MUTE_MAX_MS,
						       &p->strikes));
}

void
standing_broke(struct standing *p, struct monotime now)
{
	struct monotime until =
		mono_add_ms(now, backoff_next(STANDING_BROKE_MS,
					      STANDING_MUTE_MS, &p->broke));

	if (!mono_is_set(p->muted_until) || mono_before(p->muted_until, until))
		p->muted_until = until;
}

void
standing_delivered(struct standing *p)
{
	p->strikes = p->broke = 0;
}

bool
standings_mute(const struct standings *ps, const char *name,
	       struct monotime now)
{
	const struct standing *p = standing_find(ps, name);

	return p != NULL && standing_muted(p, now);
}

bool
standing_muted(const struct standing *p, struct monotime now)
{
	return mono_is_set(p->muted_until) &&
	       !mono_reached(p->muted_until, now);
}
