/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status and peers. */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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

/* For an idle peer that is not well, the reason says more than the state. */
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

static void
print_peers(const json_t *peers)
{
	ctl_columns(peer_columns, sizeof(peer_columns) / sizeof(*peer_columns),
		    peers);
}

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

#define COLUMN 9	/* where texts of the status begin */

static void
print_warning(const json_t *w)
{
	const char *peer = json_string_value(json_object_get(w, "peer"));

	ctl_wrap(COLUMN, "warning", "%s: %s%s%s", ctl_text(w, "warning"),
		 peer == NULL ? "" : peer, peer == NULL ? "" : ": ",
		 ctl_text(w, "text"));
}

/* Joins the words of an array, or the names in an object that are in use. */
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
	json_array_foreach(o, i, v) {
		fprintf(f, "%s%s", sep, json_string_value(v));
		sep = ", ";
	}
	json_object_foreach(o, name, v)
		if (json_is_true(json_object_get(v, "in_use"))) {
			fprintf(f, "%s%s", sep, name);
			sep = " ";
		}
	if (fclose(f) == 0 && len > 0)
		ctl_wrap(COLUMN, head, "%s", text);
	free(text);
}

/* A line for those in use, one for each that has more to say. */
static void
print_offload(json_t *offload)
{
	const char *name;
	json_t *f;

	print_words("offload", offload, "");
	json_object_foreach(offload, name, f)
		if (json_is_string(json_object_get(f, "why")))
			ctl_wrap(COLUMN, "offload", "%s: %s%s", name,
				 json_is_true(json_object_get(f, "in_use")) ?
					 "" : "not in use: ",
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
		ctl_wrap(COLUMN, head, "%" JSON_INTEGER_FORMAT "%s%s",
			 json_integer_value(n), between, reason);
}

/* Idle is well: only what is not is worth a word of its own. */
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
			len += (size_t)snprintf(
				text + len, sizeof(text) - len,
				"%s%" JSON_INTEGER_FORMAT " %s",
				len == 0 ? "" : ", ", n, kinds[i].text);
	}
	ctl_wrap(COLUMN, "peers", "%" JSON_INTEGER_FORMAT "%s: %s", all,
		 all == 1 ? " peer" : " peers", text);
}

static void
print_list_lines(const json_t *s)
{
	ctl_wrap(COLUMN, "list", "%s, %s%s", ctl_text(s, "network"),
		 ctl_text(s, "list"),
		 json_is_true(json_object_get(s, "list_stale")) ?
			 " STALE: nothing is routed" : "");
	if (json_is_string(json_object_get(s, "list_disk_refused")))
		ctl_wrap(COLUMN, "on disk", "%s",
			 ctl_text(s, "list_disk_refused"));
	else if (json_is_string(json_object_get(s, "list_disk")))
		ctl_wrap(COLUMN, "on disk", "%s", ctl_text(s, "list_disk"));
	print_counts("refused", json_object_get(s, "list_refused"),
		     " lists: ");
}

static void
print_status(const json_t *s)
{
	const json_t *socket, *warning;
	size_t i;

	ctl_wrap(COLUMN, "node", "%s (cluevpnd %s) on %s, offload %s",
		 ctl_text(s, "name"), ctl_text(s, "version"),
		 ctl_text(s, "device"), ctl_text(s, "device_offload"));
	print_words("address", json_object_get(s, "addresses"), "");
	print_offload(json_object_get(s, "offload"));
	ctl_wrap(COLUMN, "cert", "ends %s", ctl_text(s, "certificate_end"));
	print_list_lines(s);
	print_peers_line(s);
	json_array_foreach(json_object_get(s, "sockets"), i, socket)
		ctl_wrap(COLUMN, "udp", "%s sent %" JSON_INTEGER_FORMAT
			 " received %" JSON_INTEGER_FORMAT " failed %"
			 JSON_INTEGER_FORMAT, ctl_text(socket, "local"),
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

/* One of them, with all there is to see. */
static enum ctl_exit
one_peer(const struct ctl *c, const json_t *peers, const char *name)
{
	const json_t *p;
	size_t i;

	json_array_foreach(peers, i, p) {
		if (strcmp(ctl_text(p, "name"), name) != 0)
			continue;
		if (c->json)
			ctl_print_json(p);
		else
			ctl_print_peer(p);
		return CTL_OK;
	}
	fprintf(stderr, "cluevpnctl: no such peer: %s\n", name);
	return CTL_FAILED;
}

enum ctl_exit
ctl_peers(const struct ctl *c)
{
	json_t *peers;
	enum ctl_exit rc;

	if (c->argc == 0)
		return ctl_show(c, "peers", print_peers);
	rc = ctl_ask(&peers, c->socket, "peers");
	if (rc != CTL_OK)
		return rc;
	rc = one_peer(c, peers, c->argv[0]);
	json_decref(peers);
	return rc;
}

enum ctl_exit
ctl_routes(const struct ctl *c)
{
	return ctl_show(c, "routes", print_routes);
}
