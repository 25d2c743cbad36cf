/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers on the control socket that would stop the packets if they were given
 * at one time: a piece a turn. The list may change in between; who asks is
 * told of each node at most once, in order, as it is at its turn.
 */
#include "daemon/plumb.h"

#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"

#define PIECE 128		/* peers at one time: about 2 ms */

struct telling {
	struct telling *next;
	uint64_t client;
	char after[NODE_NAME_MAX + 1];	/* the last one told of */
};

/* A piece of the array, which looks as if it were dumped in one. false: it
 * was the last one, or nobody listens any more. */
static bool
tell(struct daemon *d, struct telling *t)
{
	bool first = t->after[0] == '\0';
	json_t *peers = status_peers(d, t->after, PIECE);
	bool last = core_peer_after(d->core, t->after) ==
		    core_peer_count(d->core);
	char *text = json_dumps(peers, JSON_INDENT(2));
	const char *end;
	size_t n = json_array_size(peers);
	bool going = text != NULL;

	json_decref(peers);
	if (going && n > 0) {
		/* Without "[" before and "\n]" behind. */
		going = ctlsock_reply(d->ctl, t->client, first ? "[" : ",", 1,
				      false) == 0 &&
			ctlsock_reply(d->ctl, t->client, text + 1,
				      strlen(text) - 3, false) == 0;
		first = false;
	}
	free(text);
	if (going && !last)
		return true;
	end = !going ? "" : first ? "[]\n" : "\n]\n";
	(void)ctlsock_reply(d->ctl, t->client, end, strlen(end), true);
	return false;
}

/* One of them, which is the last in the row then. */
static void
on_turn(void *daemon)
{
	struct daemon *d = daemon;
	struct telling *t = d->tellings, **at = &d->tellings;

	d->tellings = t->next;
	t->next = NULL;
	if (tell(d, t)) {
		while (*at != NULL)
			at = &(*at)->next;
		*at = t;
	} else {
		free(t);
	}
	if (d->tellings != NULL)
		loop_timer_set(&d->telling, clock_mono());
}

int
telling_open(struct daemon *d, struct err *e)
{
	return loop_timer_init(&d->telling, d->loop, on_turn, d, e);
}

void
telling_peers(struct daemon *d, uint64_t client)
{
	struct telling *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)ctlsock_reply(d->ctl, client, "", 0, true);
		return;
	}
	t->client = client;
	t->next = d->tellings;
	d->tellings = t;
	loop_timer_set(&d->telling, clock_mono());
}

void
telling_close(struct daemon *d)
{
	struct telling *t;

	while ((t = d->tellings) != NULL) {
		d->tellings = t->next;
		free(t);
	}
	loop_timer_fini(&d->telling);
}
