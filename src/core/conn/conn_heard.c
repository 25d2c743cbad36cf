/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes about each peer of the list, over all its connections. */
#include "core/conn/conn_heard.h"

#include <stdlib.h>
#include <string.h>

struct conn_heard *
conn_heard_get(struct table *heard, const struct core_env *env,
	       const char *peer)
{
	size_t len = strlen(peer);
	struct conn_heard *h = table_get(heard, peer, len);

	if (h != NULL)
		return h;
	if (env->bnl == NULL || bnl_find(env->bnl, peer) == NULL)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	memcpy(h->peer, peer, len);
	if (table_put(heard, h->peer, len, h) < 0) {
		free(h);
		return NULL;
	}
	return h;
}

bool
conn_heard_tidy(struct table *heard, const struct bnl *bnl, size_t *at,
		size_t n)
{
	while (n-- > 0) {
		struct conn_heard *h = table_next(heard, at);

		if (h == NULL)
			return true;
		if (h->negotiating > 0 || bnl_find(bnl, h->peer) != NULL)
			continue;
		table_remove(heard, h->peer, strlen(h->peer));
		free(h);
		--*at; /* the one behind may have moved here */
	}
	return false;
}

void
conn_heard_free(struct table *heard)
{
	struct conn_heard *h;
	size_t pos = 0;

	while ((h = table_next(heard, &pos)) != NULL)
		free(h);
	table_free(heard);
}
