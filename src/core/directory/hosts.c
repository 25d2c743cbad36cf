/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses of the list's host names. */
#include "core/directory/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/table.h"
#include "core/action.h"
#include "core/timings.h"

/* Classes of names, in the order in which they are looked up. */
enum turn { URGENT, URGENT_FAILED, BACKGROUND, BACKGROUND_FAILED, TURNS };

struct host {
	struct host *before, *after; /* neighbours in the queue */
	enum turn turn;		     /* while it waits or is asked */
	bool waits;		     /* for its turn */
	bool asked;		     /* the answer is to come */
	bool gone;		     /* from the list; asked */
	struct ipaddr at[HOSTS_EACH];
	size_t n;
	unsigned int failures;	     /* in a row */
	char *error;		     /* the last one; NULL: none */
	struct monotime not_before;  /* no question before this, */
	struct monotime urgent_from; /* nor before this when packets wait */
	char name[];
};

struct hosts {
	struct table table;
	struct {
		struct host *first, *last;
		unsigned int asked; /* at present */
	} turns[TURNS];
};

struct hosts *
hosts_new(const struct rng *rng)
{
	struct hosts *h = calloc(1, sizeof(*h));
	uint8_t seed[HASH_SEED_LEN];

	if (h == NULL)
		return NULL;
	rng_fill(rng, seed, sizeof(seed));
	table_init(&h->table, seed);
	return h;
}

static void
host_free(struct host *host)
{
	if (host != NULL)
		free(host->error);
	free(host);
}

static void
free_all(struct table *t)
{
	struct host *host;
	size_t pos = 0;

	while ((host = table_next(t, &pos)) != NULL)
		host_free(host);
	table_free(t);
}

void
hosts_free(struct hosts *h)
{
	if (h == NULL)
		return;
	free_all(&h->table);
	free(h);
}

static struct host *
find_host(const struct hosts *h, const char *name)
{
	return table_get(&h->table, name, strlen(name));
}

/* --- turns ---------------------------------------------------------------- */

static void
stop_waiting(struct hosts *h, struct host *host)
{
	if (!host->waits)
		return;
	host->waits = false;
	if (host->before != NULL)
		host->before->after = host->after;
	else
		h->turns[host->turn].first = host->after;
	if (host->after != NULL)
		host->after->before = host->before;
	else
		h->turns[host->turn].last = host->before;
}

static void
wait_for_turn(struct hosts *h, struct host *host, enum turn turn)
{
	stop_waiting(h, host);
	host->waits = true;
	host->turn = turn;
	host->after = NULL;
	host->before = h->turns[turn].last;
	if (host->before != NULL)
		host->before->after = host;
	else
		h->turns[turn].first = host;
	h->turns[turn].last = host;
}

static bool
has_place(const struct hosts *h, enum turn turn)
{
	unsigned int of[TURNS], failed, background;

	for (int i = 0; i < TURNS; i++)
		of[i] = h->turns[i].asked;
	failed = of[URGENT_FAILED] + of[BACKGROUND_FAILED];
	background = of[BACKGROUND] + of[BACKGROUND_FAILED];
	if ((turn == URGENT_FAILED || turn == BACKGROUND_FAILED) &&
	    failed >= ACTION_RESOLVE_MAX / 2)
		return false;
	if (turn >= BACKGROUND && background >= ACTION_RESOLVE_MAX * 3 / 4)
		return false;
	return of[URGENT] + of[URGENT_FAILED] + background < ACTION_RESOLVE_MAX;
}

static void
ask_for(struct hosts *h, struct core_env *env, struct host *host)
{
	char *text = strdup(host->name);
	struct action *a =
		text == NULL ? NULL : actions_add(env->actions, ACTION_RESOLVE);

	stop_waiting(h, host);
	if (a == NULL) {
		free(text);
		return;
	}
	a->text = text;
	host->asked = true;
	h->turns[host->turn].asked++;
}

static void
ask_next(struct hosts *h, struct core_env *env)
{
	for (int i = 0; i < TURNS; i++)
		while (h->turns[i].first != NULL && has_place(h, (enum turn)i))
			ask_for(h, env, h->turns[i].first);
}

/* --- names ---------------------------------------------------------------- */

bool
hosts_keep(struct hosts *h, const struct listed *l, size_t *at, size_t n)
{
	while (n-- > 0) {
		struct host *host = table_next(&h->table, at);

		if (host == NULL)
			return true;
		host->gone = false;
		if (listed_has_host(l, host->name))
			continue;
		stop_waiting(h, host);
		/* The host keeps its place until the answer comes. */
		host->gone = host->asked;
		if (host->gone)
			continue;
		table_remove(&h->table, host->name, strlen(host->name));
		host_free(host);
		--*at; /* the one behind may have moved here */
	}
	return false;
}

static struct host *
get_host(struct hosts *h, const char *name)
{
	struct host *host = find_host(h, name);
	size_t len = strlen(name);

	if (host != NULL)
		return host;
	host = calloc(1, sizeof(*host) + len + 1);
	if (host == NULL)
		return NULL;
	memcpy(host->name, name, len + 1);
	host->not_before = host->urgent_from = MONO_NONE;
	if (table_put(&h->table, host->name, len, host) < 0) {
		free(host);
		return NULL;
	}
	return host;
}

void
hosts_want(struct hosts *h, struct core_env *env, const char *name, bool urgent)
{
	struct host *host = get_host(h, name);
	enum turn turn;

	if (host == NULL || host->asked ||
	    !mono_reached(urgent ? host->urgent_from : host->not_before,
			  env->now.mono))
		return;
	if (urgent)
		turn = host->failures > 0 ? URGENT_FAILED : URGENT;
	else
		turn = host->failures > 0 ? BACKGROUND_FAILED : BACKGROUND;
	if (host->waits && host->turn <= turn)
		return;
	wait_for_turn(h, host, turn);
	ask_next(h, env);
}

/* Chooses which of the addresses found to keep. */
static size_t
choose_addresses(struct ipaddr out[HOSTS_EACH], const struct ipaddr *found,
		 size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < HOSTS_EACH; i++) {
		size_t j = 0;

		while (j < kept && !ipaddr_equal(&out[j], &found[i]))
			j++;
		if (j == kept)
			out[kept++] = found[i];
	}
	return kept;
}

/* In whatever order: name servers turn it round. */
static bool
is_same(const struct host *host, const struct ipaddr *at, size_t n)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < host->n; j++)
			same += ipaddr_equal(&at[i], &host->at[j]);
	return n == host->n && same == n;
}

static void
tell_lookup(struct core_env *env, const struct host *host)
{
	char text[HOSTS_EACH * IPADDR_TEXT_MAX], one[IPADDR_TEXT_MAX];
	size_t len = 0;

	for (size_t i = 0; i < host->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
					i == 0 ? "" : ", ",
					ipaddr_format(one, &host->at[i]));
	actions_event(env->actions, EVENT_INFO, EVENT_HOST, NULL, "%s is %s",
		      host->name, text);
}

static void
note_failure(struct host *host, struct core_env *env, const char *why)
{
	int64_t ms = backoff_next(HOSTS_RETRY_MS, HOSTS_RETRY_MAX_MS,
				  &host->failures);

	free(host->error);
	host->error = why == NULL ? NULL : strdup(why);
	host->not_before = mono_add_ms(env->now.mono, ms);
	host->urgent_from = mono_add_ms(env->now.mono, HOSTS_RETRY_MS);
	if (host->failures == 1)
		actions_event(env->actions, EVENT_WARN, EVENT_HOST, NULL,
			      "%s cannot be looked up: %s%s", host->name, why,
			      host->n > 0 ? ": its last addresses stay" : "");
}

/* Frees the place of a name whose answer has come. NULL: the name is not known,
 * or not in the list any more. */
static struct host *
end_turn(struct hosts *h, const char *name)
{
	struct host *host = find_host(h, name);

	if (host == NULL)
		return NULL;
	h->turns[host->turn].asked -= host->asked;
	host->asked = false;
	if (!host->gone)
		return host;
	table_remove(&h->table, name, strlen(name));
	host_free(host);
	return NULL;
}

/* true: the addresses are others than before. */
static bool
take_found(struct host *host, struct core_env *env, const struct ipaddr *found,
	   size_t n)
{
	struct ipaddr at[HOSTS_EACH];

	n = choose_addresses(at, found, n);
	host->failures = 0;
	free(host->error);
	host->error = NULL;
	host->not_before = mono_add_ms(env->now.mono, HOSTS_FRESH_MS);
	host->urgent_from = host->not_before;
	if (is_same(host, at, n))
		return false;
	memcpy(host->at, at, n * sizeof(at[0]));
	host->n = n;
	tell_lookup(env, host);
	return true;
}

bool
hosts_answer(struct hosts *h, struct core_env *env, const char *name,
	     const struct ipaddr *found, size_t n, bool more, const char *why)
{
	struct host *host = more ? find_host(h, name) : end_turn(h, name);
	bool changed = false;

	if (host != NULL && n > 0)
		changed = take_found(host, env, found, n);
	else if (host != NULL && !more)
		note_failure(host, env, why);
	ask_next(h, env);
	return changed;
}

bool
hosts_lacks(const struct hosts *h, const char *name, const char **why)
{
	const struct host *host = find_host(h, name);

	*why = host == NULL ? NULL : host->error;
	return host == NULL || host->n == 0;
}

size_t
hosts_get(const struct hosts *h, const char *name,
	  struct ipaddr out[HOSTS_EACH])
{
	const struct host *host = find_host(h, name);

	if (host == NULL)
		return 0;
	memcpy(out, host->at, host->n * sizeof(out[0]));
	return host->n;
}
