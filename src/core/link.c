/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The link of a peer: its pairs and sessions, and the sealing of DATA. */
#include "core/link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "link_local.h"

#define SILENCE_PART 3

int
links_new(struct links **out, const struct core_env *env)
{
	struct links *ls = calloc(1, sizeof(*ls));
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
links_free(struct links *ls)
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
links_set_load(struct links *ls, uint32_t inits_per_second)
{
	ls->load_max = inits_per_second;
}

int
link_new(struct link **out, struct links *ls, const char *peer, void *owner)
{
	struct link *l = calloc(1, sizeof(*l));

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
link_free(struct link *l)
{
	if (l == NULL)
		return;
	link_reset(l);
	l->all->count--;
	free(l->eps);
	free(l);
}

void *
link_owner(const struct link *l)
{
	return l->owner;
}

void
link_drop_session(struct link *l, struct session *s)
{
	if (s == NULL)
		return;
	rxindex_remove(&l->all->index, s->local_index);
	session_free(s);
}

static void
drop_handshake(struct link *l, struct handshake *h)
{
	struct rxindex_entry *e = rxindex_get(&l->all->index, h->local_index);

	/* The index of an answered one belongs to its session by now. */
	if (e != NULL && e->handshake == h)
		rxindex_remove(&l->all->index, h->local_index);
	bytes_wipe(h, sizeof(*h));
	free(h);
}

void
link_forget(struct link *l, uint64_t last)
{
	for (int i = 0; i < LINK_PENDING; i++) {
		if (l->pending[i] == NULL || l->pending[i]->serial > last)
			continue;
		drop_handshake(l, l->pending[i]);
		l->pending[i] = NULL;
	}
}

static void
drop_pair(struct link *l, struct link_pair *p)
{
	for (int i = 0; i < LINK_PENDING; i++) {
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
link_reset(struct link *l)
{
	struct session *s;

	link_forget(l, UINT64_MAX);
	while ((s = keyring_take_ended(&l->keys, MONO_NEVER)) != NULL)
		link_drop_session(l, s);
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
static struct link_pair *
claim_pair(struct link *l, const uint8_t id[PAIR_ID_LEN])
{
	for (unsigned int i = 0; i < l->npairs; i++) {
		struct link_pair *p = l->pairs[i];

		if (p != NULL && memcmp(p->keys.id, id, PAIR_ID_LEN) == 0) {
			l->pairs[i] = NULL;
			return p;
		}
	}
	return NULL;
}

static struct link_pair *
make_pair(struct link *l, const struct core_env *env, const struct pair *from)
{
	struct link_pair *p;

	/* Two links never share one: an id is made of random values. */
	if (table_get(&l->all->pairs, from->id, PAIR_ID_LEN) != NULL)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->link = l;
	pair_keys_derive(&p->keys, from, env->self, l->peer);
	if (table_put(&l->all->pairs, p->keys.id, PAIR_ID_LEN, p) < 0) {
		bytes_wipe(p, sizeof(*p));
		free(p);
		return NULL;
	}
	return p;
}

unsigned int
link_set_pairs(struct link *l, struct core_env *env,
	       const struct pair_record *durable)
{
	struct link_pair *set[PAIR_HELD_MAX] = { NULL };
	unsigned int flags, n = 0;
	bool changed = false;

	for (unsigned int i = 0; durable != NULL && i < durable->n; i++) {
		const struct pair *from = &durable->pairs[i];
		struct link_pair *p;

		if (memcmp(from->self_static, env->static_public,
			   X25519_LEN) != 0)
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
	if (!changed)
		return 0;
	flags = link_step(l, env, RESUME_PAIRS);
	if (core_env_keepalive(env) > 0)
		flags |= link_resume(l, env);
	return flags;
}

int
link_set_endpoints(struct link *l, const struct endpoint *eps, size_t n)
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
has_endpoint(const struct link *l, const struct endpoint *ep)
{
	for (size_t i = 0; i < l->neps; i++)
		if (endpoint_equal(&l->eps[i], ep))
			return true;
	return false;
}

bool
link_has_endpoints(const struct link *l, const struct endpoint *eps, size_t n)
{
	bool same = n == l->neps;

	for (size_t i = 0; same && i < n; i++)
		same = has_endpoint(l, &eps[i]);
	return same;
}

bool
link_knows(const struct link *l, const struct endpoint *ep)
{
	return has_endpoint(l, ep) || endpoint_equal(&l->remote, ep);
}

unsigned int
link_follow(struct link *l, const struct core_env *env,
	    const struct endpoint *remote, const struct ipaddr *local)
{
	bool known = l->remote.port != 0;
	bool same = known && endpoint_equal(&l->remote, remote);

	if (!same && core_env_is_inside(env, &remote->addr))
		return 0;
	l->remote = *remote;
	l->local = *local;
	return known && !same ? LINK_MOVED : 0;
}

bool
link_can_send(const struct link *l, struct monotime now)
{
	const struct session *s = keyring_current(&l->keys);

	return s != NULL && session_can_send(s, now);
}

/* When the peer has been silent for too long, if it does not answer a packet
 * sent now. The time counts from when the peer was last heard, if that is not
 * long ago. */
static struct monotime
silence_end(const struct link *l, const struct conf_timers *t,
	    struct monotime now)
{
	bool lately = !l->lost && mono_is_set(l->heard) &&
		      mono_ms(l->heard, now) <=
			      t->silence_after / SILENCE_PART;

	return mono_add_ms(lately ? l->heard : now, t->silence_after);
}

enum drop
link_seal(struct link *l, const struct core_env *env, uint8_t flags,
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
link_remote(const struct link *l)
{
	return &l->remote;
}

const struct ipaddr *
link_local(const struct link *l)
{
	return &l->local;
}

const struct session_algos *
link_algos(const struct link *l)
{
	const struct session *s = keyring_current(&l->keys);

	return s == NULL ? NULL : &s->algos;
}

struct monotime
link_deadline(const struct link *l)
{
	return l->deadline;
}

void
link_status(const struct link *l, struct monotime now, struct link_status *out)
{
	const struct session *s = keyring_current(&l->keys);

	*out = l->counts;
	out->up = l->up;
	out->tries = l->resume.tries;
	out->trying = l->resume.state == RESUME_TRY ||
		      l->resume.state == RESUME_HELD;
	out->initiator = s != NULL && s->initiator;
	out->session_age_ms = s != NULL ? mono_ms(s->made, now) : -1;
	out->heard_ms = mono_is_set(l->heard) ? mono_ms(l->heard, now) : -1;
	out->taken_ms = mono_is_set(l->called) ? mono_ms(l->called, now) : -1;
	if (s != NULL)
		memcpy(out->pair_id, s->pair_id, sizeof(out->pair_id));
	out->sessions = keyring_count(&l->keys);
}
