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

static const json_t *
named(const json_t *peers, const char *name)
{
	const json_t *p;
	size_t i;

	json_array_foreach(peers, i, p)
		if (strcmp(ctl_text(p, "name"), name) == 0)
			return p;
	return NULL;
}

/* An array of rates; peers stand in one order in both, as a rule. */
static json_t *
rates(const json_t *now, const json_t *was, double s)
{
	json_t *out = json_array();
	const json_t *p;
	size_t i;

	json_array_foreach(now, i, p) {
		const json_t *old = json_array_get(was, i);

		if (old == NULL || strcmp(ctl_text(old, "name"),
					  ctl_text(p, "name")) != 0)
			old = named(was, ctl_text(p, "name"));
		if (old == NULL)
			old = p;
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

static int
busier(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	json_int_t d = ctl_number(*y, "tx_bytes_s") +
		       ctl_number(*y, "rx_bytes_s") -
		       ctl_number(*x, "tx_bytes_s") -
		       ctl_number(*x, "rx_bytes_s");

	return d < 0 ? -1 : d > 0 ? 1 : strcmp(ctl_text(*x, "name"),
					       ctl_text(*y, "name"));
}

/* The busiest first. */
static json_t *
sorted(const json_t *all)
{
	size_t n = json_array_size(all);
	const json_t **v = calloc(n + 1, sizeof(*v));
	json_t *out = json_array();

	for (size_t i = 0; v != NULL && i < n; i++)
		v[i] = json_array_get(all, i);
	if (v != NULL)
		qsort(v, n, sizeof(*v), busier);
	for (size_t i = 0; v != NULL && i < n && i < ROWS; i++)
		json_array_append_new(out, json_deep_copy(v[i]));
	free(v);
	return out;
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
	json_t *rows = sorted(now);

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

enum ctl_exit
ctl_top(const struct ctl *c)
{
	uint64_t every = 1, count = UINT64_MAX;
	json_t *was, *now, *between;
	double then;
	enum ctl_exit rc;

	if (number(&every, c, 0, 3600) < 0 ||
	    number(&count, c, 1, UINT32_MAX) < 0)
		return CTL_USAGE;
	rc = ctl_ask(&was, c->socket, "peers");
	if (rc != CTL_OK)
		return rc;
	then = seconds_now();
	for (uint64_t i = 0; i < count; i++) {
		double t;

		ctl_pause_ms((long)every * 1000);
		rc = ctl_ask(&now, c->socket, "peers");
		if (rc != CTL_OK)
			break;
		t = seconds_now();
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
