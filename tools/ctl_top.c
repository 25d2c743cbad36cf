/* SPDX-License-Identifier: GPL-3.0-or-later */
/* top: what passes now, drawn again and again. */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define CLEAR "\033[H\033[J"
#define ROWS 20			/* the busiest ones */

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static json_int_t
counter(const json_t *peer, const char *key)
{
	return ctl_number(json_object_get(peer, "counters"), key);
}

static json_int_t
rate(const json_t *now, const json_t *was, const char *key, double s)
{
	json_int_t n = counter(now, key) - counter(was, key);

	return n < 0 ? 0 : (json_int_t)((double)n / s);
}

/* An array of rates. Both are in the order of names; a peer that is not in the
 * earlier one had no traffic then. */
static json_t *
rates(const json_t *now, const json_t *was, double s)
{
	json_t *out = json_array();
	size_t i, j = 0;
	const json_t *p;

	json_array_foreach(now, i, p) {
		const json_t *old = json_array_get(was, j);
		int d = -1;

		while (old != NULL && (d = strcmp(ctl_text(old, "name"),
						  ctl_text(p, "name"))) < 0)
			old = json_array_get(was, ++j);
		if (d != 0)
			old = NULL;
		json_array_append_new(out, json_pack(
			"{sssssIsIsIsI}", "name", ctl_text(p, "name"),
			"state", ctl_text(p, "state"),
			"tx_bytes_s", rate(p, old, "tx_bytes", s),
			"tx_packets_s", rate(p, old, "tx_packets", s),
			"rx_bytes_s", rate(p, old, "rx_bytes", s),
			"rx_packets_s", rate(p, old, "rx_packets", s)));
	}
	return out;
}

/* The busiest come first. */
static int
busier(const json_t *x, const json_t *y)
{
	json_int_t a = ctl_number(x, "tx_bytes_s") / 2 +
		       ctl_number(x, "rx_bytes_s") / 2;
	json_int_t b = ctl_number(y, "tx_bytes_s") / 2 +
		       ctl_number(y, "rx_bytes_s") / 2;

	return a > b ? -1 : a < b;
}

#define RATE(name, key, unit)                                             \
	static char *name(char out[64], const json_t *row)                \
	{                                                                 \
		char n[16];                                               \
                                                                          \
		snprintf(out, 64, "%s" unit,                              \
			 ctl_amount(n, (double)ctl_number(row, key)));    \
		return out;                                               \
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
draw(const struct ctl *c, const json_t *now, bool again)
{
	json_t *rows = ctl_sorted(now, ROWS, busier);

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
number(uint64_t *out, const struct ctl *c, int i, uint64_t most)
{
	const char *arg = c->argv[i];

	if (c->argc <= i ||
	    text_u64(out, (struct span){ arg, strlen(arg) }, 1, most) == 0)
		return 0;
	fprintf(stderr, "cluevpnctl: top: expected 1..%llu, found \"%s\"\n",
		(unsigned long long)most, arg);
	return -1;
}

/* Who never had traffic has none now. */
static enum ctl_exit
ask(json_t **out, const struct ctl *c)
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

	if (number(&every, c, 0, 3600) < 0 ||
	    number(&count, c, 1, UINT32_MAX) < 0)
		return CTL_USAGE;
	next = then = seconds_now();
	rc = ask(&was, c);
	if (rc != CTL_OK)
		return rc;
	for (uint64_t i = 0; i < count; i++) {
		double t;

		/* A large answer takes its time; the clock goes on. */
		next += (double)every;
		if (next < seconds_now())
			next = seconds_now();
		ctl_pause_ms((long)((next - seconds_now()) * 1000));
		t = seconds_now();
		rc = ask(&now, c);
		if (rc != CTL_OK)
			break;
		between = rates(now, was, t - then);
		draw(c, between, i > 0);
		json_decref(between);
		json_decref(was);
		was = now;
		then = t;
	}
	json_decref(was);
	return rc;
}
