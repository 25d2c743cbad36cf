/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealing and opening DATA datagrams. */
#include "core/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define INDEX_AT 4
#define COUNTER_AT 8

int
session_new(struct session **out, const struct session_seed *seed,
	    struct monotime now, const struct conf_timers *t, struct err *e)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_nomem(e);
	if (aead_new(&s->tx, seed->algos.cipher, seed->tx_key, e) < 0 ||
	    aead_new(&s->rx, seed->algos.cipher, seed->rx_key, e) < 0) {
		session_free(s);
		return -1;
	}
	s->made = now;
	s->rekey_at =
		mono_add_ms(now, seed->initiator ? t->rekey_after :
						   t->rekey_after_responder);
	s->reject_at = mono_add_ms(now, t->reject_after);
	/* The number of packets is the initiator's to watch, both ways. */
	s->rekey_packets = seed->initiator ? t->rekey_packets : UINT64_MAX;
	s->reject_packets = t->reject_packets;
	s->local_index = seed->local_index;
	s->remote_index = seed->remote_index;
	s->initiator = seed->initiator;
	memcpy(s->pair_id, seed->pair_id, sizeof(s->pair_id));
	memcpy(s->peer_key, seed->peer_key, sizeof(s->peer_key));
	s->above = seed->above;
	s->algos = seed->algos;
	*out = s;
	return 0;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	aead_free(s->tx);
	aead_free(s->rx);
	bytes_wipe(s, sizeof(*s));
	free(s);
}

enum drop
session_seal(struct session *s, uint8_t flags, const uint8_t *in, size_t len,
	     uint8_t *out)
{
	uint64_t counter = s->counter++;

	out[0] = DGRAM_DATA;
	out[1] = flags;
	put_be16(out + 2, 0);
	put_be32(out + INDEX_AT, s->remote_index);
	put_be64(out + COUNTER_AT, counter);
	if (aead_seal(s->tx, counter, out, DGRAM_DATA_HEADER_LEN, in, len,
		      out + DGRAM_DATA_HEADER_LEN) < 0)
		return DROP_SEAL;
	return DROP_NONE;
}

enum drop
session_open(struct session *s, struct monotime now, uint8_t *dgram, size_t len,
	     bool *highest)
{
	uint64_t counter = get_be64(dgram + COUNTER_AT);
	uint8_t *body = dgram + DGRAM_DATA_HEADER_LEN;

	if (mono_reached(s->reject_at, now) || counter >= s->reject_packets)
		return DROP_EXPIRED;
	if (!replay_is_fresh(&s->replay, counter))
		return DROP_REPLAY;
	if (aead_open(s->rx, counter, dgram, DGRAM_DATA_HEADER_LEN, body,
		      len - DGRAM_DATA_HEADER_LEN, body) < 0)
		return DROP_AUTH;
	*highest = replay_mark(&s->replay, counter);
	return DROP_NONE;
}
