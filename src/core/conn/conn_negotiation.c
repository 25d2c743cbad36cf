/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HELLOs of a connection and the negotiation of a pair. */
#include "core/conn/conn_negotiation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/action.h"
#include "core/conn/admission.h"
#include "core/conn/conn_admission.h"
#include "core/conn/conn_end.h"
#include "core/conn/conn_report.h"
#include "core/conn/dial.h"

/* The negotiation came to nothing, but the connection may go on. */
static void
negotiation_failed(struct conn *ch, const char *why)
{
	conn_say(ch, EVENT_NEGOTIATE_FAILED, why);
	conn_set_reason(ch, why);
	conn_negotiation_end(ch);
	ch->failed = true;
	if (ch->dialled)
		conn_tell(ch, NEWS_FAILED);
}

static bool
lower_dialled(const struct conn *ch)
{
	return (strcmp(ch->ctx->env->self, ch->peer) < 0) == ch->dialled;
}

/* The HELLOs are exchanged: lists may be. */
static void
conn_open_lists(struct conn *ch, const struct hello *theirs)
{
	transfer_open(lists_transfer(ch->ctx->lists), &ch->list, ch->id,
		      ch->peer, ch->deliver_only, &theirs->list);
	/* Another list has come into force since our HELLO was sent, and
	 * nothing else would tell the peer of it. */
	if (bnl_version_cmp(&ch->pair->mine.list, &ch->ctx->env->version) != 0)
		transfer_offer(lists_transfer(ch->ctx->lists), &ch->list);
	if (ch->dialled)
		history_try(ch->ctx->env->history, ch->ctx->env->now.mono,
			    ch->peer, &ch->remote, HISTORY_REACHED, NULL);
	else
		history_met(ch->ctx->env->history, ch->peer);
	ch->told = theirs->list;
	conn_tell(ch, NEWS_SEEN);
}

/* --- HELLO --------------------------------------------------------------- */

static int
say_hello(struct conn *ch, bool negotiate)
{
	struct core_env *env = ch->ctx->env;
	struct conn_pair *p = ch->pair;
	struct hello *h = &p->mine;
	size_t len;

	memcpy(h->from, env->self, strlen(env->self) + 1);
	memcpy(h->to, ch->peer, sizeof(h->to));
	h->negotiate = negotiate;
	rng_fill(&env->rng, h->random, sizeof(h->random));
	memcpy(h->static_key, env->static_public, sizeof(h->static_key));
	h->list = env->version;
	h->algos = *conf_algos_for(env->conf, ch->peer);
	if (negotiate)
		secret_store_list(ch->ctx->secrets, ch->peer, h->held,
				  &h->nheld);
	len = hello_encode(p->my_frame + FRAME_HEADER_LEN, h);
	frame_header_write(p->my_frame, FRAME_HELLO, len);
	p->my_len = FRAME_HEADER_LEN + len;
	return frames_send(&ch->stream, FRAME_HELLO,
			   p->my_frame + FRAME_HEADER_LEN, len);
}

static int
pair_new(struct conn *ch)
{
	ch->pair = calloc(1, sizeof(*ch->pair));
	if (ch->pair != NULL)
		return 0;
	conn_end(ch, "out of memory");
	return -1;
}

void
conn_negotiation_start(struct conn *ch)
{
	if (pair_new(ch) < 0)
		return;
	conn_set_state(ch, ch->dialled ? CONN_SETTLE : CONN_HELLO);
	conn_negotiation_poke(ch);
}

/* Announces the list right behind a HELLO without a negotiation: the listener
 * opens its side for lists as soon as it has that HELLO. A peer that may only
 * deliver a list is told of none: it may be refused before it could get one. */
static int
say_have(struct conn *ch)
{
	uint8_t payload[LIST_HAVE_LEN];
	size_t len =
		transfer_make_have(lists_transfer(ch->ctx->lists), payload);

	if (ch->deliver_only)
		return 0;
	return frames_send(&ch->stream, FRAME_LIST_HAVE, payload, len);
}

/* The dialler's HELLO; a negotiation's lists the pairs on the disk. */
static void
settle_pair(struct conn *ch)
{
	bool negotiate = (ch->purpose & CONN_PAIR) != 0 && !ch->deliver_only &&
			 admission_can_negotiate(ch->ctx->env);

	if (negotiate && !secret_store_settled(ch->ctx->secrets, ch->peer))
		return;
	if (say_hello(ch, negotiate) < 0 || (!negotiate && say_have(ch) < 0)) {
		conn_lose(ch, ch->stream.ops->reason(ch->stream.tls));
		return;
	}
	conn_set_state(ch, CONN_HELLO);
	conn_arm(ch);
}

/* The HELLOs are exchanged and no negotiation follows. */
static void
open_without_pair(struct conn *ch)
{
	conn_open_lists(ch, &ch->pair->theirs);
	conn_negotiation_end(ch);
	conn_set_state(ch, CONN_OPEN);
}

static void
listener_hello(struct conn *ch)
{
	if (!conn_admit(ch))
		return;
	if (conn_negotiates(ch)) {
		conn_set_state(ch, CONN_ANSWER);
		conn_negotiation_poke(ch);
		return;
	}
	if (say_hello(ch, false) < 0) {
		conn_lose(ch, ch->stream.ops->reason(ch->stream.tls));
		return;
	}
	open_without_pair(ch);
}

static void begin_confirm(struct conn *ch);

/* Takes the newer list of a listener whose key is not the one that our list
 * pins. A negotiation is due when that list is in force. */
static void
fetch_first(struct conn *ch)
{
	if (!conn_admit_delivery(ch))
		return;
	dial_settle(ch);
	open_without_pair(ch);
	if ((ch->purpose & CONN_PAIR) == 0)
		return;
	ch->failed = true;
	conn_set_reason(ch, "our list is older and pins another key");
	conn_tell(ch, NEWS_FAILED);
}

static void
dialler_hello(struct conn *ch)
{
	const struct hello *h = &ch->pair->theirs;
	const struct bnl_version *theirs = &ch->told;
	char version[BNL_VERSION_TEXT_MAX], why[128];

	if (h->negotiate && !ch->pair->mine.negotiate) {
		conn_refuse(ch, REFUSE_PROTOCOL,
			    "a negotiation that nobody asked for");
		return;
	}
	if (h->negotiate) {
		secret_store_hello(ch->ctx->secrets, ch->peer,
				   lower_dialled(ch), h->held, h->nheld);
		begin_confirm(ch);
		return;
	}
	if (ch->deliver_only) {
		fetch_first(ch);
		return;
	}
	open_without_pair(ch);
	if ((ch->purpose & CONN_PAIR) == 0)
		return;
	ch->behind = bnl_version_cmp(theirs, &ch->ctx->env->version) < 0;
	snprintf(why, sizeof(why), "it does not negotiate now: its list is %s",
		 bnl_version_format(version, theirs));
	negotiation_failed(ch, why);
	conn_end_if_done(ch);
}

void
conn_negotiation_hello(struct conn *ch)
{
	char why[2 * NODE_NAME_MAX + 64];
	const uint8_t *frame, *payload;
	struct conn_pair *p = ch->pair;
	struct err e;
	size_t len, paylen;

	if (ch->state != CONN_HELLO) {
		conn_refuse(ch, REFUSE_PROTOCOL, "hello at a wrong time");
		return;
	}
	frame = frames_frame(&ch->stream, &len);
	payload = frames_payload(&ch->stream, &paylen);
	if (hello_version(payload, paylen) != PROTO_VERSION) {
		snprintf(why, sizeof(why), "version %d here, %u there",
			 PROTO_VERSION, hello_version(payload, paylen));
		conn_refuse(ch, REFUSE_VERSION, why);
		return;
	}
	if (hello_decode(&p->theirs, payload, paylen, &e) < 0) {
		conn_refuse(ch, REFUSE_PROTOCOL, e.text);
		return;
	}
	memcpy(p->their_frame, frame, len);
	p->their_len = len;
	if (strcmp(p->theirs.from, ch->peer) != 0 ||
	    strcmp(p->theirs.to, ch->ctx->env->self) != 0) {
		snprintf(why, sizeof(why), "%s calls %s here", p->theirs.from,
			 p->theirs.to);
		conn_refuse(ch, REFUSE_WRONG_NAME, why);
		return;
	}
	if (ch->dialled)
		dialler_hello(ch);
	else
		listener_hello(ch);
}

/* --- agreement ----------------------------------------------------------- */

static void
nothing_in_common(struct conn *ch)
{
	char ours[NEGOTIATE_LIST_MAX], theirs[NEGOTIATE_LIST_MAX];
	char why[2 * NEGOTIATE_LIST_MAX + 64];

	snprintf(why, sizeof(why), "no cipher in common: %s here, %s there",
		 agreement_list(ours, &ch->pair->mine.algos),
		 agreement_list(theirs, &ch->pair->theirs.algos));
	ch->nothing_in_common = true;
	conn_open_lists(ch, &ch->pair->theirs);
	negotiation_failed(ch, why);
	conn_set_state(ch, CONN_OPEN);
	conn_end_if_done(ch);
}

static int
derive_pair(struct conn *ch)
{
	struct conn_pair *p = ch->pair;
	struct negotiate_side mine = { &p->mine, p->my_frame, p->my_len,
				       ch->mine.fingerprint };
	struct negotiate_side theirs = { &p->theirs, p->their_frame,
					 p->their_len, ch->cert.fingerprint };
	const struct negotiate_side *d = ch->dialled ? &mine : &theirs;
	const struct negotiate_side *l = ch->dialled ? &theirs : &mine;
	uint8_t exporter[SHA256_LEN];

	agreement_transcript(p->th, d, l);
	if (ch->stream.ops->export_key(ch->stream.tls, LABEL_TLS_EXPORT, p->th,
				       sizeof(p->th), exporter,
				       sizeof(exporter)) < 0)
		return -1;
	agreement_derive(&p->keys, p->th, exporter, d, l);
	bytes_wipe(exporter, sizeof(exporter));
	return 0;
}

/* Both HELLOs are known and both want it. */
static void
begin_confirm(struct conn *ch)
{
	struct conn_pair *p = ch->pair;
	uint8_t mac[PROTO_CONFIRM_LEN];

	if (!agreement_select(&p->selection, &p->mine, &p->theirs)) {
		nothing_in_common(ch);
		return;
	}
	if (p->selection.generation >= HELLO_GENERATION_MAX) {
		/* Never by honest counting: both begin anew. */
		secret_store_erase(ch->ctx->secrets, ch->peer,
				   "the generations are used up");
		conn_refuse(ch, REFUSE_BUSY, "generations used up");
		return;
	}
	if (derive_pair(ch) < 0) {
		conn_end(ch, "no key from TLS");
		return;
	}
	agreement_confirm(mac, &p->keys, ch->dialled, p->th, &p->selection);
	if (frames_send(&ch->stream, FRAME_CONFIRM, mac, sizeof(mac)) < 0) {
		conn_lose(ch, ch->stream.ops->reason(ch->stream.tls));
		return;
	}
	conn_set_state(ch, CONN_CONFIRM);
	conn_open_lists(ch, &p->theirs);
	conn_arm(ch);
}

/* The listener's HELLO, with the pairs on the disk after the dialler's. */
static void
answer_hello(struct conn *ch)
{
	struct secret_store *ps = ch->ctx->secrets;
	const struct hello *h = &ch->pair->theirs;

	if (!secret_store_settled(ps, ch->peer))
		return;
	secret_store_hello(ps, ch->peer, lower_dialled(ch), h->held, h->nheld);
	if (!secret_store_settled(ps, ch->peer))
		return;
	if (say_hello(ch, true) < 0)
		conn_lose(ch, ch->stream.ops->reason(ch->stream.tls));
	else
		begin_confirm(ch);
}

static int
store_pair(struct conn *ch)
{
	struct core_env *env = ch->ctx->env;
	const struct conn_pair *p = ch->pair;
	struct walltime mine = ch->mine.not_after;
	struct walltime theirs = ch->cert.not_after;
	struct pair pair = {
		.generation = p->selection.generation,
		.lower_dialled = lower_dialled(ch),
		.cipher = p->selection.cipher,
		.comp = p->selection.comp,
		.level = p->selection.level,
		.above = ch->cert.above,
		.made_run_s = core_env_run_s(env, env->now.mono),
		.made = env->now.wall,
		.cert_end = mine.s < theirs.s ? mine : theirs,
		.list = env->version,
	};
	int rc;

	memcpy(pair.id, p->keys.id, sizeof(pair.id));
	memcpy(pair.secret, p->keys.secret, sizeof(pair.secret));
	memcpy(pair.peer_static, p->theirs.static_key, X25519_LEN);
	memcpy(pair.self_static, p->mine.static_key, X25519_LEN);
	memcpy(pair.peer_key, ch->cert.fingerprint, FINGERPRINT_LEN);
	memcpy(ch->pair_id, pair.id, sizeof(pair.id));
	rc = secret_store_add(ch->ctx->secrets, ch->peer, &pair);
	bytes_wipe(&pair, sizeof(pair));
	return rc;
}

void
conn_negotiation_confirm(struct conn *ch)
{
	uint8_t want[PROTO_CONFIRM_LEN];
	const struct conn_pair *p = ch->pair;
	const uint8_t *mac;
	size_t len;

	if (ch->state != CONN_CONFIRM) {
		conn_refuse(ch, REFUSE_PROTOCOL, "confirm at a wrong time");
		return;
	}
	mac = frames_payload(&ch->stream, &len);
	agreement_confirm(want, &p->keys, !ch->dialled, p->th, &p->selection);
	if (!bytes_equal_ct(mac, want, sizeof(want))) {
		conn_refuse(ch, REFUSE_PROTOCOL,
			    "the confirmation does not match");
		return;
	}
	if (store_pair(ch) < 0) {
		conn_end(ch, "out of memory");
		return;
	}
	conn_set_state(ch, CONN_STORE);
}

static void
on_done(struct conn *ch)
{
	const struct selection *s = &ch->pair->selection;
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
	conn_negotiation_end(ch);
	ch->negotiated = true;
	conn_tell(ch, NEWS_NEGOTIATED);
	conn_set_state(ch, CONN_OPEN);
	conn_end_if_done(ch);
}

static void
on_stored(struct conn *ch)
{
	switch (secret_store_place(ch->ctx->secrets, ch->peer, ch->pair_id)) {
	case PAIR_STORING:
		return;
	case PAIR_ABSENT:
		conn_end(ch, "the new pair is not held");
		return;
	case PAIR_HELD:
		break;
	}
	if (frames_send(&ch->stream, FRAME_READY, NULL, 0) < 0) {
		conn_lose(ch, ch->stream.ops->reason(ch->stream.tls));
		return;
	}
	conn_arm(ch);
	if (ch->dialled && !ch->pair->ready_seen)
		conn_set_state(ch, CONN_READY);
	else
		on_done(ch);
}

void
conn_negotiation_ready(struct conn *ch)
{
	if (ch->state == CONN_STORE && !ch->pair->ready_seen) {
		ch->pair->ready_seen = true;
	} else if (ch->state == CONN_READY) {
		on_done(ch);
	} else if (ch->state != CONN_OPEN || ch->dialled || !ch->negotiated) {
		conn_refuse(ch, REFUSE_PROTOCOL, "ready at a wrong time");
	}
}

void
conn_negotiation_poke(struct conn *ch)
{
	if (ch->state == CONN_SETTLE)
		settle_pair(ch);
	else if (ch->state == CONN_ANSWER)
		answer_hello(ch);
	else if (ch->state == CONN_STORE)
		on_stored(ch);
}
