/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which session sends, and which ones still receive. */
#include "core/session/keyring.h"

#include <assert.h>
#include <stddef.h>

static struct session *
retire_session(struct keyring *k, struct session *s)
{
	struct session *out = NULL;

	if (s == NULL)
		return NULL;
	if (k->at[KEYRING_OLD] != NULL) {
		out = k->at[KEYRING_OLDER];
		k->at[KEYRING_OLDER] = k->at[KEYRING_OLD];
	}
	k->at[KEYRING_OLD] = s;
	return out;
}

struct session *
keyring_install(struct keyring *k, struct session *made)
{
	struct session *out = retire_session(k, k->at[KEYRING_CURRENT]);

	k->at[KEYRING_CURRENT] = made;
	return out;
}

struct session *
keyring_offer(struct keyring *k, struct session *tentative)
{
	struct session *out = k->at[KEYRING_TENTATIVE];

	k->at[KEYRING_TENTATIVE] = tentative;
	return out;
}

struct session *
keyring_promote(struct keyring *k, bool yield)
{
	struct session *s = k->at[KEYRING_TENTATIVE];

	assert(s != NULL);
	k->at[KEYRING_TENTATIVE] = NULL;
	return yield ? retire_session(k, s) : keyring_install(k, s);
}

struct session *
keyring_take_ended(struct keyring *k, struct monotime now)
{
	for (int i = 0; i < KEYRING_PLACES; i++) {
		struct session *s = k->at[i];

		if (s != NULL && mono_reached(s->reject_at, now)) {
			k->at[i] = NULL;
			return s;
		}
	}
	return NULL;
}

struct monotime
keyring_deadline(const struct keyring *k)
{
	struct monotime first = MONO_NEVER;

	for (int i = 0; i < KEYRING_PLACES; i++)
		if (k->at[i] != NULL)
			first = mono_min(first, k->at[i]->reject_at);
	return first;
}

unsigned int
keyring_count(const struct keyring *k)
{
	unsigned int n = 0;

	for (int i = 0; i < KEYRING_PLACES; i++)
		n += k->at[i] != NULL;
	return n;
}
