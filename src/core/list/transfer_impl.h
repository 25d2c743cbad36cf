/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of all transfers, for transfer.c and transfer_out.c. */
#ifndef CORE_LIST_TRANSFER_IMPL_H
#define CORE_LIST_TRANSFER_IMPL_H

#include "core/list/diffs.h"
#include "core/list/transfer.h"
#include "core/list/transfer_turn.h"

struct transfer {
	struct core_env *env;
	/* Borrowed of lists.c. */
	struct standings *peers;
	struct diffs *diffs;
	struct gossip *gossip;
	struct install *install;
	struct transfer_turn turn;
	struct transfer_conn *conns; /* in the order in which they came */
	bool push; /* as soon as nothing from the disk is in work */
	bool own;  /* the one in force is from the disk */
};

#endif
