/* SPDX-License-Identifier: GPL-3.0-or-later */
/* top: the current traffic, redrawn regularly. */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define CLEAR "\033[H\033[J"
#define ROWS 20 /* the busiest peers */

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static json_int_t
read_counter(const json_t *peer, const char *key)
{
	return ctl_number(json_object_get(peer, "counters"), key);
}

static json_int_t
compute_rate(const json_t *now, const json_t *was, const char *key, double s)
{
	json_int_t n = read_counter(now, key) - read_counter(was, key);

	return n < 0 ? 0 : (json_int_t)((double)n / s);
}

/* Returns an array of rates. Both arrays are sorted by name; a peer that is
 * missing in the earlier array had no traffic then. */
static json_t *
compute_rates(const json_t *now, const json_t *was, double s)
{
	json_t *out = json_array();
	size_t i, j = 0;
	const json_t *p;

	json_array_foreach(now, i, p)
	{
		const json_t *old = json_array_get(was, j);
		int d = -1;

		while (old != NULL && (d = strcmp(ctl_text(old, "name"),
						  ctl_text(p, "name"))) < 0)
			old = json_array_get(was, ++j);
		if (d != 0)
			old = NULL;
		json_array_append_new(
			out,
			json_pack("{sssssIsIsIsI}", "name", ctl_text(p, "name"),
				  "state", ctl_text(p, "state"), "tx_bytes_s",
				  compute_rate(p, old, "tx_bytes", s),
				  "tx_packets_s",
				  compute_rate(p, old, "tx_packets", s),
				  "rx_bytes_s",
				  compute_rate(p, old, "rx_bytes", s),
				  "rx_packets_s",
				  compute_rate(p, old, "rx_packets", s)));
	}
	return out;
}

/* Sorts the peers with the most traffic first. */
static int
compare_traffic(const json_t *x, const json_t *y)
{
	json_int_t a = ctl_number(x, "tx_bytes_s") / 2 +
		       ctl_number(x, "rx_bytes_s") / 2;
	json_int_t b = ctl_number(y, "tx_bytes_s") / 2 +
		       ctl_number(y, "rx_bytes_s") / 2;

	return a > b ? -1 : a < b;
}

#define RATE(name, key, unit)                                          \
	static char *name(char out[64], const json_t *row)             \
	{                                                              \
		char n[16];                                            \
                                                                       \
		snprintf(out, 64, "%s" unit,                           \
			 ctl_amount(n, (double)ctl_number(row, key))); \
		return out;                                            \
	}

RATE(tx_bytes, "tx_bytes_s", "B/s")
RATE(tx_packets, "tx_packets_s", "/s")
RATE(rx_bytes, "rx_bytes_s", "B/s")
RATE(rx_packets, "rx_packets_s", "/s")

static const struct ctl_column columns[] = {
	{ "PEER", "name", NULL },	{ "STATE", "state", NULL },
	{ "SENT", NULL, tx_bytes },	{ "PACKETS", NULL, tx_packets },
	{ "RECEIVED", NULL, rx_bytes }, { "PACKETS", NULL, rx_packets },
};

static void
draw_table(const struct ctl *c, const json_t *now, bool again)
{
	json_t *rows = ctl_sorted(now, ROWS, compare_traffic);

	if (c->json) {
		ctl_print_json(now);
	} else {
		if (isatty(STDOUT_FILENO))
			printf(CLEAR);
		else if (again)
			putchar('\n');
		ctl_columns(columns, sizeof(columns) / sizeof(*columns), rows);
	}
	json_decref(rows);
	fflush(stdout);
}

static int
parse_number(uint64_t *out, const struct ctl *c, int i, uint64_t most)
{
	const char *arg = c->argv[i];

	if (c->argc <= i ||
	    text_u64(out, (struct span){ arg, strlen(arg) }, 1, most) == 0)
		return 0;
	fprintf(stderr, "cluevpnctl: top: expected 1..%llu, found \"%s\"\n",
		(unsigned long long)most, arg);
	return -1;
}

/* A peer that never had traffic has none now. */
static enum ctl_exit
ask_peers(json_t **out, const struct ctl *c)
{
	return ctl_ask_peers(out, c, "busy", "name,state,counters");
}

enum ctl_exit
ctl_top(const struct ctl *c)
{
	uint64_t every = 1, count = UINT64_MAX;
	json_t *was, *now, *between;
	double then, next;
	enum ctl_exit rc;

	if (parse_number(&every, c, 0, 3600) < 0 ||
	    parse_number(&count, c, 1, UINT32_MAX) < 0)
		return CTL_USAGE;
	next = then = seconds_now();
	rc = ask_peers(&was, c);
	if (rc != CTL_OK)
		return rc;
	for (uint64_t i = 0; i < count; i++) {
		double t;

		/* A large answer takes time; the clock keeps running. */
		next += (double)every;
		if (next < seconds_now())
			next = seconds_now();
		ctl_pause_ms((long)((next - seconds_now()) * 1000));
		t = seconds_now();
		rc = ask_peers(&now, c);
		if (rc != CTL_OK)
			break;
		between = compute_rates(now, was, t - then);
		draw_table(c, between, i > 0);
		json_decref(between);
		json_decref(was);
		was = now;
		then = t;
	}
	json_decref(was);
	return rc;
}
