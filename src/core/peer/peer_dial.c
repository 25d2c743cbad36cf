/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When to negotiate with a peer, and the steps after its result. */
#include <string.h>

#include "base/backoff.h"
#include "core/secrets/secret_set.h"
#include "core/core_impl.h"
#include "core/timings.h"

bool
peer_rests(const struct peer *p)
{
	return p->vain > 0 ||
	       (p->turn.failures == 0 && mono_is_set(p->turn.not_before));
}

/* Ends the wait after a refusal or a vain negotiation. The delay of addresses
 * where nobody answered stays. */
void
peer_retry(struct peer *p)
{
	p->vain = 0;
	if (p->turn.failures == 0)
		p->turn.not_before = MONO_NONE;
	peer_touch(p);
}

/* base with up to a quarter more, so that no two nodes keep in step. */
static struct monotime
add_jitter(const struct core *c, int64_t base_ms)
{
	return mono_add_ms(c->env.now.mono, jitter_ms(base_ms, base_ms / 4,
						      rng_u32(&c->env.rng)));
}

static const struct pair_record *
held_pair(const struct peer *p)
{
	return secrets_held(p->entry);
}

/* Backs off after a negotiation that led to no session: each one is written to
 * both disks, and a refusal stands until something changes. */
static void
wait_after_vain(struct peer *p)
{
	int64_t most = p->core->env.conf->timers.negotiate_gap;

	p->turn.not_before = add_jitter(
		p->core, backoff_next(VAIN_FIRST_MS, most, &p->vain));
}

/* Backs off after a dial that nobody answered; less far while packets wait for
 * the peer, or where the peer cannot dial this node. */
static void
wait_after_nobody(struct peer *p)
{
	bool urgent = p->wait.packets > 0 || p->core->env.hidden;
	int64_t most = urgent ? DIAL_URGENT_MAX_MS : DIAL_MAX_MS;

	p->turn.not_before = add_jitter(
		p->core, backoff_next(DIAL_FIRST_MS, most, &p->turn.failures));
}

/* Nothing is wrong with it as yet, but others go first; the second time it
 * counts as one that nobody answered for. Unless it answered, and there was no
 * connection for it. */
static void
wait_after_put_off(struct peer *p, bool answered)
{
	if (answered) {
		p->turn.not_before = add_jitter(p->core, DIAL_BUSY_MS);
		return;
	}
	if (p->turn.failures == 0 && p->turn.put_off)
		p->turn.failures = 1;
	p->turn.put_off = true;
	p->turn.not_before = MONO_NONE;
}

void
peer_negotiate(struct peer *p)
{
	struct core *c = p->core;
	struct endpoint eps[CONN_ENDPOINTS_MAX];

	peer_touch(p);
	if (p->turn.waits || conns_negotiating(c->conns, p->name))
		return;
	peer_look_up(c, p->name);
	/* Without an address, or as long as there is none, it has to dial us.
	 * Where all begin at once both ends of each pair would dial. */
	p->turn.waits = peer_endpoints(c, p->name, eps) > 0;
	p->turn.yields = strcmp(c->self, p->name) > 0;
}

void
peer_ask(struct peer *p)
{
	p->asked = true;
	/* A peer that was put off has its longer dial first. */
	if (p->turn.failures > 0)
		p->turn.put_off = false;
	p->turn.failures = 0;
	p->turn.not_before = MONO_NONE;
	peer_negotiate(p);
}

void
peer_hurry(struct peer *p)
{
	if (p->gives_way || p->turn.failures > 0)
		p->turn.not_before = MONO_NONE;
	p->gives_way = false;
}

static unsigned int
purpose_of(const struct dialq_entry *e)
{
	unsigned int purpose = CONN_PAIR | CONN_LIST;

	if (!e->urgent)
		purpose |= CONN_PATIENT;
	/* The peer would have dialled this node by then. */
	if (e->yields && !e->put_off)
		purpose |= CONN_YIELD;
	if (e->failures > 0)
		purpose |= CONN_AGAIN;
	return purpose;
}

/* The peer's turn has come. */
static void
dial_peer(struct peer *p)
{
	struct core *c = p->core;
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	unsigned int purpose = purpose_of(&p->turn);
	size_t n;

	peer_touch(p);
	p->asked = false;
	peer_look_up(c, p->name);
	n = peer_endpoints(c, p->name, eps);
	if (n == 0 || conns_negotiating(c->conns, p->name))
		return;
	if (mono_is_set(p->made) &&
	    mono_ms(p->made, c->env.now.mono) < PEER_NEW_MS)
		purpose |= CONN_NEW;
	if (conns_dial(c->conns, p->name, eps, n, purpose) != 0)
		return;
	p->turn.not_before = add_jitter(c, DIAL_LACK_MS);
	p->turn.waits = true;
}

static bool
has_room(void *core, const struct dialq_entry *e)
{
	const struct core *c = core;

	return conns_may_negotiate(c->conns, purpose_of(e));
}

void
peers_dial(struct core *c)
{
	struct dialq_entry *e;

	/* Most calls change neither. */
	if (!c->dialq.changed && conns_turnover(c->conns) == c->dial_turnover)
		return;
	conns_crowd(c->conns, c->dialq.crowd);
	while ((e = dialq_next(&c->dialq, c->env.now.mono, has_room, c)) !=
	       NULL) {
		conns_crowd(c->conns, c->dialq.crowd);
		dial_peer(e->owner);
	}
	c->dial_turnover = conns_turnover(c->conns);
}

static void
note_failure(struct peer *p, const struct conn_news *n)
{
	struct core *c = p->core;
	const struct conf_timers *t = &c->env.conf->timers;

	p->behind = n->behind;
	if (n->reached)
		p->turn.failures = 0;
	if (n->nothing_in_common)
		p->turn.not_before = add_jitter(c, t->negotiate_backoff);
	else if (n->put_off)
		wait_after_put_off(p, n->reached);
	else if (n->reached)
		wait_after_vain(p);
	else
		wait_after_nobody(p);
	if (p->wait.packets > 0 || p->behind || held_pair(p) == NULL)
		p->turn.waits = true;
}

/* A peer that lacked our list has it now, or a peer that was not there is back:
 * the dials that failed for that are due. */
static void
list_seen(struct peer *p, const struct bnl_version *v)
{
	struct core *c = p->core;

	bool other = bnl_version_cmp(v, &p->told_list) != 0;

	p->told_list = *v;
	if (p->behind && bnl_version_cmp(v, core_env_serves(&c->env)) >= 0) {
		p->behind = false;
		peer_retry(p);
		peer_negotiate(p);
	} else if (other && p->vain > 0) {
		peer_retry(p);
		if (p->turn.waits)
			peer_negotiate(p);
	} else if (p->turn.failures > 0) {
		/* Soon, but it may have come to negotiate itself. */
		p->turn.failures = 0;
		p->turn.not_before = mono_min(p->turn.not_before,
					      add_jitter(c, DIAL_BACK_MS));
	}
}

unsigned int
peer_news(struct peer *p, const struct conn_news *n)
{
	struct core *c = p->core;
	unsigned int flags = 0;

	(void)peer_order(p);
	switch (n->kind) {
	case CONN_NEGOTIATED:
		p->turn.failures = 0;
		p->turn.put_off = false;
		p->turn.waits = false;
		p->behind = false;
		if (n->renewed)
			p->renew = false;
		if (n->dialled)
			wait_after_vain(p);
		/* The older pair can then go, if its key is revoked, and other
		 * algorithms are used from now on. */
		if (n->dialled)
			flags = assoc_agreed(p->assoc, &c->env);
		break;
	case CONN_FAILED:
		note_failure(p, n);
		break;
	case CONN_LIST_SEEN:
		list_seen(p, &n->version);
		break;
	}
	peer_touch(p);
	return flags;
}

unsigned int
peer_found(struct peer *p)
{
	unsigned int flags = 0;

	peer_locate(p);
	p->turn.failures = 0;
	peer_retry(p);
	if (held_pair(p) == NULL && p->wait.packets > 0)
		p->turn.waits = true;
	if (p->turn.waits)
		peer_negotiate(p);
	else if (!p->up)
		flags = peer_sweep(p, 0);
	peer_touch(p);
	return flags;
}

/* When the newest pair is to be replaced: after a day, and before that where
 * a certificate ends and the pair with it, which may have been renewed since.
 * Pairs that were made at one time are not replaced at one time, and the
 * lower name comes first. */
static bool
pair_is_old(const struct peer *p, const struct pair *newest, bool lower)
{
	const struct core_env *env = &p->core->env;
	struct walltime end =
		pair_end(env, env->stale ? NULL : env->bnl, p->name, newest);
	int64_t half = wall_s(newest->made, end) / 2;
	int64_t due = half < PAIR_AGE_REFRESH_S ? half : PAIR_AGE_REFRESH_S;
	int64_t most = due / 4 < REFRESH_SPREAD_S ? due / 4 : REFRESH_SPREAD_S;
	int64_t spread = newest->id[0] * most / UINT8_MAX;

	return pair_age_s(env, newest, env->now.mono) >=
	       due + spread + (lower ? 0 : most);
}

void
peer_renew(struct peer *p)
{
	p->renew = held_pair(p) != NULL;
}

/* Gives the lower name time to dial, for a mesh that starts at once. The higher
 * name dials a little later: the peer may still hold a pair that this node has
 * lost, and then sees no need to dial. */
static void
negotiate_later(struct peer *p)
{
	struct core *c = p->core;
	int64_t ms = GIVE_WAY_MS + GIVE_WAY_PEER_MS * (int64_t)c->npeers;
	struct monotime at = add_jitter(c, ms);

	p->turn.waits = true;
	if (!mono_before(p->turn.not_before, at))
		return;
	p->turn.not_before = at;
	p->gives_way = true;
}

unsigned int
peer_sweep(struct peer *p, unsigned int pass)
{
	struct core *c = p->core;
	unsigned int flags = 0;
	bool lower = strcmp(c->self, p->name) < 0;
	const struct pair_record *r = held_pair(p);
	bool is_old =
		r != NULL && (p->renew || pair_is_old(p, &r->pairs[0], lower));

	if (r == NULL) {
		if (lower || pass != SWEEP_START || c->env.hidden)
			peer_negotiate(p);
		else if (!p->turn.waits &&
			 !conns_negotiating(c->conns, p->name))
			negotiate_later(p);
	} else if (!assoc_can_send(p->assoc, c->env.now.mono) &&
		   (pass == SWEEP_START || (is_old && !p->resumed))) {
		/* A dial would not be answered either, if the INIT is not. */
		p->resumed = true;
		flags = assoc_resume(p->assoc, &c->env);
	} else if (is_old) {
		peer_negotiate(p);
	}
	peer_touch(p);
	return flags;
}
