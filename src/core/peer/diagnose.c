/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evidence for why a node can be reached or not, and how it is got. */
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"
#include "core/timings.h"

/* --- getting it ----------------------------------------------------------- */

/* Whether a connection to that node is being made. One that stood before may
 * hang by now and says nothing. */
static bool
is_dialled(const struct core *c, const char *name)
{
	struct conn_info info;
	size_t pos = 0;

	while (conns_info(c->conns, &pos, &info))
		if (info.dialled && !info.settled &&
		    strcmp(info.peer, name) == 0)
			return true;
	return false;
}

/* Makes a connection only to see the peer's name; or the pair, when there is
 * none. */
static void
dial_peer(struct peer *p)
{
	struct core *c = p->core;
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	struct monotime now = c->env.now.mono;
	size_t n = peer_endpoints(c, p->name, eps);

	p->probe_due = mono_is_set(p->probed) &&
		       mono_ms(p->probed, now) < DIAGNOSE_DIAL_MS;
	if (p->probe_due)
		return;
	p->probed = now;
	peer_flags(p, assoc_resume(p->assoc, &c->env), NULL);
	records_ask(c, p->name);
	peer_look_up(c, p->name);
	if (n == 0 || is_dialled(c, p->name))
		return;
	if (secrets_held(p->entry) == NULL)
		peer_ask(p);
	else
		(void)conns_dial(c->conns, p->name, eps, n, CONN_LIST);
}

/* A PONG, or a session that is younger than the PING. */
static bool
has_answered(const struct peer *p, const struct assoc_status *ls)
{
	struct monotime now = p->core->env.now.mono;

	if (!ls->up)
		return false;
	if (!mono_is_set(p->pinged) ||
	    mono_ms(p->pinged, now) >= DIAGNOSE_FRESH_MS)
		return true;
	return !mono_before(p->ponged, p->pinged) ||
	       ls->session_age_ms < mono_ms(p->pinged, now);
}

void
diagnose_probe(struct peer *p, bool by_tcp)
{
	const struct core *c = p->core;
	struct monotime now = c->env.now.mono;
	struct assoc_status ls;

	assoc_status(p->assoc, now, &ls);
	/* Not while an answer may still be on its way. */
	if (has_answered(p, &ls) || !mono_before(p->ponged, p->pinged) ||
	    mono_ms(p->pinged, now) >= DIAGNOSE_PING_MS)
		records_ping(p);
	if (by_tcp || !assoc_can_send(p->assoc, now))
		dial_peer(p);
	peer_touch(p);
}

/* --- the answer --------------------------------------------------------- */

static void
find_nearest(const struct bnl *b, const char *name, struct why *out)
{
	const char **names = calloc((size_t)b->nnodes + 1, sizeof(*names));
	struct span word = { name, strlen(name) };
	const char *nearest;
	int n = 0;

	/* `beta` for beta.example.org; then typing errors. */
	for (uint32_t i = 0; i < b->nnodes && n < WHY_NEAREST_MAX; i++)
		if (word.len > 0 &&
		    strncmp(b->nodes[i].name, name, word.len) == 0)
			out->nearest[n++] = b->nodes[i].name;
	if (names == NULL || n > 0) {
		free(names);
		return;
	}
	for (uint32_t i = 0; i < b->nnodes; i++)
		names[i] = b->nodes[i].name;
	nearest = text_nearest(word, names);
	if (nearest != NULL)
		out->nearest[n] = nearest;
	free(names);
}

static void
look_up(const struct core *c, const char *name, struct why *out)
{
	const struct history_entry *removal = warnings_removal(c);
	const struct bnl *b = c->env.stale ? NULL : c->env.bnl;
	const struct bnl_node *node;
	const struct history_entry *o = history_get(c->env.history, name);

	out->name = name;
	out->self = strcmp(name, c->self) == 0;
	out->ours = *core_env_serves(&c->env);
	out->list = b != NULL && c->self_node != ROUTE_NONE;
	out->removed_us = b != NULL && c->self_node == ROUTE_NONE;
	if (b != NULL) {
		node = bnl_find(b, name);
		out->listed = node != NULL;
		out->pinned = node != NULL && node->pinned;
		if (out->pinned)
			memcpy(out->pin, node->pin, FINGERPRINT_LEN);
		if (node == NULL)
			find_nearest(b, name, out);
	}
	if (o != NULL) {
		out->gone = o->gone;
		out->gone_by = o->gone_by;
	}
	if (removal != NULL) {
		out->removed_by = removal->name;
		out->judged_by = removal->theirs.list;
	}
	out->clock_wrong = c->clock_wrong;
	if (b != NULL && bnl_admits_by_key(b, c->self, c->env.cert.fingerprint))
		return; /* nobody asks for the dates */
	out->cert_ended = c->env.cert.not_after.s <= c->env.now.wall.s;
	out->cert_early = c->env.cert.not_before.s > c->env.now.wall.s;
}

static void
take_refusals(const struct history_entry *o, struct monotime since,
	      struct why *out)
{
	const struct history_refusal *r = &o->theirs;

	out->bye = o->bye;
	if (o->ours.code != 0 && !mono_before(o->ours.at, since)) {
		out->refused_it = o->ours.code;
		memcpy(out->offered, o->ours.key, FINGERPRINT_LEN);
		r = &o->ours;
		if (o->ours.code == REFUSE_WRONG_NAME)
			text_escape_rest(out->other, sizeof(out->other),
					 r->text);
	}
	if (o->theirs.code != 0 && !mono_before(o->theirs.at, since)) {
		out->refused_us = o->theirs.code;
		if (out->removed_by == NULL)
			out->judged_by = o->theirs.list;
		r = &o->theirs;
	}
	text_escape_rest(out->refusal, sizeof(out->refusal), r->text);
}

static void
take_address(const struct history_address *a, struct why *out)
{
	const char *text = a->text == NULL ? "" : a->text;

	out->tried = a->to;
	switch (a->kind) {
	case HISTORY_REACHED:
		out->reached++;
		break;
	case HISTORY_CLOSED:
		out->closed++;
		break;
	case HISTORY_SILENT:
		out->silent++;
		break;
	case HISTORY_DATE:
		text_escape_rest(out->date, sizeof(out->date), text);
		break;
	case HISTORY_OTHER:
		if (out->other[0] == '\0')
			text_escape_rest(out->other, sizeof(out->other), text);
		break;
	case HISTORY_FAILED:
		text_escape_rest(out->failed, sizeof(out->failed), text);
		break;
	}
}

/* The tries that count: those of the probe, else the recent ones. The last
 * one is of the kind that the verdict speaks of. */
static void
take_notes(const struct peer *p, struct why *out)
{
	const struct core *c = p->core;
	const struct history_entry *o = p->entry->history;
	struct monotime now = c->env.now.mono;
	struct monotime since = mono_add_ms(now, -DIAGNOSE_NOTE_MS);

	if (o == NULL)
		return;
	if (out->probed)
		since = p->probed;
	/* A PING is where the next probe begins. */
	if (mono_before(since, p->pinged))
		since = p->pinged;
	take_refusals(o, since, out);
	for (int kind = HISTORY_FAILED; kind >= HISTORY_REACHED; kind--)
		for (size_t i = 0; i < o->naddresses; i++)
			if ((int)o->addresses[i].kind == kind &&
			    !mono_before(o->addresses[i].at, since))
				take_address(&o->addresses[i], out);
}

/* TCP leads nowhere, as far as the probe shows: each address of the list was
 * tried in vain, or the last of them keeps silent for long. */
static bool
is_tcp_shut(const struct peer *p, const struct why *w)
{
	const struct core *c = p->core;
	struct monotime now = c->env.now.mono;
	size_t listed = peer_listed_count(p), ended = w->closed + w->silent;

	if (listed == 0 || w->reached > 0 || !w->probed)
		return false;
	if (is_dialled(c, p->name))
		return ended + 1 >= listed &&
		       mono_ms(p->probed, now) >= DIAGNOSE_UNHEARD_MS;
	return ended >= listed;
}

/* A host name of the node that has no address, where no other address is in
 * the list. */
static void
take_host(const struct peer *p, struct why *out)
{
	const struct core *c = p->core;
	const struct bnl_node *node = bnl_find(c->gen->bnl, p->name);
	const char *why;

	if (peer_listed_count(p) > 0)
		return;
	for (uint32_t i = 0; node != NULL && i < node->naddresses; i++) {
		const char *host = node->addresses[i].host;

		if (host == NULL || !hosts_lacks(c->hosts, host, &why))
			continue;
		out->host = host;
		text_escape_rest(out->host_error, sizeof(out->host_error),
				 why == NULL ? "" : why);
		return;
	}
}

/* The peer was heard, or called, after a PING that it never answered. */
static bool
is_unheard(const struct peer *p, const struct assoc_status *ls)
{
	int64_t ms = mono_ms(p->pinged, p->core->env.now.mono);

	return mono_before(p->ponged, p->pinged) && ms >= DIAGNOSE_UNHEARD_MS &&
	       ms < DIAGNOSE_FRESH_MS &&
	       ((ls->heard_ms >= 0 && ls->heard_ms < ms) ||
		(ls->taken_ms >= 0 && ls->taken_ms < ms));
}

static void
take_peer(const struct peer *p, struct why *out)
{
	const struct core *c = p->core;
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	const struct bnl_version *seen = lists_of(p->entry);
	struct assoc_status ls;

	assoc_status(p->assoc, c->env.now.mono, &ls);
	out->answered = has_answered(p, &ls);
	out->rtt_us = p->rtt_us;
	out->at = *assoc_remote(p->assoc);
	out->addresses = peer_endpoints(c, p->name, eps);
	if (out->addresses > 0)
		out->tried = eps[0];
	if (seen != NULL)
		out->theirs = *seen;
	out->has_pair = secrets_held(p->entry) != NULL;
	out->one_way = peer_is_one_way(p, &ls) || is_unheard(p, &ls);
	if (strcmp(c->ask.name, p->name) == 0 &&
	    mono_ms(c->ask.at, c->env.now.mono) < DIAGNOSE_FRESH_MS) {
		out->asked = c->ask.asked;
		out->up = c->ask.up;
		out->down = c->ask.down;
	}
	out->probed = mono_is_set(p->probed) &&
		      mono_ms(p->probed, c->env.now.mono) < DIAGNOSE_FRESH_MS;
	take_host(p, out);
	take_notes(p, out);
	out->tcp_shut = is_tcp_shut(p, out);
}

/* Whether nothing more can come that would change the verdict. */
static bool
is_settled(const struct peer *p, const struct why *w)
{
	const struct core *c = p->core;

	if (is_dialled(c, p->name) || p->probe_due)
		return false;
	if (w->answered)
		return true;
	if (!w->probed || mono_before(p->probed, p->pinged))
		return false;
	if (w->host != NULL)
		return w->host_error[0] != '\0';
	return (w->refused_us != 0 || w->refused_it != 0 ||
		w->date[0] != '\0' || w->failed[0] != '\0' ||
		w->other[0] != '\0' || w->closed >= w->addresses) &&
	       w->up + w->down >= w->asked;
}

void
diagnose_why(const struct core *c, const char *name, struct why *out,
	     bool *done)
{
	const struct peer *p = peer_named(c, name);

	memset(out, 0, sizeof(*out));
	look_up(c, name, out);
	*done = true;
	if (p == NULL)
		return;
	take_peer(p, out);
	*done = is_settled(p, out);
}
