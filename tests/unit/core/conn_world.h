/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hosts whose connections talk to each other in memory: streams that break
 * bytes anywhere, a disk that answers later, a clock that is turned by hand.
 * Whatever can happen next is drawn by lot from a seed.
 */
#ifndef TESTS_CORE_CONN_WORLD_H
#define TESTS_CORE_CONN_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/bytes.h"
#include "core/action.h"
#include "core/conn/conn.h"
#include "core/conn/conns.h"
#include "core/list/lists.h"
#include "core/secrets/secret_store.h"
#include "core/directory/addrcache.h"
#include "core/secrets/secret_set.h"
#include "../format/bnl_keys.h"
#include "plain_tls.h"

#define HOSTS_MAX 16
#define WIRES_MAX 256
#define TASKS_MAX 32
#define WORLD_START 1800000000

struct task { /* what the disk or the worker is to do */
	struct action a;
	bool used;
};

struct host {
	char name[NODE_NAME_MAX + 1];
	struct core_env env;
	struct conf conf;
	struct actions actions;
	struct rng_seeded seed;
	struct secret_store *secrets;
	struct lists *lists;
	struct conns *cs;
	struct monotime check_at; /* of the ages of pairs */
	struct plain_ctx plain;
	struct bnl *bnl, *kept;	 /* in force; waits for the disk */
	struct bnl_version mark; /* on the disk */
	uint8_t *list;		 /* on the disk */
	size_t listlen;
	char *held; /* on the disk; NULL: none */
	size_t heldlen;
	struct {
		char peer[NODE_NAME_MAX + 1];
		uint8_t data[PAIR_RECORD_MAX];
		size_t len;
	} disk[HOSTS_MAX];
	struct task tasks[TASKS_MAX];
	bool down; /* refuses connections */
	bool disk_stuck, disk_fails;
	bool follow_wants; /* dials what the lists want */
	/* what was seen */
	unsigned int events[EVENTS];
	char text[EVENTS][512];
	unsigned int negotiated, renewed, failed, seen, dials;
	struct conn_news last_failed;
};

struct side {
	int host;
	uint32_t id;
	bool ready;	/* asked to be drained */
	bool fin;	/* closed here, after `out` */
	bool gone;	/* the id is dead */
	struct buf out; /* on its way to the other side */
};

struct wire {
	bool used;
	bool held;	  /* nothing moves by itself */
	struct side s[2]; /* dialler, listener */
};

struct world {
	struct host h[HOSTS_MAX];
	int n;
	struct wire wires[WIRES_MAX];
	int nwires; /* none was used behind these */
	struct now now;
	struct rng_seeded seed;
	struct rng rng;
	struct key *key, *other_key; /* the lists' signer; somebody else */
	const struct host *silent;   /* connecting to it never ends */
	bool deaf;		     /* to ACTION_CLOSE, but counts */
	unsigned int closes;
	void (*before_close)(uint32_t id); /* of one without a wire */
	size_t chunk;			   /* at most so many bytes at a time */
};

extern struct world w;

uint32_t lot(uint32_t n);

/* --- lists ---------------------------------------------------------------- */

/* Signs a list of nodes ("alpha beta"); body: more statements. */
void sign_list(char **out, size_t *len, const struct bnl *previous,
	       const struct key *key, int64_t at, const char *names,
	       const char *body);
struct bnl *open_list(const char *raw, size_t len);
struct bnl *open_any(const char *raw, size_t len);
struct bnl *make_list(const struct bnl *previous, int64_t at, const char *names,
		      const char *body);

/* --- hosts ---------------------------------------------------------------- */

int host_index(const char *name);
struct endpoint host_address(int i);
void host_check_secrets(struct host *h);

/* The next node that the lists want a connection to. */
bool host_wants(struct host *h, char peer[NODE_NAME_MAX + 1]);
struct monotime host_deadline(const struct host *h);
void host_start(struct host *h);
struct host *host_add(const char *name, struct bnl *b);

/* One that has never started. */
void host_drop_last(void);

/* --- wires ---------------------------------------------------------------- */

void tell_closed(struct side *s, const char *why);
void drain(struct side *s, size_t cap);

uint32_t dial(struct host *h, const char *peer, unsigned int purpose);
void collect(struct host *h);

/* --- what happens --------------------------------------------------------- */

void deliver(struct wire *x, int from, size_t most);

/* One thing that can happen, by lot; false when nothing can. */
bool world_step(void);
void world_run(void);

/* Time passes; deadlines are served as they come, hosts in order. */
void world_pass(int64_t ms);
void host_stop(struct host *h);

/* An empty world without the keys. host_add() clears a host. */
void world_reset(uint64_t seed);
void world_begin(uint64_t seed);

/* Ends all hosts and wires; world_end() frees the keys as well. */
void world_clear(void);
void world_end(void);
const struct pair_record *held(const struct host *h, const struct host *peer);

#endif
