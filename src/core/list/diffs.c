/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The differences from earlier lists to the one in force. */
#include "core/list/diffs.h"

#include <stdlib.h>
#include <string.h>

#include "format/list_diff.h"

void
diffs_init(struct diffs *ds, const struct bnl_version *in_force)
{
	memset(ds, 0, sizeof(*ds));
	ds->to = *in_force;
}

void
diffs_free(struct diffs *ds)
{
	while (ds->n > 0)
		free(ds->d[--ds->n].bytes);
}

/* Makes room in front; the oldest one goes when all places are taken. */
static void
put_first(struct diffs *ds, const struct bnl_version *from, uint8_t *bytes,
	  size_t len)
{
	if (ds->n == LIST_DIFFS)
		free(ds->d[--ds->n].bytes);
	memmove(ds->d + 1, ds->d, ds->n++ * sizeof(ds->d[0]));
	ds->d[0] = (struct diff){ *from, bytes, len };
}

static uint8_t *
copy_bytes(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len);

	if (copy != NULL)
		memcpy(copy, bytes, len);
	return copy;
}

/* Leads a difference on to b; false: that one would be too long. */
static bool
lead_on(struct diff *d, const struct bnl *b, uint8_t mem[LIST_DIFF_MAX])
{
	size_t len = list_diff_join(mem, LIST_DIFF_MAX, d->bytes, d->len,
				    b->diff, b->difflen);
	uint8_t *bytes = len == 0 ? NULL : copy_bytes(mem, len);

	if (bytes == NULL || bnl_version_cmp(&d->from, &b->version) == 0) {
		free(bytes);
		return false;
	}
	free(d->bytes);
	d->bytes = bytes;
	d->len = len;
	return true;
}

static void
lead_all_on(struct diffs *ds, const struct bnl *b)
{
	uint8_t *mem = malloc(LIST_DIFF_MAX);
	unsigned int n = 0;

	for (unsigned int i = 0; i < ds->n; i++) {
		if (mem != NULL && lead_on(&ds->d[i], b, mem))
			ds->d[n++] = ds->d[i];
		else
			free(ds->d[i].bytes);
	}
	ds->n = n;
	free(mem);
}

void
diffs_applied(struct diffs *ds, const struct bnl *b)
{
	const struct bnl_version before = ds->to;
	uint8_t *bytes;

	if (b == NULL || bnl_version_cmp(&before, &b->version) == 0)
		return;
	ds->to = b->version;
	if (b->diff == NULL || bnl_version_cmp(&b->diff_from, &before) != 0) {
		diffs_free(ds);
		return;
	}
	lead_all_on(ds, b);
	bytes = copy_bytes(b->diff, b->difflen);
	if (bytes != NULL)
		put_first(ds, &before, bytes, b->difflen);
}

const struct diff *
diffs_find(const struct diffs *ds, const struct bnl_version *from)
{
	for (unsigned int i = 0; i < ds->n; i++)
		if (bnl_version_cmp(&ds->d[i].from, from) == 0)
			return &ds->d[i];
	return NULL;
}
