/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host names that stand in the list as addresses, and the addresses that
 * the last lookup gave. A name is looked up when its node is to be reached, but
 * not again within a while; a result stays until a lookup gives another.
 */
#ifndef CORE_DIRECTORY_HOSTS_H
#define CORE_DIRECTORY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ipaddr.h"
#include "core/env.h"
#include "core/listed.h"
#include "format/bnl.h"

#define HOSTS_EACH 4 /* addresses of a name that are kept */

struct hosts;

struct hosts *hosts_new(const struct rng *rng); /* NULL: memory is out */
void hosts_free(struct hosts *h);		/* NULL is fine */
/* Another list is in force: forgets names that are not in it, of the next n
 * from *at on, which begins at 0. true: those were the last ones. */
bool hosts_keep(struct hosts *h, const struct listed *l, size_t *at, size_t n);
/* Has the name looked up (ACTION_RESOLVE) when its turn comes, unless it is too
 * early for that. Urgent names, for whose node packets wait, go first; a
 * quarter of the places is for them alone. Names whose last look-up failed take
 * half of the places at most, so that a silent name server does not keep other
 * names waiting. */
void hosts_want(struct hosts *h, struct core_env *env, const char *host,
		bool urgent);
/* The answer; n == 0: none, and why. more: it is a part, and the rest follows
 * with all addresses. Of addresses that are there twice or beyond HOSTS_EACH
 * the first ones count. true: they are others than before. */
bool hosts_answer(struct hosts *h, struct core_env *env, const char *host,
		  const struct ipaddr *found, size_t n, bool more,
		  const char *why);
/* Whether the name has no address that is known. *why: the last error, until
 * the next call that is no getter; NULL while no answer has come. */
bool hosts_lacks(const struct hosts *h, const char *host, const char **why);
/* The known addresses of the name. Returns how many. */
size_t hosts_get(const struct hosts *h, const char *host,
		 struct ipaddr out[HOSTS_EACH]);

#endif
