/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Performs actions: one function for each kind. */
#include "daemon/plumb.h"

#include "daemon/device.h"
#include "daemon/hostnet.h"
#include "sys/clock.h"

/* A list of 10,000 new nodes brings as many events and more hooks: the longest
 * time that packets wait for them, and the number between two readings of the
 * clock. */
#define DRAIN_MS 4
#define DRAIN_LOOK 16

static void
add_event(struct daemon *d, const struct action *a)
{
	events_say(d, a->level, a->event, a->peer,
		   a->text == NULL ? "(out of memory)" : a->text);
	if (a->peer[0] != '\0' &&
	    (a->event == EVENT_PEER_UP || a->event == EVENT_PEER_MOVED))
		device_peer_moved(d, a->peer);
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
		job_store_pair(d, a);
		break;
	case ACTION_BUILD_LIST:
		job_build_list(d, a);
		break;
	case ACTION_STORE_LIST:
		job_store_list(d, a);
		break;
	case ACTION_STORE_ADDRCACHE:
		job_store_known(d, a);
		break;
	case ACTION_STORE_RUN:
		job_store_run(d, a);
		break;
	case ACTION_RESOLVE:
		lookup_start(d, a);
		break;
	case ACTION_RUN_HOOK:
		script_run(d, a);
		break;
	case ACTION_EVENT:
		add_event(d, a);
		break;
	}
}

/* Performs actions until none is left, or for that long. An action may complete
 * at once and cause new actions: the outermost call performs them all. */
static void
drain_actions(struct daemon *d, int64_t ms)
{
	struct monotime end = MONO_NONE;
	unsigned int n = 0;
	struct action a;

	d->draining = true;
	d->undrained = false;
	while (!d->undrained && core_next_action(d->core, &a)) {
		perform_action(d, &a);
		action_done(&a);
		if (++n % DRAIN_LOOK != 0)
			continue;
		/* A few actions are performed without reading the clock. */
		if (n == DRAIN_LOOK)
			end = mono_add_ms(clock_mono(), ms);
		else
			d->undrained = mono_reached(end, clock_mono());
	}
	d->draining = false;
	if (!d->undrained)
		script_flush(d);
}

void
plumb_drain(struct daemon *d)
{
	/* Actions left over have had their share of this turn. */
	if (!d->draining && !d->undrained)
		drain_actions(d, DRAIN_MS);
}

void
plumb_drain_all(struct daemon *d)
{
	drain_actions(d, INT64_MAX / NS_PER_MS / 2);
}

void
plumb_before_sleep(void *daemon)
{
	struct daemon *d = daemon;

	slept_look(d);
	if (mono_reached(core_deadline(d->core), clock_mono()))
		core_tick(d->core, clock_now());
	events_tick(d, clock_mono());
	streams_next_turn(d);
	d->undrained = false;
	plumb_drain(d);
	telling_follow(d);
	device_follow(d);
	hostnet_follow(d);
}

struct monotime
plumb_deadline(void *daemon)
{
	struct daemon *d = daemon;

	if (d->undrained)
		return clock_mono();
	return mono_min(core_deadline(d->core), telling_deadline(d));
}
