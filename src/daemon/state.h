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
	struct store dir;   /* mark, static.key, addresses, runtime */
	struct store pairs; /* NAME.pair */
	struct store list;  /* the directory of the list */
	char *listname;	    /* file name of the list */
};

/* Opens the directories, and makes missing ones. 0 or -1. */
int state_open(struct state *s, const struct conf *conf, struct err *e);
/* Checks before a start that the files in the state directory would be
 * accepted; makes nothing. */
int state_check(const struct conf *conf, struct err *e);
void state_close(struct state *s);
/* As root: gives root's directories, and the daemon's own files of root in
 * them, to the user that the daemon becomes. */
int state_give(struct state *s, uid_t uid, gid_t gid, struct err *e);

/* The static X25519 key; a new one is made when the file is absent, or damaged,
 * which is logged. */
int state_static_key(struct state *s, uint8_t out[X25519_LEN],
		     const struct rng *rng, struct err *e);
/* The high-water mark; zero when the file is absent. A damaged one is an error:
 * guessing would accept an old list. */
int state_mark(struct state *s, struct bnl_version *out, struct err *e);
int state_store_mark(struct state *s,
		     const uint8_t version[BNL_VERSION_WIRE_LEN],
		     struct err *e);
/*
 * Seconds for which this node has been running, as state_store_run() stored at
 * that time of the wall clock. The time since then counts, too, but not more
 * than STATE_DOWN_MAX_S: a clock that is wrong at a start adds no more. 0 when
 * the file is absent or damaged.
 */
#define STATE_DOWN_MAX_S (24 * 3600)
int64_t state_run(struct state *s, struct walltime now);
int state_store_run(struct state *s, int64_t run_s, struct walltime now,
		    struct err *e);
/* Loads every stored pair into the core; sets damaged ones aside. Files set
 * aside before, and files of nodes that the list in force does not name, are
 * removed. */
void state_load_pairs(struct state *s, struct core *c);
/* data empty: erase, with files set aside. */
int state_store_pair(struct state *s, const char *peer, const uint8_t *data,
		     size_t len, struct err *e);
/* Loads the addresses where nodes were reached into the core; sets a damaged
 * file aside. */
void state_load_known(struct state *s, struct core *c);
int state_store_known(struct state *s, const uint8_t *data, size_t len,
		      struct err *e);
/* The list's bytes; ERR_NOTFOUND when the file is absent. */
int state_read_list(struct state *s, uint8_t **out, size_t *len, struct err *e);
/* Keeps the present file as FILE.lost-TIME; *name: that file name. */
int state_keep_list(struct state *s, struct walltime now,
		    char name[STORE_NAME_MAX], struct err *e);
/* The newest file kept so; "" when there is none. */
void state_lost_list(const struct state *s, char name[STORE_NAME_MAX]);
int state_store_list(struct state *s, const uint8_t *data, size_t len,
		     struct err *e);
/* The list that is held, in the state directory. len 0: removes it. */
int state_read_held(struct state *s, uint8_t **out, size_t *len, struct err *e);
int state_store_held(struct state *s, const uint8_t *data, size_t len,
		     struct err *e);

#endif
