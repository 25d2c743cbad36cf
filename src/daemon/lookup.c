/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolves host names in threads of their own: a name server that does not
 * answer must delay neither other names nor the disk. */
#include "daemon/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/job.h"
#include "sys/clock.h"
#include "sys/resolve.h"

#define FOUND_MAX 8 /* addresses from each part */
#define REST_MS 50  /* Resolution Delay of RFC 8305, section 3 */

/* The hosts file is read first: a name in it needs no name server. Then both
 * families are queried at once. */
enum part_kind { PART_FILE, PART_IPV6, PART_IPV4, PARTS };

struct part {
	struct work_job job;
	struct lookup *of; /* used by the loop, not the thread */
	enum part_kind kind;
	char *host;
	struct ipaddr found[FOUND_MAX];
	size_t n;
	struct err why;
};

struct lookup {
	struct daemon *daemon;
	struct lookup *next;
	char *host;
	struct loop_timer rest; /* waits for the other family */
	unsigned int left;	/* parts still pending */
	struct ipaddr found[PARTS][FOUND_MAX];
	size_t n[PARTS];
	struct err why; /* error of a part without a result */
};

static void
lookup_free(struct lookup *l)
{
	struct lookup **at = &l->daemon->lookups.first;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	loop_timer_fini(&l->rest);
	free(l->host);
	free(l);
}

/* Passes on the addresses found, alternating families, because not all are
 * kept. */
static void
lookup_answer(struct lookup *l, bool more)
{
	struct daemon *d = l->daemon;
	struct ipaddr all[PARTS * FOUND_MAX];
	size_t n = 0;

	for (size_t i = 0; i < FOUND_MAX; i++)
		for (int k = 0; k < PARTS; k++)
			if (i < l->n[k])
				all[n++] = l->found[k][i];
	core_resolved(d->core, clock_now(), l->host, all, n, more, l->why.text);
	if (!more)
		lookup_free(l);
}

static void
lookup_delay_over(void *ctx)
{
	lookup_answer(ctx, true);
}

/* --- parts ---------------------------------------------------------------- */

static void
part_drop(void *ctx)
{
	struct part *p = ctx;

	free(p->host);
	free(p);
}

static void
part_run(void *ctx)
{
	struct part *p = ctx;

	if (p->kind == PART_FILE)
		p->n = resolve_in_file(p->host, p->found, FOUND_MAX);
	else if (resolve(p->host, p->kind == PART_IPV6 ? IP_V6 : IP_V4,
			 p->found, FOUND_MAX, &p->n, &p->why) < 0)
		p->n = 0;
}

static void part_done(void *ctx);

static int
part_start(struct lookup *l, enum part_kind kind, struct work *w)
{
	struct part *p = calloc(1, sizeof(*p));

	if (p == NULL || (p->host = strdup(l->host)) == NULL) {
		free(p);
		return err_nomem(&l->why);
	}
	p->job = (struct work_job){
		.run = part_run, .done = part_done, .drop = part_drop, .ctx = p
	};
	p->of = l;
	p->kind = kind;
	l->left++;
	work_submit(w, &p->job);
	return 0;
}

/* Queries a name that is not in the hosts file. */
static void
query_servers(struct lookup *l)
{
	struct work *w = l->daemon->lookups.servers;

	if (part_start(l, PART_IPV6, w) == 0)
		(void)part_start(l, PART_IPV4, w);
	if (l->left == 0)
		lookup_answer(l, false);
}

static void
part_done(void *ctx)
{
	struct part *p = ctx;
	struct lookup *l = p->of;
	enum part_kind kind = p->kind;

	memcpy(l->found[kind], p->found, sizeof(p->found));
	l->n[kind] = p->n;
	if (p->n == 0)
		l->why = p->why;
	part_drop(p);
	l->left--;
	if (kind == PART_FILE && l->n[kind] == 0)
		query_servers(l);
	else if (l->left == 0)
		lookup_answer(l, false);
	else if (l->n[kind] > 0)
		loop_timer_set(&l->rest, mono_add_ms(clock_mono(), REST_MS));
}

/* --- look-ups ------------------------------------------------------------- */

void
lookup_start(struct daemon *d, struct action *a)
{
	struct lookup *l = calloc(1, sizeof(*l));
	struct err e;

	if (l == NULL || d->lookups.servers == NULL ||
	    loop_timer_init(&l->rest, d->loop, lookup_delay_over, l, &e) < 0) {
		core_resolved(d->core, clock_now(), a->text, NULL, 0, false,
			      d->lookups.servers == NULL ? "stopping" :
							   "out of memory");
		free(l);
		return;
	}
	l->daemon = d;
	l->host = a->text;
	a->text = NULL;
	l->next = d->lookups.first;
	d->lookups.first = l;
	if (part_start(l, PART_FILE, d->lookups.file) < 0)
		lookup_answer(l, false);
}

int
lookup_open(struct daemon *d, struct err *e)
{
	if (work_open(&d->lookups.file, d->loop, 1, e) < 0)
		return -1;
	return work_open(&d->lookups.servers, d->loop, LOOKUP_THREADS, e);
}

void
lookup_close(struct daemon *d)
{
	work_abandon(d->lookups.file);
	work_abandon(d->lookups.servers);
	d->lookups.file = d->lookups.servers = NULL;
	for (struct lookup *l = d->lookups.first, *next; l != NULL; l = next) {
		next = l->next;
		lookup_free(l);
	}
}
