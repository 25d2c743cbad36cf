/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a list becomes the one in force, and the mark. */
#include "core/list/install.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/list/fork.h"
#include "core/list/heldoff.h"
#include "format/bnl_sign.h"
#include "core/timings.h"

enum stage { FREE, WAIT, BUILD, STORE, APPLY, DROPPED };

struct candidate {
	enum stage stage;
	char from[NODE_NAME_MAX + 1]; /* "": the disk */
	struct bnl_version announced; /* by a peer */
	struct bnl_version version;   /* once it is built */
	bool held;		      /* likewise: it cannot be applied */
	uint8_t *raw;		      /* until it is built */
	size_t len;
	bool is_diff; /* raw is a difference from that list */
	struct bnl_version base;
	size_t whole; /* the length of the list */
	uint32_t ticket;
	enum install_drop dropped; /* DROPPED: why */
};

/* From the disk: one in work and one that waits. */
#define LOCALS 2
#define CANDIDATES (LOCALS + INSTALL_MAX)

struct install {
	struct core_env *env;
	struct candidate c[CANDIDATES];
	struct bnl_version mark;
	uint32_t mark_ticket; /* the last write of the mark alone */
	bool any_local;	      /* the next from the disk may be older */
	struct forks forks;
	struct heldoff off;
};

static void
store_mark(struct install *t)
{
	struct action *a = actions_add(t->env->actions, ACTION_STORE_LIST);

	if (a == NULL)
		return;
	t->mark_ticket = core_env_ticket(t->env);
	a->ticket = t->mark_ticket;
	bnl_version_write(a->mark, &t->mark);
}

struct install *
install_new(struct core_env *env, const struct bnl_version *mark)
{
	struct install *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->env = env;
	t->mark = *mark;
	forks_init(&t->forks);
	forks_version(&t->forks, env, "", mark);
	if (bnl_version_cmp(&env->version, mark) > 0) {
		t->mark = env->version;
		store_mark(t);
	}
	return t;
}

void
install_free(struct install *t)
{
	if (t == NULL)
		return;
	for (unsigned int i = 0; i < CANDIDATES; i++)
		free(t->c[i].raw);
	free(t);
}

/* --- the mark ------------------------------------------------------------ */

const struct bnl_version *
install_mark(const struct install *t)
{
	return &t->mark;
}

void
install_mark_reset(struct install *t)
{
	memset(&t->mark, 0, sizeof(t->mark));
	t->any_local = true;
	store_mark(t);
}

static void
hold_off(struct install *t, const struct bnl_version *v, int64_t ms)
{
	heldoff_add(&t->off, v, mono_add_ms(t->env->now.mono, ms));
}

/* The list in force follows upon it, though it is dated later: it was dated
 * ahead, and its successor was dated back on purpose. */
static bool
is_overcome(const struct install *t, const struct bnl_version *v)
{
	return t->env->bnl != NULL && bnl_descends_from(t->env->bnl, v);
}

static bool
is_held(const struct install *t, const struct bnl_version *v)
{
	return t->env->held != NULL &&
	       bnl_version_cmp(v, &t->env->held->version) == 0;
}

bool
install_wants(const struct install *t, const struct bnl_version *v)
{
	return bnl_version_cmp(v, &t->env->version) > 0 && !is_held(t, v) &&
	       bnl_version_cmp(v, &t->mark) >= 0 && !is_overcome(t, v) &&
	       !heldoff_has(&t->off, v, t->env->now.mono);
}

void
install_seen(struct install *t, const char *peer, const struct bnl_version *v)
{
	forks_version(&t->forks, t->env, peer, v);
}

/* --- candidates ---------------------------------------------------------- */

static bool
is_local(const struct install *t, const struct candidate *c)
{
	return c < t->c + LOCALS;
}

static void
candidate_drop(struct install *t, struct candidate *c, enum install_drop why)
{
	free(c->raw);
	c->raw = NULL;
	c->dropped = why;
	c->stage = is_local(t, c) ? FREE : DROPPED;
}

static struct candidate *
find_stage(struct install *t, enum stage stage)
{
	for (unsigned int i = 0; i < CANDIDATES; i++)
		if (t->c[i].stage == stage)
			return &t->c[i];
	return NULL;
}

/* False for a difference from a list that is not in force any more: the list is
 * asked for again. */
static bool
has_base(const struct install *t, const struct candidate *c)
{
	return !c->is_diff ||
	       (t->env->bnl != NULL &&
		bnl_version_cmp(&c->base, &t->env->bnl->version) == 0);
}

/* Lists are taken one at a time; those from the disk stand first in the
 * array. So the list in force stays while another one is built upon it. */
static void
start_next(struct install *t)
{
	struct candidate *c;

	if (find_stage(t, BUILD) != NULL || find_stage(t, STORE) != NULL ||
	    find_stage(t, APPLY) != NULL)
		return;
	while ((c = find_stage(t, WAIT)) != NULL) {
		struct action *a = NULL;

		if (is_local(t, c) ||
		    (install_wants(t, &c->announced) && has_base(t, c)))
			a = actions_add(t->env->actions, ACTION_BUILD_LIST);
		if (a == NULL) {
			candidate_drop(t, c, INSTALL_NO_FAULT);
			continue;
		}
		c->stage = BUILD;
		c->ticket = core_env_ticket(t->env);
		a->ticket = c->ticket;
		a->source = (struct bnl_source){ c->raw, c->len, t->env->bnl,
						 c->is_diff ? c->whole : 0 };
		return;
	}
}

void
install_local(struct install *t, uint8_t *raw, size_t len)
{
	struct candidate *c = &t->c[0];

	for (unsigned int i = 0; i < LOCALS; i++)
		if (t->c[i].stage == FREE || t->c[i].stage == WAIT)
			c = &t->c[i];
	assert(c->stage == FREE || c->stage == WAIT);
	free(c->raw);
	memset(c, 0, sizeof(*c));
	c->stage = WAIT;
	c->raw = raw;
	c->len = len;
	start_next(t);
}

void
install_offer(struct install *t, const struct install_offer *o)
{
	struct candidate *c = &t->c[LOCALS];

	while (c->stage != FREE)
		c++;
	assert(c < t->c + CANDIDATES);
	memset(c, 0, sizeof(*c));
	c->stage = WAIT;
	memcpy(c->from, o->from, strlen(o->from) + 1);
	c->announced = *o->announced;
	c->raw = o->raw;
	c->len = o->len;
	c->is_diff = o->base != NULL;
	if (c->is_diff)
		c->base = *o->base;
	c->whole = o->whole;
	start_next(t);
}

size_t
install_count(const struct install *t)
{
	size_t n = 0;

	for (unsigned int i = LOCALS; i < CANDIDATES; i++)
		n += t->c[i].stage != FREE;
	return n;
}

bool
install_has(const struct install *t, const struct bnl_version *v)
{
	for (unsigned int i = LOCALS; i < CANDIDATES; i++)
		if (t->c[i].stage != FREE && t->c[i].stage != DROPPED &&
		    bnl_version_cmp(&t->c[i].announced, v) >= 0)
			return true;
	return false;
}

bool
install_local_busy(const struct install *t)
{
	return t->c[0].stage != FREE || t->c[1].stage != FREE;
}

bool
install_next_dropped(struct install *t, char from[NODE_NAME_MAX + 1],
		     enum install_drop *why)
{
	struct candidate *c = find_stage(t, DROPPED);

	if (c == NULL)
		return false;
	memcpy(from, c->from, sizeof(c->from));
	*why = c->dropped;
	c->stage = FREE;
	return true;
}

/* --- the answers --------------------------------------------------------- */

static void
say_refused(struct install *t, const struct candidate *c, enum refusal why,
	    const char *text)
{
	refusal_tell(t->env, why, c->from, "list %s refused: %s",
		     is_local(t, c) ? "on disk" : "from it", text);
}

bool
install_may_hold(const struct core_env *env, const struct bnl *b,
		 const struct bnl_version *mark)
{
	return b->held && core_env_check_network(env, b, NULL) == 0 &&
	       bnl_version_cmp(&b->version, &env->version) > 0 &&
	       bnl_version_cmp(&b->version, mark) >= 0 &&
	       bnl_check_time(b, env->now.wall, env->built, mark->timestamp,
			      NULL) == 0;
}

bool
install_may_begin(struct core_env *env, const struct bnl *b,
		  const struct bnl_version *mark)
{
	enum refusal why = REFUSAL_DATE;
	struct err e;

	if (core_env_check_network(env, b, &e) < 0)
		why = REFUSAL_NETWORK;
	else if (bnl_check_time(b, env->now.wall, env->built, mark->timestamp,
				&e) == 0)
		return true;
	refusal_tell(env, why, NULL, "list on disk refused: %s", e.text);
	return false;
}

enum verdict { TAKE, HOLD, NOT_NEWER, REFUSE };

#define WHY_MAX 256

/* REFUSE: *why, and in words. */
static enum verdict
judge_list(const struct install *t, const struct candidate *c,
	   const struct bnl *b, enum refusal *why, char words[WHY_MAX])
{
	char its[BNL_VERSION_TEXT_MAX], ours[BNL_VERSION_TEXT_MAX];
	const struct bnl_version *v = &b->version, *in_force = &t->env->version;
	bool local = is_local(t, c);
	bool older = bnl_version_cmp(v, in_force) < 0 || is_overcome(t, v);
	struct err e;

	bnl_version_format(its, v);
	bnl_version_format(ours, in_force);
	if (!local && bnl_version_cmp(v, &c->announced) != 0) {
		*why = REFUSAL_OTHER;
		snprintf(words, WHY_MAX,
			 "it is %s and not the version that "
			 "was announced",
			 its);
		return REFUSE;
	}
	if (core_env_check_network(t->env, b, &e) != 0) {
		*why = REFUSAL_NETWORK;
		snprintf(words, WHY_MAX, "%.*s", WHY_MAX - 1, e.text);
		return REFUSE;
	}
	/* The greatest of the lists that cannot be applied is held. */
	if (bnl_version_cmp(v, in_force) == 0 || (older && !local) ||
	    (b->held && t->env->held != NULL &&
	     bnl_version_cmp(v, &t->env->held->version) <= 0))
		return NOT_NEWER;
	if (older && !t->any_local) {
		bool same = v->timestamp.s == in_force->timestamp.s;

		*why = same ? REFUSAL_SAME_TIME : REFUSAL_OLDER;
		snprintf(words, WHY_MAX, "it is %s, %s the one in force, %s",
			 its, same ? "of the same second as" : "older than",
			 ours);
		return REFUSE;
	}
	if (bnl_version_cmp(v, &t->mark) < 0) {
		*why = REFUSAL_OLDER;
		bnl_version_format(ours, &t->mark);
		snprintf(words, WHY_MAX,
			 "it is %s, older than %s, the newest "
			 "one ever taken",
			 its, ours);
		return REFUSE;
	}
	if (bnl_check_time(b, t->env->now.wall, t->env->built,
			   t->mark.timestamp, &e) == 0)
		return b->held ? HOLD : TAKE;
	*why = REFUSAL_DATE;
	snprintf(words, WHY_MAX, "%.*s", WHY_MAX - 1, e.text);
	return REFUSE;
}

/* A list from the disk is there already: only the mark is written. */
static bool
store_list(struct install *t, struct candidate *c, const struct bnl *b)
{
	struct action *a = actions_add(t->env->actions, ACTION_STORE_LIST);

	if (a == NULL)
		return false;
	c->stage = STORE;
	c->ticket = core_env_ticket(t->env);
	a->ticket = c->ticket;
	if (!is_local(t, c)) {
		a->view = (const uint8_t *)b->raw;
		a->viewlen = b->rawlen;
		a->list = b;
		a->in_force = t->env->bnl;
	}
	bnl_version_write(a->mark, &c->version);
	return true;
}

static bool
store_held(struct install *t, struct candidate *c, const struct bnl *b)
{
	struct action *a = actions_add(t->env->actions, ACTION_STORE_HELD);

	if (a == NULL)
		return false;
	c->stage = STORE;
	c->held = true;
	c->ticket = core_env_ticket(t->env);
	a->ticket = c->ticket;
	a->view = (const uint8_t *)b->raw;
	a->viewlen = b->rawlen;
	return true;
}

static struct candidate *
find_ticket(struct install *t, enum stage stage, uint32_t ticket)
{
	struct candidate *c = find_stage(t, stage);

	return c != NULL && c->ticket == ticket ? c : NULL;
}

/* A difference proves nothing about the list at its end: that one is asked for
 * as a whole, and judged then. */
static void
refuse_diff(struct install *t, struct candidate *c, const char *why)
{
	refusal_tell(t->env, REFUSAL_OTHER, c->from,
		     "the difference from it is of no use, so this node asks "
		     "it for the whole list: %s",
		     why);
	candidate_drop(t, c, INSTALL_BAD_DIFF);
	start_next(t);
}

bool
install_ready(struct install *t, uint32_t ticket, const struct bnl *bnl,
	      const struct err *why)
{
	struct candidate *c = find_ticket(t, BUILD, ticket);
	enum verdict v = REFUSE;
	char words[WHY_MAX];
	enum refusal reason;

	if (c == NULL)
		return false;
	if (c->is_diff &&
	    (bnl == NULL ||
	     bnl_version_cmp(&bnl->version, &c->announced) != 0)) {
		refuse_diff(t, c,
			    bnl == NULL ? why->text :
					  "it leads to another list");
		return false;
	}
	if (bnl == NULL) {
		say_refused(t, c, refusal_of(why->code), why->text);
	} else {
		v = judge_list(t, c, bnl, &reason, words);
		/* A list that is newer and refused does not hold. */
		if (v != REFUSE ||
		    (reason != REFUSAL_NETWORK &&
		     bnl_version_cmp(&bnl->version, &t->env->version) < 0))
			forks_list(&t->forks, t->env, c->from, bnl);
		if (v == REFUSE)
			say_refused(t, c, reason, words);
		if (v == REFUSE &&
		    (reason == REFUSAL_DATE || reason == REFUSAL_NETWORK))
			hold_off(t, &bnl->version, HELD_OFF_LIST_MS);
		/* Nothing else shows that there is a greater one. */
		if (v == NOT_NEWER && bnl->held)
			hold_off(t, &bnl->version, HELD_OFF_LIST_MS);
		if (v == NOT_NEWER && is_local(t, c))
			t->env->disk_refused[0] = '\0';
		c->version = bnl->version;
	}
	if ((v == TAKE && store_list(t, c, bnl)) ||
	    (v == HOLD && store_held(t, c, bnl))) {
		free(c->raw);
		c->raw = NULL;
		return true;
	}
	candidate_drop(t, c, v == REFUSE ? INSTALL_BAD : INSTALL_NO_FAULT);
	start_next(t);
	return false;
}

enum install_stored
install_stored(struct install *t, uint32_t ticket, bool ok)
{
	struct candidate *c = find_ticket(t, STORE, ticket);

	if (c == NULL && ticket == t->mark_ticket && !ok)
		actions_event(
			t->env->actions, EVENT_ERROR, EVENT_STORE_FAILED, NULL,
			"the mark of the newest list could not be stored");
	if (c == NULL)
		return INSTALL_PLAIN;
	if (ok) {
		if (!c->held)
			t->mark = c->version;
		t->env->disk_refused[0] = '\0'; /* this list is in its place */
		c->stage = APPLY;
		return INSTALL_APPLY;
	}
	actions_event(t->env->actions, EVENT_ERROR, EVENT_STORE_FAILED, c->from,
		      "a newer list could not be stored: the one in "
		      "force stays");
	hold_off(t, &c->version, HELD_OFF_DISK_MS);
	candidate_drop(t, c, INSTALL_NO_FAULT);
	start_next(t);
	return INSTALL_DISCARD;
}

bool
install_applied(struct install *t, char from[NODE_NAME_MAX + 1])
{
	struct candidate *c = find_stage(t, APPLY);
	char version[BNL_VERSION_TEXT_MAX], text[HELD_TEXT_MAX];
	char as[64] = "";
	bool taken;

	if (c == NULL)
		return false;
	if (c->is_diff)
		snprintf(as, sizeof(as), " as a difference of %zu bytes",
			 c->len);
	taken = c->held ? is_held(t, &c->version) :
			  bnl_version_cmp(&c->version, &t->env->version) == 0;
	memcpy(from, c->from, sizeof(c->from));
	bnl_version_format(version, &c->version);
	if (taken && c->held)
		actions_event(t->env->actions, EVENT_WARN, EVENT_LIST_HELD,
			      c->from, "%s", core_env_held_text(text, t->env));
	if (taken && !c->held)
		forks_applied(&t->forks, t->env);
	if (taken && !c->held)
		actions_event(t->env->actions, EVENT_INFO, EVENT_LIST_NEW,
			      c->from, "list %s is in force, taken from %s%s",
			      version, is_local(t, c) ? "the disk" : "it", as);
	t->any_local = t->any_local && (!taken || c->held);
	free(c->raw);
	memset(c, 0, sizeof(*c));
	start_next(t);
	return taken;
}
