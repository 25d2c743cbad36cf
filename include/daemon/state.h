/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's own files under the state directory. */
#ifndef DAEMON_STATE_H
#define DAEMON_STATE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "core/core.h"
#include "crypto/rng.h"
#include "sys/store.h"

struct state {
	struct store dir;	/* mark, static.key, addresses, runtime */
	struct store pairs;	/* NAME.pair */
	struct store list;	/* the directory of the list */
	char *listname;		/* its name in there */
};

/* Opens (and makes) the directories. 0 or -1. */
int state_open(struct state *s, const struct conf *conf, struct err *e);
/* Whether what is in the state directory would be taken, before a start;
 * nothing is made. */
int state_check(const struct conf *conf, struct err *e);
void state_close(struct state *s);
/* As root: what is root's of the directories and of the daemon's own files in
 * them is given to that user, whom the daemon becomes. */
int state_give(struct state *s, uid_t uid, gid_t gid, struct err *e);

/* The static X25519 key; made when there is none, or when what is there is
 * damaged, which is logged. */
int state_static_key(struct state *s, uint8_t out[X25519_LEN],
		     const struct rng *rng, struct err *e);
/* The high-water mark; zero when there is none. A damaged one is an error:
 * guessing would let an old list in. */
int state_mark(struct state *s, struct bnl_version *out, struct err *e);
int state_store_mark(struct state *s,
		     const uint8_t version[BNL_VERSION_WIRE_LEN],
		     struct err *e);
/*
 * Seconds for which this node has been running, by what state_store_run()
 * wrote at that time of the wall clock. What lies between counts, too, but not
 * more than STATE_DOWN_MAX_S: a clock that is wrong at a start adds no more.
 * 0 when there is none, or when it is damaged.
 */
#define STATE_DOWN_MAX_S (24 * 3600)
int64_t state_run(struct state *s, struct walltime now);
int state_store_run(struct state *s, int64_t run_s, struct walltime now,
		    struct err *e);
/* Every stored pair goes into the core; damaged ones are set aside. What was
 * set aside before, and files of nodes that the list in force does not name,
 * are removed. */
void state_load_pairs(struct state *s, struct core *c);
/* data empty: erase, with what was set aside. */
int state_store_pair(struct state *s, const char *peer, const uint8_t *data,
		     size_t len, struct err *e);
/* The addresses where nodes were reached go into the core; a damaged file is
 * set aside. */
void state_load_known(struct state *s, struct core *c);
int state_store_known(struct state *s, const uint8_t *data, size_t len,
		      struct err *e);
/* The list's bytes; ERR_NOTFOUND when there is none. */
int state_read_list(struct state *s, uint8_t **out, size_t *len,
		    struct err *e);
/* Keeps what lies there, as FILE.lost-TIME; *name: as what. */
int state_keep_list(struct state *s, struct walltime now,
		    char name[STORE_NAME_MAX], struct err *e);
/* The newest file that was kept so; "" when there is none. */
void state_lost_list(const struct state *s, char name[STORE_NAME_MAX]);
int state_store_list(struct state *s, const uint8_t *data, size_t len,
		     struct err *e);

#endif
