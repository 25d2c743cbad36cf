/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine behind INIT retries and confirmations. */
#include "core/session/resume.h"

#include <assert.h>

#include "base/backoff.h"

#define WANT_TRAFFIC 0x01
#define WANT_BACKGROUND 0x02
#define WANT_RENEWAL 0x04

#define BACKGROUND_TRIES 6 /* for a peer that nothing waits for */
#define FIRST_PART 4	   /* the first retry comes after 1/4 of the time */
#define JITTER_PART 5	   /* delays differ by a fifth */
#define GAP_PART 5	   /* no two tries are nearer than 1/5 */

/* When a session is confirmed again, in units of init_retry after RESP; the
 * last one ends it. */
static const int64_t confirm_at[] = { 0, 1, 2, 4, 8 };
#define CONFIRMS (sizeof(confirm_at) / sizeof(confirm_at[0]))

static void
enter_state(struct resume *r, enum resume_state state, struct monotime due)
{
	r->state = state;
	r->due = due;
}

static unsigned int
enter_rest(struct resume *r)
{
	r->wants = 0;
	enter_state(r, RESUME_IDLE, MONO_NEVER);
	return RESUME_DO_FORGET;
}

static struct monotime
soonest_try(const struct resume *r, const struct conf_timers *t)
{
	return mono_add_ms(r->last, t->init_retry / GAP_PART);
}

static int64_t
retry_delay(const struct resume *r, const struct core_env *env)
{
	const struct conf_timers *t = &env->conf->timers;
	int64_t ms = 2 * t->init_retry;
	int64_t spread;

	if (mono_ms(r->began, env->now.mono) >= t->init_give_up)
		ms = t->init_retry_slow;
	else if (r->burst == 1)
		ms = t->init_retry / FIRST_PART;
	else if (r->burst == 2)
		ms = t->init_retry;
	spread = ms / JITTER_PART;
	return jitter_ms(ms - spread / 2, spread, rng_u32(&env->rng));
}

static unsigned int
start_bare(struct resume *r, const struct core_env *env)
{
	enter_state(
		r, RESUME_BARE,
		mono_add_ms(env->now.mono, 2 * env->conf->timers.init_retry));
	return RESUME_DO_NEGOTIATE;
}

static void
forget_tries(struct resume *r)
{
	r->unanswered = MONO_NONE;
	r->tries = 0;
}

/* Forgets all doubt, because the peer answers. */
static void
restore_trust(struct resume *r)
{
	forget_tries(r);
	r->doubted = r->renewed = false;
}

/*
 * Decides whether the peer may lack every pair that is held. The first
 * negotiation follows soon, when each pair was tried; if INITs stay unanswered
 * under the new pair as well, datagrams do not get through, and another pair
 * would rarely help.
 */
static bool
is_doubtful(const struct resume *r, const struct core_env *env,
	    const struct resume_view *v)
{
	const struct conf_timers *t = &env->conf->timers;
	int64_t ms = mono_ms(r->unanswered, env->now.mono);

	if (r->renewed)
		return ms >= t->unanswered && r->tries >= 2 * v->pairs;
	return ms >= t->init_retry && r->tries >= v->pairs;
}

/* True when no packet waits for the session and no keepalive is due in it. */
static bool
is_background(const struct resume *r, const struct core_env *env)
{
	return r->wants == WANT_BACKGROUND && core_env_keepalive(env) == 0;
}

static unsigned int
try_session(struct resume *r, const struct core_env *env,
	    const struct resume_view *v)
{
	const struct conf_timers *t = &env->conf->timers;
	struct monotime now = env->now.mono;
	unsigned int todo = RESUME_DO_INIT;

	if (mono_is_set(r->last) && mono_before(now, soonest_try(r, t))) {
		enter_state(r, RESUME_TRY, soonest_try(r, t));
		return 0;
	}
	if (!mono_is_set(r->unanswered))
		r->unanswered = now;
	if (is_doubtful(r, env, v)) {
		/* In the background one negotiation is enough. */
		if (!r->doubted || !is_background(r, env))
			todo |= RESUME_DO_NEGOTIATE;
		r->doubted = true;
	}
	r->last = now;
	r->burst++;
	r->tries++;
	enter_state(r, RESUME_TRY, mono_add_ms(now, retry_delay(r, env)));
	return todo;
}

static struct monotime
give_way_until(struct monotime since, const struct conf_timers *t)
{
	return mono_add_ms(since, t->init_retry / FIRST_PART);
}

/* The peer's INIT was just answered. */
static bool
is_called(const struct core_env *env, const struct resume_view *v)
{
	return mono_is_set(v->offered) &&
	       mono_before(env->now.mono,
			   give_way_until(v->offered, &env->conf->timers));
}

/* A stretch of tries from its beginning. */
static unsigned int
begin_tries(struct resume *r, const struct core_env *env,
	    const struct resume_view *v)
{
	const struct conf_timers *t = &env->conf->timers;
	struct monotime now = env->now.mono;

	if (v->pairs == 0)
		return start_bare(r, env);
	if (r->state == RESUME_IDLE && is_called(env, v)) {
		enter_state(r, RESUME_HELD, give_way_until(v->offered, t));
		return 0;
	}
	if (mono_is_set(r->last) && mono_ms(r->last, now) > t->unanswered)
		restore_trust(r);
	r->began = now;
	r->burst = 0;
	return try_session(r, env, v);
}

/* The first pair. The peer may have it on its disk a little later: its dialler
 * knows when both have, and says INIT. */
static unsigned int
await_dialler(struct resume *r, const struct core_env *env)
{
	forget_tries(r);
	enter_state(r, RESUME_HELD,
		    give_way_until(env->now.mono, &env->conf->timers));
	return 0;
}

/* Traffic now waits for tries that were slow or in the background. */
static void
hurry_tries(struct resume *r, const struct core_env *env)
{
	struct monotime now = env->now.mono;

	r->began = now;
	r->burst = 0;
	r->due = mono_min(r->due, soonest_try(r, &env->conf->timers));
}

static unsigned int
retry_session(struct resume *r, const struct core_env *env,
	      const struct resume_view *v)
{
	if (is_background(r, env) && r->burst >= BACKGROUND_TRIES)
		return enter_rest(r);
	return try_session(r, env, v);
}

/* The session of the peer's INIT may come first. */
static void
give_way(struct resume *r, const struct core_env *env)
{
	struct monotime later =
		mono_add_ms(env->now.mono, env->conf->timers.init_retry);

	if (mono_before(r->due, later))
		r->due = later;
}

static unsigned int
confirm_session(struct resume *r, const struct core_env *env,
		const struct resume_view *v)
{
	unsigned int n = ++r->confirms;

	if (n == CONFIRMS)
		return enter_rest(r);
	enter_state(r, RESUME_CONFIRM,
		    mono_add_ms(r->answered,
				confirm_at[n] * env->conf->timers.init_retry));
	/* A packet sent at once has confirmed the session already. */
	return n == 1 && v->sent ? 0 : RESUME_DO_EMPTY;
}

static unsigned int
on_answered(struct resume *r, const struct core_env *env)
{
	restore_trust(r);
	r->wants = 0;
	r->confirms = 0;
	r->answered = env->now.mono;
	enter_state(r, RESUME_CONFIRM, env->now.mono);
	return 0;
}

static unsigned int
on_promoted(struct resume *r)
{
	restore_trust(r);
	return enter_rest(r);
}

static unsigned int
rest_unless_wanted(struct resume *r)
{
	return r->wants == 0 ? enter_rest(r) : 0;
}

static unsigned int
step_idle(struct resume *r, enum resume_event event, const struct core_env *env,
	  const struct resume_view *v)
{
	switch (event) {
	case RESUME_WANT:
	case RESUME_START:
	case RESUME_RENEW:
	case RESUME_AGREED:
		return begin_tries(r, env, v);
	default:
		return 0;
	}
}

static unsigned int
step_bare(struct resume *r, enum resume_event event, const struct core_env *env,
	  const struct resume_view *v)
{
	switch (event) {
	case RESUME_DUE:
		return start_bare(r, env);
	case RESUME_PAIRS:
		return v->pairs == 0 ? 0 : await_dialler(r, env);
	case RESUME_UNWANT:
	case RESUME_ENDED:
		return rest_unless_wanted(r);
	default:
		return 0;
	}
}

static unsigned int
step_held(struct resume *r, enum resume_event event, const struct core_env *env,
	  const struct resume_view *v)
{
	switch (event) {
	case RESUME_DUE:
		return begin_tries(r, env, v);
	case RESUME_AGREED:
		return is_called(env, v) ? 0 : begin_tries(r, env, v);
	case RESUME_PAIRS:
		return v->pairs == 0 ? start_bare(r, env) : 0;
	case RESUME_UNWANT:
	case RESUME_ENDED:
		return rest_unless_wanted(r);
	default:
		return 0;
	}
}

static unsigned int
step_try(struct resume *r, enum resume_event event, const struct core_env *env,
	 const struct resume_view *v)
{
	switch (event) {
	case RESUME_WANT:
		if ((r->wants & WANT_TRAFFIC) == 0)
			hurry_tries(r, env);
		return 0;
	case RESUME_DUE:
		return retry_session(r, env, v);
	case RESUME_COOKIED:
		return RESUME_DO_AGAIN;
	case RESUME_OFFERED:
		give_way(r, env);
		return 0;
	case RESUME_PAIRS:
		if (v->pairs == 0)
			return start_bare(r, env) | RESUME_DO_FORGET;
		forget_tries(r);
		r->renewed = r->doubted;
		return begin_tries(r, env, v);
	case RESUME_UNWANT:
	case RESUME_ENDED:
		return rest_unless_wanted(r);
	default:
		return 0;
	}
}

static unsigned int
step_confirm(struct resume *r, enum resume_event event,
	     const struct core_env *env, const struct resume_view *v)
{
	switch (event) {
	case RESUME_WANT:
	case RESUME_START:
	case RESUME_RENEW:
	case RESUME_AGREED:
		return begin_tries(r, env, v);
	case RESUME_DUE:
		return confirm_session(r, env, v);
	case RESUME_HEARD:
	case RESUME_ENDED:
		return enter_rest(r);
	default:
		return 0;
	}
}

static unsigned int
want_of(enum resume_event event)
{
	switch (event) {
	case RESUME_WANT:
	case RESUME_UNWANT:
		return WANT_TRAFFIC;
	case RESUME_START:
	case RESUME_AGREED:
		return WANT_BACKGROUND;
	case RESUME_RENEW:
	case RESUME_ENDED:
		return WANT_RENEWAL;
	default:
		return 0;
	}
}

unsigned int
resume_step(struct resume *r, enum resume_event event,
	    const struct core_env *env, const struct resume_view *v)
{
	unsigned int todo = 0;

	if (event == RESUME_ANSWERED)
		return on_answered(r, env);
	if (event == RESUME_PROMOTED)
		return on_promoted(r);
	if (event == RESUME_UNWANT || event == RESUME_ENDED)
		r->wants &= ~want_of(event);
	switch (r->state) {
	case RESUME_IDLE:
		todo = step_idle(r, event, env, v);
		break;
	case RESUME_BARE:
		todo = step_bare(r, event, env, v);
		break;
	case RESUME_HELD:
		todo = step_held(r, event, env, v);
		break;
	case RESUME_TRY:
		todo = step_try(r, event, env, v);
		break;
	case RESUME_CONFIRM:
		todo = step_confirm(r, event, env, v);
		break;
	case RESUME_STATES:
		assert(false);
	}
	if (event == RESUME_WANT || event == RESUME_START ||
	    event == RESUME_RENEW || event == RESUME_AGREED)
		r->wants |= want_of(event);
	return todo;
}
