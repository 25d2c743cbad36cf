/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list machine, for its own files. */
#ifndef CORE_LIST_TRANSFER_IMPL_H
#define CORE_LIST_TRANSFER_IMPL_H

#include "core/list/diffs.h"
#include "core/list/transfer.h"
#include "core/list/transfer_turn.h"

struct transfer {
	struct core_env *env;
	struct standings peers;
	struct gossip *round;
	struct install *take;
	struct transfer_turn turn;
	struct diffs diffs;
	struct transfer_conn *conns; /* in the order in which they came */
	bool push; /* as soon as nothing from the disk is in work */
	bool untold; /* the one in force is from the disk, and not pushed */
};

#endif
