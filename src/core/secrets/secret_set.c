/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pair secrets are held with one peer. */
#include "core/secrets/secret_set.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

bool
pair_less(const struct pair *a, const struct pair *b)
{
	if (a->generation != b->generation)
		return a->generation < b->generation;
	return !a->lower_dialled && b->lower_dialled;
}

void
secret_set_remove(struct pair_record *r, unsigned int i)
{
	r->n--;
	memmove(&r->pairs[i], &r->pairs[i + 1],
		(r->n - i) * sizeof(r->pairs[0]));
	bytes_wipe(&r->pairs[r->n], sizeof(r->pairs[0]));
}

int
secret_set_find(const struct pair_record *r, const uint8_t id[PAIR_ID_LEN])
{
	for (unsigned int i = 0; i < r->n; i++)
		if (memcmp(r->pairs[i].id, id, PAIR_ID_LEN) == 0)
			return (int)i;
	return -1;
}

/* Sorted, so the lesser ones are those behind it. */
bool
secret_set_prove(struct pair_record *r, unsigned int i)
{
	bool change = !r->pairs[i].proven || r->n > i + 1;

	r->pairs[i].proven = true;
	while (r->n > i + 1)
		secret_set_remove(r, r->n - 1);
	return change;
}

static bool
is_listed(const struct pair *p, const struct hello_held *held, uint8_t n)
{
	for (unsigned int i = 0; i < n; i++)
		if (memcmp(p->id, held[i].id, PAIR_ID_LEN) == 0)
			return true;
	return false;
}

bool
secret_set_hello(struct pair_record *r, bool lower_dialled,
		 const struct hello_held *held, uint8_t n)
{
	bool change = false;

	/* From the least, so that the greatest proof is the last. */
	for (unsigned int i = r->n; i-- > 0;) {
		const struct pair *p = &r->pairs[i];

		if (is_listed(p, held, n)) {
			change |= secret_set_prove(r, i);
		} else if (!p->proven && p->lower_dialled == lower_dialled) {
			secret_set_remove(r, i);
			change = true;
		}
	}
	return change;
}

bool
secret_set_insert(struct pair_record *r, const struct pair *p)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i < r->n; i++) {
		const struct pair *q = &r->pairs[i];
		bool rival =
			q->proven ||
			(!p->proven && q->lower_dialled == p->lower_dialled);

		if (rival && pair_less(p, q))
			return false;
	}
	/* The place is empty by rule 2; a disk may say otherwise. */
	for (unsigned int i = r->n; !p->proven && i-- > 0;)
		if (!r->pairs[i].proven &&
		    r->pairs[i].lower_dialled == p->lower_dialled)
			secret_set_remove(r, i);
	while (at < r->n && pair_less(p, &r->pairs[at]))
		at++;
	assert(r->n < PAIR_HELD_MAX);
	memmove(&r->pairs[at + 1], &r->pairs[at],
		(r->n - at) * sizeof(r->pairs[0]));
	r->pairs[at] = *p;
	r->n++;
	if (p->proven)
		(void)secret_set_prove(r, at);
	return true;
}

int64_t
pair_age_s(const struct core_env *env, const struct pair *p,
	   struct monotime now)
{
	int64_t age = core_env_run_s(env, now) - p->made_run_s;

	return age < 0 ? 0 : age;
}

static struct walltime
earlier(struct walltime a, struct walltime b)
{
	return a.s < b.s ? a : b;
}

struct walltime
pair_end(const struct core_env *env, const struct bnl *b, const char *peer,
	 const struct pair *p)
{
	bool self, other;

	if (b == NULL)
		return p->cert_end;
	self = bnl_admits_by_key(b, env->self, env->cert.fingerprint);
	other = bnl_admits_by_key(b, peer, p->peer_key);
	if (self && other)
		return (struct walltime){ p->made.s + PAIR_AGE_HARD_S };
	if (self || other)
		return self ? p->peer_end : p->self_end;
	return earlier(p->self_end, p->peer_end);
}

/*
 * The list was signed after that time, be it dated ahead by as much as a list
 * may. Nothing is said of a pair that was made under this list, nor of one that
 * was made while the clock was behind the list in force then: it would end
 * again and again while that clock is wrong.
 */
static bool
list_is_past(const struct bnl *b, const struct pair *p, int64_t end_s)
{
	struct walltime end = { end_s }, signed_at = b->version.timestamp;

	return signed_at.s > p->list.timestamp.s &&
	       wall_s(p->made, p->list.timestamp) <= BNL_FUTURE_MAX_S &&
	       wall_s(end, signed_at) >= BNL_FUTURE_MAX_S;
}

static const char *
unfit_by_list(const struct core_env *env, const struct bnl *b, const char *peer,
	      const struct pair *p)
{
	const struct bnl_node *node = bnl_find(b, peer);

	if (node == NULL)
		return "not in the list";
	if (bnl_is_revoked(b, p->peer_key))
		return "its key is revoked";
	if (!bnl_admits_by_key(b, peer, p->peer_key) &&
	    bnl_revoked_above(b, &p->above) != NULL)
		return "the key of a CA above its certificate is revoked";
	if (bnl_pins_another(node, p->peer_key))
		return "the list pins another key";
	if (list_is_past(b, p, p->made.s + PAIR_AGE_HARD_S))
		return "too old, by the date of the list";
	if (list_is_past(b, p, pair_end(env, b, peer, p).s))
		return "a certificate it was made with has ended, by the date "
		       "of the list";
	return NULL;
}

const char *
secret_set_unfit(const struct core_env *env, const struct bnl *b,
		 const char *peer, const struct pair *p)
{
	int64_t age = pair_age_s(env, p, env->now.mono);
	const char *why = b == NULL ? NULL : unfit_by_list(env, b, peer, p);

	if (why != NULL)
		return why;
	if (core_env_held_revokes(env, peer, p->peer_key, &p->above))
		return "its key, or one above its certificate, is revoked by "
		       "the list that is held";
	if (memcmp(p->self_static, env->static_public, X25519_LEN) != 0)
		return "made with another static key of ours";
	if (age >= PAIR_AGE_HARD_S)
		return "too old";
	if (age >= wall_s(p->made, pair_end(env, b, peer, p)))
		return "a certificate it was made with has ended";
	return NULL;
}
