/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams that come in. Cheap checks stand before costly ones, and nothing
 * is answered or changed before a MAC was right. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/action.h"
#include "core/session/assoc_impl.h"
#include "core/timings.h"

#define INDEX_AT 4
#define RESP_INDEX_AT 8
#define ANSWERS_IN_A_ROW 2 /* from one address; a cookie is one of them */
#define CONFIRM_SPAN \
	9 /* in units of init_retry: longer than confirmations
	   * are repeated */

struct arrival { /* a datagram and its circumstances */
	struct assocs *all;
	struct core_env *env;
	const struct endpoint *remote;
	const struct ipaddr *local;
	uint8_t *dgram;
	size_t len;
	struct assoc_in *res;
};

static void
tell_news(struct assoc_in *res, const struct handshake_news *news)
{
	res->flags |= ASSOC_VERSION;
	res->version = news->version;
	res->wall = news->wall;
}

/* The session that sends is another one, or there is one again. */
static unsigned int
now_up(struct assoc *l, bool could_send)
{
	bool was = l->up && could_send && !l->doubted;

	l->up = true;
	l->doubted = false;
	return was ? 0 : ASSOC_UP;
}

static void
end_silence(struct assoc *l)
{
	l->silence_at = MONO_NONE;
	l->lost = false;
}

/* --- INIT ----------------------------------------------------------------- */

static bool
is_overloaded(struct assocs *ls, struct monotime now)
{
	return !rate_allows(&ls->load, now, ASSOC_LOAD_MS, ls->load_max);
}

static bool
has_seen(const struct assoc *l, const uint8_t *ephemeral)
{
	uint64_t e = get_be64(ephemeral);

	for (uint64_t i = 0; i < l->nseen && i < ASSOC_SEEN; i++)
		if (l->seen[i] == e)
			return true;
	return false;
}

/* 0, or -1 when memory is out: then a replay could not be told. */
static int
remember_init(struct assoc *l, const uint8_t *ephemeral)
{
	if (l->seen == NULL)
		l->seen = calloc(ASSOC_SEEN, sizeof(*l->seen));
	if (l->seen == NULL)
		return -1;
	l->seen[l->nseen++ % ASSOC_SEEN] = get_be64(ephemeral);
	return 0;
}

/*
 * An answer leaves from the address that was addressed. Where two in a row led
 * to no session, the way back from there may be filtered: the host's default
 * route may lead over another uplink now. The next two answers follow the
 * route, from the address that it chooses; and so on in turn. DATA in an older
 * session only shows that the way here is open.
 */
static const struct ipaddr *
answer_from(const struct arrival *a, const struct assoc *l)
{
	static const struct ipaddr any;
	unsigned int before = l->vain - 1;

	return before / ANSWERS_IN_A_ROW % 2 == 0 ? a->local : &any;
}

static void
send_cookie(const struct arrival *a, struct assoc_pair *p)
{
	struct core_env *env = a->env;
	uint8_t cookie[PROTO_MAC_LEN], out[DGRAM_COOKIE_LEN];

	cookie_make(&a->all->jar, env->now.mono,
		    env->conf->timers.cookie_rotate, &env->rng, p->keys.id,
		    a->remote, cookie);
	if (handshake_cookie_write(&p->keys, &env->rng, a->dgram, cookie,
				   out) == 0) {
		actions_udp(env->actions, a->remote, answer_from(a, p->assoc),
			    out, sizeof(out));
		p->assoc->counts.cookies_sent++;
	}
	bytes_wipe(cookie, sizeof(cookie));
}

/* The serial of the first own INIT that is still under way; 0: none is. */
static uint64_t
own_under_way(const struct assoc *l)
{
	if (resume_is_unsettled(&l->resume))
		return keyring_current(&l->keys)->serial;
	for (int i = ASSOC_PENDING - 1; i >= 0; i--)
		if (l->pending[i] != NULL)
			return l->pending[i]->serial;
	return 0;
}

static enum drop
answer_init(const struct arrival *a, struct assoc_pair *p)
{
	struct core_env *env = a->env;
	struct assoc *l = p->assoc;
	struct handshake_news news;
	struct session_seed seed;
	struct session *s = NULL;
	uint8_t out[DGRAM_RESP_LEN];
	uint32_t index = rxindex_add(&a->all->index, &env->rng, l);
	enum drop d;

	if (index == 0)
		return DROP_STATE;
	d = handshake_answer(&p->keys, env, l->peer, index, a->dgram, &seed,
			     &news, out);
	if (d == DROP_NONE &&
	    (remember_init(l, handshake_init_ephemeral(a->dgram)) < 0 ||
	     session_new(&s, &seed, env->now.mono, &env->conf->timers, NULL) <
		     0))
		d = DROP_STATE;
	bytes_wipe(&seed, sizeof(seed));
	if (d != DROP_NONE) {
		rxindex_remove(&a->all->index, index);
		return d;
	}
	rxindex_get(&a->all->index, index)->session = s;
	s->rival = own_under_way(l);
	assoc_drop_session(l, keyring_offer(&l->keys, s));
	l->taken = env->now.mono;
	l->counts.inits_taken++;
	actions_udp(env->actions, a->remote, answer_from(a, l), out,
		    sizeof(out));
	tell_news(a->res, &news);
	a->res->flags |= assoc_step(l, env, RESUME_OFFERED);
	return DROP_NONE;
}

static enum drop
take_init(const struct arrival *a)
{
	const struct conf_timers *t = &a->env->conf->timers;
	struct monotime now = a->env->now.mono;
	const struct session *tentative;
	struct assoc_pair *p;
	bool busy;

	p = table_get(&a->all->pairs, handshake_init_pair_id(a->dgram),
		      PAIR_ID_LEN);
	if (p == NULL)
		return DROP_NO_PAIR;
	a->res->assoc = p->assoc;
	if (!handshake_init_mac(&p->keys, a->dgram))
		return DROP_MAC;
	if (has_seen(p->assoc, handshake_init_ephemeral(a->dgram)))
		return DROP_EPHEMERAL;
	p->assoc->called = now;
	p->assoc->counts.unheard++;
	p->assoc->vain++;
	busy = is_overloaded(a->all, now);
	tentative = keyring_tentative(&p->assoc->keys);
	if (tentative != NULL && mono_before(now, tentative->reject_at))
		busy = true;
	if (busy &&
	    !cookie_check(&a->all->jar, now, t->cookie_rotate, &a->env->rng,
			  p->keys.id, a->remote, a->dgram, HANDSHAKE_MAC2_AT,
			  handshake_init_mac2(a->dgram))) {
		send_cookie(a, p);
		return DROP_COOKIE;
	}
	if (mono_is_set(p->assoc->taken) &&
	    mono_ms(p->assoc->taken, now) < ASSOC_INIT_GAP_MS)
		return DROP_RATE;
	return answer_init(a, p);
}

/* --- RESP and COOKIE ------------------------------------------------------ */

static enum drop
take_resp(const struct arrival *a)
{
	struct core_env *env = a->env;
	struct rxindex_entry *e =
		rxindex_get(&a->all->index, get_be32(a->dgram + RESP_INDEX_AT));
	struct handshake_news news;
	struct session_seed seed;
	struct session *s = NULL;
	struct assoc *l;
	bool could_send;
	enum drop d;

	if (e == NULL)
		return DROP_NO_SESSION;
	l = a->res->assoc = e->assoc;
	if (e->handshake == NULL)
		return DROP_STATE;
	d = handshake_finish(e->handshake, a->dgram, &seed, &news);
	if (d == DROP_NONE &&
	    session_new(&s, &seed, env->now.mono, &env->conf->timers, NULL) < 0)
		d = DROP_STATE;
	bytes_wipe(&seed, sizeof(seed));
	if (d != DROP_NONE)
		return d;
	could_send = assoc_can_send(l, env->now.mono);
	a->res->rtt_us = (env->now.mono.ns - e->handshake->sent.ns) / 1000 + 1;
	s->serial = e->handshake->serial;
	e->session = s;
	e->handshake = NULL;
	assoc_forget(l, s->serial);
	assoc_drop_session(l, keyring_install(&l->keys, s));
	l->heard = env->now.mono;
	l->counts.unheard = 0;
	end_silence(l);
	l->vain = 0;
	l->renew = false;
	l->counts.handshakes++;
	tell_news(a->res, &news);
	a->res->flags |= assoc_follow(l, env, a->remote, a->local);
	a->res->flags |= now_up(l, could_send);
	a->res->flags |= assoc_step(l, env, RESUME_ANSWERED);
	return DROP_NONE;
}

static enum drop
take_cookie(const struct arrival *a)
{
	const struct rxindex_entry *e =
		rxindex_get(&a->all->index, get_be32(a->dgram + INDEX_AT));
	struct core_env *env = a->env;
	uint8_t value[PROTO_MAC_LEN];
	struct handshake *h;
	struct assoc *l;

	if (e == NULL)
		return DROP_NO_SESSION;
	l = a->res->assoc = e->assoc;
	h = e->handshake;
	if (h == NULL || h->cookied)
		return DROP_STATE;
	if (handshake_cookie_read(h, a->dgram, value) != DROP_NONE)
		return DROP_COOKIE;
	h->cookied = true;
	/* The INIT went to several addresses; the next one goes to this. */
	if (assoc_knows(l, a->remote)) {
		h->to = *a->remote;
		h->local = *a->local;
	}
	memcpy(l->cookie.value, value, sizeof(value));
	memcpy(l->cookie.pair_id, h->keys->id, PAIR_ID_LEN);
	l->cookie.to = h->to;
	l->cookie.until =
		mono_add_ms(env->now.mono, env->conf->timers.cookie_rotate);
	bytes_wipe(value, sizeof(value));
	l->counts.cookies_taken++;
	/* An INIT that carried a cookie waits for its retry: no fast circle. */
	if (!h->with_cookie)
		a->res->flags |= assoc_step(l, env, RESUME_COOKIED);
	return DROP_NONE;
}

/* --- DATA ----------------------------------------------------------------- */

/* The first DATA of the session that the peer's INIT made. */
static void
promote_session(const struct arrival *a, struct assoc *l)
{
	const struct session *own = keyring_current(&l->keys);
	const struct session *t = keyring_tentative(&l->keys);
	bool could_send = assoc_can_send(l, a->env->now.mono);
	/* Both nodes had an INIT under way: the lower name's session wins. The
	 * higher one need not know: it hears the lower one's later. */
	bool yield = own != NULL && own->initiator && t->rival != 0 &&
		     own->serial >= t->rival &&
		     strcmp(a->env->self, l->peer) < 0;

	assoc_drop_session(l, keyring_promote(&l->keys, yield));
	l->vain = 0;
	l->counts.handshakes++;
	if (yield)
		return;
	end_silence(l);
	l->renew = false;
	a->res->flags |= now_up(l, could_send);
	a->res->flags |= assoc_step(l, a->env, RESUME_PROMOTED);
}

static void
note_proven(const struct arrival *a, const struct assoc *l,
	    const struct session *s)
{
	for (unsigned int i = 0; i < l->npairs; i++) {
		const struct pair_keys *k = &l->pairs[i]->keys;

		if (k->proven || memcmp(k->id, s->pair_id, PAIR_ID_LEN) != 0)
			continue;
		a->res->flags |= ASSOC_PROVED;
		memcpy(a->res->pair_id, k->id, PAIR_ID_LEN);
	}
}

static void
first_heard(const struct arrival *a, struct assoc *l, struct session *s)
{
	s->heard = true;
	note_proven(a, l, s);
	if (s == keyring_tentative(&l->keys))
		promote_session(a, l);
	else if (s == keyring_current(&l->keys))
		a->res->flags |= assoc_step(l, a->env, RESUME_HEARD);
}

/*
 * When to answer, if nothing else is sent: a confirmation at once, also one
 * that is repeated because our answer was lost; data after a while. An empty
 * DATA is answered by the responder only, and only in the session that it came
 * in: so no answer is ever answered.
 */
static void
plan_answer(const struct arrival *a, struct assoc *l, const struct session *s,
	    bool was_heard)
{
	const struct conf_timers *t = &a->env->conf->timers;
	struct monotime now = a->env->now.mono, at;

	if (!s->initiator && !was_heard)
		at = now;
	else if (!s->initiator && a->res->len == 0 &&
		 s == keyring_current(&l->keys) &&
		 mono_ms(s->made, now) < CONFIRM_SPAN * t->init_retry)
		at = now;
	else if (a->res->len > 0)
		at = mono_add_ms(now, t->answer_after);
	else
		return;
	if (mono_is_set(l->answer_at))
		at = mono_min(at, l->answer_at);
	l->answer_at = at;
	l->deadline = mono_min(l->deadline, at);
}

static void
note_heard(const struct arrival *a, struct assoc *l, struct session *s,
	   bool highest)
{
	struct monotime now = a->env->now.mono;
	bool was_heard = s->heard;

	l->heard = now;
	l->counts.unheard = 0;
	if (!was_heard)
		first_heard(a, l, s);
	plan_answer(a, l, s, was_heard);
	if (s != keyring_current(&l->keys))
		return;
	end_silence(l);
	if (highest)
		a->res->flags |= assoc_follow(l, a->env, a->remote, a->local);
	if (!l->up)
		a->res->flags |= now_up(l, false);
	if (a->res->len > 0 && l->resume.state == RESUME_IDLE &&
	    session_is_old(s, now)) {
		l->renew = true;
		l->deadline = now;
	}
}

static enum drop
take_data(const struct arrival *a)
{
	const struct rxindex_entry *e =
		rxindex_get(&a->all->index, get_be32(a->dgram + INDEX_AT));
	struct assoc_in *res = a->res;
	struct session *s;
	bool highest = false;
	enum drop d;

	if (e == NULL)
		return DROP_NO_SESSION;
	res->assoc = e->assoc;
	if (e->session == NULL)
		return DROP_NO_SESSION;
	d = session_open(e->session, a->env->now.mono, a->dgram, a->len,
			 &highest);
	if (d != DROP_NONE)
		return d;
	res->is_data = true;
	res->data_flags = a->dgram[1];
	res->data = a->dgram + DGRAM_DATA_HEADER_LEN;
	res->len = a->len - DGRAM_DATA_OVERHEAD;
	res->comp = e->session->algos.comp;
	/* The first of a session may end others: *e may move. */
	s = e->session;
	note_heard(a, res->assoc, s, highest);
	res->is_current = s == keyring_current(&res->assoc->keys);
	return DROP_NONE;
}

/* --- all ------------------------------------------------------------------ */

static bool
are_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;

	while (n > 0)
		any |= p[--n];
	return any == 0;
}

static enum drop
take_fixed(const struct arrival *a, size_t len,
	   enum drop (*take)(const struct arrival *))
{
	if (a->len != len)
		return DROP_LENGTH;
	if (!are_zero(a->dgram + 1, 3))
		return DROP_TYPE;
	if (core_env_is_inside(a->env, &a->remote->addr))
		return DROP_INSIDE;
	return take(a);
}

enum drop
assocs_in(struct assocs *ls, struct core_env *env,
	  const struct endpoint *remote, const struct ipaddr *local,
	  uint8_t *dgram, size_t len, struct assoc_in *res)
{
	struct arrival a = { ls, env, remote, local, dgram, len, res };

	memset(res, 0, sizeof(*res));
	if (len == 0)
		return DROP_SHORT;
	switch (dgram[0]) {
	case DGRAM_DATA:
		if (len < DGRAM_DATA_OVERHEAD)
			return DROP_SHORT;
		if ((dgram[1] & ~DATA_FLAGS) != 0 || !are_zero(dgram + 2, 2))
			return DROP_TYPE;
		return take_data(&a);
	case DGRAM_INIT:
		return take_fixed(&a, DGRAM_INIT_LEN, take_init);
	case DGRAM_RESP:
		return take_fixed(&a, DGRAM_RESP_LEN, take_resp);
	case DGRAM_COOKIE:
		return take_fixed(&a, DGRAM_COOKIE_LEN, take_cookie);
	default:
		return DROP_TYPE;
	}
}
