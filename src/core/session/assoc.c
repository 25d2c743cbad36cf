/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The association of a peer: its pairs and sessions, and the sealing of
 * DATA. */
#include "core/session/assoc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/session/assoc_impl.h"

#define SILENCE_PART 3

int
assocs_new(struct assocs **out, const struct core_env *env)
{
	struct assocs *ls = calloc(1, sizeof(*ls));
	uint8_t seed[HASH_SEED_LEN];

	if (ls == NULL)
		return -1;
	rng_fill(&env->rng, seed, sizeof(seed));
	table_init(&ls->pairs, seed);
	rxindex_init(&ls->index);
	ls->load_max = LINKS_LOAD;
	*out = ls;
	return 0;
}

void
assocs_free(struct assocs *ls)
{
	if (ls == NULL)
		return;
	assert(ls->count == 0);
	rxindex_free(&ls->index);
	table_free(&ls->pairs);
	cookie_jar_wipe(&ls->jar);
	free(ls);
}

void
assocs_set_load(struct assocs *ls, uint32_t inits_per_second)
{
	ls->load_max = inits_per_second;
}

int
assoc_new(struct assoc **out, struct assocs *ls, const char *peer, void *owner)
{
	struct assoc *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -1;
	l->all = ls;
	l->peer = peer;
	l->owner = owner;
	l->deadline = MONO_NEVER;
	ls->count++;
	*out = l;
	return 0;
}

void
assoc_free(struct assoc *l)
{
	if (l == NULL)
		return;
	assoc_reset(l);
	l->all->count--;
	free(l->eps);
	free(l);
}

void *
assoc_owner(const struct assoc *l)
{
	return l->owner;
}

void
assoc_drop_session(struct assoc *l, struct session *s)
{
	if (s == NULL)
		return;
	rxindex_remove(&l->all->index, s->local_index);
	session_free(s);
}

static void
drop_handshake(struct assoc *l, struct handshake *h)
{
	struct rxindex_entry *e = rxindex_get(&l->all->index, h->local_index);

	/* The index of an answered one belongs to its session by now. */
	if (e != NULL && e->handshake == h)
		rxindex_remove(&l->all->index, h->local_index);
	bytes_wipe(h, sizeof(*h));
	free(h);
}

void
assoc_forget(struct assoc *l, uint64_t last)
{
	for (int i = 0; i < ASSOC_PENDING; i++) {
		if (l->pending[i] == NULL || l->pending[i]->serial > last)
			continue;
		drop_handshake(l, l->pending[i]);
		l->pending[i] = NULL;
	}
}

static void
drop_pair(struct assoc *l, struct assoc_pair *p)
{
	for (int i = 0; i < ASSOC_PENDING; i++) {
		if (l->pending[i] == NULL || l->pending[i]->keys != &p->keys)
			continue;
		drop_handshake(l, l->pending[i]);
		l->pending[i] = NULL;
	}
	table_remove(&l->all->pairs, p->keys.id, PAIR_ID_LEN);
	bytes_wipe(p, sizeof(*p));
	free(p);
}

void
assoc_reset(struct assoc *l)
{
	struct session *s;

	assoc_forget(l, UINT64_MAX);
	while ((s = keyring_take_ended(&l->keys, MONO_NEVER)) != NULL)
		assoc_drop_session(l, s);
	while (l->npairs > 0) {
		drop_pair(l, l->pairs[--l->npairs]);
		l->pairs[l->npairs] = NULL;
	}
	free(l->seen);
	l->seen = NULL;
	l->nseen = 0;
	bytes_wipe(&l->cookie, sizeof(l->cookie));
	memset(&l->resume, 0, sizeof(l->resume));
	memset(&l->remote, 0, sizeof(l->remote));
	memset(&l->local, 0, sizeof(l->local));
	l->answer_at = l->silence_at = MONO_NONE;
	l->sent = l->heard = l->taken = MONO_NONE;
	l->vain = 0;
	l->renew = l->lost = l->up = l->doubted = false;
	l->deadline = MONO_NEVER;
}

/* Takes out of the old set the one with that id. */
static struct assoc_pair *
claim_pair(struct assoc *l, const uint8_t id[PAIR_ID_LEN])
{
	for (unsigned int i = 0; i < l->npairs; i++) {
		struct assoc_pair *p = l->pairs[i];

		if (p != NULL && memcmp(p->keys.id, id, PAIR_ID_LEN) == 0) {
			l->pairs[i] = NULL;
			return p;
		}
	}
	return NULL;
}

static struct assoc_pair *
make_pair(struct assoc *l, const struct core_env *env, const struct pair *from)
{
	struct assoc_pair *p;

	/* Two associations never share one: an id is made of random values. */
	if (table_get(&l->all->pairs, from->id, PAIR_ID_LEN) != NULL)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->assoc = l;
	pair_keys_derive(&p->keys, from, env->self, l->peer);
	if (table_put(&l->all->pairs, p->keys.id, PAIR_ID_LEN, p) < 0) {
		bytes_wipe(p, sizeof(*p));
		free(p);
		return NULL;
	}
	return p;
}

bool
assoc_replace_pairs(struct assoc *l, const struct core_env *env,
		    const struct pair_record *durable)
{
	struct assoc_pair *set[PAIR_HELD_MAX] = { NULL };
	unsigned int n = 0;
	bool changed = false;

	for (unsigned int i = 0; durable != NULL && i < durable->n; i++) {
		const struct pair *from = &durable->pairs[i];
		struct assoc_pair *p;

		if (memcmp(from->self_static, env->static_public, X25519_LEN) !=
		    0)
			continue;
		p = claim_pair(l, from->id);
		if (p == NULL) {
			p = make_pair(l, env, from);
			changed = true;
		}
		if (p == NULL)
			continue;
		p->keys.proven = from->proven;
		set[n++] = p;
	}
	for (unsigned int i = 0; i < l->npairs; i++) {
		if (l->pairs[i] == NULL)
			continue;
		drop_pair(l, l->pairs[i]);
		changed = true;
	}
	memcpy(l->pairs, set, sizeof(set));
	l->npairs = n;
	return changed;
}

int
assoc_set_endpoints(struct assoc *l, const struct endpoint *eps, size_t n)
{
	struct endpoint *copy = NULL;

	if (n > 0) {
		copy = calloc(n, sizeof(*copy));
		if (copy == NULL)
			return -1;
		memcpy(copy, eps, n * sizeof(*copy));
	}
	free(l->eps);
	l->eps = copy;
	l->neps = n;
	return 0;
}

static bool
has_endpoint(const struct assoc *l, const struct endpoint *ep)
{
	for (size_t i = 0; i < l->neps; i++)
		if (endpoint_equal(&l->eps[i], ep))
			return true;
	return false;
}

bool
assoc_has_endpoints(const struct assoc *l, const struct endpoint *eps, size_t n)
{
	bool same = n == l->neps;

	for (size_t i = 0; same && i < n; i++)
		same = has_endpoint(l, &eps[i]);
	return same;
}

bool
assoc_knows(const struct assoc *l, const struct endpoint *ep)
{
	return has_endpoint(l, ep) || endpoint_equal(&l->remote, ep);
}

unsigned int
assoc_follow(struct assoc *l, const struct core_env *env,
	     const struct endpoint *remote, const struct ipaddr *local)
{
	bool known = l->remote.port != 0;
	bool same = known && endpoint_equal(&l->remote, remote);

	if (!same && core_env_is_inside(env, &remote->addr))
		return 0;
	l->remote = *remote;
	l->local = *local;
	return known && !same ? ASSOC_MOVED : 0;
}

bool
assoc_can_send(const struct assoc *l, struct monotime now)
{
	const struct session *s = keyring_current(&l->keys);

	return s != NULL && session_can_send(s, now);
}

/* When the peer has been silent for too long, if it does not answer a packet
 * sent now. The time counts from when the peer was last heard, if that is not
 * long ago. */
static struct monotime
silence_end(const struct assoc *l, const struct conf_timers *t,
	    struct monotime now)
{
	bool lately = !l->lost && mono_is_set(l->heard) &&
		      mono_ms(l->heard, now) <= t->silence_after / SILENCE_PART;

	return mono_add_ms(lately ? l->heard : now, t->silence_after);
}

enum drop
assoc_seal(struct assoc *l, const struct core_env *env, uint8_t flags,
	   const uint8_t *in, size_t len, uint8_t *out)
{
	struct session *s = keyring_current(&l->keys);
	struct monotime now = env->now.mono;
	enum drop d;

	if (s == NULL || !session_can_send(s, now))
		return DROP_NO_SESSION;
	d = session_seal(s, flags, in, len, out);
	if (d != DROP_NONE)
		return d;
	l->sent = now;
	l->answer_at = MONO_NONE;
	if (len == 0)
		return DROP_NONE;
	if (!mono_is_set(l->silence_at)) {
		l->silence_at = silence_end(l, &env->conf->timers, now);
		l->deadline = mono_min(l->deadline, l->silence_at);
	}
	if (l->resume.state == RESUME_IDLE && session_is_old(s, now)) {
		l->renew = true;
		l->deadline = now;
	}
	return DROP_NONE;
}

const struct endpoint *
assoc_remote(const struct assoc *l)
{
	return &l->remote;
}

const struct ipaddr *
assoc_local(const struct assoc *l)
{
	return &l->local;
}

const struct session_algos *
assoc_algos(const struct assoc *l)
{
	const struct session *s = keyring_current(&l->keys);

	return s == NULL ? NULL : &s->algos;
}

struct monotime
assoc_deadline(const struct assoc *l)
{
	return l->deadline;
}

void
assoc_status(const struct assoc *l, struct monotime now,
	     struct assoc_status *out)
{
	const struct session *s = keyring_current(&l->keys);

	*out = l->counts;
	out->up = l->up;
	out->tries = l->resume.tries;
	out->trying =
		l->resume.state == RESUME_TRY || l->resume.state == RESUME_HELD;
	out->initiator = s != NULL && s->initiator;
	out->session_age_ms = s != NULL ? mono_ms(s->made, now) : -1;
	out->heard_ms = mono_is_set(l->heard) ? mono_ms(l->heard, now) : -1;
	out->taken_ms = mono_is_set(l->called) ? mono_ms(l->called, now) : -1;
	if (s != NULL)
		memcpy(out->pair_id, s->pair_id, sizeof(out->pair_id));
	out->sessions = keyring_count(&l->keys);
}
