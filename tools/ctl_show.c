/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status and peers. */
#include "ctl.h"

#include <stdio.h>
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

static const struct ctl_column peer_columns[] = {
	{ "PEER", "name", NULL },
	{ "STATE", "state", NULL },
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

static void
print_warning(const json_t *w)
{
	const char *peer = json_string_value(json_object_get(w, "peer"));

	printf("warning  %s: %s%s%s\n", ctl_text(w, "warning"),
	       peer == NULL ? "" : peer, peer == NULL ? "" : ": ",
	       ctl_text(w, "text"));
}

/* A line for those in use, one for each of which there is more to say. */
static void
print_offload(json_t *offload)
{
	const char *name;
	json_t *f;

	printf("offload ");
	json_object_foreach(offload, name, f)
		if (json_is_true(json_object_get(f, "in_use")))
			printf(" %s", name);
	printf("\n");
	json_object_foreach(offload, name, f)
		if (json_is_string(json_object_get(f, "why")))
			printf("offload  %s: %s%s\n", name,
			       json_is_true(json_object_get(f, "in_use")) ?
				       "" : "not in use: ", ctl_text(f, "why"));
}

void
ctl_print_restart(const json_t *o)
{
	const json_t *keys = json_object_get(o, "restart_needed"), *key;
	size_t i;

	json_array_foreach(keys, i, key)
		printf("%s%s", i == 0 ? "restart  needed for " : ", ",
		       json_string_value(key));
	if (json_array_size(keys) > 0)
		printf("\n");
}

static void
print_status(const json_t *s)
{
	json_t *drops = json_object_get(s, "drops"), *count;
	json_t *refused = json_object_get(s, "list_refused");
	const json_t *socket, *warning;
	const char *reason;
	size_t i;

	printf("node     %s (cluevpnd %s) on %s, offload %s\n",
	       ctl_text(s, "name"), ctl_text(s, "version"),
	       ctl_text(s, "device"), ctl_text(s, "device_offload"));
	print_offload(json_object_get(s, "offload"));
	printf("cert     ends %s\n", ctl_text(s, "certificate_end"));
	printf("list     %s, %s%s\n", ctl_text(s, "network"),
	       ctl_text(s, "list"),
	       json_is_true(json_object_get(s, "list_stale")) ?
		       " STALE: nothing is routed" : "");
	if (json_is_string(json_object_get(s, "list_disk_refused")))
		printf("on disk  %s\n", ctl_text(s, "list_disk_refused"));
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
	ctl_print_restart(s);
	json_array_foreach(json_object_get(s, "warnings"), i, warning)
		print_warning(warning);
	json_object_foreach(drops, reason, count)
		printf("dropped  %" JSON_INTEGER_FORMAT " %s\n",
		       json_integer_value(count), reason);
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
