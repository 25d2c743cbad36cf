/* SPDX-License-Identifier: GPL-3.0-or-later */
/* graph: the network as this node sees it, for Graphviz. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

/* Names need no escaping inside the quotes of dot. */
static void
print_edge(const char *self, const json_t *p)
{
	const json_t *rtt = json_object_get(p, "rtt_us");
	const char *state = ctl_text(p, "state");
	bool up = strcmp(state, "up") == 0;

	printf("\t\"%s\" -- \"%s\" [label=\"%s", self, ctl_text(p, "name"),
	       state);
	if (up && json_is_integer(rtt))
		printf(" %.1f ms", (double)json_integer_value(rtt) / 1000);
	printf("\"%s];\n", up ? "" : ", style=dashed");
}

static void
print_dot(const json_t *status, const json_t *peers)
{
	const char *self = ctl_text(status, "name");
	const json_t *p;
	size_t i;

	printf("graph \"%s\" {\n\t\"%s\" [shape=box];\n",
	       ctl_text(status, "network"), self);
	json_array_foreach(peers, i, p) print_edge(self, p);
	printf("}\n");
}

static void
print_json(const json_t *status, const json_t *peers)
{
	json_t *edges = json_array();
	const json_t *p;
	size_t i;

	json_array_foreach(peers, i, p) json_array_append_new(
		edges,
		json_pack("{sssssssO}", "from", ctl_text(status, "name"), "to",
			  ctl_text(p, "name"), "state", ctl_text(p, "state"),
			  "rtt_us", json_object_get(p, "rtt_us")));
	ctl_print_json(edges);
	json_decref(edges);
}

enum ctl_exit
ctl_graph(const struct ctl *c)
{
	json_t *status, *peers;
	enum ctl_exit rc = client_ask(&status, c->socket, "status");

	if (rc != CTL_OK)
		return rc;
	rc = ctl_ask_peers(&peers, c, "all", "name,state,rtt_us");
	if (rc == CTL_OK) {
		if (c->json)
			print_json(status, peers);
		else
			print_dot(status, peers);
		json_decref(peers);
	}
	json_decref(status);
	return rc;
}
