/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two nodes with a association to each other, a wire between them and a clock. */
#ifndef ASSOC_WORLD_H
#define ASSOC_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "core/session/assoc_impl.h"
#include "base/bytes.h"
#include "core/action.h"
#include "core/session/assoc.h"

#define A 0 /* "alpha": the lower name */
#define B 1 /* "beta" */
#define WIRE_MAX 64
#define DGRAM_MAX 256

struct wired { /* one datagram on the wire */
	int to;
	struct endpoint source;
	size_t len;
	uint8_t bytes[DGRAM_MAX];
};

struct node {
	struct core_env env;
	struct conf conf;
	struct actions actions;
	struct rng_seeded seed;
	struct assocs *ls;
	struct assoc *l;
	struct endpoint at;	  /* its own address */
	struct pair_record pairs; /* as stored */
	unsigned int flags;	  /* all ASSOC_* since last looked at */
	unsigned int waiting;	  /* packets without a session */
	unsigned int got;	  /* packets that arrived */
	unsigned int empties;	  /* of which without content */
	struct assoc_in last;
};

struct world {
	struct node n[2];
	struct wired wire[WIRE_MAX];
	size_t count;
	size_t sent; /* datagrams ever put on the wire */
	void (*on_send)(struct world *w, int from, const struct wired *d);
	void (*on_data)(struct world *w, int to, const struct wired *d);
	void *ctx;
};

struct endpoint world_endpoint(uint8_t host, uint16_t port);

/* A secret that both hold; number makes it a different one. */
void world_add_pair(struct world *w, uint8_t number, enum aead_alg cipher);
void world_set_pairs(struct world *w, int i);
void world_start(struct world *w, int i);
void world_stop(struct world *w, int i);
void world_init(struct world *w, uint64_t seed);

/* As most tests want it: one pair, both nodes started. */
void world_default(struct world *w, uint64_t seed);
void world_free(struct world *w);

/* Takes what the node wants sent; nothing but datagrams is ever asked for. */
void world_drain(struct world *w, int i);

/* One packet of traffic: sealed, or it waits. */
void world_send(struct world *w, int i);

/* What a peer does with the flags that it gets. */
void world_serve(struct world *w, int i, unsigned int flags);

/* Hands over a copy, from an address of the caller's choice. */
enum drop world_hand(struct world *w, int to, const struct wired *d,
		     const struct endpoint *source);
struct wired world_take(struct world *w, size_t i);
enum drop world_deliver(struct world *w, size_t i);

/* In order, until the wire is empty; no answers to answers for ever. */
void world_settle(struct world *w);

/* Moves the clock and serves the timers that come due on the way. */
void world_wait(struct world *w, int64_t ms, bool deliver);
struct session *world_current(struct world *w, int i);
bool world_up(struct world *w, int i);

/* Both send in one and the same session. */
bool world_agree(struct world *w);

/* Up, confirmed, and nothing on the wire. */
void world_connect(struct world *w);

#endif
