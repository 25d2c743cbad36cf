/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HELLOs of a connection and the negotiation of a pair. */
#include "core/conn/negotiation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/secrets/secret_set.h"

struct negotiation *
negotiation_new(void)
{
	return calloc(1, sizeof(struct negotiation));
}

void
negotiation_free(struct negotiation *n)
{
	if (n == NULL)
		return;
	bytes_wipe(n, sizeof(*n));
	free(n);
}

static enum neg_step
refuse(struct neg_out *out, enum refuse_code code, const char *why)
{
	out->code = (int)code;
	snprintf(out->why, sizeof(out->why), "%s", why);
	return NEG_REFUSE;
}

static enum neg_step
ask(struct negotiation *n, enum neg_step question, enum neg_event answer)
{
	n->asked = answer;
	return question;
}

/* --- HELLO --------------------------------------------------------------- */

static void
say_hello(struct negotiation *n, const struct neg_env *env, bool negotiate,
	  struct neg_out *out)
{
	struct hello *h = &n->mine;

	snprintf(h->from, sizeof(h->from), "%s", env->core->self);
	snprintf(h->to, sizeof(h->to), "%s", env->peer);
	h->negotiate = negotiate;
	rng_fill(&env->core->rng, h->random, sizeof(h->random));
	memcpy(h->static_key, env->core->static_public, sizeof(h->static_key));
	h->list = *core_env_serves(env->core);
	h->format = BNL_FORMAT;
	h->in_force = env->core->version;
	h->why = core_env_why(env->core);
	h->algos = *env->algos;
	h->nheld = negotiate ? env->nheld : 0;
	memcpy(h->held, env->held, h->nheld * sizeof(h->held[0]));
	out->send = FRAME_HELLO;
	out->payload = n->my_frame + FRAME_HEADER_LEN;
	out->len = hello_encode(n->my_frame + FRAME_HEADER_LEN, h);
	frame_header_write(n->my_frame, FRAME_HELLO, out->len);
	n->my_len = FRAME_HEADER_LEN + out->len;
}

/*
 * The dialler's HELLO; a negotiation's lists the pairs on the disk. Behind one
 * without a negotiation the list is announced: the listener opens its side for
 * lists as soon as it has that HELLO. A peer that may only deliver a list is
 * told of none: it may be refused before it could get one.
 */
static enum neg_step
settle(struct negotiation *n, const struct neg_env *env, struct neg_out *out)
{
	bool negotiate = env->wanted && !env->deliver_only && env->able;

	out->next = CONN_SETTLE;
	if (negotiate && !env->settled)
		return NEG_WAIT;
	say_hello(n, env, negotiate, out);
	out->have = !negotiate && !env->deliver_only;
	out->next = CONN_HELLO;
	return NEG_WAIT;
}

/* 0, or -1: the step is NEG_REFUSE. */
static int
take_hello(struct negotiation *n, const struct neg_env *env, const uint8_t *in,
	   size_t len, struct neg_out *out)
{
	const uint8_t *payload = in + FRAME_HEADER_LEN;
	size_t paylen = len - FRAME_HEADER_LEN;
	char why[2 * NODE_NAME_MAX + 64];
	struct hello h;
	struct err e;

	if (hello_version(payload, paylen) != PROTO_VERSION) {
		snprintf(why, sizeof(why), "version %d here, %u there",
			 PROTO_VERSION, hello_version(payload, paylen));
		(void)refuse(out, REFUSE_VERSION, why);
		return -1;
	}
	if (hello_decode(&h, payload, paylen, &e) < 0) {
		(void)refuse(out, REFUSE_PROTOCOL, e.text);
		return -1;
	}
	if (strcmp(h.from, env->peer) != 0 ||
	    strcmp(h.to, env->core->self) != 0) {
		snprintf(why, sizeof(why), "%s calls %s here", h.from, h.to);
		(void)refuse(out, REFUSE_WRONG_NAME, why);
		return -1;
	}
	n->theirs = h;
	memcpy(n->their_frame, in, len);
	n->their_len = len;
	return 0;
}

/* The listener has answered, and does not negotiate. */
static enum neg_step
not_negotiated(const struct negotiation *n, const struct neg_env *env,
	       struct neg_out *out)
{
	char version[BNL_VERSION_TEXT_MAX];

	out->next = CONN_OPEN;
	if (!env->wanted)
		return NEG_LISTS;
	out->behind = bnl_version_cmp(&n->theirs.list,
				      core_env_serves(env->core)) < 0;
	snprintf(out->why, sizeof(out->why),
		 "it does not negotiate now: its list is %s",
		 bnl_version_format(version, &n->theirs.list));
	return NEG_FAILED;
}

static enum neg_step
on_hello(struct negotiation *n, const struct neg_env *env, const uint8_t *in,
	 size_t len, struct neg_out *out)
{
	if (env->at != CONN_HELLO)
		return refuse(out, REFUSE_PROTOCOL, "hello at a wrong time");
	if (take_hello(n, env, in, len, out) < 0)
		return NEG_REFUSE;
	if (!env->dialled) {
		out->negotiates =
			n->theirs.negotiate && !env->deliver_only && env->able;
		return ask(n, NEG_ADMIT, NEG_ADMITTED);
	}
	if (n->theirs.negotiate && !n->mine.negotiate)
		return refuse(out, REFUSE_PROTOCOL,
			      "a negotiation that nobody asked for");
	if (n->theirs.negotiate)
		return ask(n, NEG_COMPARE, NEG_COMPARED);
	if (env->deliver_only)
		return ask(n, NEG_ADMIT, NEG_ADMITTED);
	return not_negotiated(n, env, out);
}

/* The listener's HELLO, with the pairs on the disk after the dialler's. */
static enum neg_step
answer(struct negotiation *n, const struct neg_env *env, struct neg_out *out)
{
	out->next = CONN_ANSWER;
	return env->settled ? ask(n, NEG_COMPARE, NEG_COMPARED) : NEG_WAIT;
}

/* Takes the newer list of a listener whose key is not the one that our list
 * pins. A negotiation is due when that list is in force. */
static enum neg_step
fetch_first(const struct neg_env *env, struct neg_out *out)
{
	if (env->wanted)
		snprintf(out->why, sizeof(out->why),
			 "our list is older and does not admit its key");
	out->next = CONN_OPEN;
	return NEG_FETCH;
}

static enum neg_step
on_admitted(struct negotiation *n, const struct neg_env *env,
	    struct neg_out *out)
{
	if (env->dialled)
		return fetch_first(env, out);
	if (n->theirs.negotiate && !env->deliver_only && env->able)
		return answer(n, env, out);
	say_hello(n, env, false, out);
	out->next = CONN_OPEN;
	return NEG_LISTS;
}

/* --- agreement ----------------------------------------------------------- */

static enum neg_step
nothing_in_common(const struct negotiation *n, struct neg_out *out)
{
	char ours[NEGOTIATE_LIST_MAX], theirs[NEGOTIATE_LIST_MAX];

	snprintf(out->why, sizeof(out->why),
		 "no cipher in common: %s here, %s there",
		 agreement_list(ours, &n->mine.algos),
		 agreement_list(theirs, &n->theirs.algos));
	out->nothing_in_common = true;
	out->next = CONN_OPEN;
	return NEG_FAILED;
}

/* Both HELLOs, by role. */
struct sides {
	struct negotiate_side dialler, listener;
};

static struct sides
sides_of(const struct negotiation *n, const struct neg_env *env)
{
	const struct negotiate_side mine = { &n->mine, n->my_frame, n->my_len,
					     env->mine->fingerprint };
	const struct negotiate_side theirs = { &n->theirs, n->their_frame,
					       n->their_len,
					       env->cert->fingerprint };

	if (env->dialled)
		return (struct sides){ mine, theirs };
	return (struct sides){ theirs, mine };
}

/* Both HELLOs are known and both want it. */
static enum neg_step
select_pair(struct negotiation *n, const struct neg_env *env,
	    struct neg_out *out)
{
	struct sides s = sides_of(n, env);
	struct selection selection;

	if (!agreement_select(&selection, &n->mine, &n->theirs))
		return nothing_in_common(n, out);
	if (selection.generation >= HELLO_GENERATION_MAX) {
		/* Never by honest counting: both begin anew. */
		out->used_up = true;
		return refuse(out, REFUSE_BUSY, "generations used up");
	}
	n->selection = selection;
	agreement_transcript(n->th, &s.dialler, &s.listener);
	return ask(n, NEG_EXPORT, NEG_EXPORTED);
}

static enum neg_step
on_compared(struct negotiation *n, const struct neg_env *env,
	    struct neg_out *out)
{
	if (env->dialled)
		return select_pair(n, env, out);
	if (!env->settled)
		return NEG_WAIT;
	say_hello(n, env, true, out);
	return select_pair(n, env, out);
}

static enum neg_step
on_exported(struct negotiation *n, const struct neg_env *env,
	    const uint8_t exporter[SHA256_LEN], struct neg_out *out)
{
	struct sides s = sides_of(n, env);

	agreement_derive(&n->keys, n->th, exporter, &s.dialler, &s.listener);
	agreement_confirm(out->mac, &n->keys, env->dialled, n->th,
			  &n->selection);
	out->send = FRAME_CONFIRM;
	out->payload = out->mac;
	out->len = sizeof(out->mac);
	out->next = CONN_CONFIRM;
	return NEG_AGREED;
}

static void
make_pair(struct pair *pair, const struct negotiation *n,
	  const struct neg_env *env)
{
	const struct core_env *core = env->core;

	*pair = (struct pair){
		.generation = n->selection.generation,
		.lower_dialled = env->lower_dialled,
		.cipher = n->selection.cipher,
		.comp = n->selection.comp,
		.level = n->selection.level,
		.above = env->cert->above,
		.made_run_s = core_env_run_s(core, core->now.mono),
		.made = core->now.wall,
		.self_end = env->mine->not_after,
		.list = core->version,
	};
	memcpy(pair->id, n->keys.id, sizeof(pair->id));
	memcpy(pair->secret, n->keys.secret, sizeof(pair->secret));
	memcpy(pair->peer_static, n->theirs.static_key, X25519_LEN);
	memcpy(pair->self_static, n->mine.static_key, X25519_LEN);
	memcpy(pair->peer_key, env->cert->fingerprint, FINGERPRINT_LEN);
	if (!env->cert->by_key)
		pair->peer_end = env->cert->not_after;
	pair->cert_end = pair->self_end.s < pair->peer_end.s ? pair->self_end :
							       pair->peer_end;
	pair->cert_end = pair_end(core, core->bnl, env->peer, pair);
}

static enum neg_step
on_confirm(const struct negotiation *n, const struct neg_env *env,
	   const uint8_t *mac, struct neg_out *out)
{
	uint8_t want[PROTO_CONFIRM_LEN];

	if (env->at != CONN_CONFIRM)
		return refuse(out, REFUSE_PROTOCOL, "confirm at a wrong time");
	agreement_confirm(want, &n->keys, !env->dialled, n->th, &n->selection);
	if (!bytes_equal_ct(mac, want, sizeof(want)))
		return refuse(out, REFUSE_PROTOCOL,
			      "the confirmation does not match");
	make_pair(&out->pair, n, env);
	out->next = CONN_STORE;
	return NEG_STORE;
}

/* --- READY --------------------------------------------------------------- */

static enum neg_step
on_stored(const struct negotiation *n, const struct neg_env *env,
	  struct neg_out *out)
{
	bool awaited = env->dialled && !n->ready_seen;

	switch (env->place) {
	case PAIR_STORING:
		return NEG_WAIT;
	case PAIR_ABSENT:
		snprintf(out->why, sizeof(out->why),
			 "the new pair is not held");
		return NEG_END;
	case PAIR_HELD:
		break;
	}
	out->send = FRAME_READY;
	out->payload = out->mac; /* empty */
	out->next = awaited ? CONN_READY : CONN_OPEN;
	return awaited ? NEG_WAIT : NEG_DONE;
}

static enum neg_step
on_ready(struct negotiation *n, const struct neg_env *env, struct neg_out *out)
{
	if (env->at == CONN_STORE && !n->ready_seen) {
		n->ready_seen = true;
		return NEG_WAIT;
	}
	if (env->at == CONN_READY) {
		out->next = CONN_OPEN;
		return NEG_DONE;
	}
	/* The listener does not wait for it. */
	if (env->at == CONN_OPEN && !env->dialled && env->negotiated)
		return NEG_WAIT;
	return refuse(out, REFUSE_PROTOCOL, "ready at a wrong time");
}

/* --- events -------------------------------------------------------------- */

static enum neg_step
on_start(struct negotiation *n, const struct neg_env *env, struct neg_out *out)
{
	if (env->at != CONN_TLS)
		return NEG_WAIT;
	if (env->dialled)
		return settle(n, env, out);
	out->next = CONN_HELLO;
	return NEG_WAIT;
}

static enum neg_step
on_disk(struct negotiation *n, const struct neg_env *env, struct neg_out *out)
{
	switch (env->at) {
	case CONN_SETTLE:
		return settle(n, env, out);
	case CONN_ANSWER:
		return answer(n, env, out);
	case CONN_STORE:
		return on_stored(n, env, out);
	default:
		return NEG_WAIT;
	}
}

static enum neg_step
on_answer(struct negotiation *n, const struct neg_env *env,
	  enum neg_event event, const uint8_t *in, struct neg_out *out)
{
	switch (event) {
	case NEG_ADMITTED:
		return on_admitted(n, env, out);
	case NEG_COMPARED:
		return on_compared(n, env, out);
	default:
		return on_exported(n, env, in, out);
	}
}

enum neg_step
negotiation_in(struct negotiation *n, const struct neg_env *env,
	       enum neg_event event, enum frame_type type, const uint8_t *in,
	       size_t len, struct neg_out *out)
{
	enum neg_event asked = n == NULL ? NEG_NOTHING : n->asked;

	memset(out, 0, sizeof(*out));
	out->next = env->at;
	if (n != NULL)
		n->asked = NEG_NOTHING;
	switch (event) {
	case NEG_START:
		return on_start(n, env, out);
	case NEG_DISK:
		return on_disk(n, env, out);
	case NEG_FRAME:
		if (type == FRAME_HELLO)
			return on_hello(n, env, in, len, out);
		if (type == FRAME_CONFIRM)
			return on_confirm(n, env, in + FRAME_HEADER_LEN, out);
		return on_ready(n, env, out);
	default:
		return event == asked && event != NEG_NOTHING ?
			       on_answer(n, env, event, in, out) :
			       NEG_WAIT;
	}
}
