/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The warnings for an administrator before harm is done: the present ones can
 * be asked for, and are logged once a day. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/core_impl.h"

#include "format/bnl_sign.h"
#include "core/timings.h"

#define DAY_S 86400

/* --- of this node --------------------------------------------------------- */

const struct history_entry *
warnings_removal(const struct core *c)
{
	const struct history_entry *o =
		history_removal(c->env.history, &c->env.version);

	return o == NULL || peer_named(c, o->name) == NULL ? NULL : o;
}

static bool
own_clock(const struct core *c, struct warning *w)
{
	w->kind = EVENT_CLOCK;
	snprintf(w->text, sizeof(w->text),
		 "the clock is wrong: it is before this program was built, or "
		 "before the newest list");
	return c->clock_wrong;
}

/* All other nodes go by the key that the list pins for this one. */
static bool
own_is_admitted_by_key(const struct core *c)
{
	const struct bnl *b = c->env.stale ? NULL : c->env.bnl;

	return b != NULL &&
	       bnl_admits_by_key(b, c->self, c->env.cert.fingerprint);
}

/* Whether the list in force revokes this node's key, or that of a CA above
 * it. */
static bool
own_is_revoked(const struct core *c, const char **whose)
{
	const struct bnl *b = c->env.stale ? NULL : c->env.bnl;
	const struct cert_info *cert = &c->env.cert;

	*whose = "the key of this node's certificate, or of a CA above it,";
	if (core_env_held_revokes(&c->env, c->self, cert->fingerprint,
				  &cert->above))
		return true;
	*whose = "the key of this node's certificate";
	if (b == NULL)
		return false;
	if (bnl_is_revoked(b, cert->fingerprint))
		return true;
	*whose = "the key of a CA above this node's certificate";
	return bnl_revoked_above(b, &cert->above) != NULL;
}

static bool
own_certificate(const struct core *c, struct warning *w)
{
	const char *whose;
	int64_t left = c->env.cert.not_after.s - c->env.now.wall.s;
	bool early = c->env.now.wall.s < c->env.cert.not_before.s;
	char at[TEXT_TIME_MAX];

	w->kind = EVENT_CERT_END;
	if (own_is_admitted_by_key(c))
		return false;
	if (own_is_revoked(c, &whose)) {
		snprintf(w->text, sizeof(w->text),
			 "the list revokes %s: all other nodes refuse this one "
			 "until it has another certificate",
			 whose);
		return true;
	}
	if (early)
		snprintf(w->text, sizeof(w->text),
			 "the certificate of this node is not valid before %s: "
			 "no other node agrees on a secret with it",
			 text_time_format(at, c->env.cert.not_before));
	else if (left <= 0)
		snprintf(w->text, sizeof(w->text),
			 "the certificate of this node has ended: no other "
			 "node agrees on a secret with it");
	else
		snprintf(w->text, sizeof(w->text),
			 "the certificate of this node ends in %d days",
			 (int)(left / DAY_S));
	return (early || left < (int64_t)WARNING_AHEAD_DAYS * DAY_S) &&
	       !c->clock_wrong;
}

/* The list in force, or a node that has a newer one, says so. */
static bool
own_removal(const struct core *c, struct warning *w)
{
	static const char way[] =
		"; `cluevpnctl invite` on the host that signs the list, then "
		"`cluevpnctl join` here, let it in again";
	static const char revoked[] = ", or its key or that of a CA above its "
				      "certificate was revoked";
	const struct history_entry *o = warnings_removal(c);
	char version[BNL_VERSION_TEXT_MAX];
	bool gone =
		c->gen != NULL && !c->env.stale && c->self_node == ROUTE_NONE;

	w->kind = EVENT_LIST_SELF_GONE;
	if (gone)
		snprintf(w->text, sizeof(w->text),
			 "this node was removed from the network: the list in "
			 "force does not name %s%s",
			 c->self, way);
	else if (o != NULL)
		snprintf(w->text, sizeof(w->text),
			 "this node was removed from the network%s: %s refuses "
			 "it by the newer list of %s%s",
			 o->theirs.code == REFUSE_REVOKED ? revoked : "",
			 o->name, bnl_version_format(version, &o->theirs.list),
			 way);
	return gone || o != NULL;
}

static bool
own_list(const struct core *c, struct warning *w)
{
	int64_t age = c->env.now.wall.s - c->env.version.timestamp.s;
	int64_t most = c->env.conf->listmaxage;
	char text[TEXT_SPAN_MAX];

	w->kind = EVENT_LIST_OLD;
	snprintf(w->text, sizeof(w->text), "the list was signed %s ago",
		 text_duration(text, age));
	return most > 0 && age > most && c->env.bnl != NULL && !c->clock_wrong;
}

static bool
own_held(const struct core *c, struct warning *w)
{
	char text[HELD_TEXT_MAX];

	w->kind = EVENT_LIST_HELD;
	if (c->env.held == NULL)
		return false;
	snprintf(w->text, sizeof(w->text), "%s",
		 core_env_held_text(text, &c->env));
	return true;
}

/* Most of those that told differ: it is our own. */
static bool
own_clock_off(const struct core *c, struct warning *w)
{
	w->kind = EVENT_CLOCK_OFF;
	snprintf(w->text, sizeof(w->text),
		 "the clock of this host is off: those of %zu of %zu nodes "
		 "differ by more than %d s",
		 c->clocks_off, c->clocks, WARNING_CLOCK_S);
	return c->clocks_off * 2 > c->clocks;
}

/* --- of a peer ------------------------------------------------------------ */

static bool
peer_certificate(const struct peer *p, struct warning *w)
{
	const struct core *c = p->core;
	const struct pair_record *r = secret_store_get(c->secrets, p->name);
	const struct bnl *b = c->env.stale ? NULL : c->env.bnl;
	int64_t end = r == NULL ? 0 : r->pairs[0].peer_end.s, left;

	/* A record may know the earlier end alone: if that is not ours, it is
	 * the peer's. */
	if (r == NULL ||
	    (b != NULL &&
	     bnl_admits_by_key(b, p->name, r->pairs[0].peer_key)) ||
	    end >= c->env.cert.not_after.s || c->clock_wrong)
		return false;
	left = end - c->env.now.wall.s;
	w->kind = EVENT_PEER_CERT_END;
	if (left <= 0)
		snprintf(w->text, sizeof(w->text), "its certificate has ended");
	else
		snprintf(w->text, sizeof(w->text),
			 "its certificate ends in %d days",
			 (int)(left / DAY_S));
	return left < (int64_t)WARNING_AHEAD_DAYS * DAY_S;
}

static bool
peer_clock(const struct peer *p, struct warning *w)
{
	int64_t s = p->clock_s;

	if (!peer_clock_is_off(p) || own_clock_off(p->core, w))
		return false;
	w->kind = EVENT_CLOCK_OFF;
	snprintf(w->text, sizeof(w->text), "its clock is %lld s %s ours",
		 (long long)(s < 0 ? -s : s), s < 0 ? "behind" : "ahead of");
	return true;
}

bool
peer_is_one_way(const struct peer *p, const struct assoc_status *ls)
{
	(void)p;
	return !ls->up && ls->unheard >= WARNING_UNHEARD && ls->taken_ms >= 0 &&
	       ls->taken_ms < WARNING_UNHEARD_MS;
}

static bool
peer_one_way(const struct peer *p, struct warning *w)
{
	struct assoc_status ls;

	assoc_status(p->assoc, p->core->env.now.mono, &ls);
	w->kind = EVENT_ONE_WAY;
	snprintf(w->text, sizeof(w->text),
		 "it is heard, and does not hear this node");
	return peer_is_one_way(p, &ls);
}

static bool
peer_path(const struct peer *p, struct warning *w)
{
	w->kind = EVENT_MTU;
	pmtu_probe_text(p, w->text, sizeof(w->text));
	return pmtu_probe_is_narrow(p);
}

void
peer_mute_text(const struct peer *p, char *out, size_t cap)
{
	snprintf(out, cap,
		 "%llu of its compressed packets were malformed: it has a "
		 "fault or attacks this node; its compressed packets are "
		 "dropped for %d s at a time",
		 (unsigned long long)p->drops[DROP_UNPACK],
		 MUTE_HOLD_MS / 1000);
}

static bool
peer_muted(const struct peer *p, struct warning *w)
{
	w->kind = EVENT_MUTED;
	peer_mute_text(p, w->text, sizeof(w->text));
	return mute_is_recent(&p->mute, p->core->env.now.mono);
}

/* --- all of them ---------------------------------------------------------- */

static bool (*const own[])(const struct core *, struct warning *) = {
	own_removal, own_clock, own_certificate,
	own_list,    own_held,	own_clock_off,
};

static bool (*const of_peer[])(const struct peer *, struct warning *) = {
	peer_certificate, peer_clock, peer_one_way, peer_path, peer_muted,
};

#define OWN (sizeof(own) / sizeof(*own))
#define OF_PEER (sizeof(of_peer) / sizeof(*of_peer))

/* Writes where the peer is, as far as that is known. */
static void
add_address(const struct peer *p, struct warning *w)
{
	const struct endpoint *ep = assoc_remote(p->assoc);
	size_t len = strlen(w->text);
	char at[ENDPOINT_TEXT_MAX];

	if (ep->port != 0)
		snprintf(w->text + len, sizeof(w->text) - len, " (at %s)",
			 endpoint_format(at, ep));
}

bool
core_own_warning(struct core *c, struct now now, size_t *pos,
		 struct warning *out)
{
	c->env.now = now;
	out->peer = NULL;
	while (*pos < OWN)
		if (own[(*pos)++](c, out))
			return true;
	return false;
}

bool
core_peer_warning(struct core *c, struct now now, size_t i, size_t *pos,
		  struct warning *out)
{
	const struct peer *p = c->peers[i];

	c->env.now = now;
	out->peer = p->name;
	while (*pos < OF_PEER)
		if (of_peer[(*pos)++](p, out)) {
			add_address(p, out);
			return true;
		}
	return false;
}

/* --- the log -------------------------------------------------------------- */

static void
look_at_clock(struct core *c)
{
	const struct core_env *env = &c->env;
	bool sane = clock_is_sane(env->now.wall, env->built,
				  lists_mark(c->lists)->timestamp);

	if (sane && c->clock_wrong)
		actions_event(&c->actions, EVENT_INFO, EVENT_CLOCK, NULL,
			      "the clock is right again");
	if (sane)
		c->warned &= ~(UINT32_C(1) << EVENT_CLOCK);
	c->clock_wrong = !sane;
}

static void
say_warning(struct core *c, const struct warning *w)
{
	struct peer *p = w->peer == NULL ? NULL : peer_named(c, w->peer);
	uint32_t *warned = p == NULL ? &c->warned : &p->warned;
	uint32_t bit = UINT32_C(1) << w->kind;
	bool ended = w->kind == EVENT_CERT_END &&
		     c->env.cert.not_after.s <= c->env.now.wall.s;

	if (*warned & bit)
		return;
	*warned |= bit;
	actions_event(&c->actions, ended ? EVENT_ERROR : EVENT_WARN, w->kind,
		      w->peer, "%s", w->text);
}

void
warnings_own(struct core *c)
{
	struct monotime now = c->env.now.mono;
	struct now at = c->env.now;
	struct warning w;
	size_t pos = 0;

	if (!mono_is_set(c->warned_since) ||
	    mono_ms(c->warned_since, now) >= WARNINGS_AGAIN_MS) {
		/* Warnings that still stand are said once more. */
		c->warned_since = now;
		c->warned &= UINT32_C(1) << EVENT_CLOCK;
		for (size_t i = 0; i < c->npeers; i++)
			c->peers[i]->warned = 0;
	}
	look_at_clock(c);
	while (core_own_warning(c, at, &pos, &w))
		say_warning(c, &w);
}

void
warnings_peer(struct core *c, size_t i)
{
	struct warning w;
	size_t pos = 0;

	while (core_peer_warning(c, c->env.now, i, &pos, &w))
		say_warning(c, &w);
}
