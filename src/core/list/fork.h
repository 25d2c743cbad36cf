/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two people signed at once: the alarm that names both lists. */
#ifndef CORE_LIST_FORK_H
#define CORE_LIST_FORK_H

#include "base/rate.h"
#include "core/env.h"
#include "core/report/ratelimit.h"

#define FORKS_HEARD 8

struct forks {
	struct ratelimit told; /* by both lists */
	struct {
		char peer[NODE_NAME_MAX + 1];
		struct bnl_version version; /* newer than ours was */
		struct monotime when;
	} heard[FORKS_HEARD];
	unsigned int nheard; /* counts on; the place is modulo */
	struct rate hearsay; /* alarms by hearsay */
};

void forks_init(struct forks *f);
/* A whole list, verified, from peer ("": the disk), before it is taken. */
void forks_list(struct forks *f, struct core_env *env, const char *peer,
		const struct bnl *other);
/* peer ("": the mark on our disk) has a list of that version. Nobody has
 * verified it: so many alarms an hour and no more. Of a newer one nothing can
 * be said yet: it is kept for forks_applied(). */
void forks_version(struct forks *f, struct core_env *env, const char *peer,
		   const struct bnl_version *v);
/* Another list is in force: checks whether it names the lists of others. */
void forks_applied(struct forks *f, struct core_env *env);

#endif
