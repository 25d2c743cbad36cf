/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists that are not fetched for a while. */
#include "core/list/heldoff.h"

void
heldoff_add(struct heldoff *h, const struct bnl_version *v,
	    struct monotime until)
{
	unsigned int i = h->n++ % HELD_OFF_MAX;

	h->list[i].version = *v;
	h->list[i].until = until;
}

bool
heldoff_has(const struct heldoff *h, const struct bnl_version *v,
	    struct monotime now)
{
	for (unsigned int i = 0; i < HELD_OFF_MAX && i < h->n; i++)
		if (bnl_version_cmp(&h->list[i].version, v) == 0 &&
		    !mono_reached(h->list[i].until, now))
			return true;
	return false;
}
