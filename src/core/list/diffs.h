/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The differences between the lists that were in force lately and the one in
 * force, as they are sent to peers that still have one of these: at most
 * LIST_DIFFS, of LIST_DIFF_MAX bytes each. Made when a list comes into force
 * and not when somebody asks; a node that just started has none.
 */
#ifndef CORE_LIST_DIFFS_H
#define CORE_LIST_DIFFS_H

#include "format/bnl.h"

struct diff {
	struct bnl_version from;
	uint8_t *bytes;
	size_t len;
};

struct diffs {
	struct diff d[LIST_DIFFS]; /* the newest first */
	unsigned int n;
	struct bnl_version to; /* the list in force */
};

/* in_force: its version; zero: none. */
void diffs_init(struct diffs *ds, const struct bnl_version *in_force);
void diffs_free(struct diffs *ds);
/* b is in force now: takes b's difference up and leads all others to b. The
 * pointers that were given out die. */
void diffs_applied(struct diffs *ds, const struct bnl *b);
/* The difference from that version; NULL: there is none. */
const struct diff *diffs_find(const struct diffs *ds,
			      const struct bnl_version *from);

#endif
