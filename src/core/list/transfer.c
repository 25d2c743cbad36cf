/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists over connections. */
#include "core/list/transfer_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/action.h"
#include "core/timings.h"

struct transfer *
transfer_new(struct core_env *env, struct standings *peers, struct diffs *diffs,
	     struct gossip *gossip, struct install *install)
{
	struct transfer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->env = env;
	s->peers = peers;
	s->gossip = gossip;
	s->install = install;
	s->diffs = diffs;
	return s;
}

void
transfer_free(struct transfer *s)
{
	if (s == NULL)
		return;
	assert(s->conns == NULL);
	free(s);
}

/* There is a frame to be made for it. */
static void
arm_output(struct transfer *s, struct transfer_conn *c)
{
	struct action *a;

	if (c->armed)
		return;
	a = actions_add(s->env->actions, ACTION_STREAM_READY);
	if (a == NULL)
		return;
	a->conn = c->id;
	c->armed = true;
}

void
transfer_offer(struct transfer *s, struct transfer_conn *c)
{
	c->say_have = true;
	arm_output(s, c);
}

static void
stop_receiving(struct transfer_conn *c)
{
	buf_free(&c->data);
	c->in = SYNC_IDLE;
	c->say_query = c->say_get = false;
	c->deadline = MONO_NEVER;
}

/* The peer is not asked for a while, nor waited for; counts notes the fault. */
static void
give_up(struct transfer *s, struct transfer_conn *c, enum refusal reason,
	const char *why,
	void (*counts)(struct standing *p, struct monotime now))
{
	struct standing *p = standing_get(s->peers, c->peer);

	refusal_tell(s->env, reason, c->peer,
		     "it %s: not asked for a list for a while", why);
	c->told = true;
	if (p != NULL)
		counts(p, s->env->now.mono);
	stop_receiving(c);
}

static void
count_fault(struct transfer *s, struct transfer_conn *c, enum refusal reason,
	    const char *why)
{
	give_up(s, c, reason, why, standing_strike);
}

/* --- lists of others ---------------------------------------------------- */

static void
note_version(struct transfer *s, struct transfer_conn *c,
	     const struct bnl_version *v)
{
	c->theirs = *v;
	gossip_seen(s->gossip, c->peer, v);
	install_seen(s->install, c->peer, v);
}

/* Decides on the list at the other side of this connection. */
static void
consider_list(struct transfer *s, struct transfer_conn *c)
{
	struct monotime now = s->env->now.mono;
	bool wanted = install_wants(s->install, &c->theirs) &&
		      !standings_mute(s->peers, c->peer, now);
	int64_t ms;

	if (c->in == SYNC_OFFERED && !wanted)
		stop_receiving(c);
	if (c->in == SYNC_IDLE && wanted) {
		c->in = SYNC_ASKED;
		c->say_query = true;
		c->deadline = mono_add_ms(now, TRANSFER_ANSWER_MS);
		arm_output(s, c);
	}
	if (c->in != SYNC_OFFERED)
		return;
	if (transfer_turn_must_wait(s->conns, c, s->install, now)) {
		c->deadline = mono_add_ms(now, TRANSFER_WAIT_MS);
		return;
	}
	c->in = SYNC_GETTING;
	c->say_get = true;
	c->since = c->moved = now;
	c->is_diff = false;
	c->due = c->have.len;
	buf_init(&c->data, c->due);
	ms = TRANSFER_MS + c->have.len / 65536 * TRANSFER_MS_PER_64K;
	c->end = mono_add_ms(now, ms);
	c->deadline = transfer_turn_look(&s->turn, c, now);
	arm_output(s, c);
}

bool
transfer_is_own(const struct transfer *s)
{
	return s->own;
}

static void
offer_to_all(struct transfer *s)
{
	for (struct transfer_conn *c = s->conns; c != NULL; c = c->next)
		if (bnl_version_cmp(&c->theirs, core_env_serves(s->env)) < 0)
			transfer_offer(s, c);
	gossip_push(s->gossip);
}

void
transfer_push(struct transfer *s)
{
	s->push = true;
	transfer_settle(s);
}

void
transfer_settle(struct transfer *s)
{
	char from[NODE_NAME_MAX + 1];
	enum install_drop why;

	while (install_next_dropped(s->install, from, &why)) {
		struct standing *p = standing_get(s->peers, from);

		if (why == INSTALL_BAD && p != NULL)
			standing_strike(p, s->env->now.mono);
		if (why == INSTALL_BAD_DIFF && p != NULL)
			p->whole = true;
	}
	for (struct transfer_conn *c = s->conns; c != NULL; c = c->next)
		consider_list(s, c);
	if (!s->push || install_local_busy(s->install))
		return;
	s->push = false;
	offer_to_all(s);
}

/* --- connections --------------------------------------------------------- */

void
transfer_open(struct transfer *s, struct transfer_conn *c, uint32_t id,
	      const char *peer, bool deliver_only,
	      const struct bnl_version *theirs)
{
	struct standing *p = standing_get(s->peers, peer);
	struct transfer_conn **last = &s->conns;

	memset(c, 0, sizeof(*c));
	c->id = id;
	memcpy(c->peer, peer, strlen(peer) + 1);
	c->open = true;
	c->deliver_only = deliver_only;
	c->deadline = MONO_NEVER;
	while (*last != NULL)
		last = &(*last)->next;
	*last = c;
	if (p != NULL)
		p->conns++;
	note_version(s, c, theirs);
	consider_list(s, c);
}

void
transfer_close(struct transfer *s, struct transfer_conn *c, bool lost)
{
	struct transfer_conn **at = &s->conns;
	struct standing *p;

	if (!c->open)
		return;
	if (lost && c->in == SYNC_GETTING && !c->say_get)
		give_up(s, c, REFUSAL_UNDELIVERED,
			"announced a list and did not deliver it",
			buf_len(&c->data) > 0 ? standing_broke :
						standing_strike);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	stop_receiving(c);
	c->open = false;
	p = standing_find(s->peers, c->peer);
	if (p != NULL && p->conns > 0) {
		p->conns--;
		gossip_closed(s->gossip, p);
	}
	for (c = s->conns; c != NULL; c = c->next)
		consider_list(s, c);
}

struct monotime
transfer_conn_deadline(const struct transfer_conn *c)
{
	return c->open ? c->deadline : MONO_NEVER;
}

bool
transfer_late(struct transfer *s, struct transfer_conn *c)
{
	struct monotime now = s->env->now.mono;

	if (c->in == SYNC_OFFERED) {
		consider_list(s, c);
		return false;
	}
	if (c->in == SYNC_ASKED && !c->say_query)
		count_fault(s, c, REFUSAL_UNDELIVERED,
			    "announced a list and does not answer");
	else if (c->in == SYNC_GETTING && mono_reached(c->end, now))
		count_fault(s, c, REFUSAL_UNDELIVERED,
			    "announced a list and did not deliver it in time");
	else if (c->in == SYNC_GETTING &&
		 transfer_turn_gives_way(&s->turn, s->conns, c, s->install,
					 now))
		give_up(s, c, REFUSAL_UNDELIVERED,
			"delivers a list slowly, and others wait",
			standing_broke);
	else if (c->in == SYNC_GETTING) {
		c->deadline = transfer_turn_look(&s->turn, c, now);
		return false;
	}
	stop_receiving(c);
	return true;
}

bool
transfer_quiet(const struct transfer *s, const struct transfer_conn *c)
{
	/* The side with the older list is expected to ask, and to say when it
	 * has the newer one. */
	return !c->say_query && !c->say_have && !c->say_get && !c->sending &&
	       c->in == SYNC_IDLE && !install_has(s->install, &c->theirs) &&
	       bnl_version_cmp(&c->theirs, core_env_serves(s->env)) >= 0;
}

/* --- frames in ----------------------------------------------------------- */

static int
take_have(struct transfer *s, struct transfer_conn *c,
	  const struct list_have *h, struct err *e)
{
	bool newer = install_wants(s->install, &h->version) &&
		     !standings_mute(s->peers, c->peer, s->env->now.mono);

	note_version(s, c, &h->version);
	if (newer && (h->len == 0 || h->len > BNL_BYTES_MAX)) {
		count_fault(s, c, REFUSAL_SIZE,
			    "announced a list of an impossible size");
		return err_set(e, ERR_PROTO, "a list of %u bytes", h->len);
	}
	if (c->in == SYNC_GETTING &&
	    bnl_version_cmp(&h->version, &c->have.version) == 0)
		return 0; /* the same again: the list asked for comes */
	stop_receiving(c);
	if (newer) {
		c->in = SYNC_OFFERED;
		c->have = *h;
	}
	consider_list(s, c);
	/* Other connections may have been waiting for this one. */
	for (c = s->conns; c != NULL; c = c->next)
		consider_list(s, c);
	return 0;
}

static int
take_get(struct transfer *s, struct transfer_conn *c,
	 const struct bnl_version *v, const struct bnl_version *base,
	 struct err *e)
{
	if (c->sending)
		return err_set(e, ERR_PROTO, "two lists asked for at once");
	if (core_env_served(s->env) == NULL ||
	    bnl_version_cmp(v, core_env_serves(s->env)) != 0) {
		c->say_have = true;
	} else {
		c->sending = true;
		c->sent = 0;
		/* Differences lead to the list in force. */
		c->diff = s->env->held != NULL ? NULL :
						 diffs_find(s->diffs, base);
		c->say_diff = c->diff != NULL;
	}
	arm_output(s, c);
	return 0;
}

/* The LIST_DATA that follow are the difference that LIST_GET asked for. */
static int
take_diff(struct transfer *s, struct transfer_conn *c, uint32_t len,
	  struct err *e)
{
	if (c->in != SYNC_GETTING || c->say_get || c->is_diff ||
	    buf_len(&c->data) > 0 || c->base.timestamp.s == 0)
		return err_set(e, ERR_PROTO,
			       "a list difference that nobody asked for");
	if (len == 0 || len > LIST_DIFF_MAX || len >= c->have.len) {
		count_fault(
			s, c, REFUSAL_SIZE,
			"announced a list difference of an impossible size");
		return err_set(e, ERR_PROTO, "a list difference of %u bytes",
			       len);
	}
	c->is_diff = true;
	c->due = len;
	c->moved = s->env->now.mono;
	return 0;
}

static int
take_data(struct transfer *s, struct transfer_conn *c, const uint8_t *payload,
	  size_t len, struct err *e)
{
	struct install_offer offer = { .from = c->peer,
				       .announced = &c->have.version };

	if (c->in != SYNC_GETTING || c->say_get)
		return err_set(e, ERR_PROTO, "list data that nobody asked for");
	if (len > c->due - buf_len(&c->data)) {
		count_fault(s, c, REFUSAL_OTHER,
			    "sent more of a list than it announced");
		return err_set(e, ERR_PROTO, "more list data than announced");
	}
	c->moved = s->env->now.mono;
	if (buf_put(&c->data, payload, len) < 0)
		return err_nomem(e);
	if (buf_len(&c->data) < c->due)
		return 0;
	/* The memory itself moves on: nothing was consumed from it. */
	offer.raw = c->data.mem;
	offer.len = c->due;
	offer.base = c->is_diff ? &c->base : NULL;
	offer.whole = c->have.len;
	buf_init(&c->data, 0);
	stop_receiving(c);
	transfer_turn_delivered(&s->turn);
	install_offer(s->install, &offer);
	transfer_settle(s);
	return 0;
}

int
transfer_frame(struct transfer *s, struct transfer_conn *c,
	       enum frame_type type, const uint8_t *payload, size_t len,
	       struct err *e)
{
	struct bnl_version v, base;
	struct list_have h;

	c->told = false;
	if (c->deliver_only &&
	    (type == FRAME_LIST_QUERY || type == FRAME_LIST_GET))
		return err_set(e, ERR_PROTO, "%s from a node not in the list",
			       frame_name(type));
	switch (type) {
	case FRAME_LIST_QUERY:
		bnl_version_read(&v, payload);
		note_version(s, c, &v);
		transfer_offer(s, c);
		return 0;
	case FRAME_LIST_HAVE:
		list_have_decode(&h, payload);
		return take_have(s, c, &h, e);
	case FRAME_LIST_GET:
		bnl_version_read(&v, payload);
		bnl_version_read(&base, payload + BNL_VERSION_WIRE_LEN);
		return take_get(s, c, &v, &base, e);
	case FRAME_LIST_DIFF:
		return take_diff(s, c, get_be32(payload), e);
	case FRAME_LIST_DATA:
		return take_data(s, c, payload, len, e);
	default:
		return err_set(e, ERR_PROTO, "%s frame", frame_name(type));
	}
}

/* --- another list in force ----------------------------------------------- */

void
transfer_applied(struct transfer *s)
{
	char from[NODE_NAME_MAX + 1] = "";
	bool taken = install_applied(s->install, from);
	struct standing *p = standing_find(s->peers, from);

	if (p != NULL)
		standing_delivered(p);
	s->own = taken && from[0] == '\0';
	diffs_applied(s->diffs, s->env->bnl);
	gossip_applied(s->gossip);
	gossip_hurry(s->gossip, s->env->stale);
	/* HAVE is an offer, or a receipt for peers that have this list. */
	for (struct transfer_conn *c = s->conns; c != NULL; c = c->next) {
		if (!c->sending &&
		    bnl_version_cmp(&c->theirs, core_env_serves(s->env)) > 0)
			continue;
		c->sending = false; /* c->diff may be gone */
		transfer_offer(s, c);
	}
	/* No node can fetch the list from a node without an address. */
	if (taken && (!s->own || (!s->push && s->env->hidden)))
		gossip_pass_on(s->gossip);
	transfer_settle(s);
}
