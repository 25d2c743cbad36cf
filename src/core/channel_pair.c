/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HELLOs of a connection and the negotiation of a pair. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/action.h"
#include "core/channel.h"

bool
channel_can_negotiate(const struct channels *ctx)
{
	const struct core_env *env = ctx->env;

	return env->bnl != NULL && bnl_find(env->bnl, env->self) != NULL &&
	       !bnltake_stale(bnlsync_take(ctx->sync));
}

void
channel_pair_end(struct channel *ch)
{
	if (ch->pair == NULL)
		return;
	bytes_wipe(ch->pair, sizeof(*ch->pair));
	free(ch->pair);
	ch->pair = NULL;
}

/* The negotiation came to nothing, but the connection may go on. */
static void
negotiation_failed(struct channel *ch, const char *why)
{
	channel_say(ch, EVENT_NEGOTIATE_FAILED, why);
	channel_set_reason(ch, why);
	channel_pair_end(ch);
	ch->failed = true;
	if (ch->dialled)
		channel_tell(ch, NEWS_FAILED);
}

static bool
lower_dialled(const struct channel *ch)
{
	return (strcmp(ch->ctx->env->self, ch->peer) < 0) == ch->dialled;
}

/* --- HELLO --------------------------------------------------------------- */

static int
say_hello(struct channel *ch, bool negotiate)
{
	struct core_env *env = ch->ctx->env;
	struct channel_pair *p = ch->pair;
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
		pairsets_list(ch->ctx->pairs, ch->peer, h->held, &h->nheld);
	len = hello_encode(p->my_frame + FRAME_HEADER_LEN, h);
	frame_header_write(p->my_frame, FRAME_HELLO, len);
	p->my_len = FRAME_HEADER_LEN + len;
	return stream_send(&ch->stream, FRAME_HELLO,
			   p->my_frame + FRAME_HEADER_LEN, len);
}

static int
pair_new(struct channel *ch)
{
	ch->pair = calloc(1, sizeof(*ch->pair));
	if (ch->pair != NULL)
		return 0;
	channel_end(ch, "out of memory");
	return -1;
}

void
channel_pair_start(struct channel *ch)
{
	if (pair_new(ch) < 0)
		return;
	channel_set_state(ch, ch->dialled ? CHANNEL_SETTLE : CHANNEL_HELLO);
	channel_pair_poke(ch);
}

/* Announces the list right behind a HELLO without a negotiation: the listener
 * opens its side for lists as soon as it has that HELLO. A peer that may only
 * deliver a list is told of none: it may be refused before it could get one. */
static int
say_have(struct channel *ch)
{
	uint8_t payload[LIST_HAVE_LEN];
	size_t len = bnlsync_make_have(ch->ctx->sync, payload);

	if (ch->deliver_only)
		return 0;
	return stream_send(&ch->stream, FRAME_LIST_HAVE, payload, len);
}

/* The dialler's HELLO; a negotiation's lists the pairs on the disk. */
static void
settle_pair(struct channel *ch)
{
	bool negotiate = (ch->purpose & CHANNEL_PAIR) != 0 &&
			 !ch->deliver_only && channel_can_negotiate(ch->ctx);

	if (negotiate && !pairsets_settled(ch->ctx->pairs, ch->peer))
		return;
	if (say_hello(ch, negotiate) < 0 ||
	    (!negotiate && say_have(ch) < 0)) {
		channel_lose(ch, ch->stream.ops->reason(ch->stream.tls));
		return;
	}
	channel_set_state(ch, CHANNEL_HELLO);
	channel_arm(ch);
}

/* The HELLOs are exchanged and no negotiation follows. */
static void
open_without_pair(struct channel *ch)
{
	channel_open_lists(ch, &ch->pair->theirs);
	channel_pair_end(ch);
	channel_set_state(ch, CHANNEL_OPEN);
}

static void
listener_hello(struct channel *ch)
{
	if (!channel_admit(ch))
		return;
	if (channel_negotiates(ch)) {
		channel_set_state(ch, CHANNEL_ANSWER);
		channel_pair_poke(ch);
		return;
	}
	if (say_hello(ch, false) < 0) {
		channel_lose(ch, ch->stream.ops->reason(ch->stream.tls));
		return;
	}
	open_without_pair(ch);
}

static void begin_confirm(struct channel *ch);

/* Takes the newer list of a listener whose key is not the one that our list
 * pins. A negotiation is due when that list is in force. */
static void
fetch_first(struct channel *ch)
{
	if (!channel_admit_delivery(ch))
		return;
	dial_settle(ch);
	open_without_pair(ch);
	if ((ch->purpose & CHANNEL_PAIR) == 0)
		return;
	ch->failed = true;
	channel_set_reason(ch, "our list is older and pins another key");
	channel_tell(ch, NEWS_FAILED);
}

static void
dialler_hello(struct channel *ch)
{
	const struct hello *h = &ch->pair->theirs;
	const struct bnl_version *theirs = &ch->told;
	char version[BNL_VERSION_TEXT_MAX], why[128];

	if (h->negotiate && !ch->pair->mine.negotiate) {
		channel_refuse(ch, REFUSE_PROTOCOL,
			       "a negotiation that nobody asked for");
		return;
	}
	if (h->negotiate) {
		pairsets_hello(ch->ctx->pairs, ch->peer, lower_dialled(ch),
			       h->held, h->nheld);
		begin_confirm(ch);
		return;
	}
	if (ch->deliver_only) {
		fetch_first(ch);
		return;
	}
	open_without_pair(ch);
	if ((ch->purpose & CHANNEL_PAIR) == 0)
		return;
	ch->behind = bnl_version_cmp(theirs, &ch->ctx->env->version) < 0;
	snprintf(why, sizeof(why), "it does not negotiate now: its list is %s",
		 bnl_version_format(version, theirs));
	negotiation_failed(ch, why);
	channel_end_if_done(ch);
}

void
channel_pair_hello(struct channel *ch)
{
	char why[2 * NODE_NAME_MAX + 64];
	const uint8_t *frame, *payload;
	struct channel_pair *p = ch->pair;
	struct err e;
	size_t len, paylen;

	if (ch->state != CHANNEL_HELLO) {
		channel_refuse(ch, REFUSE_PROTOCOL, "hello at a wrong time");
		return;
	}
	frame = stream_frame(&ch->stream, &len);
	payload = stream_payload(&ch->stream, &paylen);
	if (hello_version(payload, paylen) != PROTO_VERSION) {
		snprintf(why, sizeof(why), "version %d here, %u there",
			 PROTO_VERSION, hello_version(payload, paylen));
		channel_refuse(ch, REFUSE_VERSION, why);
		return;
	}
	if (hello_decode(&p->theirs, payload, paylen, &e) < 0) {
		channel_refuse(ch, REFUSE_PROTOCOL, e.text);
		return;
	}
	memcpy(p->their_frame, frame, len);
	p->their_len = len;
	if (strcmp(p->theirs.from, ch->peer) != 0 ||
	    strcmp(p->theirs.to, ch->ctx->env->self) != 0) {
		snprintf(why, sizeof(why), "%s calls %s here", p->theirs.from,
			 p->theirs.to);
		channel_refuse(ch, REFUSE_WRONG_NAME, why);
		return;
	}
	if (ch->dialled)
		dialler_hello(ch);
	else
		listener_hello(ch);
}

/* --- agreement ----------------------------------------------------------- */

static void
nothing_in_common(struct channel *ch)
{
	char ours[NEGOTIATE_LIST_MAX], theirs[NEGOTIATE_LIST_MAX];
	char why[2 * NEGOTIATE_LIST_MAX + 64];

	snprintf(why, sizeof(why), "no cipher in common: %s here, %s there",
		 negotiate_list(ours, &ch->pair->mine.algos),
		 negotiate_list(theirs, &ch->pair->theirs.algos));
	ch->nothing_in_common = true;
	channel_open_lists(ch, &ch->pair->theirs);
	negotiation_failed(ch, why);
	channel_set_state(ch, CHANNEL_OPEN);
	channel_end_if_done(ch);
}

static int
derive_pair(struct channel *ch)
{
	struct channel_pair *p = ch->pair;
	struct negotiate_side mine = {&p->mine, p->my_frame, p->my_len,
				      ch->mine.fingerprint};
	struct negotiate_side theirs = {&p->theirs, p->their_frame,
					p->their_len, ch->cert.fingerprint};
	const struct negotiate_side *d = ch->dialled ? &mine : &theirs;
	const struct negotiate_side *l = ch->dialled ? &theirs : &mine;
	uint8_t exporter[SHA256_LEN];

	negotiate_transcript(p->th, d, l);
	if (ch->stream.ops->export_key(ch->stream.tls, LABEL_TLS_EXPORT, p->th,
				       sizeof(p->th), exporter,
				       sizeof(exporter)) < 0)
		return -1;
	negotiate_derive(&p->keys, p->th, exporter, d, l);
	bytes_wipe(exporter, sizeof(exporter));
	return 0;
}

/* Both HELLOs are known and both want it. */
static void
begin_confirm(struct channel *ch)
{
	struct channel_pair *p = ch->pair;
	uint8_t mac[PROTO_CONFIRM_LEN];

	if (!negotiate_select(&p->selection, &p->mine, &p->theirs)) {
		nothing_in_common(ch);
		return;
	}
	if (p->selection.generation >= HELLO_GENERATION_MAX) {
		/* Never by honest counting: both begin anew. */
		pairsets_erase(ch->ctx->pairs, ch->peer,
			       "the generations are used up");
		channel_refuse(ch, REFUSE_BUSY, "generations used up");
		return;
	}
	if (derive_pair(ch) < 0) {
		channel_end(ch, "no key from TLS");
		return;
	}
	negotiate_confirm(mac, &p->keys, ch->dialled, p->th, &p->selection);
	if (stream_send(&ch->stream, FRAME_CONFIRM, mac, sizeof(mac)) < 0) {
		channel_lose(ch, ch->stream.ops->reason(ch->stream.tls));
		return;
	}
	channel_set_state(ch, CHANNEL_CONFIRM);
	channel_open_lists(ch, &p->theirs);
	channel_arm(ch);
}

/* The listener's HELLO, with the pairs on the disk after the dialler's. */
static void
answer_hello(struct channel *ch)
{
	struct pairsets *ps = ch->ctx->pairs;
	const struct hello *h = &ch->pair->theirs;

	if (!pairsets_settled(ps, ch->peer))
		return;
	pairsets_hello(ps, ch->peer, lower_dialled(ch), h->held, h->nheld);
	if (!pairsets_settled(ps, ch->peer))
		return;
	if (say_hello(ch, true) < 0)
		channel_lose(ch, ch->stream.ops->reason(ch->stream.tls));
	else
		begin_confirm(ch);
}

static int
store_pair(struct channel *ch)
{
	struct core_env *env = ch->ctx->env;
	const struct channel_pair *p = ch->pair;
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
	rc = pairsets_add(ch->ctx->pairs, ch->peer, &pair);
	bytes_wipe(&pair, sizeof(pair));
	return rc;
}

void
channel_pair_confirm(struct channel *ch)
{
	uint8_t want[PROTO_CONFIRM_LEN];
	const struct channel_pair *p = ch->pair;
	const uint8_t *mac;
	size_t len;

	if (ch->state != CHANNEL_CONFIRM) {
		channel_refuse(ch, REFUSE_PROTOCOL, "confirm at a wrong time");
		return;
	}
	mac = stream_payload(&ch->stream, &len);
	negotiate_confirm(want, &p->keys, !ch->dialled, p->th, &p->selection);
	if (!bytes_equal_ct(mac, want, sizeof(want))) {
		channel_refuse(ch, REFUSE_PROTOCOL,
			       "the confirmation does not match");
		return;
	}
	if (store_pair(ch) < 0) {
		channel_end(ch, "out of memory");
		return;
	}
	channel_set_state(ch, CHANNEL_STORE);
}

static void
on_done(struct channel *ch)
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
	channel_unsay(ch);
	channel_pair_end(ch);
	ch->negotiated = true;
	channel_tell(ch, NEWS_NEGOTIATED);
	channel_set_state(ch, CHANNEL_OPEN);
	channel_end_if_done(ch);
}

static void
on_stored(struct channel *ch)
{
	switch (pairsets_place(ch->ctx->pairs, ch->peer, ch->pair_id)) {
	case PAIR_STORING:
		return;
	case PAIR_ABSENT:
		channel_end(ch, "the new pair is not held");
		return;
	case PAIR_HELD:
		break;
	}
	if (stream_send(&ch->stream, FRAME_READY, NULL, 0) < 0) {
		channel_lose(ch, ch->stream.ops->reason(ch->stream.tls));
		return;
	}
	channel_arm(ch);
	if (ch->dialled && !ch->pair->ready_seen)
		channel_set_state(ch, CHANNEL_READY);
	else
		on_done(ch);
}

void
channel_pair_ready(struct channel *ch)
{
	if (ch->state == CHANNEL_STORE && !ch->pair->ready_seen) {
		ch->pair->ready_seen = true;
	} else if (ch->state == CHANNEL_READY) {
		on_done(ch);
	} else if (ch->state != CHANNEL_OPEN || ch->dialled ||
		   !ch->negotiated) {
		channel_refuse(ch, REFUSE_PROTOCOL, "ready at a wrong time");
	}
}

void
channel_pair_poke(struct channel *ch)
{
	if (ch->state == CHANNEL_SETTLE)
		settle_pair(ch);
	else if (ch->state == CHANNEL_ANSWER)
		answer_hello(ch);
	else if (ch->state == CHANNEL_STORE)
		on_stored(ch);
}
