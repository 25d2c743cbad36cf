/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which node to connect to for lists, and when. */
#include "core/list/gossip.h"

#include <stdlib.h>
#include <string.h>

#include "core/list/gossip_impl.h"

#include "core/directory/addrcache.h"
#include "core/timings.h"

#define NEWS_PULLS 8  /* lead to so many pulls at most */
#define VISIT_STEP 50 /* nodes that are looked at for a pull at a time */

struct gossip *
gossip_new(struct core_env *env, struct standings *peers,
	   const struct diffs *diffs)
{
	struct gossip *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->env = env;
	r->peers = peers;
	r->diffs = diffs;
	timerq_init(&r->retries);
	r->ready_tail = &r->ready;
	r->pulls_tail = &r->pulls;
	r->news_at = env->now.mono;
	r->pass_at = MONO_NEVER;
	r->next_pull = mono_add_ms(
		env->now.mono,
		FIRST_PULL_MS + rng_below(&env->rng, FIRST_PULL_SPREAD_MS));
	return r;
}

void
gossip_free(struct gossip *r)
{
	if (r == NULL)
		return;
	timerq_free(&r->retries);
	free(r);
}

static void
enqueue_peer(struct gossip *r, struct standing *p)
{
	if (p->ready)
		return;
	p->ready = true;
	p->next = NULL;
	*r->ready_tail = p;
	r->ready_tail = &p->next;
}

static struct standing *
dequeue_peer(struct gossip *r)
{
	struct standing *p = r->ready;

	if (p == NULL)
		return NULL;
	r->ready = p->next;
	if (r->ready == NULL)
		r->ready_tail = &r->ready;
	p->ready = false;
	return p;
}

void
gossip_seen(struct gossip *r, const char *name, const struct bnl_version *v)
{
	struct standing *p = standing_get(r->peers, name);

	if (p == NULL)
		return;
	p->seen = *v;
	p->told = r->env->now.mono;
	gossip_renew(r, p);
	if (p->push && gossip_has_ours(r, p))
		gossip_push_done(r, p);
}

/* The first node that tells of a list is asked at once, the others one after
 * the other, unless the list is in force by then. */
static void
pull_by_news(struct gossip *r, struct standing *p)
{
	p->news_open = p->conns > 0;
	if (p->news_open)
		return;
	p->pull = true;
	p->next_pull = NULL;
	*r->pulls_tail = p;
	r->pulls_tail = &p->next_pull;
}

static struct standing *
dequeue_pull(struct gossip *r)
{
	struct standing *p = r->pulls;

	r->pulls = p->next_pull;
	if (r->pulls == NULL)
		r->pulls_tail = &r->pulls;
	p->pull = false;
	return p;
}

static bool
has_newer(const struct gossip *r, const struct standing *p)
{
	return bnl_version_cmp(&p->seen, core_env_serves(r->env)) > 0;
}

/* The node cannot be asked, or did not deliver its list: if it told of a newer
 * one, the next of those is asked at once. */
static void
ask_next_teller(struct gossip *r, const struct standing *p)
{
	if (has_newer(r, p))
		r->news_at = r->env->now.mono;
}

void
gossip_failed(struct gossip *r, const char *name)
{
	struct standing *p = standing_find(r->peers, name);

	if (p == NULL)
		return;
	gossip_pass_instead(r, p);
	ask_next_teller(r, p);
}

static bool
tells_too_often(struct standing *p, struct monotime now)
{
	return !rate_allows(&p->news, now, NEWS_SPAN_MS, NEWS_PULLS);
}

void
gossip_news(struct gossip *r, const char *name, const struct bnl_version *v,
	    bool wanted)
{
	struct standing *p = standing_get(r->peers, name);

	/* A node's list does not get older: this is an old datagram. */
	if (p == NULL || bnl_version_cmp(v, &p->seen) < 0)
		return;
	gossip_seen(r, name, v);
	if (!wanted || p->pull || standing_muted(p, r->env->now.mono) ||
	    tells_too_often(p, r->env->now.mono))
		return;
	pull_by_news(r, p);
}

void
gossip_closed(struct gossip *r, struct standing *p)
{
	ask_next_teller(r, p);
	if (!p->news_open || p->conns > 0)
		return;
	p->news_open = false;
	if (has_newer(r, p) && !p->pull)
		pull_by_news(r, p);
}

/* --- pushing ------------------------------------------------------------- */

static bool
was_heard(const struct gossip *r, const struct standing *p)
{
	return mono_is_set(p->told) &&
	       mono_ms(p->told, r->env->now.mono) < GOSSIP_HEARD_MS;
}

static void
push_to(struct gossip *r, struct standing *p)
{
	gossip_renew(r, p);
	p->push = true;
	p->tries = 0;
	timerq_cancel(&r->retries, &p->retry);
	enqueue_peer(r, p);
}

/* Queues those that were heard lately, or all others, which may be silent and
 * would keep these waiting. */
static void
push_some(struct gossip *r, bool heard)
{
	const struct bnl *b = r->env->bnl;

	for (uint32_t i = 0; b != NULL && i < b->nnodes; i++) {
		struct standing *p;

		if (gossip_is_self(r, b->nodes[i].name))
			continue;
		p = standing_get(r->peers, b->nodes[i].name);
		if (p != NULL && !gossip_has_ours(r, p) &&
		    was_heard(r, p) == heard)
			push_to(r, p);
	}
}

void
gossip_push(struct gossip *r)
{
	push_some(r, true);
	push_some(r, false);
}

void
gossip_applied(struct gossip *r)
{
	r->round++;
	r->ready = NULL;
	r->ready_tail = &r->ready;
	r->pass_next = false;
	r->pass_random = 0;
	r->pass_at = MONO_NEVER;
	r->news_at = r->env->now.mono;
}

void
gossip_review(struct gossip *r, struct standing *p)
{
	gossip_renew(r, p);
	(void)standing_purge(r->peers, p);
}

/* --- the next node ------------------------------------------------------ */

/* Without a list that names the nodes, every node that was ever reached is
 * asked. */
static bool
asks_all(const struct gossip *r)
{
	return r->hurry || r->env->bnl == NULL;
}

static size_t
count_names(const struct gossip *r)
{
	return (r->env->bnl == NULL ? 0 : r->env->bnl->nnodes) +
	       (asks_all(r) ? addrcache_count(r->env->addrcache) : 0);
}

/* The first one to ask behind that name; NULL: there is none. */
static const char *
name_after(const struct gossip *r, const char *name)
{
	const struct bnl_node *n =
		r->env->bnl == NULL ? NULL :
				      gossip_first_after(r->env->bnl, name);
	const char *known =
		asks_all(r) ? addrcache_after(r->env->addrcache, name) : NULL;

	if (n == NULL || (known != NULL && strcmp(known, n->name) < 0))
		return known;
	return n->name;
}

static void
look_again_later(struct gossip *r, struct standing *p, int64_t ms)
{
	if (timerq_reserve(&r->retries, r->peers->cap) == 0)
		timerq_set(
			&r->retries, &p->retry,
			mono_add_ms(r->env->now.mono, gossip_jittered(r, ms)));
}

/* Wait for the answer to this try before the next. */
static void
push_again_later(struct gossip *r, struct standing *p)
{
	look_again_later(
		r, p,
		backoff_next(PUSH_RETRY_MS, PUSH_RETRY_MAX_MS, &p->tries));
}

void
gossip_told(struct gossip *r, const char *name)
{
	struct standing *p = standing_find(r->peers, name);

	if (p == NULL)
		return;
	gossip_renew(r, p);
	if (!p->push)
		return;
	p->tries = 0;
	look_again_later(r, p, PUSH_LOOK_MS);
}

static const char *
next_push(struct gossip *r)
{
	struct standing *p;

	while ((p = dequeue_peer(r)) != NULL) {
		gossip_renew(r, p);
		if (!p->push)
			continue;
		if (p->conns == 0) {
			push_again_later(r, p);
			return p->entry->name;
		}
		/* A connection that stands serves as well, unless it ends. */
		look_again_later(r, p, PUSH_LOOK_MS);
	}
	return NULL;
}

/* The next of those that told of a newer list. */
static const char *
next_teller(struct gossip *r)
{
	struct monotime now = r->env->now.mono;

	while (r->pulls != NULL && mono_reached(r->news_at, now)) {
		struct standing *p = dequeue_pull(r);

		if (!has_newer(r, p) || standing_muted(p, now) || p->conns > 0)
			continue;
		r->news_at = mono_add_ms(now, NEWS_APART_MS);
		return p->entry->name;
	}
	return NULL;
}

/* The peer has told lately, in a handshake or a connection, that its list is no
 * newer. */
static bool
has_told(const struct gossip *r, const struct standing *p)
{
	int64_t ms = (int64_t)r->env->conf->pullinterval * 1000;

	return !r->hurry && mono_is_set(p->told) &&
	       bnl_version_cmp(&p->seen, core_env_serves(r->env)) <= 0 &&
	       mono_ms(p->told, r->env->now.mono) < ms / 2;
}

/* A round of pulls goes on: most nodes may have told of their lists, and all
 * are looked at for those that have not. */
static bool
is_visiting(const struct gossip *r)
{
	return r->ask > 0 && r->visit > 0 &&
	       mono_reached(r->visit_at, r->env->now.mono);
}

static const char *
next_pull(struct gossip *r)
{
	for (int looks = 0; is_visiting(r); looks++) {
		const char *name = name_after(r, r->cursor);
		const struct standing *p;

		if (looks == VISIT_STEP) {
			r->visit_at =
				mono_add_ms(r->env->now.mono, VISIT_STEP_MS);
			break;
		}
		r->visit--;
		if (name == NULL)
			name = name_after(r, "");
		if (name == NULL)
			break;
		p = standing_find(r->peers, name);
		memcpy(r->cursor, name, strlen(name) + 1);
		if (gossip_is_self(r, name) ||
		    (p != NULL && (standing_muted(p, r->env->now.mono) ||
				   p->conns > 0 || has_told(r, p))))
			continue;
		r->ask--;
		return name;
	}
	return NULL;
}

bool
gossip_idle(const struct gossip *r)
{
	bool pulls =
		r->pulls != NULL && mono_reached(r->news_at, r->env->now.mono);

	return !pulls && r->ready == NULL && !r->pass_next &&
	       r->pass_random == 0 && !is_visiting(r);
}

enum gossip_want
gossip_next(struct gossip *r, size_t spare, char name[NODE_NAME_MAX + 1])
{
	enum gossip_want want = WANT_PULL;
	const char *next;

	if (spare == 0)
		return WANT_NONE;
	next = next_teller(r);
	if (next == NULL) {
		next = next_push(r);
		want = WANT_PUSH;
	}
	if (next == NULL) {
		next = gossip_next_pass(r);
		want = WANT_PASS;
	}
	if (next == NULL) {
		next = next_pull(r);
		want = WANT_PULL;
	}
	if (next == NULL)
		return WANT_NONE;
	memcpy(name, next, strlen(next) + 1);
	return want;
}

struct monotime
gossip_deadline(const struct gossip *r)
{
	struct monotime at = mono_min(r->next_pull, r->pass_at);

	/* Pulls that are due wait for a connection to spare. */
	if (r->pulls != NULL && !mono_reached(r->news_at, r->env->now.mono))
		at = mono_min(at, r->news_at);
	if (r->ask > 0 && r->visit > 0 &&
	    !mono_reached(r->visit_at, r->env->now.mono))
		at = mono_min(at, r->visit_at);
	return mono_min(at, timerq_next(&r->retries));
}

/* A retry is due: a push, or to pass the list on to another node, when this one
 * is silent. */
static void
retry_due(struct gossip *r, struct standing *p)
{
	gossip_renew(r, p);
	if (p->push)
		enqueue_peer(r, p);
	else if (p->conns == 0 && !gossip_has_ours(r, p))
		gossip_pass_instead(r, p);
	p->pass = false;
}

void
gossip_tick(struct gossip *r, size_t spare)
{
	struct monotime now = r->env->now.mono;
	int64_t ms = (int64_t)r->env->conf->pullinterval * 1000;
	struct timer *t;

	while ((t = timerq_pop(&r->retries, now)) != NULL)
		retry_due(r, t->owner);
	if (mono_reached(r->pass_at, now))
		gossip_pass_again(r);
	if (!mono_reached(r->next_pull, now))
		return;
	if (asks_all(r) && ms > PULL_HURRY_MS)
		ms = PULL_HURRY_MS;
	r->next_pull = mono_add_ms(now, gossip_jittered(r, ms));
	r->ask = spare;
	r->visit_at = now;
	r->visit = count_names(r);
}

void
gossip_reconf(struct gossip *r)
{
	int64_t ms = (int64_t)r->env->conf->pullinterval * 1000;

	r->next_pull =
		mono_min(r->next_pull,
			 mono_add_ms(r->env->now.mono, gossip_jittered(r, ms)));
}

void
gossip_hurry(struct gossip *r, bool on)
{
	if (on && !r->hurry)
		r->next_pull = r->env->now.mono;
	r->hurry = on;
}
