/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists over connections. */
#include "bnlsync_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/action.h"

#define ANSWER_MS 10000		 /* from QUERY to HAVE */
#define WAIT_MS 200		 /* between two looks at whose turn it is */
#define TRANSFER_MS 60000	 /* for a whole list, and */
#define TRANSFER_MS_PER_64K 1000 /* for each 64 KiB of it */

struct bnlsync *
bnlsync_new(struct core_env *env, const struct bnl_version *mark)
{
	struct bnlsync *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->env = env;
	bnlpeers_init(&s->peers, &env->rng);
	bnldiffs_init(&s->diffs, &env->version);
	s->round = bnlround_new(env, &s->peers);
	s->take = bnltake_new(env, mark);
	if (s->round == NULL || s->take == NULL) {
		bnlsync_free(s);
		return NULL;
	}
	bnlround_hurry(s->round, bnltake_stale(s->take));
	return s;
}

void
bnlsync_free(struct bnlsync *s)
{
	if (s == NULL)
		return;
	assert(s->conns == NULL);
	bnlround_free(s->round);
	bnltake_free(s->take);
	bnlpeers_free(&s->peers);
	bnldiffs_free(&s->diffs);
	free(s);
}

struct bnlround *
bnlsync_round(struct bnlsync *s)
{
	return s->round;
}

struct bnltake *
bnlsync_take(struct bnlsync *s)
{
	return s->take;
}

struct bnlpeers *
bnlsync_peers(struct bnlsync *s)
{
	return &s->peers;
}

/* There is a frame to be made for it. */
static void
arm_output(struct bnlsync *s, struct bnlsync_conn *c)
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
bnlsync_offer(struct bnlsync *s, struct bnlsync_conn *c)
{
	c->say_have = true;
	arm_output(s, c);
}

static void
stop_receiving(struct bnlsync_conn *c)
{
	buf_free(&c->data);
	c->in = SYNC_IDLE;
	c->say_query = c->say_get = false;
	c->deadline = MONO_NEVER;
}

/* The peer is not asked for a while, nor waited for; counts notes the fault. */
static void
give_up(struct bnlsync *s, struct bnlsync_conn *c, enum refusal reason,
	const char *why,
	void (*counts)(struct bnlpeer *p, struct monotime now))
{
	struct bnlpeer *p = bnlpeer_get(&s->peers, c->peer);

	refusal_tell(s->env, reason, c->peer,
		     "it %s: not asked for a list for a while", why);
	c->told = true;
	if (p != NULL)
		counts(p, s->env->now.mono);
	stop_receiving(c);
}

static void
count_fault(struct bnlsync *s, struct bnlsync_conn *c, enum refusal reason,
	    const char *why)
{
	give_up(s, c, reason, why, bnlpeer_strike);
}

/* --- lists of others ---------------------------------------------------- */

static void
note_version(struct bnlsync *s, struct bnlsync_conn *c,
	     const struct bnl_version *v)
{
	c->theirs = *v;
	bnlround_seen(s->round, c->peer, v);
	bnltake_seen(s->take, c->peer, v);
}

/* Decides on the list at the other side of this connection. */
static void
consider_list(struct bnlsync *s, struct bnlsync_conn *c)
{
	struct monotime now = s->env->now.mono;
	bool wanted = bnltake_wants(s->take, &c->theirs) &&
		      !bnlpeers_mute(&s->peers, c->peer, now);
	int64_t ms;

	if (c->in == SYNC_OFFERED && !wanted)
		stop_receiving(c);
	if (c->in == SYNC_IDLE && wanted) {
		c->in = SYNC_ASKED;
		c->say_query = true;
		c->deadline = mono_add_ms(now, ANSWER_MS);
		arm_output(s, c);
	}
	if (c->in != SYNC_OFFERED)
		return;
	if (bnlturn_must_wait(s->conns, c, s->take, now)) {
		c->deadline = mono_add_ms(now, WAIT_MS);
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
	c->deadline = bnlturn_look(&s->turn, c, now);
	arm_output(s, c);
}

bool
bnlsync_untold(const struct bnlsync *s)
{
	return s->untold;
}

static void
offer_to_all(struct bnlsync *s)
{
	for (struct bnlsync_conn *c = s->conns; c != NULL; c = c->next)
		if (bnl_version_cmp(&c->theirs, &s->env->version) < 0)
			bnlsync_offer(s, c);
	bnlround_push(s->round);
}

void
bnlsync_push(struct bnlsync *s)
{
	s->push = true;
	bnlsync_settle(s);
}

void
bnlsync_settle(struct bnlsync *s)
{
	char from[NODE_NAME_MAX + 1];
	enum bnltake_drop why;

	while (bnltake_next_dropped(s->take, from, &why)) {
		struct bnlpeer *p = bnlpeer_get(&s->peers, from);

		if (why == BNLTAKE_BAD && p != NULL)
			bnlpeer_strike(p, s->env->now.mono);
		if (why == BNLTAKE_BAD_DIFF && p != NULL)
			p->whole = true;
	}
	for (struct bnlsync_conn *c = s->conns; c != NULL; c = c->next)
		consider_list(s, c);
	if (!s->push || bnltake_local_busy(s->take))
		return;
	s->push = false;
	offer_to_all(s);
}

/* --- connections --------------------------------------------------------- */

void
bnlsync_open(struct bnlsync *s, struct bnlsync_conn *c, uint32_t id,
	     const char *peer, bool deliver_only,
	     const struct bnl_version *theirs)
{
	struct bnlpeer *p = bnlpeer_get(&s->peers, peer);
	struct bnlsync_conn **last = &s->conns;

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
bnlsync_close(struct bnlsync *s, struct bnlsync_conn *c, bool lost)
{
	struct bnlsync_conn **at = &s->conns;
	struct bnlpeer *p;

	if (!c->open)
		return;
	if (lost && c->in == SYNC_GETTING && !c->say_get)
		give_up(s, c, REFUSAL_UNDELIVERED,
			"announced a list and did not deliver it",
			buf_len(&c->data) > 0 ? bnlpeer_broke : bnlpeer_strike);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	stop_receiving(c);
	c->open = false;
	p = bnlpeer_find(&s->peers, c->peer);
	if (p != NULL && p->conns > 0)
		p->conns--;
	for (c = s->conns; c != NULL; c = c->next)
		consider_list(s, c);
}

struct monotime
bnlsync_conn_deadline(const struct bnlsync_conn *c)
{
	return c->open ? c->deadline : MONO_NEVER;
}

bool
bnlsync_late(struct bnlsync *s, struct bnlsync_conn *c)
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
		 bnlturn_gives_way(&s->turn, s->conns, c, s->take, now))
		give_up(s, c, REFUSAL_UNDELIVERED,
			"delivers a list slowly, and others wait",
			bnlpeer_broke);
	else if (c->in == SYNC_GETTING) {
		c->deadline = bnlturn_look(&s->turn, c, now);
		return false;
	}
	stop_receiving(c);
	return true;
}

bool
bnlsync_quiet(const struct bnlsync *s, const struct bnlsync_conn *c)
{
	/* The side with the older list is expected to ask, and to say when it
	 * has the newer one. */
	return !c->say_query && !c->say_have && !c->say_get && !c->sending &&
	       c->in == SYNC_IDLE && !bnltake_has(s->take, &c->theirs) &&
	       bnl_version_cmp(&c->theirs, &s->env->version) >= 0;
}

/* --- frames in ----------------------------------------------------------- */

static int
take_have(struct bnlsync *s, struct bnlsync_conn *c, const struct list_have *h,
	  struct err *e)
{
	bool newer = bnltake_wants(s->take, &h->version) &&
		     !bnlpeers_mute(&s->peers, c->peer, s->env->now.mono);

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
take_get(struct bnlsync *s, struct bnlsync_conn *c, const struct bnl_version *v,
	 const struct bnl_version *base, struct err *e)
{
	if (c->sending)
		return err_set(e, ERR_PROTO, "two lists asked for at once");
	if (s->env->bnl == NULL || bnl_version_cmp(v, &s->env->version) != 0) {
		c->say_have = true;
	} else {
		c->sending = true;
		c->sent = 0;
		c->diff = bnldiffs_find(&s->diffs, base);
		c->say_diff = c->diff != NULL;
	}
	arm_output(s, c);
	return 0;
}

/* The LIST_DATA that follow are the difference that LIST_GET asked for. */
static int
take_diff(struct bnlsync *s, struct bnlsync_conn *c, uint32_t len,
	  struct err *e)
{
	if (c->in != SYNC_GETTING || c->say_get || c->is_diff ||
	    buf_len(&c->data) > 0 || c->base.timestamp.s == 0)
		return err_set(e, ERR_PROTO,
			       "a list difference that nobody asked for");
	if (len == 0 || len > LIST_DIFF_MAX || len >= c->have.len) {
		count_fault(s, c, REFUSAL_SIZE,
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
take_data(struct bnlsync *s, struct bnlsync_conn *c, const uint8_t *payload,
	  size_t len, struct err *e)
{
	struct bnltake_offer offer = {.from = c->peer,
				      .announced = &c->have.version};

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
	bnlturn_delivered(&s->turn);
	bnltake_offer(s->take, &offer);
	bnlsync_settle(s);
	return 0;
}

int
bnlsync_frame(struct bnlsync *s, struct bnlsync_conn *c, enum frame_type type,
	      const uint8_t *payload, size_t len, struct err *e)
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
		bnlsync_offer(s, c);
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
bnlsync_applied(struct bnlsync *s)
{
	char from[NODE_NAME_MAX + 1] = "";
	bool taken = bnltake_applied(s->take, from);
	struct bnlpeer *p = bnlpeer_find(&s->peers, from);

	if (p != NULL)
		bnlpeer_delivered(p);
	s->untold = taken && from[0] == '\0' && !s->push;
	bnldiffs_applied(&s->diffs, s->env->bnl);
	bnlround_applied(s->round);
	bnlround_hurry(s->round, bnltake_stale(s->take));
	/* HAVE is an offer, or a receipt for peers that have this list. */
	for (struct bnlsync_conn *c = s->conns; c != NULL; c = c->next) {
		if (!c->sending &&
		    bnl_version_cmp(&c->theirs, &s->env->version) > 0)
			continue;
		c->sending = false;	/* c->diff may be gone */
		bnlsync_offer(s, c);
	}
	/* No node can fetch the list from a node without an address. */
	if (taken && (from[0] != '\0' || (s->untold && s->env->hidden)))
		bnlround_pass_on(s->round);
	bnlsync_settle(s);
}
