/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names are looked up by a thread of their own: a name server that does
 * not answer must not keep what was agreed from the disk. */
#include "daemon/plumb.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sys/clock.h"
#include "sys/resolve.h"

#define FOUND_MAX 8

struct lookup {
	struct work_job work;
	struct daemon *daemon;
	char *host;
	struct ipaddr found[FOUND_MAX];
	size_t n;
	struct err why;
};

static void
drop(void *ctx)
{
	struct lookup *l = ctx;

	free(l->host);
	free(l);
}

static void
run(void *ctx)
{
	struct lookup *l = ctx;

	if (resolve(l->host, l->found, FOUND_MAX, &l->n, &l->why) < 0)
		l->n = 0;
}

static void
done(void *ctx)
{
	struct lookup *l = ctx;
	struct daemon *d = l->daemon;

	core_resolved(d->core, clock_now(), l->host, l->found, l->n,
		      l->why.text);
	drop(l);
	plumb_drain(d);
}

void
lookup_start(struct daemon *d, struct action *a)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (l == NULL || d->lookups == NULL) {
		core_resolved(d->core, clock_now(), a->text, NULL, 0,
			      l == NULL ? "out of memory" : "stopping");
		free(l);
		return;
	}
	l->work = (struct work_job){ .run = run, .done = done, .drop = drop,
				     .ctx = l };
	l->daemon = d;
	l->host = a->text;
	a->text = NULL;
	work_submit(d->lookups, &l->work);
}
