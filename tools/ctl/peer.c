/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints all fields of a single peer. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lib/output.h"

#define COLUMN 13 /* column where the texts begin */

static void
print_line(const char *what, const char *text)
{
	output_wrap(COLUMN, what, "%s", text);
}

static void
print_ago(const char *what, const json_t *p, const char *key, json_int_t unit)
{
	const json_t *v = json_object_get(p, key);
	char text[TEXT_SPAN_MAX];

	if (json_is_integer(v))
		print_line(what,
			   text_duration(text, json_integer_value(v) / unit));
	else
		print_line(what, "-");
}

static void
print_tried(const json_t *p)
{
	const json_t *a;
	size_t i;

	json_array_foreach(json_object_get(p, "tried"), i, a)
	{
		char text[TEXT_SPAN_MAX];
		const char *error =
			json_string_value(json_object_get(a, "error"));

		printf("%-12s %s: %s %s ago\n", "tried", ctl_text(a, "address"),
		       ctl_text(a, "result"),
		       text_duration(text, ctl_number(a, "ms_ago") / 1000));
		if (error != NULL)
			output_wrap(COLUMN + 2, "", "%s", error);
	}
}

static void
print_counters(const json_t *p)
{
	const json_t *n = json_object_get(p, "counters"), *v;
	json_t *drops = json_object_get(p, "drops");
	char packets[16], bytes[16];
	const char *reason;

	printf("%-12s %s packets, %s bytes\n", "sent",
	       ctl_amount(packets, (double)ctl_number(n, "tx_packets")),
	       ctl_amount(bytes, (double)ctl_number(n, "tx_bytes")));
	printf("%-12s %s packets, %s bytes\n", "received",
	       ctl_amount(packets, (double)ctl_number(n, "rx_packets")),
	       ctl_amount(bytes, (double)ctl_number(n, "rx_bytes")));
	json_object_foreach(drops, reason, v)
		printf("%-12s %" JSON_INTEGER_FORMAT " %s\n", "dropped",
		       json_integer_value(v), reason);
}

/* Prints the savings of compression, over all packets to the peer. */
static void
print_compression(const json_t *p)
{
	const json_t *o = json_object_get(p, "compression");
	double in = (double)ctl_number(o, "bytes_in");
	double out = (double)ctl_number(o, "bytes_out");
	char was[16], is[16], packets[16];

	if (in <= 0)
		return;
	printf("%-12s to %.0f %%: %s bytes became %s; %s packets shrank\n",
	       "compressed", 100 * out / in, ctl_amount(was, in),
	       ctl_amount(is, out),
	       ctl_amount(packets, (double)ctl_number(o, "shrunk")));
}

static void
print_path(const json_t *p)
{
	const json_t *rtt = json_object_get(p, "rtt_us");
	const json_t *clock = json_object_get(p, "clock_ahead_s");

	if (json_is_integer(rtt))
		printf("%-12s %.3f ms\n", "round trip",
		       (double)json_integer_value(rtt) / 1000);
	printf("%-12s %" JSON_INTEGER_FORMAT "\n", "path mtu",
	       ctl_number(p, "mtu"));
	if (json_is_integer(clock) && json_integer_value(clock) != 0)
		printf("%-12s %" JSON_INTEGER_FORMAT " s ahead of ours\n",
		       "its clock", json_integer_value(clock));
	if (json_is_true(json_object_get(p, "one_way")))
		print_line("one way",
			   "it is heard, and does not hear this node");
	if (json_is_string(json_object_get(p, "stopped")))
		print_line("stopped", ctl_text(p, "stopped"));
}

void
ctl_print_peer(const json_t *p)
{
	print_line("peer", ctl_text(p, "name"));
	print_line("state", ctl_text(p, "state"));
	print_line("health", ctl_text(p, "health"));
	print_line("address", ctl_text(p, "endpoint"));
	print_ago("heard", p, "heard_ms", 1000);
	print_path(p);
	print_line("cipher", ctl_text(p, "cipher"));
	print_line("compressor", ctl_text(p, "compressor"));
	print_compression(p);
	print_ago("pair age", p, "pair_age_s", 1);
	print_line("pair key", ctl_text(p, "key"));
	print_line("pair ends", ctl_text(p, "pair_certificate_end"));
	print_ago("session age", p, "session_age_ms", 1000);
	print_line("list", ctl_text(p, "list"));
	printf("%-12s %" JSON_INTEGER_FORMAT " made, %" JSON_INTEGER_FORMAT
	       " sent, %" JSON_INTEGER_FORMAT " taken\n",
	       "handshakes", ctl_number(p, "handshakes"),
	       ctl_number(p, "inits_sent"), ctl_number(p, "inits_taken"));
	print_tried(p);
	print_counters(p);
}
