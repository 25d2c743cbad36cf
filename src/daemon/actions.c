/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Performs actions: one function for each kind. */
#include "daemon/actions.h"

#include "daemon/daemon.h"
#include "daemon/datapath.h"
#include "daemon/device.h"
#include "daemon/hostnet.h"
#include "sys/clock.h"

/* A list of 10,000 new nodes brings as many events and more hooks: the longest
 * time that packets wait for them, and the number between two readings of the
 * clock. */
#define DRAIN_MS 1
#define DRAIN_LOOK 16

static void
add_event(struct daemon *d, const struct action *a)
{
	events_say(d, a->level, a->event, a->peer,
		   a->text == NULL ? "(out of memory)" : a->text);
}

static void
perform_action(struct daemon *d, struct action *a)
{
	switch (a->kind) {
	case ACTION_CONNECT:
		streams_connect(d, a);
		break;
	case ACTION_STREAM_READY:
		streams_flush(d, a->conn);
		break;
	case ACTION_CLOSE:
		streams_close(d, a->conn);
		break;
	case ACTION_SEND_UDP:
		datapath_send(d, a);
		break;
	case ACTION_TUN_WRITE:
		datapath_tun_write(d, a);
		break;
	case ACTION_STORE_PAIR:
		worker_store_pair(d, a);
		break;
	case ACTION_BUILD_LIST:
		worker_build_list(d, a);
		break;
	case ACTION_STORE_LIST:
		worker_store_list(d, a);
		break;
	case ACTION_STORE_HELD:
		worker_store_held(d, a);
		break;
	case ACTION_DISCARD:
		worker_discard(d, a);
		break;
	case ACTION_STORE_ADDRCACHE:
		worker_store_known(d, a);
		break;
	case ACTION_STORE_RUN:
		worker_store_run(d, a);
		break;
	case ACTION_RESOLVE:
		lookup_start(d, a);
		break;
	case ACTION_RUN_HOOK:
		hooks_run(d, a);
		break;
	case ACTION_EVENT:
		add_event(d, a);
		break;
	}
}

/* Performs actions until none is left, or for that long. An action may complete
 * at once and cause new actions, which are performed as well. */
static void
drain_actions(struct daemon *d, int64_t ms)
{
	struct monotime end = MONO_NONE;
	unsigned int n = 0;
	struct action a;

	d->drain.is_unfinished = false;
	while (!d->drain.is_unfinished && core_next_action(d->core, &a)) {
		perform_action(d, &a);
		action_done(&a);
		if (++n % DRAIN_LOOK != 0)
			continue;
		/* A few actions are performed without reading the clock. */
		if (n == DRAIN_LOOK)
			end = mono_add_ms(clock_mono(), ms);
		else
			d->drain.is_unfinished =
				mono_reached(end, clock_mono());
	}
	if (!d->drain.is_unfinished)
		hooks_flush(d);
}

/* Each event may lead to a call of the core that leaves actions. */
static void
actions_after_event(void *daemon)
{
	struct daemon *d = daemon;

	/* Actions left over have had their share of this turn. */
	if (!d->drain.is_unfinished)
		drain_actions(d, DRAIN_MS);
}

void
actions_drain_all(struct daemon *d)
{
	drain_actions(d, INT64_MAX / NS_PER_MS / 2);
}

static void
actions_before_sleep(void *daemon)
{
	struct daemon *d = daemon;

	suspend_check(d);
	if (mono_reached(core_deadline(d->core), clock_mono()))
		core_tick(d->core, clock_now());
	events_tick(d, clock_mono());
	streams_next_turn(d);
	drain_actions(d, DRAIN_MS);
	ctl_stream_follow(d);
	device_follow(d);
	hostnet_follow(d);
}

static struct monotime
actions_deadline(void *daemon)
{
	struct daemon *d = daemon;

	if (d->drain.is_unfinished)
		return clock_mono();
	return mono_min(core_deadline(d->core), ctl_stream_deadline(d));
}

struct loop_owner
actions_of_loop(struct daemon *d)
{
	return (struct loop_owner){ .before_sleep = actions_before_sleep,
				    .after_event = actions_after_event,
				    .deadline = actions_deadline,
				    .ctx = d };
}
