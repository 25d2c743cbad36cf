/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state that every part of one core shares and none of them owns. */
#ifndef CORE_ENV_H
#define CORE_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monotime.h"
#include "core/directory/names.h"
#include "crypto/key.h"
#include "crypto/rng.h"
#include "core/refusal.h"
#include "crypto/tls.h"
#include "format/bnl_sign.h"
#include "format/conf.h"
#include "core/timings.h"

struct actions;
struct addrcache;
struct listed;
struct history;

struct core_env {
	struct now now;		   /* time of the call being served */
	int64_t run_s;		   /* the node's running time at the */
	struct monotime run_since; /* time of that clock */
	struct walltime built;	   /* build date: a clock before it is wrong */
	struct rng rng;
	const struct conf *conf;
	const char *self; /* own node name */
	uint8_t static_secret[X25519_LEN];
	uint8_t static_public[X25519_LEN];
	struct tls_provider tls;
	struct cert_info cert;	     /* our own certificate */
	const struct bnl *bnl;	     /* in force; NULL: none */
	bool stale;		     /* bnl is below the mark, the newest list
				      * ever taken: it routes nothing */
	bool hidden;		     /* the list names no own address: nobody
				      * else can dial */
	const struct listed *listed; /* bnl's addresses; NULL: none */
	struct bnl_version version;  /* version of bnl; zero: none */
	const struct bnl *held;	    /* newer than bnl and of a later format than
				      * this program applies: it is served to
				      * others, and its revoked keys are heeded;
				      * NULL: none */
	uint64_t refused[REFUSALS]; /* lists */
	char disk_refused[REFUSAL_TEXT_MAX]; /* the one on disk: why */
	struct names names;	     /* of other nodes: what is known of each */
	struct addrcache *addrcache; /* addresses that reached nodes */
	struct history *history;     /* notes about nodes */
	struct actions *actions;
	uint32_t ticket; /* the last one given out; 0 is none */
};

/* Seconds between signs of life in a session; 0: none are sent. A node that
 * cannot be dialled keeps its sessions unless it is told not to. */
static inline uint32_t
core_env_keepalive(const struct core_env *env)
{
	const struct conf *conf = env->conf;

	if (conf->keepalive > 0 || !env->hidden ||
	    conf_line(conf, "keepalive") > 0)
		return conf->keepalive;
	return KEEPALIVE_HIDDEN_S;
}

/* Seconds for which this node has been running since it first started. The age
 * of stored secrets is counted by it: setting the wall clock, to whatever time,
 * does not change it. */
static inline int64_t
core_env_run_s(const struct core_env *env, struct monotime now)
{
	return env->run_s + mono_ms(env->run_since, now) / 1000;
}

/* True for an address inside the VPN: a datagram sent there would enter the VPN
 * again, and again. Such an address is never learned, remembered or dialled,
 * and no peer is believed to be there. */
static inline bool
core_env_is_inside(const struct core_env *env, const struct ipaddr *a)
{
	return env->bnl != NULL && bnl_is_inside(env->bnl, a);
}

/* The greatest list that this node can serve, and its version: what others are
 * told of. NULL, and zero: none. Without a list in force nobody is admitted who
 * could ask for the one that is held. */
static inline const struct bnl *
core_env_served(const struct core_env *env)
{
	return env->held != NULL && env->bnl != NULL ? env->held : env->bnl;
}

static inline const struct bnl_version *
core_env_serves(const struct core_env *env)
{
	return env->held != NULL && env->bnl != NULL ? &env->held->version :
						       &env->version;
}

/* Why the list in force is another one: IN_FORCE_*. */
static inline uint8_t
core_env_why(const struct core_env *env)
{
	return core_env_served(env) == env->bnl ? IN_FORCE_SERVED :
						  IN_FORCE_FORMAT;
}

/* The held list revokes the key of that node, or one of these above its
 * certificate, unless the list in force admits the node by its key. */
static inline bool
core_env_held_revokes(const struct core_env *env, const char *name,
		      const uint8_t fp[FINGERPRINT_LEN],
		      const struct cert_above *above)
{
	if (env->held == NULL)
		return false;
	return bnl_is_revoked(env->held, fp) ||
	       (bnl_revoked_above(env->held, above) != NULL &&
		(env->bnl == NULL || !bnl_admits_by_key(env->bnl, name, fp)));
}

/* Says which list is held, why, and which one is in force. */
#define HELD_TEXT_MAX 256 /* CORE_HELD_TEXT_MAX */
char *core_env_held_text(char out[HELD_TEXT_MAX], const struct core_env *env);

/* A list must be of the network of the configuration, where that names one, and
 * of the list in force. 0 or -1. */
static inline int
core_env_check_network(const struct core_env *env, const struct bnl *b,
		       struct err *e)
{
	if (env->conf->network != NULL &&
	    bnl_check_network(b, env->conf->network, "the configuration", e) !=
		    0)
		return -1;
	return env->bnl == NULL ? 0 :
				  bnl_check_network(b, env->bnl->network,
						    "the list in force", e);
}

/* The list in force names that node. Most often its peer says so. */
static inline bool
core_env_lists(const struct core_env *env, const struct entry *e)
{
	return e->peer != NULL ||
	       (env->bnl != NULL && bnl_find(env->bnl, e->name) != NULL);
}

/* A ticket for STORE_* and BUILD_LIST; never 0. */
static inline uint32_t
core_env_ticket(struct core_env *env)
{
	if (++env->ticket == 0)
		env->ticket = 1;
	return env->ticket;
}

#endif
