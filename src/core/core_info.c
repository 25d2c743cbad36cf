/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of a core, for readers. */
#include <assert.h>
#include <string.h>

#include "core/secrets/secret_set.h"
#include "core/core_impl.h"

#define FAILING_TRIES 3 /* handshakes in a row without an answer */

const struct bnl *
core_list(const struct core *c)
{
	return c->gen == NULL ? NULL : c->gen->bnl;
}

const struct generation *
core_generation(const struct core *c)
{
	return c->gen;
}

const struct bnl *
core_list_held(const struct core *c)
{
	return c->env.held;
}

char *
core_list_held_text(const struct core *c, char out[CORE_HELD_TEXT_MAX])
{
	return core_env_held_text(out, &c->env);
}

bool
core_list_is_stale(const struct core *c)
{
	return c->env.stale;
}

bool
core_list_is_pending(const struct core *c)
{
	return lists_busy(c->lists);
}

uint64_t
core_drops(const struct core *c, enum drop d)
{
	assert(d < DROPS);
	/* Actions that the core itself had to send and could not queue. */
	return c->drops[d] + (d == DROP_OUT_FULL ? c->actions.lost : 0);
}

uint64_t
core_refused(const struct core *c, enum refusal r)
{
	assert(r < REFUSALS);
	return c->env.refused[r];
}

uint64_t
core_tls_failed(const struct core *c)
{
	return conns_tls_failed(c->conns);
}

const struct core_traffic *
core_traffic(const struct core *c)
{
	return &c->traffic;
}

const char *
core_disk_refused(const struct core *c)
{
	return c->env.disk_refused[0] == '\0' ? NULL : c->env.disk_refused;
}

const char *
peer_state_name(enum peer_state s)
{
	switch (s) {
	case PEER_IDLE:
		return "idle";
	case PEER_NEGOTIATING:
		return "negotiating";
	case PEER_RESUMING:
		return "resuming";
	case PEER_UP:
		return "up";
	}
	return "?";
}

const char *
peer_health_name(enum peer_health h)
{
	switch (h) {
	case HEALTH_UP:
		return "up";
	case HEALTH_IDLE:
		return "idle";
	case HEALTH_UNTRIED:
		return "untried";
	case HEALTH_FAILING:
		return "failing";
	case HEALTH_STOPPED:
		return "stopped";
	}
	return "?";
}

size_t
core_peer_count(const struct core *c)
{
	return c->npeers;
}

size_t
core_peer_after(const struct core *c, const char *name)
{
	size_t lo = 0, hi = c->npeers;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(c->peers[mid]->name, name) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t
core_peer_find(const struct core *c, const char *name)
{
	size_t after = core_peer_after(c, name);

	if (after > 0 && strcmp(c->peers[after - 1]->name, name) == 0)
		return after - 1;
	return c->npeers;
}

static enum peer_state
state_of(const struct peer *p, const struct assoc_status *ls)
{
	if (ls->up)
		return PEER_UP;
	if (conns_negotiating(p->core->conns, p->name))
		return PEER_NEGOTIATING;
	return ls->trying ? PEER_RESUMING : PEER_IDLE;
}

static struct monotime
later_of(struct monotime a, struct monotime b)
{
	return mono_before(a, b) ? b : a;
}

/* When the peer was last met, and when a try last failed. */
static void
last_contacts(const struct peer *p, const struct assoc_status *ls,
	      const struct history_entry *o, struct monotime *good,
	      struct monotime *bad)
{
	struct monotime now = p->core->env.now.mono;

	*good = ls->heard_ms < 0 ? MONO_NONE : mono_add_ms(now, -ls->heard_ms);
	*bad = MONO_NONE;
	for (size_t i = 0; o != NULL && i < o->naddresses; i++) {
		struct monotime *at =
			o->addresses[i].kind == HISTORY_REACHED ? good : bad;

		*at = later_of(*at, o->addresses[i].at);
	}
	if (o != NULL && o->theirs.code != 0)
		*bad = later_of(*bad, o->theirs.at);
	if (o != NULL && o->ours.code != 0)
		*bad = later_of(*bad, o->ours.at);
}

static enum peer_health
health_of(const struct peer *p, const struct assoc_status *ls,
	  const struct history_entry *o)
{
	struct monotime good, bad;

	if (ls->up)
		return HEALTH_UP;
	if (o != NULL && o->bye.s != 0)
		return HEALTH_STOPPED;
	last_contacts(p, ls, o, &good, &bad);
	if ((ls->trying && ls->tries >= FAILING_TRIES) ||
	    mono_before(good, bad))
		return HEALTH_FAILING;
	return mono_is_set(good) ? HEALTH_IDLE : HEALTH_UNTRIED;
}

void
core_peer_info(const struct core *c, struct now now, size_t i,
	       struct peer_info *out)
{
	const struct peer *p = c->peers[i];
	const struct history_entry *note = p->entry->history;
	const struct pair_record *r = secrets_held(p->entry);
	const struct bnl_version *seen = lists_of(p->entry);
	struct assoc_status ls;

	assoc_status(p->assoc, now.mono, &ls);
	*out = (struct peer_info){
		.name = p->name,
		.state = state_of(p, &ls),
		.health = health_of(p, &ls, note),
		.endpoint = *assoc_remote(p->assoc),
		.session_age_ms = ls.session_age_ms,
		.heard_ms = ls.heard_ms,
		.tx_packets = p->tx_packets,
		.tx_bytes = p->tx_bytes,
		.rx_packets = p->rx_packets,
		.rx_bytes = p->rx_bytes,
		.shrink = p->adapt.stats,
		.queued = p->wait.packets,
		.handshakes = ls.handshakes,
		.drops = p->drops,
		.rtt_us = p->rtt_us,
		.has_clock = p->has_clock,
		.clock_s = p->clock_s,
		.one_way = peer_is_one_way(p, &ls),
		.mtu = p->pmtu.mtu,
		.inits_sent = ls.inits_sent,
		.inits_taken = ls.inits_taken,
		.initiator = ls.initiator,
		.note = note,
	};
	if (seen != NULL)
		out->version = *seen;
	if (r != NULL) {
		out->has_pair = true;
		out->cipher = r->pairs[0].cipher;
		out->comp = r->pairs[0].comp;
		out->level = r->pairs[0].level;
		out->cert_end =
			pair_end(&c->env, c->env.stale ? NULL : c->env.bnl,
				 p->name, &r->pairs[0]);
		out->key = r->pairs[0].peer_key;
		out->pair_age_s = pair_age_s(&c->env, &r->pairs[0], now.mono);
	}
}
