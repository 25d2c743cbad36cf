/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose list is fetched: a few at a time (INSTALL_MAX), one of each peer, and
 * none for as long as it likes. A peer that delivers must give way after a
 * while when others wait: the slowest first. The while becomes longer each
 * time, since over a slow path a large list needs it, and every peer that gave
 * way begins anew.
 */
#ifndef CORE_LIST_TRANSFER_TURN_H
#define CORE_LIST_TRANSFER_TURN_H

#include "core/list/transfer.h"

struct transfer_turn {
	unsigned int gave_way; /* since a list was delivered whole */
};

/* The list that c offers is not to be fetched yet: another peer delivers that
 * version or a newer one, and neither fell silent nor takes its time; or there
 * is no room, or this peer has its part of it. conns: all of them. */
bool transfer_turn_must_wait(const struct transfer_conn *conns,
			     const struct transfer_conn *c,
			     const struct install *take, struct monotime now);
/* The time at which c is to be looked at again, while it delivers. */
struct monotime transfer_turn_look(const struct transfer_turn *t,
				   const struct transfer_conn *c,
				   struct monotime now);
/* Whether c, which delivers, has to give way to another one; it is counted. */
bool transfer_turn_gives_way(struct transfer_turn *t,
			     const struct transfer_conn *conns,
			     const struct transfer_conn *c,
			     const struct install *take, struct monotime now);
/* A peer has delivered all that it had announced. */
void transfer_turn_delivered(struct transfer_turn *t);

#endif
