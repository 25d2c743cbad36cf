/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status and peers. */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lib/output.h"

static char *
heard_text(char out[64], const json_t *p)
{
	const json_t *ms = json_object_get(p, "heard_ms");

	if (json_is_integer(ms))
		return text_duration(out, json_integer_value(ms) / 1000);
	snprintf(out, 64, "-");
	return out;
}

static char *
rtt_text(char out[64], const json_t *p)
{
	const json_t *us = json_object_get(p, "rtt_us");

	snprintf(out, 64, "-");
	if (json_is_integer(us))
		snprintf(out, 64, "%.1f ms",
			 (double)json_integer_value(us) / 1000);
	return out;
}

static char *
compressor_text(char out[64], const json_t *p)
{
	json_int_t level = ctl_number(p, "level");

	if (level > 0)
		snprintf(out, 64, "%s %" JSON_INTEGER_FORMAT,
			 ctl_text(p, "compressor"), level);
	else
		snprintf(out, 64, "%s", ctl_text(p, "compressor"));
	return out;
}

/* An idle peer that fails or is stopped shows that instead of its state. */
static char *
peer_state_text(char out[64], const json_t *p)
{
	const char *state = ctl_text(p, "state");
	const char *health = ctl_text(p, "health");
	bool ill = strcmp(health, "failing") == 0 ||
		   strcmp(health, "stopped") == 0;

	snprintf(out, 64, "%s",
		 ill && strcmp(state, "idle") == 0 ? health : state);
	return out;
}

static const struct ctl_column peer_columns[] = {
	{ "PEER", "name", NULL },
	{ "STATE", NULL, peer_state_text },
	{ "ADDRESS", "endpoint", NULL },
	{ "HEARD", NULL, heard_text },
	{ "RTT", NULL, rtt_text },
	{ "CIPHER", "cipher", NULL },
	{ "COMPRESS", NULL, compressor_text },
};

static const struct ctl_column route_columns[] = {
	{ "SUBNET", "subnet", NULL },
	{ "NODE", "node", NULL },
	{ "STATE", "state", NULL },
};

static void
print_routes(const json_t *routes)
{
	ctl_columns(route_columns,
		    sizeof(route_columns) / sizeof(*route_columns), routes);
}

#define COLUMN 9 /* column of the status texts */

static void
print_warning(const json_t *w)
{
	const char *peer = json_string_value(json_object_get(w, "peer"));

	output_wrap(COLUMN, "warning", "%s: %s%s%s", ctl_text(w, "warning"),
		    peer == NULL ? "" : peer, peer == NULL ? "" : ": ",
		    ctl_text(w, "text"));
}

/* Prints the words of an array, or the names of an object's members in use. */
static void
print_words(const char *head, json_t *o, const char *before)
{
	const char *name, *sep = before;
	char *text = NULL;
	size_t len = 0, i;
	FILE *f = open_memstream(&text, &len);
	json_t *v;

	if (f == NULL)
		return;
	json_array_foreach(o, i, v)
	{
		fprintf(f, "%s%s", sep, json_string_value(v));
		sep = ", ";
	}
	json_object_foreach(o, name,
			    v) if (json_is_true(json_object_get(v, "in_use")))
	{
		fprintf(f, "%s%s", sep, name);
		sep = " ";
	}
	if (fclose(f) == 0 && len > 0)
		output_wrap(COLUMN, head, "%s", text);
	free(text);
}

/* Prints a line of the offloads in use, and a line for each with a reason. */
static void
print_offload(json_t *offload)
{
	const char *name;
	json_t *f;

	print_words("offload", offload, "");
	json_object_foreach(offload, name,
			    f) if (json_is_string(json_object_get(f, "why")))
		output_wrap(COLUMN, "offload", "%s: %s%s", name,
			    json_is_true(json_object_get(f, "in_use")) ?
				    "" :
				    "not in use: ",
			    ctl_text(f, "why"));
}

void
ctl_print_restart(const json_t *o)
{
	print_words("restart", json_object_get(o, "restart_needed"),
		    "needed for ");
}

static void
print_counts(const char *head, json_t *counts, const char *between)
{
	const char *reason;
	json_t *n;

	json_object_foreach(counts, reason, n)
		output_wrap(COLUMN, head, "%" JSON_INTEGER_FORMAT "%s%s",
			    json_integer_value(n), between, reason);
}

/* Idle peers are healthy; stopped peers are shown only if there are any. */
static void
print_peers_line(const json_t *s)
{
	static const struct {
		const char *key, *text;
		bool always;
	} kinds[] = {
		{ "peers_up", "with a session", true },
		{ "peers_idle", "idle", true },
		{ "peers_stopped", "stopped", false },
		{ "peers_failing", "failing", true },
	};
	json_int_t all = ctl_number(s, "peers");
	char text[256];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		json_int_t n = ctl_number(s, kinds[i].key);

		if (n > 0 || kinds[i].always)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%" JSON_INTEGER_FORMAT " %s",
						len == 0 ? "" : ", ", n,
						kinds[i].text);
	}
	output_wrap(COLUMN, "peers", "%" JSON_INTEGER_FORMAT "%s: %s", all,
		    all == 1 ? " peer" : " peers", text);
}

static void
print_list_lines(const json_t *s)
{
	json_int_t skipped = ctl_number(s, "list_skipped");

	output_wrap(COLUMN, "list", "%s, %s%s", ctl_text(s, "network"),
		    ctl_text(s, "list"),
		    json_is_true(json_object_get(s, "list_stale")) ?
			    " STALE: nothing is routed" :
			    "");
	if (json_is_integer(json_object_get(s, "list_held_format")))
		output_wrap(COLUMN, "held",
			    "%s, for its format %" JSON_INTEGER_FORMAT
			    " needs a later version of ClueVPN",
			    ctl_text(s, "list_held"),
			    ctl_number(s, "list_held_format"));
	if (skipped > 0)
		output_wrap(COLUMN, "skipped",
			    "%" JSON_INTEGER_FORMAT
			    " of its lines, with statements that this program "
			    "does not know and may skip",
			    skipped);
	if (json_is_string(json_object_get(s, "list_disk_refused")))
		output_wrap(COLUMN, "on disk", "%s",
			    ctl_text(s, "list_disk_refused"));
	else if (json_is_string(json_object_get(s, "list_disk")))
		output_wrap(COLUMN, "on disk", "%s", ctl_text(s, "list_disk"));
	print_counts("refused", json_object_get(s, "list_refused"), " lists: ");
}

static void
print_status(const json_t *s)
{
	const json_t *socket, *warning;
	size_t i;

	output_wrap(COLUMN, "node", "%s (cluevpnd %s) on %s, offload %s",
		    ctl_text(s, "name"), ctl_text(s, "version"),
		    ctl_text(s, "device"), ctl_text(s, "device_offload"));
	print_words("address", json_object_get(s, "addresses"), "");
	print_offload(json_object_get(s, "offload"));
	output_wrap(COLUMN, "cert", "ends %s", ctl_text(s, "certificate_end"));
	print_list_lines(s);
	print_peers_line(s);
	json_array_foreach(json_object_get(s, "sockets"), i, socket)
		output_wrap(COLUMN, "udp",
			    "%s sent %" JSON_INTEGER_FORMAT
			    " received %" JSON_INTEGER_FORMAT
			    " failed %" JSON_INTEGER_FORMAT,
			    ctl_text(socket, "local"),
			    ctl_number(socket, "sent"),
			    ctl_number(socket, "received"),
			    ctl_number(socket, "failed"));
	ctl_print_restart(s);
	json_array_foreach(json_object_get(s, "warnings"), i, warning)
		print_warning(warning);
	print_counts("dropped", json_object_get(s, "drops"), " ");
}

enum ctl_exit
ctl_status(const struct ctl *c)
{
	return ctl_show(c, "status", print_status);
}

/* --- peers ---------------------------------------------------------------- */

#define TABLE_FIELDS                                         \
	"name,state,health,endpoint,heard_ms,rtt_us,cipher," \
	"compressor,level,counters"

/* Unknown numbers sort last. */
static int
by_number(const json_t *a, const json_t *b)
{
	if (!json_is_integer(a) || !json_is_integer(b))
		return json_is_integer(b) - json_is_integer(a);
	return json_integer_value(a) < json_integer_value(b) ?
		       -1 :
		       json_integer_value(a) > json_integer_value(b);
}

static int
by_heard(const json_t *a, const json_t *b)
{
	return by_number(json_object_get(a, "heard_ms"),
			 json_object_get(b, "heard_ms"));
}

static int
by_rtt(const json_t *a, const json_t *b)
{
	return by_number(json_object_get(a, "rtt_us"),
			 json_object_get(b, "rtt_us"));
}

static int
by_state(const json_t *a, const json_t *b)
{
	char x[64], y[64];

	return strcmp(peer_state_text(x, a), peer_state_text(y, b));
}

static json_int_t
sum_traffic(const json_t *p)
{
	const json_t *n = json_object_get(p, "counters");
	json_int_t sent = ctl_number(n, "tx_bytes");

	return sent < 0 ? 0 : sent / 2 + ctl_number(n, "rx_bytes") / 2;
}

static int
by_traffic(const json_t *a, const json_t *b)
{
	json_int_t x = sum_traffic(a), y = sum_traffic(b);

	return x > y ? -1 : x < y;
}

static int
by_name(const json_t *a, const json_t *b)
{
	return strcmp(ctl_text(a, "name"), ctl_text(b, "name"));
}

static const struct {
	const char *key;
	int (*order)(const json_t *a, const json_t *b);
} orders[] = {
	{ "name", by_name }, { "state", by_state },	{ "heard", by_heard },
	{ "rtt", by_rtt },   { "traffic", by_traffic },
};

#define ORDERS (sizeof(orders) / sizeof(*orders))

/* ORDERS: no such order. */
static size_t
order_of(const char *key)
{
	size_t i = 0;

	while (i < ORDERS && strcmp(orders[i].key, key) != 0)
		i++;
	return i;
}

/* Prints the peers by health, as status does; of a kind, only their number. */
static void
print_summary(const struct ctl *c, const json_t *peers)
{
	json_int_t n[4] = { 0 };
	const json_t *p;
	json_t *sums;
	size_t i;

	if (c->which != NULL) {
		printf("%zu %s %s\n", json_array_size(peers),
		       json_array_size(peers) == 1 ? "peer is" : "peers are",
		       c->which);
		return;
	}
	json_array_foreach(peers, i, p)
	{
		const char *health = ctl_text(p, "health");

		n[strcmp(health, "up") == 0	 ? 0 :
		  strcmp(health, "failing") == 0 ? 2 :
		  strcmp(health, "stopped") == 0 ? 3 :
						   1]++;
	}
	sums = json_pack("{sIsIsIsIsI}", "peers",
			 (json_int_t)json_array_size(peers), "peers_up", n[0],
			 "peers_idle", n[1], "peers_failing", n[2],
			 "peers_stopped", n[3]);
	print_peers_line(sums);
	json_decref(sums);
}

static enum ctl_exit
one_peer(const struct ctl *c)
{
	char request[256];

	if (c->which != NULL || c->sort != NULL) {
		fprintf(stderr,
			"cluevpnctl: peers: a filter or an order is "
			"for all peers, not for %s alone\n",
			c->argv[0]);
		return CTL_USAGE;
	}
	snprintf(request, sizeof(request), "peer %s", c->argv[0]);
	return ctl_show(c, request, ctl_print_peer);
}

enum ctl_exit
ctl_peers(const struct ctl *c)
{
	size_t order = order_of(c->sort == NULL ? "name" : c->sort);
	json_t *peers, *rows;
	enum ctl_exit rc;

	if (order == ORDERS) {
		fprintf(stderr,
			"cluevpnctl: --sort: expected name, state, "
			"heard, rtt or traffic, found \"%s\"\n",
			c->sort);
		return CTL_USAGE;
	}
	if (c->argc > 0)
		return one_peer(c);
	rc = ctl_ask_peers(&peers, c, c->which == NULL ? "all" : c->which,
			   c->json ? NULL : TABLE_FIELDS);
	if (rc != CTL_OK)
		return rc;
	rows = ctl_sorted(peers, SIZE_MAX, orders[order].order);
	if (c->json) {
		ctl_print_json(rows);
	} else {
		print_summary(c, rows);
		ctl_columns(peer_columns,
			    sizeof(peer_columns) / sizeof(*peer_columns), rows);
	}
	json_decref(rows);
	json_decref(peers);
	return CTL_OK;
}

enum ctl_exit
ctl_routes(const struct ctl *c)
{
	return ctl_show(c, "routes", print_routes);
}
