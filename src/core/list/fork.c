/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The alarm when two people signed at once. */
#include "core/list/fork.h"

#include <string.h>

#include "base/bytes.h"
#include "core/action.h"
#include "core/timings.h"

#define HEARSAY_MAX 16 /* in that time */

void
forks_init(struct forks *f)
{
	memset(f, 0, sizeof(*f));
	ratelimit_init(&f->told);
}

/* false: it was told lately. */
static bool
tell_fork(struct forks *f, struct core_env *env, const char *peer,
	  const struct bnl_version *holds, const struct bnl_version *other)
{
	char a[BNL_VERSION_TEXT_MAX], b[BNL_VERSION_TEXT_MAX];

	bnl_version_format(a, holds);
	bnl_version_format(b, other);
	if (!ratelimit_first(&f->told, b, get_be64(holds->digest),
			     env->now.mono, FORK_AGAIN_MS))
		return false;
	actions_event(env->actions, EVENT_ERROR, EVENT_LIST_FORK, peer,
		      "two lists were signed at once: %s and %s, neither "
		      "descends from the other; %s holds, the changes of the "
		      "other must be made again",
		      a, b, a);
	return true;
}

void
forks_list(struct forks *f, struct core_env *env, const char *peer,
	   const struct bnl *other)
{
	if (env->bnl == NULL)
		return;
	switch (bnl_compare(env->bnl, other)) {
	case BNL_NEWER_FORK:
		(void)tell_fork(f, env, peer, &other->version, &env->version);
		break;
	case BNL_OLDER_FORK:
		(void)tell_fork(f, env, peer, &env->version, &other->version);
		break;
	default:
		break;
	}
}

/* The last few, each once. */
static void
keep_heard(struct forks *f, struct monotime now, const char *peer,
	   const struct bnl_version *v)
{
	unsigned int at = f->nheard % FORKS_HEARD;

	for (unsigned int i = 0; i < FORKS_HEARD; i++)
		if (bnl_version_cmp(&f->heard[i].version, v) == 0) {
			f->heard[i].when = now;
			return;
		}
	memcpy(f->heard[at].peer, peer, strlen(peer) + 1);
	f->heard[at].version = *v;
	f->heard[at].when = now;
	f->nheard++;
}

void
forks_version(struct forks *f, struct core_env *env, const char *peer,
	      const struct bnl_version *v)
{
	struct monotime now = env->now.mono;

	if (env->bnl == NULL || v->timestamp.s <= 0)
		return;
	if (bnl_version_cmp(v, &env->version) > 0)
		keep_heard(f, now, peer, v);
	if (bnl_version_cmp(v, &env->version) >= 0 || !bnl_misses(env->bnl, v))
		return;
	/* Ours was dated ahead by mistake; that one may well follow upon it,
	 * and be dated back on purpose: only the list itself would show it. */
	if (env->version.timestamp.s > env->now.wall.s + FORK_AHEAD_S)
		return;
	if (!rate_is_full(&f->hearsay, now, FORK_AGAIN_MS, HEARSAY_MAX) &&
	    tell_fork(f, env, peer, &env->version, v))
		rate_count(&f->hearsay, now, FORK_AGAIN_MS);
}

void
forks_applied(struct forks *f, struct core_env *env)
{
	for (unsigned int i = 0; i < FORKS_HEARD; i++) {
		struct bnl_version v = f->heard[i].version;

		if (env->bnl == NULL || bnl_version_cmp(&v, &env->version) > 0)
			continue;
		if (mono_ms(f->heard[i].when, env->now.mono) < FORK_AGAIN_MS)
			forks_version(f, env, f->heard[i].peer, &v);
		memset(&f->heard[i], 0, sizeof(f->heard[i])); /* judged */
	}
}
