/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes about other nodes. */
#include "core/history.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "format/proto.h"

struct history {
	struct table by_name;
	size_t gone; /* nodes that are not in the list */
	/* One that said that this node was removed; "": none. */
	char removal[NODE_NAME_MAX + 1];
};

static const char *const kinds[] = {
	[HISTORY_REACHED] = "reached", [HISTORY_CLOSED] = "closed",
	[HISTORY_SILENT] = "silent",   [HISTORY_DATE] = "date",
	[HISTORY_OTHER] = "other",     [HISTORY_FAILED] = "failed",
};

const char *
history_kind_name(enum history_kind k)
{
	assert(k <= HISTORY_FAILED);
	return kinds[k];
}

struct history *
history_new(const uint8_t *seed)
{
	struct history *n = calloc(1, sizeof(*n));

	if (n != NULL)
		table_init(&n->by_name, seed);
	return n;
}

static void
note_free(struct history_entry *o)
{
	for (size_t i = 0; i < o->naddresses; i++)
		free(o->addresses[i].text);
	free(o->addresses);
	free(o);
}

void
history_free(struct history *n)
{
	struct history_entry *o;
	size_t pos = 0;

	if (n == NULL)
		return;
	while ((o = table_next(&n->by_name, &pos)) != NULL)
		note_free(o);
	table_free(&n->by_name);
	free(n);
}

static struct history_entry *
find_note(const struct history *n, const char *name)
{
	if (n == NULL)
		return NULL;
	return table_get(&n->by_name, name, strlen(name));
}

const struct history_entry *
history_get(const struct history *n, const char *name)
{
	return find_note(n, name);
}

static struct history_entry *
history_make_entry(struct history *n, const char *name)
{
	struct history_entry *o = find_note(n, name);

	if (o != NULL || n == NULL || name[0] == '\0')
		return o;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return NULL;
	snprintf(o->name, sizeof(o->name), "%s", name);
	if (table_put(&n->by_name, o->name, strlen(o->name), o) == 0)
		return o;
	free(o);
	return NULL;
}

/* The place of that address: its own, a new one, the oldest one's. */
static struct history_address *
place_address(struct history_entry *o, const struct endpoint *to)
{
	struct history_address *oldest = o->addresses, *more;

	for (size_t i = 0; i < o->naddresses; i++) {
		struct history_address *a = &o->addresses[i];

		if (endpoint_equal(&a->to, to))
			return a;
		if (mono_before(a->at, oldest->at))
			oldest = a;
	}
	if (o->naddresses == HISTORY_ADDRESSES)
		return oldest;
	more = realloc(o->addresses, (o->naddresses + 1) * sizeof(*more));
	if (more == NULL)
		return NULL;
	o->addresses = more;
	memset(&more[o->naddresses], 0, sizeof(*more));
	return &more[o->naddresses++];
}

void
history_try(struct history *n, struct monotime now, const char *name,
	    const struct endpoint *to, enum history_kind kind, const char *text)
{
	struct history_entry *o = history_make_entry(n, name);
	struct history_address *a = o == NULL ? NULL : place_address(o, to);

	if (a == NULL)
		return;
	free(a->text);
	a->text = text == NULL ? NULL : strndup(text, HISTORY_TEXT_MAX);
	a->to = *to;
	a->kind = kind;
	a->at = now;
	/* The other kinds also fit a daemon that does not run. */
	if (kind == HISTORY_REACHED || kind == HISTORY_DATE ||
	    kind == HISTORY_FAILED)
		o->bye.s = 0;
}

static void
note_refused(struct history_refusal *r, struct monotime now, uint8_t code,
	     const struct bnl_version *list, const char *text)
{
	memset(r, 0, sizeof(*r));
	r->code = code;
	r->at = now;
	r->list = *list;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

static bool
is_removal(const struct history_entry *o, const struct bnl_version *than)
{
	return o->gone.s == 0 &&
	       (o->theirs.code == REFUSE_REVOKED ||
		o->theirs.code == REFUSE_NOT_LISTED) &&
	       (than == NULL || bnl_version_cmp(&o->theirs.list, than) > 0);
}

/* Looks at all of them only when the one that is remembered says so no more. */
const struct history_entry *
history_removal(struct history *n, const struct bnl_version *than)
{
	const struct history_entry *o;
	size_t pos = 0;

	if (n == NULL || n->removal[0] == '\0')
		return NULL;
	o = find_note(n, n->removal);
	if (o != NULL && is_removal(o, than))
		return o;
	while ((o = table_next(&n->by_name, &pos)) != NULL)
		if (is_removal(o, than)) {
			memcpy(n->removal, o->name, sizeof(n->removal));
			return o;
		}
	n->removal[0] = '\0';
	return NULL;
}

void
history_refused_us(struct history *n, struct monotime now, const char *name,
		   uint8_t code, const struct bnl_version *list,
		   const char *text)
{
	struct history_entry *o = history_make_entry(n, name);

	if (o == NULL)
		return;
	note_refused(&o->theirs, now, code, list, text);
	if (is_removal(o, NULL))
		memcpy(n->removal, o->name, sizeof(n->removal));
	o->bye.s = 0;
}

void
history_refused_it(struct history *n, struct monotime now, const char *name,
		   uint8_t code, const struct bnl_version *list,
		   const char *text, const uint8_t key[FINGERPRINT_LEN])
{
	struct history_entry *o = history_make_entry(n, name);

	if (o == NULL)
		return;
	note_refused(&o->ours, now, code, list, text);
	if (code != REFUSE_WRONG_NAME)
		o->bye.s = 0;
	memcpy(o->ours.key, key, FINGERPRINT_LEN);
}

void
history_bye(struct history *n, struct walltime at, const char *name)
{
	struct history_entry *o = history_make_entry(n, name);

	if (o != NULL)
		o->bye = at;
}

void
history_met(struct history *n, const char *name)
{
	struct history_entry *o = find_note(n, name);

	if (o != NULL)
		o->bye.s = 0;
}

void
history_up(struct history *n, const char *name)
{
	struct history_entry *o = find_note(n, name);

	if (o == NULL)
		return;
	o->bye.s = 0;
	o->ours.code = o->theirs.code = 0;
}

static void
forget_note(struct history *n, struct history_entry *o)
{
	table_remove(&n->by_name, o->name, strlen(o->name));
	note_free(o);
}

/* The one that left first makes room. */
static void
forget_gone(struct history *n)
{
	struct history_entry *o, *first = NULL;
	size_t pos = 0;

	while ((o = table_next(&n->by_name, &pos)) != NULL)
		if (o->gone.s != 0 &&
		    (first == NULL || o->gone.s < first->gone.s))
			first = o;
	if (first == NULL)
		return;
	forget_note(n, first);
	n->gone--;
}

void
history_gone(struct history *n, struct walltime at, const char *name,
	     const struct bnl_version *by)
{
	struct history_entry *o = history_make_entry(n, name);

	if (o == NULL)
		return;
	if (o->gone.s == 0)
		n->gone++;
	o->gone = at;
	o->gone_by = *by;
	if (n->gone > HISTORY_GONE_MAX)
		forget_gone(n);
}

void
history_listed(struct history *n, const char *name)
{
	struct history_entry *o = find_note(n, name);

	if (o == NULL || o->gone.s == 0)
		return;
	n->gone--;
	forget_note(n, o);
}
