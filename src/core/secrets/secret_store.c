/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pair secrets held with all peers, and their way to the disk. */
#include "core/secrets/secret_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/table.h"
#include "core/action.h"
#include "core/secrets/secret_set.h"
#include "core/timings.h"

#define DIRECTIONS 2 /* dialled by the lower name, by the higher */

struct pending {
	bool used;
	bool written; /* part of the write under way */
	struct pair pair;
};

struct secret_set {
	struct entry *entry;		    /* whose part it is */
	struct pair_record held;	    /* sorted, greatest first */
	struct pending pending[DIRECTIONS]; /* by lower_dialled */
	uint32_t ticket; /* ticket of the write under way; 0: none */
	bool dirty;	 /* the disk may hold something else */
	bool failed;	 /* dirty, and to be tried again later */
	bool changed;
	bool unfit; /* with changed: as told */
	struct secret_set *next_changed;
};

struct secret_store {
	struct core_env *env;
	struct table by_ticket;
	struct secret_set *changed, **changed_tail;
	struct monotime retry; /* MONO_NEVER: no write failed */
};

struct secret_store *
secret_store_new(struct core_env *env)
{
	struct secret_store *ps = calloc(1, sizeof(*ps));
	uint8_t seed[HASH_SEED_LEN];

	if (ps == NULL)
		return NULL;
	ps->env = env;
	rng_fill(&env->rng, seed, sizeof(seed));
	table_init(&ps->by_ticket, seed);
	ps->changed_tail = &ps->changed;
	ps->retry = MONO_NEVER;
	return ps;
}

static void
set_free(struct secret_set *s)
{
	bytes_wipe(s, sizeof(*s));
	free(s);
}

/* true: the name's entry is gone as well. */
static bool
set_drop(struct secret_store *ps, struct secret_set *s)
{
	struct entry *e = s->entry;

	set_free(s);
	e->secrets = NULL;
	return names_drop(&ps->env->names, e);
}

void
secret_store_free(struct secret_store *ps)
{
	struct entry *e;
	size_t pos = 0;

	if (ps == NULL)
		return;
	while ((e = names_next(&ps->env->names, &pos)) != NULL)
		if (e->secrets != NULL && set_drop(ps, e->secrets))
			pos--;
	table_free(&ps->by_ticket);
	free(ps);
}

static struct secret_set *
set_find(const struct secret_store *ps, const char *peer)
{
	const struct entry *e = names_find(&ps->env->names, peer);

	return e == NULL ? NULL : e->secrets;
}

static struct secret_set *
set_get(struct secret_store *ps, const char *peer)
{
	struct entry *e = names_get(&ps->env->names, peer);
	struct secret_set *s;

	if (e == NULL || e->secrets != NULL)
		return e == NULL ? NULL : e->secrets;
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		names_drop(&ps->env->names, e);
		return NULL;
	}
	s->entry = e;
	memcpy(s->held.peer, e->name, sizeof(e->name));
	e->secrets = s;
	return s;
}

/* A set that holds nothing and owes nothing goes. */
static void
set_drop_if_empty(struct secret_store *ps, struct secret_set *s)
{
	if (s->held.n > 0 || s->pending[0].used || s->pending[1].used ||
	    s->ticket != 0 || s->dirty || s->changed)
		return;
	(void)set_drop(ps, s);
}

static void
set_changed(struct secret_store *ps, struct secret_set *s)
{
	if (s->changed)
		return;
	s->changed = true;
	s->next_changed = NULL;
	*ps->changed_tail = s;
	ps->changed_tail = &s->next_changed;
}

bool
secret_store_next_changed(struct secret_store *ps, char peer[NODE_NAME_MAX + 1],
			  bool *unfit)
{
	struct secret_set *s = ps->changed;

	if (s == NULL)
		return false;
	ps->changed = s->next_changed;
	if (ps->changed == NULL)
		ps->changed_tail = &ps->changed;
	*unfit = s->unfit;
	s->changed = s->unfit = false;
	memcpy(peer, s->entry->name, sizeof(s->entry->name));
	set_drop_if_empty(ps, s);
	return true;
}

/* --- the disk ----------------------------------------------------------- */

static void
write_failed(struct secret_store *ps, struct secret_set *s)
{
	s->failed = true;
	ps->retry = mono_min(ps->retry,
			     mono_add_ms(ps->env->now.mono, SECRETS_RETRY_MS));
}

/* The whole record as it should be: held pairs and pairs to be held. */
static uint8_t *
set_encode(const struct secret_set *s, size_t *len)
{
	struct pair_record r = s->held;
	uint8_t *data;

	for (unsigned int i = 0; i < DIRECTIONS; i++)
		if (s->pending[i].used) {
			assert(r.n < PAIR_HELD_MAX);
			r.pairs[r.n++] = s->pending[i].pair;
		}
	data = malloc(PAIR_RECORD_MAX);
	if (data != NULL)
		*len = r.n == 0 ? 0 : pair_record_encode(data, &r);
	pair_record_wipe(&r);
	return data;
}

/* There is one write at a time; changes meanwhile wait for its answer. */
static void
set_write(struct secret_store *ps, struct secret_set *s)
{
	struct action *a;
	uint8_t *data;
	size_t len;

	s->dirty = true;
	if (s->ticket != 0 || s->failed)
		return;
	data = set_encode(s, &len);
	if (data == NULL) {
		write_failed(ps, s);
		return;
	}
	s->ticket = core_env_ticket(ps->env);
	if (table_put(&ps->by_ticket, &s->ticket, sizeof(s->ticket), s) < 0)
		goto fail;
	a = actions_add(ps->env->actions, ACTION_STORE_PAIR);
	if (a == NULL) {
		table_remove(&ps->by_ticket, &s->ticket, sizeof(s->ticket));
		goto fail;
	}
	a->ticket = s->ticket;
	memcpy(a->peer, s->entry->name, sizeof(a->peer));
	a->data = data;
	a->len = len;
	s->dirty = false;
	for (unsigned int i = 0; i < DIRECTIONS; i++)
		s->pending[i].written = s->pending[i].used;
	return;
fail:
	s->ticket = 0;
	bytes_wipe(data, PAIR_RECORD_MAX);
	free(data);
	write_failed(ps, s);
}

struct monotime
secret_store_deadline(const struct secret_store *ps)
{
	return ps->retry;
}

void
secret_store_tick(struct secret_store *ps)
{
	struct entry *e;
	size_t pos = 0;

	if (!mono_reached(ps->retry, ps->env->now.mono))
		return;
	ps->retry = MONO_NEVER;
	while ((e = names_next(&ps->env->names, &pos)) != NULL)
		if (e->secrets != NULL && e->secrets->failed) {
			e->secrets->failed = false;
			set_write(ps, e->secrets);
		}
}

/* --- held pairs --------------------------------------------------------- */

int
secret_store_load(struct secret_store *ps, const struct pair_record *r)
{
	struct secret_set *s = set_get(ps, r->peer);

	if (s == NULL)
		return -1;
	/* Proven ones first: then no more than three ever stand there. */
	for (unsigned int i = 0; i < r->n; i++)
		if (r->pairs[i].proven)
			(void)secret_set_insert(&s->held, &r->pairs[i]);
	for (unsigned int i = 0; i < r->n; i++)
		if (!r->pairs[i].proven)
			(void)secret_set_insert(&s->held, &r->pairs[i]);
	/* The count of the running time was lost: no pair is younger than
	 * it. */
	for (unsigned int i = 0; i < r->n; i++)
		if (r->pairs[i].made_run_s > ps->env->run_s)
			ps->env->run_s = r->pairs[i].made_run_s;
	set_changed(ps, s);
	return 0;
}

const struct pair_record *
secret_store_get(const struct secret_store *ps, const char *peer)
{
	const struct entry *e = names_find(&ps->env->names, peer);

	return e == NULL ? NULL : secrets_held(e);
}

const struct pair_record *
secrets_held(const struct entry *e)
{
	const struct secret_set *s = e->secrets;

	return s == NULL || s->held.n == 0 ? NULL : &s->held;
}

bool
secret_store_prove(struct secret_store *ps, const char *peer,
		   const uint8_t id[PAIR_ID_LEN])
{
	struct secret_set *s = set_find(ps, peer);
	int i = s == NULL ? -1 : secret_set_find(&s->held, id);

	if (i < 0 || !secret_set_prove(&s->held, (unsigned int)i))
		return false;
	set_changed(ps, s);
	set_write(ps, s);
	return true;
}

static void
set_erase(struct secret_store *ps, struct secret_set *s, const char *why)
{
	while (s->held.n > 0)
		secret_set_remove(&s->held, s->held.n - 1);
	bytes_wipe(s->pending, sizeof(s->pending));
	actions_event(ps->env->actions, EVENT_INFO, EVENT_PAIR_GONE,
		      s->entry->name, "stored secrets erased: %s", why);
	set_changed(ps, s);
	set_write(ps, s);
}

void
secret_store_erase(struct secret_store *ps, const char *peer, const char *why)
{
	struct secret_set *s = set_find(ps, peer);

	if (s != NULL &&
	    (s->held.n > 0 || s->pending[0].used || s->pending[1].used))
		set_erase(ps, s, why);
}

static void
set_check(struct secret_store *ps, struct secret_set *s, const struct bnl *b)
{
	const char *why = NULL, *w;

	for (unsigned int i = s->held.n; i-- > 0;) {
		w = secret_set_unfit(ps->env, b, s->entry->name,
				     &s->held.pairs[i]);
		if (w != NULL) {
			why = w;
			secret_set_remove(&s->held, i);
		}
	}
	for (unsigned int i = 0; i < DIRECTIONS; i++) {
		struct pending *p = &s->pending[i];

		w = !p->used ? NULL :
			       secret_set_unfit(ps->env, b, s->entry->name,
						&p->pair);
		if (w != NULL) {
			why = w;
			bytes_wipe(p, sizeof(*p));
		}
	}
	if (why == NULL)
		return;
	actions_event(ps->env->actions, EVENT_INFO, EVENT_PAIR_GONE,
		      s->entry->name, "a stored secret erased: %s", why);
	s->unfit = true;
	set_changed(ps, s);
	set_write(ps, s);
}

void
secret_store_check(struct secret_store *ps, const struct bnl *b)
{
	struct entry *e;
	size_t pos = 0;

	while ((e = names_next(&ps->env->names, &pos)) != NULL)
		if (e->secrets != NULL)
			set_check(ps, e->secrets, b);
}

void
secret_store_check_one(struct secret_store *ps, const struct bnl *b,
		       const char *peer)
{
	struct secret_set *s = set_find(ps, peer);

	if (s != NULL)
		set_check(ps, s, b);
}

void
secret_store_forget(struct secret_store *ps, const char *peer)
{
	struct secret_set *s = set_get(ps, peer);

	/* The next check erases the held pairs. */
	if (s != NULL && s->held.n == 0 && !s->pending[0].used &&
	    !s->pending[1].used)
		set_write(ps, s);
}

/* The write that was under way put the pending pairs on the disk. */
static void
pending_written(struct secret_store *ps, struct secret_set *s, bool ok)
{
	for (unsigned int i = 0; i < DIRECTIONS; i++) {
		struct pending *p = &s->pending[i];

		if (!p->used || !p->written)
			continue;
		if (ok && secret_set_insert(&s->held, &p->pair))
			set_changed(ps, s);
		else
			s->dirty = true;
		bytes_wipe(p, sizeof(*p));
	}
}

bool
secret_store_stored(struct secret_store *ps, uint32_t ticket, bool ok)
{
	struct secret_set *s =
		table_remove(&ps->by_ticket, &ticket, sizeof(ticket));

	if (s == NULL)
		return false;
	s->ticket = 0;
	pending_written(ps, s, ok);
	if (!ok) {
		s->dirty = true;
		write_failed(ps, s);
		actions_event(ps->env->actions, EVENT_ERROR, EVENT_STORE_FAILED,
			      s->entry->name,
			      "its pair secrets could not be stored");
	}
	if (s->dirty)
		set_write(ps, s);
	set_drop_if_empty(ps, s);
	return true;
}

/* --- for a negotiation -------------------------------------------------- */

bool
secret_store_settled(const struct secret_store *ps, const char *peer)
{
	const struct secret_set *s = set_find(ps, peer);

	return s == NULL || (s->ticket == 0 && !s->dirty);
}

void
secret_store_list(struct secret_store *ps, const char *peer,
		  struct hello_held *held, uint8_t *n)
{
	const struct secret_set *s = set_find(ps, peer);

	*n = 0;
	if (s == NULL)
		return;
	assert(s->ticket == 0 && !s->dirty);
	for (unsigned int i = 0; i < s->held.n; i++) {
		struct hello_held *h = &held[(*n)++];

		memcpy(h->id, s->held.pairs[i].id, PAIR_ID_LEN);
		h->generation = s->held.pairs[i].generation;
	}
}

void
secret_store_hello(struct secret_store *ps, const char *peer,
		   bool lower_dialled, const struct hello_held *held, uint8_t n)
{
	struct secret_set *s = set_find(ps, peer);

	if (s == NULL || !secret_set_hello(&s->held, lower_dialled, held, n))
		return;
	set_changed(ps, s);
	set_write(ps, s);
}

int
secret_store_add(struct secret_store *ps, const char *peer,
		 const struct pair *pair)
{
	struct secret_set *s = set_get(ps, peer);
	struct pending *p;

	if (s == NULL)
		return -1;
	p = &s->pending[pair->lower_dialled];
	assert(!p->used && !pair->proven);
	p->used = true;
	p->written = false;
	p->pair = *pair;
	set_write(ps, s);
	return 0;
}

enum pair_place
secret_store_place(const struct secret_store *ps, const char *peer,
		   const uint8_t id[PAIR_ID_LEN])
{
	const struct secret_set *s = set_find(ps, peer);

	if (s == NULL)
		return PAIR_ABSENT;
	if (secret_set_find(&s->held, id) >= 0)
		return PAIR_HELD;
	for (unsigned int i = 0; i < DIRECTIONS; i++)
		if (s->pending[i].used &&
		    memcmp(s->pending[i].pair.id, id, PAIR_ID_LEN) == 0)
			return PAIR_STORING;
	return PAIR_ABSENT;
}
