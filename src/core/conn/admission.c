/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the holder of a verified certificate may talk to us, and for what. */
#include "core/conn/admission.h"
#include "core/timings.h"

#include <string.h>

#define CONNECTIONS_A_PEER 4   /* dialled by that peer */
#define NEGOTIATIONS_A_PEER 60 /* begun by a peer, in NEGOTIATIONS_MS */

bool
admission_can_negotiate(const struct core_env *env)
{
	return env->bnl != NULL && bnl_find(env->bnl, env->self) != NULL &&
	       !env->stale;
}

int
admission_check(const struct core_env *env, const struct cert_info *peer,
		const char *dialled)
{
	const char *ou = env->conf->restrictouname;
	const struct bnl_node *node;
	bool by_key;

	if (strcmp(peer->cn, env->self) == 0)
		return REFUSE_WRONG_NAME;
	if (dialled != NULL && strcmp(peer->cn, dialled) != 0)
		return REFUSE_WRONG_NAME;
	if (ou != NULL && strcmp(peer->ou, ou) != 0)
		return REFUSE_OU;
	if (core_env_held_revokes(env, peer->cn, peer->fingerprint,
				  &peer->above))
		return REFUSE_REVOKED;
	if (env->bnl == NULL)
		return REFUSE_NOT_LISTED;
	by_key = bnl_admits_by_key(env->bnl, peer->cn, peer->fingerprint);
	if (bnl_is_revoked(env->bnl, peer->fingerprint) ||
	    (!by_key && bnl_revoked_above(env->bnl, &peer->above) != NULL))
		return REFUSE_REVOKED;

	node = bnl_find(env->bnl, peer->cn);
	if (node == NULL)
		return peer->by_key ? ADMIT_NO_CA : REFUSE_NOT_LISTED;
	if (bnl_pins_another(node, peer->fingerprint))
		return REFUSE_PIN;
	return peer->by_key && !by_key ? ADMIT_NO_CA : ADMIT_YES;
}

bool
admission_by_key(const struct core_env *env, const struct cert_info *peer,
		 const char *dialled, const struct endpoint *at)
{
	const struct bnl *b = env->bnl;
	const struct bnl_node *node;

	if (b == NULL || !b->admit_pinned)
		return false;
	if (bnl_admits_by_key(b, peer->cn, peer->fingerprint))
		return true;
	if (dialled == NULL || strcmp(peer->cn, dialled) != 0 ||
	    bnl_is_revoked(b, peer->fingerprint) ||
	    core_env_held_revokes(env, peer->cn, peer->fingerprint,
				  &peer->above))
		return false;
	node = bnl_find(b, dialled);
	return node != NULL && bnl_may_be_at(node, at);
}

bool
admission_may_deliver(int code, bool by_key, bool dialled, bool lacking)
{
	/* A caller without a CA is a pinned node, or nobody. */
	if (by_key && !dialled)
		return false;
	return code == REFUSE_PIN || code == ADMIT_NO_CA ||
	       (code == REFUSE_NOT_LISTED && (!dialled || lacking));
}

bool
admission_is_crowd(unsigned int others)
{
	return others >= CONNECTIONS_A_PEER;
}

/* Each costs two writes that reach the disk. A node that is well asks once in
 * half a minute. */
static bool
asks_too_often(struct conn_heard *h, struct monotime now)
{
	return !rate_allows(&h->asked, now, NEGOTIATIONS_MS,
			    NEGOTIATIONS_A_PEER);
}

/* A HELLO that was overtaken by one on a newer connection tells the sender's
 * older state: it is not taken. */
static struct verdict
judge_negotiation(const struct admission_case *c, struct conn_heard *heard)
{
	if (heard == NULL || c->seq < heard->seq)
		return (struct verdict){ REFUSE_BUSY,
					 "a newer connection is there", false };
	heard->seq = c->seq;
	if (asks_too_often(heard, c->now))
		return (struct verdict){ REFUSE_BUSY, "too many negotiations",
					 true };
	return (struct verdict){ ADMIT_YES, "", true };
}

/* Allows one delivery at a time over all such names, and one a minute for each
 * name until it is admitted. */
static bool
may_deliver_now(const struct admission_case *c, struct ratelimit *unlisted)
{
	return c->takes && !c->delivering &&
	       ratelimit_first(unlisted, c->peer, 0, c->now, UNLISTED_GAP_MS);
}

struct verdict
admission_judge(const struct admission_case *c, struct conn_heard *heard,
		struct ratelimit *unlisted)
{
	if (!c->dialled && admission_is_crowd(c->others))
		return (struct verdict){ REFUSE_BUSY, "too many connections",
					 false };
	/* The list may have changed since the handshake. */
	if (c->deliver_only && !may_deliver_now(c, unlisted))
		return (struct verdict){ c->code == ADMIT_YES ? REFUSE_BUSY :
								c->code,
					 "", false };
	if (c->negotiates)
		return judge_negotiation(c, heard);
	return (struct verdict){ ADMIT_YES, "", false };
}
