/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose list is fetched: a few at a time (BNLTAKE_MAX), one of each peer, and
 * none for as long as it likes. A peer that delivers must give way after a
 * while when others wait: the slowest first. The while becomes longer each
 * time, since over a slow path a large list needs it, and every peer that gave
 * way begins anew.
 */
#ifndef CORE_BNLTURN_H
#define CORE_BNLTURN_H

#include "core/bnlsync.h"

struct bnlturn {
	unsigned int gave_way;	/* since a list was delivered whole */
};

/* The list that c offers is not to be fetched yet: another peer delivers that
 * version or a newer one, and neither fell silent nor takes its time; or there
 * is no room, or this peer has its part of it. conns: all of them. */
bool bnlturn_must_wait(const struct bnlsync_conn *conns,
		       const struct bnlsync_conn *c, const struct bnltake *take,
		       struct monotime now);
/* The time at which c is to be looked at again, while it delivers. */
struct monotime bnlturn_look(const struct bnlturn *t,
			     const struct bnlsync_conn *c, struct monotime now);
/* Whether c, which delivers, has to give way to another one; it is counted. */
bool bnlturn_gives_way(struct bnlturn *t, const struct bnlsync_conn *conns,
		       const struct bnlsync_conn *c, const struct bnltake *take,
		       struct monotime now);
/* A peer has delivered all that it had announced. */
void bnlturn_delivered(struct bnlturn *t);

#endif
