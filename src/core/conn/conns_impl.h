/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state that the connections and dials of one core share; conns.c owns it.
 * For the files of this folder. */
#ifndef CORE_CONN_CONNS_IMPL_H
#define CORE_CONN_CONNS_IMPL_H

#include <stdint.h>

#include "base/table.h"
#include "base/timerq.h"
#include "core/conn/conns.h"
#include "core/conn/conns_room.h"
#include "core/env.h"
#include "core/list/lists.h"
#include "core/report/ratelimit.h"
#include "core/secrets/secret_store.h"

struct conn;
struct dial;

enum conns_timer { CONN_TIMER_CONN, CONN_TIMER_DIAL };

/* All connections of a core, and the state that they share. */
struct conns {
	struct core_env *env;
	struct secret_store *secrets; /* borrowed */
	struct lists *lists;	      /* borrowed */
	struct conn *all;	      /* newest first */
	uint64_t turnover;	      /* counts changes that may free room */
	struct dial *dials;	      /* not decided by a connection yet */
	size_t uses[USES];	      /* kept by conns_room.c */
	size_t crowd;		      /* first dials that wait, with packets */
	struct timerq timers;
	struct ratelimit said;	   /* logged about those not in the list */
	struct ratelimit lines;	   /* how much, of each name of theirs */
	struct rate outsiders;	   /* lines about them */
	uint64_t tls_failed;	   /* connections that got no further */
	struct ratelimit unlisted; /* names that delivered lists */
	struct conn *news, **news_tail;
	struct table by_id;
	uint32_t last_id;
	uint64_t last_seq;
	size_t total; /* with those that are ENDING */
};

#endif
