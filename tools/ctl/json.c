/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the daemon, and shows its answers. */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *
ctl_text(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? json_string_value(v) : "-";
}

json_int_t
ctl_number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

void
ctl_print_json(const json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(2));
	printf("\n");
}

enum ctl_exit
ctl_show(const struct ctl *c, const char *request,
	 void (*print)(const json_t *))
{
	json_t *answer;
	enum ctl_exit rc = client_ask(&answer, c->socket, request);

	if (rc != CTL_OK)
		return rc;
	if (c->json)
		ctl_print_json(answer);
	else if (print != NULL)
		print(answer);
	json_decref(answer);
	return CTL_OK;
}

enum ctl_exit
ctl_ask_peers(json_t **out, const struct ctl *c, const char *which,
	      const char *fields)
{
	char request[256];

	snprintf(request, sizeof(request), "peers %s%s%s", which,
		 fields == NULL ? "" : " ", fields == NULL ? "" : fields);
	return client_ask(out, c->socket, request);
}

struct place {
	const json_t *row;
	size_t i; /* equal rows keep their order */
	int (*order)(const json_t *a, const json_t *b);
};

static int
place_cmp(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int d = x->order(x->row, y->row);

	return d != 0 ? d : x->i < y->i ? -1 : x->i > y->i;
}

json_t *
ctl_sorted(const json_t *rows, size_t most,
	   int (*order)(const json_t *a, const json_t *b))
{
	size_t n = json_array_size(rows);
	struct place *places = calloc(n + 1, sizeof(*places));
	json_t *out = json_array();

	if (places == NULL) {
		json_decref(out);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		places[i] = (struct place){ json_array_get(rows, i), i, order };
	qsort(places, n, sizeof(*places), place_cmp);
	for (size_t i = 0; i < n && i < most; i++)
		json_array_append(out, json_array_get(rows, places[i].i));
	free(places);
	return out;
}

void
ctl_pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

char *
ctl_amount(char out[16], double n)
{
	static const char units[] = " KMGTPE";
	size_t unit = 0;

	while (n >= 1000 && units[unit + 1] != '\0') {
		n /= 1000;
		unit++;
	}
	if (unit == 0)
		snprintf(out, 16, "%.0f", n);
	else
		snprintf(out, 16, "%.*f %c", n < 10 ? 1 : 0, n, units[unit]);
	return out;
}
