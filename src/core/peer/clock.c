/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the clocks of peers differ from this host's. */
#include "core/core_impl.h"

bool
peer_clock_is_off(const struct peer *p)
{
	return p->has_clock &&
	       (p->clock_s > WARNING_CLOCK_S || p->clock_s < -WARNING_CLOCK_S);
}

void
peer_clock_forget(struct peer *p)
{
	struct core *c = p->core;

	c->clocks -= p->has_clock;
	c->clocks_off -= peer_clock_is_off(p);
	p->has_clock = false;
}

void
peer_clock_take(struct peer *p, int64_t ahead_s)
{
	struct core *c = p->core;

	peer_clock_forget(p);
	p->has_clock = true;
	p->clock_s = ahead_s;
	c->clocks++;
	c->clocks_off += peer_clock_is_off(p);
}
