/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mesh of real cores in one process: one fake clock, one seeded source of
 * chance for everything that happens between and around them.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/core.h"
#include "crypto/rng.h"
#include "disk.h"
#include "ledger.h"
#include "net.h"
#include "../unit/core/plain_tls.h"
#include "queue.h"
#include "secrets.h"
#include "traffic.h"

#define MS INT64_C(1000000)
#define SEC INT64_C(1000000000)
#define MINUTE (60 * SEC)
#define HOUR (3600 * SEC)

struct node {
	struct world *w;
	size_t i;
	char name[NODE_NAME_MAX + 1];
	bool hidden;		   /* has no address in the list */
	const char *pin, *revoked; /* in lists that are made: fingerprints */
	struct conf *conf;
	struct plain_ctx plain;
	struct rng_seeded rng_state;
	struct rng rng;
	struct core *core;  /* NULL: it is down */
	unsigned int life;  /* counts its starts */
	int64_t ticked;	    /* last; and */
	unsigned int rests; /* how often at that moment */
	int64_t wall_off;   /* seconds its wall clock is off */
	struct disk disk;
	struct ends ends; /* its TCP connections */
	struct core_out *out;
	/* what happened, over all its lives */
	uint64_t events[EVENTS];
	uint64_t hooks[HOOK_MYSUBNET_DOWN + 1];
	uint64_t connects, sent[DGRAM_DATA + 1], tun_writes;
	uint64_t lists;		    /* that it took into force */
	int64_t taken;		    /* when it took the last one, and over */
	unsigned int hops;	    /* how many nodes from the disk it came */
	struct bnl_version version; /* the newest it had in force */
};

struct world {
	struct queue queue;
	int64_t now; /* ns on every node's boot clock */
	uint64_t seed;
	struct rng_seeded rng_state;
	struct rng rng; /* all chance but the nodes' own */
	bool plain;
	struct node *nodes;
	size_t n;
	int64_t *wake;	/* each node's deadline; INT64_MAX: down */
	uint64_t takes; /* lists taken into force by all */
	struct net net;
	struct ledger ledger;
	struct traffic traffic;
	struct secrets secrets;
	size_t list_pad;	 /* bytes of comments in every list */
	struct bnl *list;	 /* the last that was signed */
	struct bnl *list_before; /* and what it descends from */
	uint64_t trace;		 /* of all that happened and when */
};

struct world_opts {
	uint64_t seed;
	size_t nodes;
	const char *conf;	  /* lines for every node's configuration */
	bool plain;		  /* no cryptography in TLS */
	bool hide_last;		  /* the last node has no address */
	bool hide[2];		  /* nor has the first, the second */
	int64_t lat_min, lat_max; /* ns; 0: 1 ms */
	size_t pad;		  /* bytes of comments in every list */
};

/* All nodes exist, have the same list on disk, and are down. */
struct world *world_new(const struct world_opts *o);
void world_free(struct world *w);
/* Lets everything happen up to that moment. */
void world_run(struct world *w, int64_t until);
/* ... or until done() holds. Returns whether it did. */
bool world_run_until(struct world *w, int64_t limit,
		     bool (*done)(struct world *w, void *arg), void *arg);
/* The test is over: where, when and under which seed. */
void world_fail(struct world *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
#define world_assert(w, cond)                                                  \
	do {                                                                   \
		if (!(cond))                                                   \
			world_fail(w, "%s:%d: %s", __FILE__, __LINE__, #cond); \
	} while (0)

/* The number of the node of that name; there must be one. */
size_t world_node(struct world *w, const char *name);

/* Chance. */
uint32_t world_below(struct world *w, uint32_t bound);
int64_t world_between(struct world *w, int64_t lo, int64_t hi);
bool world_chance(struct world *w, uint32_t per_10000);
/* Folds what happens into the trace; told on stderr when SIM_LOG is set. */
void world_note(struct world *w, const struct node *n, const char *what,
		uint64_t value);

/* The k-th seed of this test: from SIM_SEED, else from 1 on. How many seeds:
 * normally `standard`, times SIM_RUNS (0.2: a fifth), and one at least. For how
 * long, where one is long: a fifth of it then, and never more than normally. */
uint64_t sim_seed(size_t k);
size_t sim_runs(size_t standard);
int64_t sim_span(int64_t standard);

/* --- node.c -------------------------------------------------------------- */
void node_init(struct node *n, struct world *w, size_t i,
	       const struct world_opts *o);
void node_done(struct node *n);
struct now node_now(const struct node *n);
/* So many seconds pass for it, by all of its clocks, in which nothing happens:
 * what it holds gets older. */
void node_age(struct node *n, int64_t s);
/* From what is on its disk. */
void node_start(struct node *n);
/* The same without core_start(): nothing is done in the background to come by
 * pairs and sessions with all others. For large meshes. */
void node_start_calm(struct node *n);
/* In order: hooks, then every waiting write. */
void node_stop(struct node *n);
/* At once: what is not written is lost. */
void node_crash(struct node *n);
void node_start_at(struct node *n, int64_t at);
/* After every call into its core. */
void node_settle(struct node *n);
void node_tick(struct node *n);
void node_udp_in(struct node *n, struct udp_run *run);
/* frames become datagrams on the net */
void node_tun_in(struct node *n, struct tun_frame *frames, size_t count);
/* What it holds of a peer; false: no such peer. */
bool node_peer(const struct node *n, size_t peer, struct peer_info *out);
bool node_is_up_with(const struct node *n, size_t peer);
/* Sum of a drop counter over the core and its peers is kept by the core. */
uint64_t node_drops(const struct node *n, enum drop d);

/* --- lists.c --------------------------------------------------------------- */
/* Signs a list of the nodes for which in[] holds (NULL: all), newer than the
 * last. raw is malloc'd. */
char *list_make(struct world *w, const bool *in, size_t *len);
/* Somebody else signs at the same time: from the list before the last. */
char *list_fork(struct world *w, const bool *in, size_t *len);
/* As if the administrator had put it there: on that node's disk. */
void list_install(struct node *n, const char *raw, size_t len);
/* Reads the disk's list into the running node (the reload). */
void list_reload(struct node *n, bool push);
/* Its version, as it stands in force. */
bool list_in_force(const struct node *n, const struct bnl *list);

#endif
