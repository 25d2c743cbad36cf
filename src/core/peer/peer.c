/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A peer: its association, the packets that wait. */
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"

int
peer_new(struct peer **out, struct core *c, struct entry *e)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	p->core = c;
	p->entry = e;
	p->name = e->name;
	waitq_init(&p->wait);
	timer_init(&p->timer, p, TIMER_PEER);
	p->unpacking.clock = c->packing.clock;
	dialq_entry_init(&p->turn, p);
	p->made = c->started ? c->env.now.mono : MONO_NONE;
	pmtu_init(&p->pmtu, c->env.conf->mtu);
	if (assoc_new(&p->assoc, c->assocs, p->name, p) < 0) {
		free(p);
		return -1;
	}
	e->peer = *out = p;
	return 0;
}

static void
peer_untouch(struct peer *p)
{
	struct core *c = p->core;

	/* Most often the last one. */
	for (size_t i = c->ntouched; p->touched && i-- > 0;) {
		if (c->touched[i] != p)
			continue;
		c->touched[i] = c->touched[--c->ntouched];
		p->touched = false;
	}
}

void
peer_free(struct peer *p)
{
	struct core *c = p->core;

	peer_untouch(p);
	p->turn.waits = false;
	dialq_place(&c->dialq, &p->turn, c->env.now.mono);
	timerq_cancel(&c->timers, &p->timer);
	peer_clock_forget(p);
	c->drops[DROP_QUEUE_OLD] +=
		waitq_expire(&p->wait, &c->wait_budget, c->env.now.mono, true);
	assoc_free(p->assoc);
	free(p);
}

void
peer_settle(struct peer *p)
{
	struct monotime at =
		mono_min(assoc_deadline(p->assoc), waitq_deadline(&p->wait));

	p->touched = false;
	at = mono_min(at, p->pmtu.deadline);
	p->turn.urgent = p->asked || p->wait.packets > 0;
	dialq_place(&p->core->dialq, &p->turn, p->core->env.now.mono);
	if (at.ns == MONO_NEVER.ns)
		timerq_cancel(&p->core->timers, &p->timer);
	else
		timerq_set(&p->core->timers, &p->timer, at);
}

/* Sends the waiting packets, one datagram each: this is not the busy path. */
static void
flush_waiting(struct peer *p)
{
	struct core *c = p->core;
	struct waitq_packet *w;

	while (assoc_can_send(p->assoc, c->env.now.mono) &&
	       (w = waitq_take(&p->wait, &c->wait_budget)) != NULL) {
		uint8_t *out = c->scratch;
		enum drop d = assoc_seal(p->assoc, &c->env, w->flags, w->data,
					 w->len, out);

		if (d == DROP_NONE) {
			actions_udp(&c->actions, assoc_remote(p->assoc),
				    assoc_local(p->assoc), out,
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
take_news(struct peer *p, const struct assoc_in *in)
{
	struct core *c = p->core;

	lists_news(c->lists, p->name, &in->version);
	if (in->rtt_us <= 0)
		return;
	p->rtt_us = in->rtt_us;
	peer_clock_take(p, wall_s(c->env.now.wall, in->wall));
}

void
peer_say_down(struct peer *p, const char *why)
{
	const struct endpoint *ep = assoc_remote(p->assoc);
	char at[ENDPOINT_TEXT_MAX];

	actions_event(&p->core->actions, EVENT_INFO, EVENT_PEER_DOWN, p->name,
		      ep->port == 0 ? "down: %s" : "down: %s (at %s)", why,
		      endpoint_format(at, ep));
}

void
peer_flags(struct peer *p, unsigned int flags, const struct assoc_in *in)
{
	struct core *c = p->core;
	char at[ENDPOINT_TEXT_MAX];

	if (flags & ASSOC_PROVED)
		(void)secret_store_prove(c->secrets, p->name, in->pair_id);
	if (flags & (ASSOC_UP | ASSOC_MOVED))
		addrcache_put(c->env.addrcache, c->env.now.mono, p->name,
			      assoc_remote(p->assoc));
	if (flags & ASSOC_VERSION)
		take_news(p, in);
	if (flags & ASSOC_UP) {
		history_up(c->env.history, p->name);
		if (!p->up)
			actions_event(
				&c->actions,
				peers_begin(c) ? EVENT_DEBUG : EVENT_INFO,
				EVENT_PEER_UP, p->name, "up at %s",
				endpoint_format(at, assoc_remote(p->assoc)));
		p->up = true;
		/* The flags were set because no peer answered; the next
		 * background look sees an old pair. */
		p->turn.waits = p->resumed = false;
		p->vain = 0;
		if (!p->renew)
			conns_spare_negotiation(c->conns, p->name);
		flush_waiting(p);
	}
	if (flags & ASSOC_MOVED)
		pmtu_probe_moved(p);
	if ((flags & ASSOC_MOVED) && p->up) {
		char text[ENDPOINT_TEXT_MAX];

		endpoint_format(text, assoc_remote(p->assoc));
		actions_event(&c->actions, EVENT_DEBUG, EVENT_PEER_MOVED,
			      p->name, "now at %s", text);
	}
	if (flags & ASSOC_DOWN) {
		if (p->up)
			peer_say_down(p,
				      "its session ended, or is not answered");
		p->up = false;
	}
	if (flags & ASSOC_UNANSWERED)
		peer_look_up(c, p->name);
	if (flags & ASSOC_NEGOTIATE)
		peer_negotiate(p);
	if (flags & ASSOC_KEEPALIVE)
		records_keepalive(p);
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
	if (p->wait.packets == 1) {
		peer_look_up(c, p->name);
		peer_hurry(p);
	}
	peer_touch(p);
	peer_flags(p, assoc_want(p->assoc, &c->env), NULL);
}

void
peer_reset(struct peer *p)
{
	if (p->up)
		peer_say_down(p, "its pair secrets were erased");
	assoc_reset(p->assoc);
	p->up = false;
	peer_retry(p);
}

void
peer_tick(struct peer *p)
{
	struct core *c = p->core;
	size_t old =
		waitq_expire(&p->wait, &c->wait_budget, c->env.now.mono, false);

	for (size_t i = 0; i < old; i++)
		peer_drop(p, DROP_QUEUE_OLD);
	if (old > 0 && p->wait.packets == 0 && !p->up)
		assoc_unwant(p->assoc, &c->env);
	flush_waiting(p);
	pmtu_probe_tick(p);
	peer_flags(p, assoc_tick(p->assoc, &c->env), NULL);
	peer_touch(p);
}
