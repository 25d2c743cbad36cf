/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list machine, for its own files. */
#ifndef CORE_BNLSYNC_IMPL_H
#define CORE_BNLSYNC_IMPL_H

#include "core/bnldiff.h"
#include "core/bnlsync.h"
#include "core/bnlturn.h"

struct bnlsync {
	struct core_env *env;
	struct bnlpeers peers;
	struct bnlround *round;
	struct bnltake *take;
	struct bnlturn turn;
	struct bnldiffs diffs;
	struct bnlsync_conn *conns; /* in the order in which they came */
	bool push; /* as soon as nothing from the disk is in work */
	bool untold; /* the one in force is from the disk, and not pushed */
};

#endif
