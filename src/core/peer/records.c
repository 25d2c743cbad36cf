/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends control records: the messages between nodes inside their sessions. */
#include <string.h>

#include "core/core_impl.h"

#include "base/bytes.h"
#include "base/cursor.h"

#define ASK_PEERS 8 /* peers to ask at a time */

bool
records_send(struct peer *p, const uint8_t *records, size_t len)
{
	struct core *c = p->core;

	if (!assoc_can_send(p->assoc, c->env.now.mono) ||
	    assoc_seal(p->assoc, &c->env, DATA_CONTROL, records, len,
		       c->scratch) != DROP_NONE)
		return false;
	actions_udp(&c->actions, assoc_remote(p->assoc), assoc_local(p->assoc),
		    c->scratch, len + DGRAM_DATA_OVERHEAD);
	peer_touch(p);
	return true;
}

void
record_put_head(struct wcur *w, enum record_type type, size_t len)
{
	wcur_u8(w, (uint8_t)type);
	wcur_be16(w, (uint16_t)len);
}

/* PING, or PONG: the PING's tag, and our own clock and list. Zero bytes fill
 * record. */
static bool
send_padded(struct peer *p, enum record_type type,
	    const uint8_t tag[RECORD_TAG_LEN], uint8_t *record, size_t len)
{
	const struct core *c = p->core;
	uint8_t version[BNL_VERSION_WIRE_LEN];
	struct wcur w;

	memset(record, 0, len);
	wcur_init(&w, record, len);
	record_put_head(&w, type, len - RECORD_HEADER_LEN);
	wcur_bytes(&w, tag, RECORD_TAG_LEN);
	wcur_be64(&w, (uint64_t)c->env.now.wall.s);
	bnl_version_write(version, core_env_serves(&c->env));
	wcur_bytes(&w, version, sizeof(version));
	return records_send(p, record, len);
}

bool
record_send_ping(struct peer *p, enum record_type type,
		 const uint8_t tag[RECORD_TAG_LEN])
{
	uint8_t record[RECORD_HEADER_LEN + RECORD_PING_LEN];

	return send_padded(p, type, tag, record, sizeof(record));
}

void
records_probe(struct peer *p, const uint8_t tag[RECORD_TAG_LEN], size_t size)
{
	/* In the half of the scratch memory that sealing does not reach. */
	(void)send_padded(p, RECORD_PING, tag,
			  p->core->scratch + FRAME_LEN_MAX / 2, size);
}

void
records_ping(struct peer *p)
{
	rng_fill(&p->core->env.rng, p->ping, sizeof(p->ping));
	if (record_send_ping(p, RECORD_PING, p->ping))
		p->pinged = p->core->env.now.mono;
}

void
records_keepalive(struct peer *p)
{
	uint8_t tag[RECORD_TAG_LEN];

	rng_fill(&p->core->env.rng, tag, sizeof(tag));
	(void)record_send_ping(p, RECORD_PING, tag);
}

void
records_bye(struct peer *p)
{
	static const uint8_t record[RECORD_HEADER_LEN] = { RECORD_BYE, 0, 0 };

	(void)records_send(p, record, sizeof(record));
}

static bool
ask_one(struct peer *p, const struct ask *a)
{
	uint8_t record[RECORD_HEADER_LEN + RECORD_ASK_LEN] = { 0 };
	struct wcur w;

	wcur_init(&w, record, sizeof(record));
	record_put_head(&w, RECORD_ASK, RECORD_ASK_LEN);
	wcur_bytes(&w, a->tag, sizeof(a->tag));
	wcur_bytes(&w, a->name, strlen(a->name));
	return records_send(p, record, sizeof(record));
}

/* From a place that differs each time, so that all get to be asked. */
void
records_ask(struct core *c, const char *name)
{
	struct ask *a = &c->ask;
	size_t first;

	memset(a, 0, sizeof(*a));
	memcpy(a->name, name, strlen(name) + 1);
	rng_fill(&c->env.rng, a->tag, sizeof(a->tag));
	a->at = c->env.now.mono;
	if (c->npeers == 0)
		return;
	first = rng_below(&c->env.rng, (uint32_t)c->npeers);
	for (size_t i = 0; i < c->npeers && a->asked < ASK_PEERS; i++) {
		struct peer *p = c->peers[(first + i) % c->npeers];

		if (strcmp(p->name, name) != 0 && ask_one(p, a))
			a->asked++;
	}
}
