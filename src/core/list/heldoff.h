/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proper lists that could not be taken all the same: not fetched again for a
 * while, whichever peer offers them. The last few are remembered. All zero:
 * none. */
#ifndef CORE_LIST_HELDOFF_H
#define CORE_LIST_HELDOFF_H

#include <stdbool.h>

#include "base/monotime.h"
#include "format/bnl.h"

#define HELD_OFF_MAX 8

struct heldoff {
	struct {
		struct bnl_version version;
		struct monotime until;
	} list[HELD_OFF_MAX];
	unsigned int n; /* counts on; the place is modulo */
};

void heldoff_add(struct heldoff *h, const struct bnl_version *v,
		 struct monotime until);
bool heldoff_has(const struct heldoff *h, const struct bnl_version *v,
		 struct monotime now);

#endif
