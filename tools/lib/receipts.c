/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the daemon offer its list to all, and waits for the nodes to get it. */
#include "receipts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sys/clock.h"

#define POLL_MS 50

struct receipts {
	const char *socket;
	json_t *have; /* names of the nodes already printed */
	struct monotime began;
	size_t nodes, current;
};

static const char *
text_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? json_string_value(v) : "-";
}

static void
read_receipts(struct receipts *r, const json_t *status, const json_t *peers)
{
	const char *own = text_of(status, "list");
	double s = (double)mono_ms(r->began, clock_mono()) / 1000;
	size_t i;
	const json_t *p;

	r->nodes = json_array_size(peers);
	r->current = 0;
	json_array_foreach(peers, i, p)
	{
		const char *name = text_of(p, "name");

		if (strcmp(text_of(p, "list"), own) != 0)
			continue;
		r->current++;
		if (json_object_get(r->have, name) != NULL)
			continue;
		json_object_set_new(r->have, name, json_true());
		printf("%s has the new list (%.1f s)\n", name, s);
		fflush(stdout);
	}
}

/* Asks once; *over: every node has the list. */
static enum ctl_exit
ask_daemon(struct receipts *r, bool *over)
{
	json_t *status, *peers;
	enum ctl_exit rc = client_ask(&status, r->socket, "status");

	if (rc != CTL_OK)
		return rc;
	rc = client_ask(&peers, r->socket, "peers all name,list");
	if (rc == CTL_OK) {
		bool pending =
			json_is_true(json_object_get(status, "list_pending"));

		/* Until then every node, this one included, has the old
		 * list. */
		if (!pending)
			read_receipts(r, status, peers);
		*over = !pending && r->current == r->nodes;
		json_decref(peers);
	}
	json_decref(status);
	return rc;
}

static void
tell_missing(struct receipts *r)
{
	json_t *peers;
	size_t i;
	const json_t *p;

	if (client_ask(&peers, r->socket, "peers all name,state") != CTL_OK)
		return;
	json_array_foreach(
		peers, i,
		p) if (json_object_get(r->have, text_of(p, "name")) == NULL)
		printf("%s has not said that it has it (%s)\n",
		       text_of(p, "name"), text_of(p, "state"));
	json_decref(peers);
}

enum ctl_exit
receipts_wait(const char *socket, uint64_t seconds)
{
	const struct timespec pause = { 0, POLL_MS * 1000000 };
	struct receipts r = { .socket = socket, .began = clock_mono() };
	struct monotime end = mono_add_ms(r.began, (int64_t)seconds * 1000);
	bool over = false;
	json_t *answer;
	enum ctl_exit rc = client_ask(&answer, socket, "push");

	if (rc != CTL_OK)
		return rc;
	json_decref(answer);
	r.have = json_object();
	while ((rc = ask_daemon(&r, &over)) == CTL_OK && !over) {
		if (mono_reached(end, clock_mono())) {
			tell_missing(&r);
			rc = CTL_FAILED;
			break;
		}
		nanosleep(&pause, NULL);
	}
	if (rc == CTL_OK || over || r.nodes > 0)
		printf("%zu of %zu other nodes have the new list\n", r.current,
		       r.nodes);
	json_decref(r.have);
	return rc;
}
