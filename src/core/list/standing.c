/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory that a node keeps of every other node about lists. */
#include "core/list/standing.h"

#include <stdlib.h>

#include "base/backoff.h"
#include "core/timings.h"

void
standings_init(struct standings *ps, struct core_env *env)
{
	*ps = (struct standings){ .env = env };
}

static void
free_standing(struct standings *ps, struct standing *p)
{
	ps->n--;
	p->entry->standing = NULL;
	free(p);
}

void
standings_free(struct standings *ps)
{
	struct entry *e;
	size_t pos = 0;

	while ((e = names_next(&ps->env->names, &pos)) != NULL) {
		if (e->standing != NULL)
			free_standing(ps, e->standing);
		if (names_drop(&ps->env->names, e))
			pos--;
	}
}

struct standing *
standing_find(const struct standings *ps, const char *name)
{
	const struct entry *e = names_find(&ps->env->names, name);

	return e == NULL ? NULL : e->standing;
}

static void
add_standing(struct standings *ps, struct standing *p, struct entry *e)
{
	p->entry = e;
	e->standing = p;
	timer_init(&p->retry, p, 0);
	if (++ps->n > ps->cap)
		ps->cap = ps->cap == 0 ? 8 : 2 * ps->cap;
}

struct standing *
standing_get(struct standings *ps, const char *name)
{
	struct entry *e = names_get(&ps->env->names, name);
	struct standing *p;

	if (e == NULL || e->standing != NULL)
		return e == NULL ? NULL : e->standing;
	p = calloc(1, sizeof(*p));
	if (p != NULL)
		add_standing(ps, p, e);
	else
		names_drop(&ps->env->names, e);
	return p;
}

static bool
is_idle(const struct standing *p)
{
	return p->conns == 0 && p->strikes == 0 && p->broke == 0 && !p->ready &&
	       !p->pull && !timer_is_set(&p->retry);
}

bool
standing_purge(struct standings *ps, struct standing *p)
{
	if (!is_idle(p) || core_env_lists(ps->env, p->entry))
		return false;
	free_standing(ps, p);
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
