/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The negotiation of a connection: the steps of its machine, taken. */
#include "core/conn/conn_negotiation.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "core/action.h"
#include "core/conn/admission.h"
#include "core/conn/conn_end.h"
#include "core/conn/conn_report.h"
#include "core/conn/dial.h"

/* --- who may ------------------------------------------------------------- */

/* Connections that the same peer dialled, from a state on. */
static bool
is_another(const struct conn *c, const struct conn *ch, enum conn_state from)
{
	return c != ch && !c->dialled && c->state >= from &&
	       c->state != CONN_ENDING && strcmp(c->peer, ch->peer) == 0;
}

static unsigned int
count_others(const struct conn *ch)
{
	unsigned int n = 0;

	for (const struct conn *c = ch->ctx->all; c != NULL; c = c->next)
		n += is_another(c, ch, CONN_TLS + 1);
	return n;
}

bool
conn_has_too_many(const struct conn *ch)
{
	return admission_is_crowd(count_others(ch));
}

static bool
is_delivering(const struct conns *ctx)
{
	for (const struct conn *c = ctx->all; c != NULL; c = c->next)
		if (c->list.open && c->deliver_only)
			return true;
	return false;
}

static void
end_older(const struct conn *ch)
{
	for (struct conn *c = ch->ctx->all; c != NULL; c = c->next)
		if (is_another(c, ch, CONN_ANSWER) && c->state < CONN_OPEN)
			conn_end(c, "a newer connection takes its place");
}

static enum neg_event
admit(struct conn *ch, bool negotiates)
{
	struct conns *ctx = ch->ctx;
	const char *dialled = ch->dialled ? ch->peer : NULL;
	const struct admission_case c = {
		.now = ctx->env->now.mono,
		.peer = ch->peer,
		.seq = ch->seq,
		.dialled = ch->dialled,
		.others = count_others(ch),
		.negotiates = negotiates,
		.code = admission_check(ctx->env, &ch->cert, dialled),
		.deliver_only = ch->deliver_only,
		.takes = lists_would_take(ctx->lists, ch->peer,
					  &ch->negotiation->theirs.list),
		.delivering = is_delivering(ctx),
	};
	struct conn_heard *heard =
		negotiates ? conn_heard_get(ctx->env, ch->peer) : NULL;
	struct verdict v = admission_judge(&c, heard, &ctx->unlisted);

	if (v.newest)
		end_older(ch);
	if (v.code == ADMIT_YES)
		return NEG_ADMITTED;
	conn_refuse(ch, v.code, v.why);
	return NEG_NOTHING;
}

/* --- steps --------------------------------------------------------------- */

static bool
lower_dialled(const struct conn *ch)
{
	return (strcmp(ch->ctx->env->self, ch->peer) < 0) == ch->dialled;
}

static enum neg_event
compare_pairs(struct conn *ch)
{
	const struct hello *theirs = &ch->negotiation->theirs;

	secret_store_hello(ch->ctx->secrets, ch->peer, lower_dialled(ch),
			   theirs->held, theirs->nheld);
	return NEG_COMPARED;
}

static enum neg_event
export_key(struct conn *ch, uint8_t exporter[SHA256_LEN])
{
	const uint8_t *th = ch->negotiation->th;

	if (ch->stream.ops->export_key(ch->stream.tls, LABEL_TLS_EXPORT, th,
				       SHA256_LEN, exporter, SHA256_LEN) == 0)
		return NEG_EXPORTED;
	conn_end(ch, "no key from TLS");
	return NEG_NOTHING;
}

/* The list in force is to be offered unasked: another one than our HELLO told
 * of, as nothing else would tell the peer of it; or one that a dialler lacks,
 * which saves its question and a round trip. */
static bool
is_to_offer(const struct conn *ch)
{
	const struct bnl_version *v = core_env_serves(ch->ctx->env);
	const struct negotiation *n = ch->negotiation;

	return bnl_version_cmp(&n->mine.list, v) != 0 ||
	       (!ch->dialled && !ch->deliver_only &&
		bnl_version_cmp(&n->theirs.list, v) < 0);
}

/* The HELLOs are exchanged: lists may be. */
static void
open_lists(struct conn *ch)
{
	struct core_env *env = ch->ctx->env;
	struct transfer *transfer = lists_transfer(ch->ctx->lists);
	const struct negotiation *n = ch->negotiation;

	transfer_open(transfer, &ch->list, ch->id, ch->peer, ch->deliver_only,
		      &n->theirs.list);
	if (is_to_offer(ch))
		transfer_offer(transfer, &ch->list);
	if (ch->dialled)
		history_try(env->history, env->now.mono, ch->peer, &ch->remote,
			    HISTORY_REACHED, NULL);
	else
		history_met(env->history, ch->peer);
	ch->told = n->theirs.list;
	conn_tell(ch, NEWS_SEEN);
}

static void
store_pair(struct conn *ch, struct neg_out *out)
{
	int rc = secret_store_add(ch->ctx->secrets, ch->peer, &out->pair);

	bytes_wipe(&out->pair, sizeof(out->pair));
	if (rc < 0)
		conn_end(ch, "out of memory");
	else
		conn_set_state(ch, out->next);
}

/* The negotiation is over, and the connection goes on. */
static void
go_on(struct conn *ch)
{
	conn_negotiation_end(ch);
	conn_set_state(ch, CONN_OPEN);
}

static void
on_done(struct conn *ch)
{
	const struct selection *s = &ch->negotiation->selection;
	char level[16] = "";

	if (s->level > 0)
		snprintf(level, sizeof(level), " level %u", s->level);
	actions_event(ch->ctx->env->actions, EVENT_INFO, EVENT_PAIR_NEW,
		      ch->peer,
		      "negotiated %s, %s%s (generation %u, %s "
		      "dialled)",
		      aead_name(s->cipher), comp_name(s->comp), level,
		      s->generation, ch->dialled ? "we" : "it");
	conn_unsay(ch);
	ch->negotiated = true;
	conn_tell(ch, NEWS_NEGOTIATED);
	go_on(ch);
	conn_end_if_done(ch);
}

static void
on_failed(struct conn *ch, const struct neg_out *out)
{
	ch->behind = out->behind;
	ch->nothing_in_common = out->nothing_in_common;
	open_lists(ch);
	conn_say(ch, EVENT_NEGOTIATE_FAILED, out->why);
	conn_set_reason(ch, out->why);
	ch->failed = true;
	if (ch->dialled)
		conn_tell(ch, NEWS_FAILED);
	go_on(ch);
	conn_end_if_done(ch);
}

static void
on_fetch(struct conn *ch, const struct neg_out *out)
{
	dial_settle(ch);
	open_lists(ch);
	go_on(ch);
	if (out->why[0] == '\0')
		return;
	ch->failed = true;
	conn_set_reason(ch, out->why);
	conn_tell(ch, NEWS_FAILED);
}

static void
on_refuse(struct conn *ch, const struct neg_out *out)
{
	if (out->used_up)
		secret_store_erase(ch->ctx->secrets, ch->peer,
				   "the generations are used up");
	conn_refuse(ch, out->code, out->why);
}

static void
move_to(struct conn *ch, enum conn_state next)
{
	if (next != ch->state)
		conn_set_state(ch, next);
}

/* Takes a step. Returns the answer to a question. */
static enum neg_event
take_step(struct conn *ch, enum neg_step step, struct neg_out *out,
	  uint8_t exporter[SHA256_LEN])
{
	switch (step) {
	case NEG_ADMIT:
		return admit(ch, out->negotiates);
	case NEG_COMPARE:
		move_to(ch, out->next);
		return compare_pairs(ch);
	case NEG_EXPORT:
		return export_key(ch, exporter);
	case NEG_WAIT:
		move_to(ch, out->next);
		break;
	case NEG_AGREED:
		move_to(ch, out->next);
		open_lists(ch);
		break;
	case NEG_STORE:
		store_pair(ch, out);
		break;
	case NEG_DONE:
		on_done(ch);
		break;
	case NEG_LISTS:
		open_lists(ch);
		go_on(ch);
		break;
	case NEG_FETCH:
		on_fetch(ch, out);
		break;
	case NEG_FAILED:
		on_failed(ch, out);
		break;
	case NEG_REFUSE:
		on_refuse(ch, out);
		break;
	case NEG_END:
		conn_end(ch, out->why);
		break;
	}
	return NEG_NOTHING;
}

/* --- events -------------------------------------------------------------- */

static struct neg_env
env_of(const struct conn *ch)
{
	const struct conns *ctx = ch->ctx;
	struct neg_env env = {
		.at = ch->state,
		.core = ctx->env,
		.peer = ch->peer,
		.algos = conf_algos_for(ctx->env->conf, ch->peer),
		.mine = &ch->mine,
		.cert = &ch->cert,
		.dialled = ch->dialled,
		.lower_dialled = lower_dialled(ch),
		.wanted = (ch->purpose & CONN_PAIR) != 0,
		.able = admission_can_negotiate(ctx->env),
		.deliver_only = ch->deliver_only,
		.negotiated = ch->negotiated,
		.settled = secret_store_settled(ctx->secrets, ch->peer),
	};

	if (env.settled)
		secret_store_list(ctx->secrets, ch->peer, env.held, &env.nheld);
	if (ch->state == CONN_STORE)
		env.place = secret_store_place(ctx->secrets, ch->peer,
					       ch->negotiation->keys.id);
	return env;
}

/* Behind a HELLO without a negotiation. */
static int
send_have(struct conn *ch)
{
	uint8_t payload[LIST_HAVE_LEN];
	size_t len =
		transfer_make_have(lists_transfer(ch->ctx->lists), payload);

	return frames_send(&ch->stream, FRAME_LIST_HAVE, payload, len);
}

/* False: the connection is over. */
static bool
send_frames(struct conn *ch, const struct neg_out *out)
{
	if (out->payload == NULL)
		return true;
	if (frames_send(&ch->stream, out->send, out->payload, out->len) == 0 &&
	    (!out->have || send_have(ch) == 0)) {
		conn_arm(ch);
		return true;
	}
	conn_lose(ch, ch->stream.ops->reason(ch->stream.tls));
	return false;
}

static void
negotiate(struct conn *ch, enum neg_event event, const uint8_t *in, size_t len)
{
	enum frame_type type = ch->stream.head.type;
	uint8_t exporter[SHA256_LEN] = { 0 };
	struct neg_out out;

	while (event != NEG_NOTHING) {
		struct neg_env env = env_of(ch);
		enum neg_step step = negotiation_in(ch->negotiation, &env,
						    event, type, in, len, &out);

		event = send_frames(ch, &out) ?
				take_step(ch, step, &out, exporter) :
				NEG_NOTHING;
		in = exporter;
		len = sizeof(exporter);
	}
	bytes_wipe(exporter, sizeof(exporter));
}

void
conn_negotiation_start(struct conn *ch)
{
	ch->negotiation = negotiation_new();
	if (ch->negotiation == NULL)
		conn_end(ch, "out of memory");
	else
		negotiate(ch, NEG_START, NULL, 0);
}

void
conn_negotiation_frame(struct conn *ch)
{
	size_t len;
	const uint8_t *frame = frames_frame(&ch->stream, &len);

	negotiate(ch, NEG_FRAME, frame, len);
}

void
conn_negotiation_poke(struct conn *ch)
{
	/* No other state waits for the disk. */
	if (ch->state == CONN_SETTLE || ch->state == CONN_ANSWER ||
	    ch->state == CONN_STORE)
		negotiate(ch, NEG_DISK, NULL, 0);
}
