/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an administrator is told before it does harm: a clock that is wrong, a
 * certificate that is about to end. */
#include "core_impl.h"

#include "format/bnl_sign.h"

#define DAY_S 86400
#define AHEAD_DAYS 30		/* so early */
#define SAY_AGAIN_MS (INT64_C(1000) * DAY_S)

static bool
look_at_clock(struct core *c)
{
	const struct core_env *env = &c->env;
	bool sane = clock_is_sane(env->now.wall, env->built,
				  channels_mark(c->channels)->timestamp);

	if (sane == !c->clock_wrong)
		return sane;
	c->clock_wrong = !sane;
	if (sane)
		actions_event(&c->actions, EVENT_INFO, EVENT_CLOCK, NULL,
			      "the clock is right again");
	else
		actions_event(&c->actions, EVENT_WARN, EVENT_CLOCK, NULL,
			      "the clock is wrong: it is before this program "
			      "was built, or before the newest list");
	return sane;
}

static void
look_at_certificate(struct core *c)
{
	struct now now = c->env.now;
	int64_t left = c->env.cert.not_after.s - now.wall.s;

	if (left >= (int64_t)AHEAD_DAYS * DAY_S ||
	    (mono_is_set(c->cert_said) &&
	     mono_ms(c->cert_said, now.mono) < SAY_AGAIN_MS))
		return;
	c->cert_said = now.mono;
	if (left <= 0)
		actions_event(&c->actions, EVENT_ERROR, EVENT_CERT_END, NULL,
			      "the certificate of this node has ended: no "
			      "other node agrees on a secret with it");
	else
		actions_event(&c->actions, EVENT_WARN, EVENT_CERT_END, NULL,
			      "the certificate of this node ends in %d days",
			      (int)(left / DAY_S));
}

void
core_look(struct core *c)
{
	if (look_at_clock(c))
		look_at_certificate(c);
}
