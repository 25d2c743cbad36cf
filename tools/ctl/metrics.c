/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics: status and peers in Prometheus' text format, version 0.0.4. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void
print_head(const char *name, const char *type, const char *help)
{
	printf("# HELP cluevpn_%s %s\n# TYPE cluevpn_%s %s\n", name, help, name,
	       type);
}

static void
print_value(const char *name, const char *type, const char *help, json_int_t n)
{
	print_head(name, type, help);
	printf("cluevpn_%s %" JSON_INTEGER_FORMAT "\n", name, n);
}

/* Names of nodes, reasons and addresses need no escaping in a label. */
static void
print_labelled(const char *name, const char *label, const char *word,
	       json_int_t n)
{
	printf("cluevpn_%s{%s=\"%s\"} %" JSON_INTEGER_FORMAT "\n", name, label,
	       word, n);
}

/* Parses the time in a field, in seconds since 1970. */
static bool
time_of(json_int_t *out, const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	struct walltime t;

	/* A list's version has its digest after the time. */
	if (text == NULL ||
	    text_time_parse(&t, (struct span){ text, strcspn(text, " ") }) < 0)
		return false;
	*out = t.s;
	return true;
}

static void
print_times(const json_t *s)
{
	json_int_t t;

	if (time_of(&t, s, "certificate_end"))
		print_value("certificate_end_seconds", "gauge",
			    "When the certificate of this node ends.", t);
	if (time_of(&t, s, "list"))
		print_value("list_timestamp_seconds", "gauge",
			    "When the list in force was signed.", t);
}

static void
by_word(const json_t *s, const char *key, const char *name, const char *label,
	const char *help)
{
	json_t *o = json_object_get(s, key), *n;
	const char *word;

	print_head(name, "counter", help);
	json_object_foreach(o, word, n)
		print_labelled(name, label, word, json_integer_value(n));
}

static void
print_sockets(const json_t *s)
{
	static const char *const what[] = { "sent", "received", "failed" };
	const json_t *socket;
	char name[64];
	size_t i;

	for (int k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "udp_%s_total", what[k]);
		print_head(name, "counter", "Datagrams of a socket.");
		json_array_foreach(json_object_get(s, "sockets"), i, socket)
			print_labelled(name, "local", ctl_text(socket, "local"),
				       ctl_number(socket, what[k]));
	}
}

/* Prints this node's warnings, and the peers': each, or counts by kind. */
static void
print_warnings(const json_t *s, bool each)
{
	json_t *counts = json_object(), *n;
	const json_t *w;
	const char *kind;
	size_t i;

	print_head("warning", "gauge",
		   "1 for each thing that should be seen to.");
	json_array_foreach(json_object_get(s, "warnings"), i, w)
	{
		const char *peer =
			json_string_value(json_object_get(w, "peer"));

		kind = ctl_text(w, "warning");
		if (peer == NULL || each)
			printf("cluevpn_warning{warning=\"%s\",peer=\"%s\"} "
			       "1\n",
			       kind, peer == NULL ? "" : peer);
		if (peer != NULL)
			json_object_set_new(
				counts, kind,
				json_integer(ctl_number(counts, kind) + 1));
	}
	print_head("peer_warnings", "gauge", "Peers that should be seen to.");
	json_object_foreach(counts, kind, n) print_labelled(
		"peer_warnings", "warning", kind, json_integer_value(n));
	json_decref(counts);
}

static void
print_traffic(const json_t *s)
{
	const json_t *n = json_object_get(s, "counters");

	print_value("sent_packets_total", "counter", "Inner packets sent.",
		    ctl_number(n, "tx_packets"));
	print_value("sent_bytes_total", "counter", "Inner bytes sent.",
		    ctl_number(n, "tx_bytes"));
	print_value("received_packets_total", "counter",
		    "Inner packets received.", ctl_number(n, "rx_packets"));
	print_value("received_bytes_total", "counter", "Inner bytes received.",
		    ctl_number(n, "rx_bytes"));
	print_value("waiting_packets", "gauge",
		    "Packets that wait for a session.",
		    ctl_number(s, "waiting"));
}

static void
print_node(const json_t *s, bool each)
{
	print_head("info", "gauge", "What runs here.");
	printf("cluevpn_info{node=\"%s\",version=\"%s\",network=\"%s\"} 1\n",
	       ctl_text(s, "name"), ctl_text(s, "version"),
	       ctl_text(s, "network"));
	print_value("peers", "gauge", "Other nodes in the list.",
		    ctl_number(s, "peers"));
	print_value("peers_up", "gauge", "Of these, with a session.",
		    ctl_number(s, "peers_up"));
	print_value("peers_idle", "gauge",
		    "Without a session, and without a failure.",
		    ctl_number(s, "peers_idle"));
	print_value("peers_failing", "gauge", "The last try failed.",
		    ctl_number(s, "peers_failing"));
	print_value("peers_stopped", "gauge", "Stopped by their operators.",
		    ctl_number(s, "peers_stopped"));
	print_value("list_stale", "gauge",
		    "1: the list is old, nothing is routed.",
		    json_is_true(json_object_get(s, "list_stale")));
	print_times(s);
	by_word(s, "drops", "dropped_packets_total", "reason",
		"Packets dropped, by reason.");
	by_word(s, "list_refused", "refused_lists_total", "reason",
		"Lists refused, by reason.");
	print_traffic(s);
	print_sockets(s);
	print_warnings(s, each);
}

struct peer_metric {
	const char *name, *type, *help;
	const char *group, *key; /* group: NULL: the peer itself */
};

static const struct peer_metric peer_metrics[] = {
	{ "peer_sent_packets_total", "counter", "Inner packets sent.",
	  "counters", "tx_packets" },
	{ "peer_sent_bytes_total", "counter", "Inner bytes sent.", "counters",
	  "tx_bytes" },
	{ "peer_received_packets_total", "counter", "Inner packets received.",
	  "counters", "rx_packets" },
	{ "peer_received_bytes_total", "counter", "Inner bytes received.",
	  "counters", "rx_bytes" },
	{ "peer_handshakes_total", "counter", "Sessions made.", NULL,
	  "handshakes" },
	{ "peer_waiting_packets", "gauge", "Packets that wait for a session.",
	  NULL, "waiting" },
	{ "peer_pair_age_seconds", "gauge", "Age of the agreed secret.", NULL,
	  "pair_age_s" },
	{ "peer_path_mtu_bytes", "gauge",
	  "The largest packet that the path to it takes.", NULL, "mtu" },
	{ "peer_clock_ahead_seconds", "gauge",
	  "How far its clock is ahead of ours.", NULL, "clock_ahead_s" },
};

static void
print_metric(const struct peer_metric *m, const json_t *peers)
{
	const json_t *p, *v;
	size_t i;

	print_head(m->name, m->type, m->help);
	json_array_foreach(peers, i, p)
	{
		v = json_object_get(
			m->group == NULL ? p : json_object_get(p, m->group),
			m->key);
		if (json_is_integer(v))
			print_labelled(m->name, "peer", ctl_text(p, "name"),
				       json_integer_value(v));
	}
}

/* Prints seconds, the unit of all times in Prometheus. */
static void
print_seconds(const json_t *peers, const char *name, const char *help,
	      const char *key, double unit)
{
	const json_t *p, *v;
	size_t i;

	print_head(name, "gauge", help);
	json_array_foreach(peers, i, p)
	{
		v = json_object_get(p, key);
		if (json_is_integer(v))
			printf("cluevpn_%s{peer=\"%s\"} %.6f\n", name,
			       ctl_text(p, "name"),
			       (double)json_integer_value(v) / unit);
	}
}

static void
print_peers(const json_t *peers)
{
	const json_t *p, *n;
	const char *reason;
	size_t i;

	print_head("peer_up", "gauge", "1: there is a session.");
	json_array_foreach(peers, i, p)
		print_labelled("peer_up", "peer", ctl_text(p, "name"),
			       strcmp(ctl_text(p, "state"), "up") == 0);
	print_head("peer_reachable", "gauge",
		   "1: the last contact with it was good; "
		   "not there before the first one.");
	json_array_foreach(peers, i, p) if (json_is_boolean(json_object_get(
						    p, "reachable")))
		print_labelled("peer_reachable", "peer", ctl_text(p, "name"),
			       json_is_true(json_object_get(p, "reachable")));
	for (i = 0; i < sizeof(peer_metrics) / sizeof(*peer_metrics); i++)
		print_metric(&peer_metrics[i], peers);
	print_seconds(peers, "peer_round_trip_seconds",
		      "Round trip, as measured last.", "rtt_us", 1e6);
	print_seconds(peers, "peer_heard_seconds", "Since it was heard.",
		      "heard_ms", 1e3);
	print_head("peer_dropped_packets_total", "counter",
		   "Packets of a peer that were dropped, by reason.");
	json_array_foreach(peers, i, p)
	{
		json_t *drops = json_object_get(p, "drops"), *v;

		json_object_foreach(drops, reason, v)
		{
			n = v;
			printf("cluevpn_peer_dropped_packets_total{peer=\"%s\","
			       "reason=\"%s\"} %" JSON_INTEGER_FORMAT "\n",
			       ctl_text(p, "name"), reason,
			       json_integer_value(n));
		}
	}
}

enum ctl_exit
ctl_metrics(const struct ctl *c)
{
	json_t *status, *peers = NULL;
	enum ctl_exit rc = client_ask(&status, c->socket, "status");

	if (rc != CTL_OK)
		return rc;
	if (c->each)
		rc = ctl_ask_peers(&peers, c, "all", NULL);
	if (rc == CTL_OK && c->json) {
		json_t *all = json_pack("{sO}", "status", status);

		if (peers != NULL)
			json_object_set(all, "peers", peers);
		ctl_print_json(all);
		json_decref(all);
	} else if (rc == CTL_OK) {
		print_node(status, c->each);
		if (peers != NULL)
			print_peers(peers);
	}
	json_decref(peers);
	json_decref(status);
	return rc;
}
