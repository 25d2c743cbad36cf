/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The work that a association does by itself: INITs, confirmations, timers. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/action.h"
#include "core/session/assoc_impl.h"

#define COPIES_MAX 4	   /* addresses that one INIT goes to */
#define UNANSWERED_TRIES 2 /* from this INIT on ASSOC_UNANSWERED is said */

static const uint8_t *
cookie_for(const struct assoc *l, struct monotime now,
	   const struct pair_keys *keys, const struct endpoint *to)
{
	const struct assoc_cookie *c = &l->cookie;

	if (!mono_is_set(c->until) || mono_reached(c->until, now) ||
	    memcmp(c->pair_id, keys->id, PAIR_ID_LEN) != 0 ||
	    !endpoint_equal(&c->to, to))
		return NULL;
	return c->value;
}

/* Makes room in front: the oldest one can no longer be answered. */
static void
push_pending(struct assoc *l, struct handshake *h)
{
	struct handshake *oldest = l->pending[ASSOC_PENDING - 1];

	if (oldest != NULL)
		assoc_forget(l, oldest->serial);
	for (int i = ASSOC_PENDING - 1; i > 0; i--)
		l->pending[i] = l->pending[i - 1];
	l->pending[0] = h;
}

/* An address of the peer, and the own one to use there. */
struct way {
	struct endpoint to;
	struct ipaddr local;
};

/* The same bytes go to all of them: the peer takes the first copy. */
static void
send_init(struct assoc *l, struct core_env *env, struct pair_keys *keys,
	  const struct way *ways, size_t n)
{
	struct session *tentative = keyring_tentative(&l->keys);
	struct handshake *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return;
	h->keys = keys;
	h->to = ways[0].to;
	h->local = ways[0].local;
	h->serial = ++l->serial;
	h->sent = env->now.mono;
	h->local_index = rxindex_add(&l->all->index, &env->rng, l);
	if (h->local_index == 0) {
		free(h);
		return;
	}
	if (handshake_init(h, env, l->peer,
			   cookie_for(l, env->now.mono, keys, &h->to),
			   h->dgram) < 0) {
		rxindex_remove(&l->all->index, h->local_index);
		bytes_wipe(h, sizeof(*h));
		free(h);
		return;
	}
	rxindex_get(&l->all->index, h->local_index)->handshake = h;
	push_pending(l, h);
	if (tentative != NULL && tentative->rival == 0)
		tentative->rival = h->serial;
	l->counts.inits_sent++;
	for (size_t i = 0; i < n; i++)
		actions_udp(env->actions, &ways[i].to, &ways[i].local, h->dgram,
			    sizeof(h->dgram));
}

/* The INIT that a cookie came for, once more: to the same place, under the
 * same pair. None when one with a cookie is under way already. */
static void
try_again(struct assoc *l, struct core_env *env)
{
	const struct handshake *asked = NULL;
	struct way way;

	for (int i = ASSOC_PENDING - 1; i >= 0; i--) {
		if (l->pending[i] == NULL)
			continue;
		if (l->pending[i]->with_cookie)
			return;
		if (l->pending[i]->cookied)
			asked = l->pending[i];
	}
	if (asked == NULL)
		return;
	/* *asked may go to make room. */
	way = (struct way){ asked->to, asked->local };
	send_init(l, env, asked->keys, &way, 1);
}

/* Way number i: the learned address, then the others. */
static struct way
way_at(const struct assoc *l, size_t i, bool learned, bool from_learned)
{
	static const struct ipaddr any;

	if (learned && i == 0)
		return (struct way){ l->remote, from_learned ? l->local : any };
	return (struct way){ l->eps[i - learned], any };
}

/* Sends the INIT of the first try to the other addresses as well: the next try
 * is under another pair. */
static void
send_copies(const struct assoc *l, struct core_env *env, const struct way *ways,
	    size_t n)
{
	const struct handshake *h = l->pending[0];

	if (h == NULL || h->cookied || h->with_cookie)
		return;
	for (size_t i = 0; i < n; i++)
		if (!endpoint_equal(&ways[i].to, &h->to))
			actions_udp(env->actions, &ways[i].to, &ways[i].local,
				    h->dgram, sizeof(h->dgram));
}

/*
 * Each further try takes the next pair. The first one goes to the best address
 * alone, unless the path there is lost: as a rule it is right. Later ones go
 * to up to four addresses, the learned one and then the others; each round over
 * the pairs begins one address later, because the peer answers the first copy,
 * and its answer may be lost. In the first round the learned one is used from
 * the local address that was addressed; later from any, since that one may be
 * gone.
 */
static void
try_next(struct assoc *l, struct core_env *env)
{
	bool learned = l->remote.port != 0;
	size_t all = l->neps + learned;
	size_t turn = l->resume.tries - 1;
	size_t round = turn / l->npairs;
	size_t copies = all < COPIES_MAX ? all : COPIES_MAX;
	struct way ways[COPIES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < copies; i++) {
		size_t at = (round + i) % all;
		struct way w = way_at(l, at, learned, round == 0);

		/* The learned one is among the others as a rule. */
		if (learned && at > 0 && endpoint_equal(&w.to, &l->remote))
			continue;
		ways[n++] = w;
	}
	if (turn == 0 && n > 1 && !l->lost)
		n = 1;
	if (turn == 1 && l->npairs > 1)
		send_copies(l, env, ways, n);
	if (n > 0)
		send_init(l, env, &l->pairs[turn % l->npairs]->keys, ways, n);
}

static void
send_empty(struct assoc *l, struct core_env *env)
{
	uint8_t dgram[DGRAM_DATA_OVERHEAD];

	l->answer_at = MONO_NONE;
	if (assoc_seal(l, env, 0, NULL, 0, dgram) == DROP_NONE)
		actions_udp(env->actions, &l->remote, &l->local, dgram,
			    sizeof(dgram));
}

static struct resume_view
view_link(const struct assoc *l)
{
	const struct session *t = keyring_tentative(&l->keys);
	const struct session *s = keyring_current(&l->keys);
	struct resume_view v = { .pairs = l->npairs,
				 .offered = t == NULL ? MONO_NONE : t->made,
				 .sent = s != NULL && s->counter > 0 };

	return v;
}

static unsigned int
start_negotiation(struct assoc *l, const struct core_env *env)
{
	int64_t most = env->conf->timers.unanswered;

	l->doubted = l->npairs > 0;
	if (!l->up || l->npairs == 0 ||
	    mono_ms(l->heard, env->now.mono) < most ||
	    mono_ms(l->resume.unanswered, env->now.mono) < most)
		return ASSOC_NEGOTIATE;
	l->up = false;
	return ASSOC_NEGOTIATE | ASSOC_DOWN;
}

/* Without a new deadline. */
static unsigned int
step_resume(struct assoc *l, struct core_env *env, enum resume_event event)
{
	struct resume_view v = view_link(l);
	unsigned int todo = resume_step(&l->resume, event, env, &v);
	unsigned int flags = 0;

	if (todo & RESUME_DO_FORGET)
		assoc_forget(l, UINT64_MAX);
	if (todo & RESUME_DO_INIT) {
		try_next(l, env);
		if (l->resume.tries >= UNANSWERED_TRIES)
			flags |= ASSOC_UNANSWERED;
	}
	if (todo & RESUME_DO_AGAIN)
		try_again(l, env);
	if (todo & RESUME_DO_EMPTY)
		send_empty(l, env);
	if (todo & RESUME_DO_NEGOTIATE)
		flags |= start_negotiation(l, env);
	return flags;
}

unsigned int
assoc_step(struct assoc *l, struct core_env *env, enum resume_event event)
{
	unsigned int flags = step_resume(l, env, event);

	assoc_rearm(l, env);
	return flags;
}

unsigned int
assoc_want(struct assoc *l, struct core_env *env)
{
	if (assoc_can_send(l, env->now.mono))
		return 0;
	return assoc_step(l, env, RESUME_WANT);
}

void
assoc_unwant(struct assoc *l, struct core_env *env)
{
	assoc_step(l, env, RESUME_UNWANT);
}

unsigned int
assoc_resume(struct assoc *l, struct core_env *env)
{
	if (l->npairs == 0 || assoc_can_send(l, env->now.mono))
		return 0;
	return assoc_step(l, env, RESUME_START);
}

unsigned int
assoc_set_pairs(struct assoc *l, struct core_env *env,
		const struct pair_record *durable)
{
	unsigned int flags;

	if (!assoc_replace_pairs(l, env, durable))
		return 0;
	flags = assoc_step(l, env, RESUME_PAIRS);
	if (core_env_keepalive(env) > 0)
		flags |= assoc_resume(l, env);
	return flags;
}

unsigned int
assoc_agreed(struct assoc *l, struct core_env *env)
{
	const struct session *s = keyring_current(&l->keys);

	if (l->npairs == 0)
		return 0;
	if (!assoc_can_send(l, env->now.mono))
		return assoc_step(l, env, RESUME_AGREED);
	if (memcmp(s->pair_id, l->pairs[0]->keys.id, PAIR_ID_LEN) == 0)
		return 0;
	return assoc_step(l, env, RESUME_RENEW);
}

/* --- timers --------------------------------------------------------------- */

static struct monotime
keepalive_at(const struct assoc *l, const struct core_env *env)
{
	const struct session *s = keyring_current(&l->keys);
	int64_t every = core_env_keepalive(env);
	struct monotime since;

	if (every == 0 || s == NULL || !session_can_send(s, env->now.mono))
		return MONO_NEVER;
	since = mono_before(l->sent, s->made) ? s->made : l->sent;
	return mono_add_ms(since, every * 1000);
}

static struct monotime
earlier_time(struct monotime a, struct monotime b)
{
	return mono_is_set(b) ? mono_min(a, b) : a;
}

void
assoc_rearm(struct assoc *l, const struct core_env *env)
{
	struct monotime d = keyring_deadline(&l->keys);

	d = mono_min(d, resume_deadline(&l->resume));
	d = mono_min(d, keepalive_at(l, env));
	d = earlier_time(d, l->answer_at);
	d = earlier_time(d, l->silence_at);
	l->deadline = l->renew ? mono_min(d, env->now.mono) : d;
}

static bool
is_due(struct monotime at, struct monotime now)
{
	return mono_is_set(at) && mono_reached(at, now);
}

/* Ends the sessions that are past their time at now. */
static unsigned int
end_sessions(struct assoc *l, struct core_env *env, struct monotime now)
{
	struct session *s, *current = keyring_current(&l->keys);
	unsigned int flags = 0;

	while ((s = keyring_take_ended(&l->keys, now)) != NULL)
		assoc_drop_session(l, s);
	if (current == NULL || keyring_current(&l->keys) != NULL)
		return 0;
	l->answer_at = l->silence_at = MONO_NONE;
	l->renew = l->lost = false;
	if (l->up)
		flags |= ASSOC_DOWN;
	l->up = false;
	flags |= step_resume(l, env, RESUME_ENDED);
	if (core_env_keepalive(env) > 0 && l->npairs > 0)
		flags |= step_resume(l, env, RESUME_START);
	return flags;
}

unsigned int
assoc_bye(struct assoc *l, struct core_env *env)
{
	unsigned int flags = end_sessions(l, env, MONO_NEVER);

	assoc_rearm(l, env);
	return flags;
}

/* The learned address was outside under the list before. true: it was one. */
static bool
leave_inside(struct assoc *l, const struct core_env *env)
{
	if (l->remote.port == 0 || !core_env_is_inside(env, &l->remote.addr))
		return false;
	memset(&l->remote, 0, sizeof(l->remote));
	memset(&l->local, 0, sizeof(l->local));
	return true;
}

unsigned int
assoc_judge(struct assoc *l, struct core_env *env)
{
	bool lost = leave_inside(l, env);
	unsigned int flags;

	for (int i = 0; i < KEYRING_PLACES; i++) {
		struct session *s = l->keys.at[i];

		if (s != NULL &&
		    (lost ||
		     !bnl_allows(env->bnl, l->peer, s->peer_key, &s->above) ||
		     core_env_held_revokes(env, l->peer, s->peer_key,
					   &s->above)))
			s->reject_at = env->now.mono;
	}
	flags = end_sessions(l, env, env->now.mono);
	assoc_rearm(l, env);
	return flags;
}

unsigned int
assoc_slept(struct assoc *l, struct core_env *env)
{
	assoc_forget(l, UINT64_MAX);
	return assoc_bye(l, env);
}

unsigned int
assoc_tick(struct assoc *l, struct core_env *env)
{
	struct monotime now = env->now.mono;
	unsigned int flags = end_sessions(l, env, now);

	if (is_due(l->silence_at, now)) {
		l->silence_at = MONO_NONE;
		l->renew = l->lost = true;
	}
	if (is_due(l->answer_at, now))
		send_empty(l, env);
	if (mono_reached(keepalive_at(l, env), now)) {
		flags |= ASSOC_KEEPALIVE;
		if (session_is_old(keyring_current(&l->keys), now))
			l->renew = true;
	}
	if (l->renew) {
		l->renew = false;
		flags |= step_resume(l, env, RESUME_RENEW);
	}
	if (mono_reached(resume_deadline(&l->resume), now))
		flags |= step_resume(l, env, RESUME_DUE);
	assoc_rearm(l, env);
	return flags;
}
