/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * News of lists inside sessions. When two people signed at once, a node that
 * had the list that lost may be the only one that knows of it: it tells those
 * whom it has a session with, so that all logs name both.
 */
#include <string.h>

#include "core_impl.h"

#include "base/cursor.h"

#define NEWS_LEN (RECORD_HEADER_LEN + BNL_VERSION_WIRE_LEN)

static void
put_news(struct wcur *w, const struct bnl_version *v)
{
	uint8_t version[BNL_VERSION_WIRE_LEN];

	bnl_version_write(version, v);
	wcur_u8(w, RECORD_LIST_NEWS);
	wcur_be16(w, sizeof(version));
	wcur_bytes(w, version, sizeof(version));
}

void
core_news_rival(struct core *c, const struct bnl *old)
{
	uint8_t records[2 * NEWS_LEN];
	struct wcur w;

	if (!bnl_misses(c->gen->bnl, &old->version))
		return;
	wcur_init(&w, records, sizeof(records));
	put_news(&w, &old->version);
	put_news(&w, &c->env.version);
	for (size_t i = 0; i < c->npeers; i++) {
		struct link *l = c->peers[i]->link;

		if (link_seal(l, &c->env, DATA_CONTROL, records, w.len,
			      c->scratch) == DROP_NONE)
			actions_udp(&c->actions, link_remote(l), link_local(l),
				    c->scratch, w.len + DGRAM_DATA_OVERHEAD);
	}
}
