/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One peer: its link, the packets that wait, when to negotiate with it. */
#include <stdlib.h>
#include <string.h>

#include "core/pairset.h"
#include "core_impl.h"

#define DIAL_FIRST_MS 50	/* nobody there: again soon, then twice that */
#define DIAL_DOUBLINGS 9	/* ... up to half a minute */
#define DIAL_URGENT_DOUBLINGS 5	/* ... or, while packets wait, two seconds */
#define VAIN_FIRST_MS 250	/* a negotiation that led to no session: then
				 * twice that, up to negotiategap */
#define VAIN_DOUBLINGS 9
#define GIVE_WAY_MS 1000	/* the lower name may be about to dial; */
#define GIVE_WAY_PEER_MS 10	/* a node may have as many others to dial */
#define DIAL_BACK_MS 1000	/* somebody there again */
#define DIAL_BUSY_MS 20		/* all connections in use: then twice that */
#define DIAL_BUSY_DOUBLINGS 4	/* ... up to a third of a second */
#define NEW_MS 60000		/* for a node that joins, to start its daemon */
#define REFRESH_SPREAD_S 3600	/* pairs are replaced over so long */

int
peer_new(struct peer **out, struct core *c, const char *name)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	p->core = c;
	memcpy(p->name, name, strlen(name) + 1);
	waitq_init(&p->wait);
	timer_init(&p->timer, p, TIMER_PEER);
	p->unpacking.clock = c->packing.clock;
	p->dial_after = MONO_NONE;
	p->made = c->started ? c->env.now.mono : MONO_NONE;
	pmtu_init(&p->pmtu, c->env.conf->mtu);
	if (link_new(&p->link, c->links, p->name, p) < 0) {
		free(p);
		return -1;
	}
	*out = p;
	return 0;
}

void
peer_free(struct peer *p)
{
	struct core *c = p->core;

	timerq_cancel(&c->timers, &p->timer);
	peer_clock_forget(p);
	c->drops[DROP_QUEUE_OLD] += waitq_expire(
		&p->wait, &c->wait_budget, c->env.now.mono, true);
	link_free(p->link);
	free(p);
}

void
peer_touch(struct peer *p)
{
	struct core *c = p->core;

	if (p->touched)
		return;
	p->touched = true;
	c->touched[c->ntouched++] = p;
}

void
peer_settle(struct peer *p)
{
	struct monotime at = mono_min(link_deadline(p->link),
				      waitq_deadline(&p->wait));

	p->touched = false;
	at = mono_min(at, p->pmtu.deadline);
	if (p->wants_pair)
		at = mono_min(at, p->dial_after);
	if (at.ns == MONO_NEVER.ns)
		timerq_cancel(&p->core->timers, &p->timer);
	else
		timerq_set(&p->core->timers, &p->timer, at);
}

void
peer_drop(struct peer *p, enum drop d)
{
	p->drops[d]++;
	p->core->drops[d]++;
}

/* Sends what waited, one datagram each: this is not the busy path. */
static void
flush(struct peer *p)
{
	struct core *c = p->core;
	struct waitq_packet *w;

	while (link_can_send(p->link, c->env.now.mono) &&
	       (w = waitq_take(&p->wait, &c->wait_budget)) != NULL) {
		uint8_t *out = c->scratch;
		enum drop d = link_seal(p->link, &c->env, w->flags, w->data,
					w->len, out);

		if (d == DROP_NONE) {
			actions_udp(&c->actions, link_remote(p->link),
				    link_local(p->link), out,
				    w->len + DGRAM_DATA_OVERHEAD);
			peer_count_sent(p, w->len);
		} else {
			peer_drop(p, d);
		}
		free(w);
	}
}

/* An INIT may be an old one: only an answer tells the time. */
static void
take_news(struct peer *p, const struct link_in *in)
{
	struct core *c = p->core;

	channels_list_news(c->channels, p->name, &in->version);
	if (in->rtt_us <= 0)
		return;
	p->rtt_us = in->rtt_us;
	peer_clock_take(p, wall_s(c->env.now.wall, in->wall));
}

void
peer_say_down(struct peer *p, const char *why)
{
	const struct endpoint *ep = link_remote(p->link);
	char at[ENDPOINT_TEXT_MAX];

	actions_event(&p->core->actions, EVENT_INFO, EVENT_PEER_DOWN, p->name,
		      ep->port == 0 ? "down: %s" : "down: %s (at %s)", why,
		      endpoint_format(at, ep));
}

void
peer_flags(struct peer *p, unsigned int flags, const struct link_in *in)
{
	struct core *c = p->core;
	char at[ENDPOINT_TEXT_MAX];

	if (flags & LINK_PROVED)
		(void)pairsets_prove(channels_pairs(c->channels), p->name,
				     in->pair_id);
	if (flags & (LINK_UP | LINK_MOVED))
		known_put(c->env.known, c->env.now.mono, p->name,
			  link_remote(p->link));
	if (flags & LINK_VERSION)
		take_news(p, in);
	if (flags & LINK_UP) {
		notes_up(c->env.notes, p->name);
		if (!p->up)
			actions_event(&c->actions, EVENT_INFO, EVENT_PEER_UP,
				      p->name, "up at %s",
				      endpoint_format(at,
						      link_remote(p->link)));
		p->up = true;
		/* What was wanted because nobody answered; an old pair is
		 * seen by the next background look. */
		p->wants_pair = false;
		p->vain = 0;
		if (!p->renew)
			channels_spare_negotiation(c->channels, p->name);
		flush(p);
	}
	if (flags & LINK_MOVED)
		path_moved(p);
	if ((flags & LINK_MOVED) && p->up) {
		char text[ENDPOINT_TEXT_MAX];

		endpoint_format(text, link_remote(p->link));
		actions_event(&c->actions, EVENT_DEBUG, EVENT_PEER_MOVED,
			      p->name, "now at %s", text);
	}
	if (flags & LINK_DOWN) {
		if (p->up)
			peer_say_down(p, "its session ended, or is not answered");
		p->up = false;
	}
	if (flags & LINK_UNANSWERED)
		peer_look_up(c, p->name);
	if (flags & LINK_NEGOTIATE)
		peer_negotiate(p);
	if (flags & LINK_KEEPALIVE)
		control_keepalive(p);
	if (flags != 0)
		peer_touch(p);
}

void
peer_wait(struct peer *p, uint8_t flags, const uint8_t *data, size_t len)
{
	struct core *c = p->core;

	if (!waitq_put(&p->wait, &c->wait_budget, c->env.now.mono, flags, data,
		       len))
		peer_drop(p, DROP_QUEUE_FULL);
	if (p->wait.packets == 1)
		peer_look_up(c, p->name);
	if (p->gives_way)
		p->dial_after = MONO_NONE;
	p->gives_way = false;
	peer_touch(p);
	peer_flags(p, link_want(p->link, &c->env), NULL);
}

void
peer_reset(struct peer *p)
{
	if (p->up)
		peer_say_down(p, "its pair secrets were erased");
	link_reset(p->link);
	p->up = false;
	peer_retry(p);
}

/* Ends the wait after a refusal or a vain negotiation. The backoff of addresses
 * where nobody answered stays. */
void
peer_retry(struct peer *p)
{
	p->vain = 0;
	if (p->unreached == 0)
		p->dial_after = MONO_NONE;
	peer_touch(p);
}

void
peer_tick(struct peer *p)
{
	struct core *c = p->core;
	size_t old = waitq_expire(&p->wait, &c->wait_budget, c->env.now.mono,
				  false);

	for (size_t i = 0; i < old; i++)
		peer_drop(p, DROP_QUEUE_OLD);
	if (old > 0 && p->wait.packets == 0 && !p->up)
		link_unwant(p->link, &c->env);
	flush(p);
	path_tick(p);
	peer_flags(p, link_tick(p->link, &c->env), NULL);
	if (p->wants_pair && mono_reached(p->dial_after, c->env.now.mono))
		peer_negotiate(p);
	peer_touch(p);
}

/* base with up to a quarter more, so that no two nodes keep in step. */
static struct monotime
jittered(const struct core *c, int64_t base_ms)
{
	uint32_t quarter = (uint32_t)(base_ms / 4 + 1);

	return mono_add_ms(c->env.now.mono,
			   base_ms + rng_below(&c->env.rng, quarter));
}

static const struct pair_record *
held(const struct peer *p)
{
	return pairsets_get(channels_pairs(p->core->channels), p->name);
}

/* Backs off after a negotiation that led to no session: each one is written to
 * both disks, and a refusal stands until something changes. */
static void
wait_after_vain(struct peer *p)
{
	int64_t most = p->core->env.conf->timers.negotiate_gap;
	int64_t ms = VAIN_FIRST_MS << p->vain;

	if (p->vain < VAIN_DOUBLINGS)
		p->vain++;
	p->dial_after = jittered(p->core, ms < most ? ms : most);
}

/* Backs off after a dial that nobody answered; less far while packets wait for
 * the peer, or where the peer cannot dial this node. */
static void
wait_after_nobody(struct peer *p)
{
	bool urgent = p->wait.packets > 0 || p->core->env.hidden;
	unsigned int most = urgent ? DIAL_URGENT_DOUBLINGS : DIAL_DOUBLINGS;
	unsigned int n = p->unreached < most ? p->unreached : most;

	p->dial_after = jittered(p->core, DIAL_FIRST_MS << n);
	if (p->unreached < DIAL_DOUBLINGS)
		p->unreached++;
}

void
peer_negotiate(struct peer *p)
{
	struct core *c = p->core;
	struct endpoint eps[CHANNEL_ENDPOINTS_MAX];
	unsigned int purpose = CHANNEL_PAIR | CHANNEL_LIST;
	size_t n;

	peer_touch(p);
	if (channels_negotiating(c->channels, p->name))
		return;
	p->wants_pair = true;
	if (!mono_reached(p->dial_after, c->env.now.mono))
		return;
	peer_look_up(c, p->name);
	n = peer_endpoints(c, p->name, eps);
	if (n == 0) {
		/* It has no address, or none yet: it has to dial us. */
		p->wants_pair = false;
		return;
	}
	if (p->wait.packets == 0)
		purpose |= CHANNEL_PATIENT;
	/* Where all begin at once both ends of each pair would dial. */
	if (strcmp(c->self, p->name) > 0)
		purpose |= CHANNEL_YIELD;
	if (mono_is_set(p->made) &&
	    mono_ms(p->made, c->env.now.mono) < NEW_MS)
		purpose |= CHANNEL_NEW;
	if (channels_dial(c->channels, p->name, eps, n, purpose) == 0) {
		p->dial_after = jittered(c, DIAL_BUSY_MS << p->busy);
		if (p->busy < DIAL_BUSY_DOUBLINGS)
			p->busy++;
		return;
	}
	p->busy = 0;
	p->wants_pair = false;
}

static void
failed(struct peer *p, const struct channel_news *n)
{
	struct core *c = p->core;
	const struct conf_timers *t = &c->env.conf->timers;

	p->behind = n->behind;
	if (n->reached)
		p->unreached = 0;
	if (n->nothing_in_common)
		p->dial_after = jittered(c, t->negotiate_backoff);
	else if (n->reached)
		wait_after_vain(p);
	else
		wait_after_nobody(p);
	if (p->wait.packets > 0 || p->behind || held(p) == NULL)
		p->wants_pair = true;
}

/* A peer that lacked our list has it now, or one that was not there is: what
 * failed for that is due. */
static void
list_seen(struct peer *p, const struct bnl_version *v)
{
	struct core *c = p->core;

	bool other = bnl_version_cmp(v, &p->told_list) != 0;

	p->told_list = *v;
	if (p->behind && bnl_version_cmp(v, &c->env.version) >= 0) {
		p->behind = false;
		peer_retry(p);
		peer_negotiate(p);
	} else if (other && p->vain > 0) {
		peer_retry(p);
		if (p->wants_pair)
			peer_negotiate(p);
	} else if (p->unreached > 0) {
		/* Soon, but it may have come to negotiate itself. */
		p->unreached = 0;
		p->dial_after = mono_min(p->dial_after,
					 jittered(c, DIAL_BACK_MS));
	}
}

void
peer_news(struct peer *p, const struct channel_news *n)
{
	struct core *c = p->core;

	(void)peer_order(p);
	switch (n->kind) {
	case CHANNEL_NEGOTIATED:
		p->unreached = 0;
		p->wants_pair = false;
		p->behind = false;
		if (n->renewed)
			p->renew = false;
		if (n->dialled)
			wait_after_vain(p);
		/* So that the older pair can go, if its key is revoked, and
		 * other algorithms are used from now on. */
		if (n->dialled)
			peer_flags(p, link_agreed(p->link, &c->env), NULL);
		break;
	case CHANNEL_FAILED:
		failed(p, n);
		break;
	case CHANNEL_LIST_SEEN:
		list_seen(p, &n->version);
		break;
	}
	peer_touch(p);
}

void
peer_found(struct peer *p)
{
	peer_locate(p, p->node);
	p->unreached = 0;
	peer_retry(p);
	if (held(p) == NULL && p->wait.packets > 0)
		p->wants_pair = true;
	if (p->wants_pair)
		peer_negotiate(p);
	else if (!p->up)
		peer_sweep(p, 0);
	peer_touch(p);
}

/* When the newest pair is to be replaced: after a day, and before that where
 * a certificate ends and the pair with it, which may have been renewed since.
 * Pairs that were made at one time are not replaced at one time, and the
 * lower name comes first. */
static bool
pair_is_old(const struct peer *p, const struct pair *newest, bool lower)
{
	int64_t half = wall_s(newest->made, newest->cert_end) / 2;
	int64_t due = half < PAIR_AGE_REFRESH_S ? half : PAIR_AGE_REFRESH_S;
	int64_t most = due / 4 < REFRESH_SPREAD_S ? due / 4 : REFRESH_SPREAD_S;
	int64_t spread = newest->id[0] * most / UINT8_MAX;

	return pair_age_s(&p->core->env, newest, p->core->env.now.mono) >=
	       due + spread + (lower ? 0 : most);
}

void
peer_renew(struct peer *p)
{
	p->renew = held(p) != NULL;
}

/* Gives the lower name time to dial, for a mesh that starts at once. The higher
 * name dials a little later: the peer may still hold a pair that this node has
 * lost, and then sees no need to dial. */
static void
negotiate_later(struct peer *p)
{
	struct core *c = p->core;
	int64_t ms = GIVE_WAY_MS + GIVE_WAY_PEER_MS * (int64_t)c->npeers;
	struct monotime at = jittered(c, ms);

	p->wants_pair = true;
	if (!mono_before(p->dial_after, at))
		return;
	p->dial_after = at;
	p->gives_way = true;
}

void
peer_sweep(struct peer *p, unsigned int pass)
{
	struct core *c = p->core;
	bool lower = strcmp(c->self, p->name) < 0;
	const struct pair_record *r = held(p);

	if (r == NULL) {
		if (lower || pass != SWEEP_START || c->env.hidden)
			peer_negotiate(p);
		else if (!p->wants_pair &&
			 !channels_negotiating(c->channels, p->name))
			negotiate_later(p);
	} else if (p->renew || pair_is_old(p, &r->pairs[0], lower)) {
		peer_negotiate(p);
	} else if (pass == SWEEP_START) {
		peer_flags(p, link_resume(p->link, &c->env), NULL);
	}
	peer_touch(p);
}
