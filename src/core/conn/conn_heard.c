/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes about each peer of the list, over all its connections. */
#include "core/conn/conn_heard.h"

#include <stdlib.h>

struct conn_heard *
conn_heard_get(struct core_env *env, const char *peer)
{
	struct entry *e = names_get(&env->names, peer);

	if (e == NULL || e->heard != NULL)
		return e == NULL ? NULL : e->heard;
	if (core_env_lists(env, e))
		e->heard = calloc(1, sizeof(*e->heard));
	if (e->heard == NULL) {
		names_drop(&env->names, e);
		return NULL;
	}
	e->heard->entry = e;
	return e->heard;
}

static void
free_heard(struct entry *e)
{
	free(e->heard);
	e->heard = NULL;
}

void
conn_heard_review(struct core_env *env, struct entry *e)
{
	if (e->heard != NULL && e->heard->negotiating == 0 &&
	    !core_env_lists(env, e))
		free_heard(e);
}

void
conn_heard_done(struct core_env *env, struct conn_heard *h)
{
	struct entry *e = h->entry;

	h->negotiating--;
	conn_heard_review(env, e);
	(void)names_drop(&env->names, e);
}

void
conn_heard_free(struct core_env *env)
{
	struct entry *e;
	size_t pos = 0;

	while ((e = names_next(&env->names, &pos)) != NULL) {
		free_heard(e);
		if (names_drop(&env->names, e))
			pos--;
	}
}
