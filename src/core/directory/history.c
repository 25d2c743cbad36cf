/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes about other nodes. */
#include "core/history.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/directory/names.h"
#include "format/proto.h"

struct history {
	struct names *names;
	struct history_entry *first, *last; /* that left, in that order */
	size_t gone;			    /* how many */
	/* A peer that said that this node was removed; "": none. */
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
history_new(struct names *ns)
{
	struct history *n = calloc(1, sizeof(*n));

	if (n != NULL)
		n->names = ns;
	return n;
}

/* true: the name's entry is gone as well. */
static bool
drop_note(struct history *n, struct entry *e)
{
	struct history_entry *o = e->history;

	for (size_t i = 0; i < o->naddresses; i++)
		free(o->addresses[i].text);
	free(o->addresses);
	free(o);
	e->history = NULL;
	return names_drop(n->names, e);
}

void
history_free(struct history *n)
{
	struct entry *e;
	size_t pos = 0;

	if (n == NULL)
		return;
	while ((e = names_next(n->names, &pos)) != NULL)
		if (e->history != NULL && drop_note(n, e))
			pos--;
	free(n);
}

static struct history_entry *
find_note(const struct history *n, const char *name)
{
	struct entry *e = n == NULL ? NULL : names_find(n->names, name);

	return e == NULL ? NULL : e->history;
}

const struct history_entry *
history_get(const struct history *n, const char *name)
{
	return find_note(n, name);
}

static struct history_entry *
history_make_entry(struct history *n, const char *name)
{
	struct entry *e = n == NULL ? NULL : names_get(n->names, name);

	if (e == NULL || e->history != NULL)
		return e == NULL ? NULL : e->history;
	e->history = calloc(1, sizeof(*e->history));
	if (e->history == NULL) {
		names_drop(n->names, e);
		return NULL;
	}
	e->history->name = e->name;
	return e->history;
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
	const struct entry *e;
	size_t pos = 0;

	if (n == NULL || n->removal[0] == '\0')
		return NULL;
	o = find_note(n, n->removal);
	if (o != NULL && is_removal(o, than))
		return o;
	while ((e = names_next(n->names, &pos)) != NULL)
		if (e->history != NULL && is_removal(e->history, than)) {
			memcpy(n->removal, e->name, sizeof(n->removal));
			return e->history;
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
		memcpy(n->removal, o->name, strlen(o->name) + 1);
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

/* --- nodes that left ------------------------------------------------------ */

static void
append_gone(struct history *n, struct history_entry *o)
{
	o->before = n->last;
	if (n->last != NULL)
		n->last->after = o;
	else
		n->first = o;
	n->last = o;
	n->gone++;
}

static void
forget_gone(struct history *n, struct history_entry *o)
{
	if (o->before != NULL)
		o->before->after = o->after;
	else
		n->first = o->after;
	if (o->after != NULL)
		o->after->before = o->before;
	else
		n->last = o->before;
	n->gone--;
	(void)drop_note(n, names_find(n->names, o->name));
}

void
history_gone(struct history *n, struct walltime at, const char *name,
	     const struct bnl_version *by)
{
	struct history_entry *o = history_make_entry(n, name);

	if (o == NULL)
		return;
	if (o->gone.s == 0)
		append_gone(n, o);
	o->gone = at;
	o->gone_by = *by;
	/* The one that left first makes room. */
	if (n->gone > HISTORY_GONE_MAX)
		forget_gone(n, n->first);
}

void
history_listed(struct history *n, const char *name)
{
	struct history_entry *o = find_note(n, name);

	if (o != NULL && o->gone.s != 0)
		forget_gone(n, o);
}
