/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Public calls: each sets the time, does its work, then settles its effects. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"

#include "base/bytes.h"
#include "core/list/install.h"
#include "crypto/key.h"
#include "format/bnl_sign.h"
#include "core/timings.h"

#define SWEEP_STEP_PEERS 10
#define SCRATCH_LEN (FRAME_LEN_MAX + DGRAM_DATA_OVERHEAD + 1)

/* pass SWEEP_START: peers with stored pairs are resumed as well. */
static void
sweep_restart(struct core *c, unsigned int pass)
{
	c->sweep_at = 0;
	c->sweep_pass = pass;
	c->swept = false;
	timerq_set(&c->timers, &c->sweep, c->env.now.mono);
}

static void
env_fill(struct core *c, const struct core_init *in, struct now now)
{
	struct core_env *e = &c->env;

	e->now = now;
	e->run_s = in->run_s;
	e->run_since = now.mono;
	e->built = in->built;
	e->rng = in->rng;
	e->conf = in->conf;
	memcpy(c->self, in->conf->name, strlen(in->conf->name) + 1);
	e->self = c->self;
	memcpy(e->static_secret, in->static_secret, X25519_LEN);
	x25519_public(e->static_public, e->static_secret);
	e->tls = in->tls;
	e->cert = *in->cert;
	e->actions = &c->actions;
}

int
core_new(struct core **out, const struct core_init *in, struct now now,
	 struct err *e)
{
	static const struct bnl_version none;
	const struct bnl_version *mark = in->mark != NULL ? in->mark : &none;
	struct generation *old;
	uint8_t seed[HASH_SEED_LEN];
	struct core *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return err_nomem(e);
	actions_init(&c->actions);
	timerq_init(&c->timers);
	dialq_init(&c->dialq);
	rng_fill(&in->rng, seed, sizeof(seed));
	names_init(&c->env.names, seed);
	timer_init(&c->sweep, c, TIMER_SWEEP);
	timer_init(&c->news, c, TIMER_NEWS);
	timer_init(&c->review, c, TIMER_REVIEW);
	env_fill(c, in, now);
	c->self_node = ROUTE_NONE;
	c->secrets_check = mono_add_ms(now.mono, SECRETS_CHECK_MS);
	c->wait_budget = WAITQ_BUDGET;
	core_device_takes(c, !in->no_tcp_gro, !in->no_udp_gro);
	c->no_csum = in->no_csum;
	c->packing.clock = in->clock;
	c->scratch = malloc(SCRATCH_LEN);
	c->comp = comp_new();
	c->env.addrcache = addrcache_new();
	c->hosts = hosts_new(&in->rng);
	rng_fill(&in->rng, seed, sizeof(seed));
	c->env.history = history_new(&c->env.names);
	icmp_limit_init(&c->icmp_limit, seed);
	c->ip_id = get_be16(seed);
	if (c->scratch == NULL || c->comp == NULL || c->env.addrcache == NULL ||
	    c->hosts == NULL || c->env.history == NULL ||
	    assocs_new(&c->assocs, &c->env) < 0 ||
	    timerq_reserve(&c->timers, CORE_TIMERS) < 0)
		goto nomem;
	if (in->list != NULL &&
	    install_may_begin(&c->env, in->list->bnl, mark)) {
		c->env.stale =
			bnl_version_cmp(&in->list->bnl->version, mark) < 0;
		if (peers_apply(c, in->list, &old) < 0)
			goto nomem;
		changes_free(&in->list->changes);
	}
	c->secrets = secret_store_new(&c->env);
	c->lists = lists_new(&c->env, mark);
	if (c->secrets != NULL && c->lists != NULL)
		c->conns = conns_new(&c->env, c->secrets, c->lists);
	if (c->conns == NULL) {
		c->gen = NULL; /* stays the caller's */
		goto nomem;
	}
	if (c->gen == NULL)
		generation_free(in->list);
	if (in->held != NULL)
		lists_hold_first(c->lists, in->held);
	*out = c;
	return 0;
nomem:
	core_free(c);
	return err_nomem(e);
}

void
core_free(struct core *c)
{
	if (c == NULL)
		return;
	peers_free(c);
	conns_free(c->conns);
	lists_free(c->lists);
	secret_store_free(c->secrets);
	assocs_free(c->assocs);
	generation_free(c->gen);
	generation_free(c->pending);
	comp_free(c->comp);
	addrcache_free(c->env.addrcache);
	hosts_free(c->hosts);
	history_free(c->env.history);
	assert(c->env.names.table.count == 0);
	if (c->scratch != NULL)
		bytes_wipe(c->scratch, SCRATCH_LEN);
	free(c->scratch);
	actions_free(&c->actions);
	timerq_free(&c->timers);
	dialq_free(&c->dialq);
	bytes_wipe(c, sizeof(*c));
	free(c);
}

void
core_load_pair(struct core *c, const struct pair_record *r)
{
	(void)secret_store_load(c->secrets, r);
}

static void
refuse_stale(struct core *c)
{
	char its[BNL_VERSION_TEXT_MAX], newest[BNL_VERSION_TEXT_MAX];

	bnl_version_format(its, &c->env.version);
	bnl_version_format(newest, lists_mark(c->lists));
	refusal_tell(&c->env, REFUSAL_OLDER, NULL,
		     "list on disk refused: it is %s, older than %s, the "
		     "newest one ever taken: nothing is routed until a current "
		     "one is found",
		     its, newest);
}

/* Erases pairs that may not be used any more. A list below the mark does not
 * tell which names are nodes. */
static void
check_secrets(struct core *c)
{
	secret_store_check(c->secrets, c->env.stale ? NULL : c->env.bnl);
}

static void
store_run(struct core *c)
{
	struct action *a = actions_add(&c->actions, ACTION_STORE_RUN);

	c->run_stored = c->env.now.mono;
	if (a != NULL)
		a->run_s = core_env_run_s(&c->env, c->env.now.mono);
}

void
core_start(struct core *c, struct now now)
{
	c->env.now = now;
	store_run(c);
	check_secrets(c);
	c->started = true;
	peers_hooks(c, true);
	if (c->gen != NULL && !c->env.stale && c->self_node == ROUTE_NONE)
		actions_event(&c->actions, EVENT_ERROR, EVENT_LIST_SELF_GONE,
			      NULL, "this node (%s) is not in the list",
			      c->self);
	if (c->env.stale)
		refuse_stale(c);
	sweep_restart(c, SWEEP_START);
	core_settle(c);
}

void
core_stop(struct core *c, struct now now)
{
	c->env.now = now;
	peers_say_bye(c);
	peers_hooks(c, false);
	addrcache_flush(c->env.addrcache, now.mono, &c->actions);
	store_run(c);
	c->started = false; /* no hooks for a list that comes too late */
}

void
core_reconf(struct core *c, struct now now, const struct conf *conf,
	    struct tls_provider tls, const struct cert_info *cert)
{
	bool renewed = !cert_info_same(&c->env.cert, cert);

	c->env.now = now;
	c->env.conf = conf;
	c->env.tls = tls;
	c->env.cert = *cert;
	c->warned &= ~(UINT32_C(1) << EVENT_CERT_END);
	conns_reconf(c->conns);
	lists_reconf(c->lists);
	warnings_own(c);
	review_begin(c, REVIEW_CONF | REVIEW_LOCATE |
				(renewed ? REVIEW_RENEW : 0));
	if (c->started)
		sweep_restart(c, SWEEP_AGAIN);
	core_settle(c);
}

/* --- streams -------------------------------------------------------------- */

uint32_t
core_stream_accepted(struct core *c, struct now now,
		     const struct endpoint *remote)
{
	uint32_t id = 0;

	c->env.now = now;
	if (core_env_is_inside(&c->env, &remote->addr))
		c->drops[DROP_INSIDE]++;
	else
		id = conns_accepted(c->conns, remote);
	core_settle(c);
	return id;
}

void
core_stream_opened(struct core *c, struct now now, uint32_t conn)
{
	c->env.now = now;
	conns_opened(c->conns, conn);
	core_settle(c);
}

void
core_stream_in(struct core *c, struct now now, uint32_t conn,
	       const uint8_t *bytes, size_t len)
{
	c->env.now = now;
	conns_in(c->conns, conn, bytes, len);
	core_settle(c);
}

size_t
core_stream_drain(struct core *c, struct now now, uint32_t conn, uint8_t *out,
		  size_t cap)
{
	size_t n;

	c->env.now = now;
	n = conns_drain(c->conns, conn, out, cap);
	core_settle(c);
	return n;
}

void
core_stream_closed(struct core *c, struct now now, uint32_t conn,
		   enum close_reason reason, const char *why)
{
	c->env.now = now;
	conns_closed(c->conns, conn, reason, why);
	core_settle(c);
}

/* --- lists ---------------------------------------------------------------- */

static void
discard_generation(void *g)
{
	generation_free(g);
}

/* A large list takes long to free. */
static void
discard_list(struct core *c, struct generation *old)
{
	struct action *a =
		old == NULL ? NULL : actions_add(&c->actions, ACTION_DISCARD);

	if (a == NULL) {
		generation_free(old);
		return;
	}
	a->discarded = old;
	a->discard = discard_generation;
}

/* 0: it is in force. -1: memory is out, all is as it was. */
static int
put_into_force(struct core *c, struct generation *g)
{
	bool first = c->npeers == 0;
	struct generation *old;

	if (peers_apply(c, g, &old) < 0)
		return -1;
	c->warned &= ~(UINT32_C(1) << EVENT_CERT_END); /* may be revoked */
	lists_applied(c->lists);
	conns_list_applied(c->conns);
	peers_check_secrets(c, &g->changes);
	news_applied(c, old == NULL ? NULL : old->bnl);
	peers_judge(c, &g->changes);
	review_begin(c, REVIEW_LIST | REVIEW_SECRETS |
				(g->changes.prefixes ? REVIEW_LOCATE : 0));
	changes_free(&g->changes);
	discard_list(c, old);
	/* New nodes cannot dial one that is not listed. */
	if (first || c->env.hidden)
		sweep_restart(c, first ? SWEEP_START : SWEEP_AGAIN);
	return 0;
}

/* The list in force stays; the keys that this one revokes go. */
static void
hold_pending(struct core *c)
{
	const struct list_changes all = { .revokes = true };

	lists_hold(c->lists, generation_take_list(c->pending));
	c->pending = NULL;
	c->warned |= UINT32_C(1) << EVENT_LIST_HELD; /* as was told */
	c->warned &= ~(UINT32_C(1) << EVENT_CERT_END);
	conns_list_applied(c->conns);
	check_secrets(c);
	news_applied(c, NULL);
	peers_judge(c, &all);
}

/* The list stays out of force: connections that waited for that may end. */
static void
drop_list(struct core *c, struct generation *g)
{
	conns_list_decided(c->conns);
	generation_free(g);
}

static void
apply_pending(struct core *c)
{
	if (c->pending->bnl->held) {
		hold_pending(c);
		return;
	}
	if (put_into_force(c, c->pending) < 0) {
		refusal_tell(&c->env, REFUSAL_MEMORY, NULL,
			     "not enough memory to apply the list");
		lists_applied(c->lists); /* the next one */
		drop_list(c, c->pending);
	}
	c->pending = NULL;
}

void
core_stored(struct core *c, struct now now, uint32_t ticket, bool ok)
{
	c->env.now = now;
	if (secret_store_stored(c->secrets, ticket, ok)) {
		conns_secrets_stored(c->conns);
	} else {
		switch (lists_stored(c->lists, ticket, ok)) {
		case INSTALL_PLAIN:
			break;
		case INSTALL_APPLY:
			apply_pending(c);
			break;
		case INSTALL_DISCARD:
			drop_list(c, c->pending);
			c->pending = NULL;
			break;
		}
	}
	core_settle(c);
}

void
core_list_ready(struct core *c, struct now now, uint32_t ticket,
		struct generation *g, const struct err *why)
{
	c->env.now = now;
	if (lists_ready(c->lists, ticket, g == NULL ? NULL : g->bnl, why)) {
		generation_free(c->pending);
		c->pending = g;
	} else {
		drop_list(c, g);
	}
	core_settle(c);
}

void
core_list_refuse(struct core *c, struct now now, const struct err *why)
{
	c->env.now = now;
	lists_refuse(c->lists, why);
}

void
core_list_offer(struct core *c, struct now now, const void *raw, size_t len)
{
	c->env.now = now;
	lists_offer(c->lists, raw, len);
	core_settle(c);
}

void
core_push(struct core *c, struct now now)
{
	c->env.now = now;
	lists_push(c->lists);
	news_again(c);
	core_settle(c);
}

/* The list is not below the mark any more: puts it into force. */
static void
lift_stale(struct core *c)
{
	struct generation *g = c->gen;

	c->gen = NULL;
	c->env.stale = false;
	if (put_into_force(c, g) < 0) {
		c->gen = g;
		c->env.stale = true;
	}
}

void
core_mark_reset(struct core *c, struct now now)
{
	c->env.now = now;
	lists_mark_reset(c->lists);
	if (c->env.stale)
		lift_stale(c);
	core_settle(c);
}

/* --- peers --------------------------------------------------------------- */

int
core_negotiate(struct core *c, struct now now, const char *name)
{
	struct peer *p = peer_named(c, name);

	c->env.now = now;
	if (p == NULL)
		return -1;
	peer_ask(p);
	core_settle(c);
	return 0;
}

void
core_probe(struct core *c, struct now now, const char *name, bool by_tcp)
{
	struct peer *p = peer_named(c, name);

	c->env.now = now;
	if (p == NULL)
		return;
	diagnose_probe(p, by_tcp);
	core_settle(c);
}

void
core_why(struct core *c, struct now now, const char *name, struct why *out,
	 bool *done)
{
	c->env.now = now;
	diagnose_why(c, name, out, done);
}

void
core_too_big(struct core *c, struct now now, const struct endpoint *to)
{
	c->env.now = now;
	pmtu_probe_refused(c, to);
	core_settle(c);
}

void
core_slept(struct core *c, struct now now, const char *why)
{
	c->env.now = now;
	actions_event(&c->actions, EVENT_INFO, EVENT_SLEPT, NULL,
		      "%s: all sessions are made anew", why);
	conns_slept(c->conns);
	peers_slept(c);
	core_settle(c);
}

size_t
core_endpoints(const struct core *c, const char *name,
	       struct endpoint out[CORE_ENDPOINTS_MAX])
{
	return peer_named(c, name) == NULL ? 0 : peer_endpoints(c, name, out);
}

int
core_load_addrcache(struct core *c, const uint8_t *data, size_t len,
		    struct err *e)
{
	if (addrcache_load(c->env.addrcache, data, len, e) < 0)
		return -1;
	if (c->gen != NULL && !c->env.stale)
		addrcache_keep(c->env.addrcache, c->env.now.mono, c->gen->bnl);
	for (size_t i = 0; i < c->npeers; i++)
		peer_locate(c->peers[i]);
	return 0;
}

void
core_resolved(struct core *c, struct now now, const char *host,
	      const struct ipaddr *found, size_t n, bool more, const char *why)
{
	c->env.now = now;
	if (peers_resolved(c, host, found, n, more, why))
		peers_found(c, host);
	core_settle(c);
}

void
core_list_replaced(struct core *c, struct now now,
		   const struct bnl_version *version)
{
	c->env.now = now;
	lists_replaced(c->lists, version);
}

void
core_device_takes(struct core *c, bool tcp, bool udp)
{
	c->gro_tcp = tcp;
	c->gro_udp = udp;
}

/* --- data path ------------------------------------------------------------ */

size_t
core_tun_in(struct core *c, struct now now, struct tun_frame *frames, size_t n,
	    struct core_out *out)
{
	size_t taken;

	c->env.now = now;
	taken = outbound(c, frames, n, out);
	core_settle(c);
	return taken;
}

size_t
core_udp_in(struct core *c, struct now now, struct udp_run *runs, size_t n,
	    struct core_out *out)
{
	size_t taken;

	c->env.now = now;
	taken = inbound(c, runs, n, out);
	core_settle(c);
	return taken;
}

/* --- time ----------------------------------------------------------------- */

static void
sweep_core(struct core *c)
{
	struct monotime now = c->env.now.mono;

	if (c->sweep_at == 0)
		warnings_own(c);
	for (int i = 0; i < SWEEP_STEP_PEERS && c->sweep_at < c->npeers; i++) {
		struct peer *p = c->peers[c->sweep_at];

		peer_flags(p, peer_sweep(p, c->sweep_pass), NULL);
		warnings_peer(c, c->sweep_at++);
	}
	if (c->sweep_at < c->npeers) {
		timerq_set(&c->timers, &c->sweep,
			   mono_add_ms(now, SWEEP_STEP_MS));
		return;
	}
	/* The last ones need some time to come up. */
	if (peers_begin(c) && !c->swept) {
		c->swept = true;
		timerq_set(&c->timers, &c->sweep,
			   mono_add_ms(now, SWEEP_SUMMARY_MS));
		return;
	}
	if (peers_begin(c))
		peers_tell_begun(c);
	if (mono_ms(c->run_stored, now) >= RUN_STORE_MS)
		store_run(c);
	c->sweep_at = 0;
	c->sweep_pass++;
	timerq_set(&c->timers, &c->sweep, mono_add_ms(now, SWEEP_REST_MS));
}

bool
core_next_action(struct core *c, struct action *out)
{
	return actions_next(&c->actions, out);
}

struct monotime
core_deadline(const struct core *c)
{
	struct monotime at =
		mono_min(timerq_next(&c->timers), conns_deadline(c->conns));

	at = mono_min(at, secret_store_deadline(c->secrets));
	at = mono_min(at, c->secrets_check);
	at = mono_min(at, lists_deadline(c->lists));
	at = mono_min(at, dialq_deadline(&c->dialq));
	return mono_min(at, addrcache_deadline(c->env.addrcache));
}

void
core_tick(struct core *c, struct now now)
{
	struct timer *t;

	c->env.now = now;
	while ((t = timerq_pop(&c->timers, now.mono)) != NULL) {
		if (t->kind == TIMER_SWEEP)
			sweep_core(c);
		else if (t->kind == TIMER_NEWS)
			news_tick(c);
		else if (t->kind == TIMER_REVIEW)
			review_tick(c);
		else
			peer_tick(t->owner);
	}
	dialq_tick(&c->dialq, now.mono);
	conns_tick(c->conns);
	secret_store_tick(c->secrets);
	if (mono_reached(lists_deadline(c->lists), now.mono))
		lists_tick(c->lists, conns_spare(c->conns));
	if (mono_reached(c->secrets_check, now.mono)) {
		c->secrets_check = mono_add_ms(now.mono, SECRETS_CHECK_MS);
		if (c->npeers > 0)
			review_begin(c, REVIEW_SECRETS);
		else
			check_secrets(c);
	}
	addrcache_tick(c->env.addrcache, now.mono, &c->actions);
	core_settle(c);
}
