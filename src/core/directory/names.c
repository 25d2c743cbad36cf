/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one table of the names of other nodes. */
#include "core/directory/names.h"

#include <stdlib.h>
#include <string.h>

void
names_init(struct names *ns, const uint8_t seed[HASH_SEED_LEN])
{
	table_init(&ns->table, seed);
}

struct entry *
names_find(const struct names *ns, const char *name)
{
	return table_get(&ns->table, name, strlen(name));
}

struct entry *
names_get(struct names *ns, const char *name)
{
	struct entry *e = names_find(ns, name);
	size_t len = strlen(name);

	if (e != NULL)
		return e;
	if (len == 0 || len > NODE_NAME_MAX)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	memcpy(e->name, name, len);
	if (table_put(&ns->table, e->name, len, e) == 0)
		return e;
	free(e);
	return NULL;
}

bool
names_drop(struct names *ns, struct entry *e)
{
	if (e->peer != NULL || e->standing != NULL || e->secrets != NULL ||
	    e->heard != NULL || e->history != NULL)
		return false;
	table_remove(&ns->table, e->name, strlen(e->name));
	free(e);
	if (ns->table.count == 0)
		table_free(&ns->table);
	return true;
}

struct entry *
names_next(const struct names *ns, size_t *pos)
{
	return table_next(&ns->table, pos);
}
