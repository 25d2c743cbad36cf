/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status and peers. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* How wide a column must be for the texts and its head. */
static int
width_of(const json_t *peers, const char *key, const char *head)
{
	size_t i, widest = strlen(head);
	const json_t *p;

	json_array_foreach(peers, i, p) {
		size_t len = strlen(ctl_text(p, key));

		if (len > widest)
			widest = len;
	}
	return (int)widest;
}

static const char *
heard_text(char out[TEXT_SPAN_MAX], const json_t *p)
{
	const json_t *ms = json_object_get(p, "heard_ms");

	return json_is_integer(ms) ?
		       text_duration(out, json_integer_value(ms) / 1000) :
		       "-";
}

static void
print_peers(const json_t *peers)
{
	int name = width_of(peers, "name", "PEER");
	int state = width_of(peers, "state", "STATE");
	int address = width_of(peers, "endpoint", "ADDRESS");
	int cipher = width_of(peers, "cipher", "CIPHER");
	char heard[TEXT_SPAN_MAX];
	size_t i;
	const json_t *p;

	printf("%-*s %-*s %-*s %-6s %-*s COMPRESSOR LEVEL\n", name, "PEER",
	       state, "STATE", address, "ADDRESS", "HEARD", cipher, "CIPHER");
	json_array_foreach(peers, i, p) {
		printf("%-*s %-*s %-*s %-6s %-*s ", name, ctl_text(p, "name"),
		       state, ctl_text(p, "state"), address,
		       ctl_text(p, "endpoint"), heard_text(heard, p), cipher,
		       ctl_text(p, "cipher"));
		printf("%-10s %" JSON_INTEGER_FORMAT "\n",
		       ctl_text(p, "compressor"), ctl_number(p, "level"));
	}
}

static void
print_status(const json_t *s)
{
	json_t *drops = json_object_get(s, "drops"), *count;
	json_t *refused = json_object_get(s, "list_refused");
	const json_t *socket;
	const char *reason;
	size_t i;

	printf("node     %s (cluevpnd %s) on %s, offload %s\n",
	       ctl_text(s, "name"), ctl_text(s, "version"),
	       ctl_text(s, "device"), ctl_text(s, "device_offload"));
	printf("cert     ends %s\n", ctl_text(s, "certificate_end"));
	printf("list     %s, %s%s\n", ctl_text(s, "network"),
	       ctl_text(s, "list"),
	       json_is_true(json_object_get(s, "list_stale")) ?
		       " STALE: nothing is routed" : "");
	json_object_foreach(refused, reason, count)
		printf("refused  %" JSON_INTEGER_FORMAT " lists: %s\n",
		       json_integer_value(count), reason);
	printf("peers    %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
	       " up\n", ctl_number(s, "peers_up"), ctl_number(s, "peers"));
	json_array_foreach(json_object_get(s, "sockets"), i, socket) {
		printf("udp      %s sent %" JSON_INTEGER_FORMAT " received %"
		       JSON_INTEGER_FORMAT " failed %" JSON_INTEGER_FORMAT
		       "\n", ctl_text(socket, "local"),
		       ctl_number(socket, "sent"),
		       ctl_number(socket, "received"),
		       ctl_number(socket, "failed"));
	}
	json_object_foreach(drops, reason, count)
		printf("dropped  %" JSON_INTEGER_FORMAT " %s\n",
		       json_integer_value(count), reason);
}

enum ctl_exit
ctl_status(const struct ctl *c)
{
	return ctl_show(c, "status", print_status);
}

enum ctl_exit
ctl_peers(const struct ctl *c)
{
	return ctl_show(c, "peers", print_peers);
}
