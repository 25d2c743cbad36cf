/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole cores of a small network, whose actions are served at once: what they
 * asked for is counted, datagrams are kept, the disk always works, nobody
 * ever answers by TCP. The clock is turned by hand.
 */
#ifndef TESTS_CORE_RIG_H
#define TESTS_CORE_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "core/core_impl.h"
#include "../format/bnl_keys.h"
#include "packets.h"
#include "plain_tls.h"

#define RIG_START 1800000000
#define RIG_RUN_S (100 * 86400) /* that it was running before */
#define RIG_KEPT 64		/* datagrams that are kept */
#define RIG_HOOKS 256
#define RIG_TO 256
#define RIG_ASKED 16

struct rig_dgram {
	uint8_t data[2048];
	size_t len;
};

struct rig_node {
	char name[NODE_NAME_MAX + 1];
	struct core *core;
	struct conf *conf;
	struct plain_ctx plain;
	struct rng_seeded seed;
	uint8_t secret[X25519_LEN], public[X25519_LEN];
	bool no_gro, no_csum;
	bool silent; /* TCP never answers */
	struct endpoint at;
	struct rig_dgram sent[RIG_KEPT];
	size_t nsent;
	struct {
		enum hook_kind kind;
		char peer[NODE_NAME_MAX + 1];
		uint8_t covering;
	} hooks[RIG_HOOKS];
	size_t nhooks; /* the first ones are kept */
	size_t connects, tun_writes;
	struct endpoint to[RIG_TO]; /* of the last connects */
	uint8_t *known;		    /* addresses on the disk */
	size_t knownlen;
	int64_t run_s; /* as stored last */
	unsigned int run_writes;
	unsigned int known_writes;
	char asked[RIG_ASKED][64]; /* the last host names */
	size_t nasked;
	unsigned int events[EVENTS], logged[EVENTS];
};

struct rig {
	struct now now;
	struct key *key;
	struct rng_seeded seed;
	struct rng rng;
};

extern struct rig rig;

void rig_clock(struct monotime at);
void rig_begin(void);
void rig_end(void);

/* The bytes of a signed list; body: its statements. */
char *rig_sign(const char *body, int64_t at, size_t *len);
struct generation *rig_receive(const struct bnl_source *src);
struct generation *rig_build(const void *raw, size_t len);
struct generation *rig_list(const char *body, int64_t at);
void rig_act(struct rig_node *n, struct action *a);
void rig_drain(struct rig_node *n);

/* All hooks have a command, so that the core asks for them. */
#define RIG_COMMANDS                                        \
	"nodeupcmd = x\nnodedowncmd = x\nsubnetupcmd = x\n" \
	"subnetdowncmd = x\nmysubnetupcmd = x\nmysubnetdowncmd = x\n"

/* extra: more lines of its configuration. */
void rig_node_init(struct rig_node *n, const char *name, const char *extra);

/* list is the core's from here on; mark may be NULL. */
void rig_new(struct rig_node *n, struct generation *list,
	     const struct bnl_version *mark);
void rig_free(struct rig_node *n);
void rig_start(struct rig_node *n);
void rig_tick(struct rig_node *n);

/* Time passes; deadlines are served as they come. */
void rig_pass(struct rig_node *n, int64_t ms);
void rig_offer(struct rig_node *n, const char *body, int64_t at);

/* A pair that both hold, as if it had been negotiated at that time. */
struct pair rig_pair(enum comp_alg comp, int64_t made);
void rig_load(struct rig_node *n, const struct rig_node *peer,
	      const struct pair *pair);
struct peer *rig_peer(const struct rig_node *n, const char *name);

/* --- the data path -------------------------------------------------------- */

struct rig_out {
	struct core_out o;
	uint8_t mem[1024 * 1024];
	struct udp_run runs[64];
	struct tun_out frames[64];
	struct slice slices[4 * FRAME_IOV_MAX];
};

struct core_out *rig_out(struct rig_out *out);

/* What `from` has sent since `first` arrives at `to`; answers stay with it. */
void rig_carry(struct rig_node *from, size_t first, struct rig_node *to,
	       struct core_out *out);

/* Both go on until nothing is on the wire. */
void rig_talk(struct rig_node *a, struct rig_node *b, struct core_out *out);

/* One UDP packet from 10.156.1.1 to 10.156.2.200 of len payload bytes. */
size_t rig_packet(uint8_t *p, const uint8_t *payload, size_t len);
void rig_tun_in(struct rig_node *n, struct tun_frame *f, struct core_out *out);

/* One such packet into the device of a node. */
void rig_send_hello(struct rig_node *n, struct core_out *out);

/* Alpha and beta start with a pair that both have, and come up. */
void rig_meet(struct rig_node *a, struct rig_node *b, struct rig_out *out);

#endif
