/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at both disks whenever one of them changes. */
#include "secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

void
secrets_init(struct world *w)
{
	w->secrets.common = calloc(w->n * w->n, sizeof(bool));
	w->secrets.outlawed = calloc(w->n, sizeof(bool));
	assert_true(w->secrets.common != NULL && w->secrets.outlawed != NULL);
}

void
secrets_free(struct world *w)
{
	free(w->secrets.common);
	free(w->secrets.outlawed);
}

const struct pair *
secrets_common(const struct world *w, size_t i, size_t j)
{
	const struct pair_record *a = &w->nodes[i].disk.pairs[j].record;
	const struct pair_record *b = &w->nodes[j].disk.pairs[i].record;

	for (unsigned int k = 0; k < a->n; k++)
		for (unsigned int l = 0; l < b->n; l++)
			if (memcmp(a->pairs[k].id, b->pairs[l].id,
				   PAIR_ID_LEN) == 0 &&
			    memcmp(a->pairs[k].secret, b->pairs[l].secret,
				   PAIR_SECRET_LEN) == 0)
				return &a->pairs[k];
	return NULL;
}

const struct pair *
secrets_newest(const struct world *w, size_t i, size_t j)
{
	const struct pair_record *r = &w->nodes[i].disk.pairs[j].record;
	const struct pair *best = NULL;

	for (unsigned int k = 0; k < r->n; k++) {
		const struct pair *p = &r->pairs[k];

		if (best == NULL || p->generation > best->generation ||
		    (p->generation == best->generation && p->lower_dialled))
			best = p;
	}
	return best;
}

void
secrets_tell(struct world *w, size_t i, size_t j)
{
	const struct pair_record *r = &w->nodes[i].disk.pairs[j].record;

	if (getenv("SIM_LOG") == NULL)
		return;
	fprintf(stderr, "%12.6f %s holds of %s:", (double)w->now / 1e9,
		w->nodes[i].name, w->nodes[j].name);
	for (unsigned int k = 0; k < r->n; k++)
		fprintf(stderr, " %02x%02x=%u%s%s", r->pairs[k].id[0],
			r->pairs[k].id[1], r->pairs[k].generation,
			r->pairs[k].lower_dialled ? "lower" : "higher",
			r->pairs[k].proven ? "!" : "");
	fputc('\n', stderr);
}

void
secrets_check(struct world *w, size_t i, size_t j)
{
	const struct pair_record *r = &w->nodes[i].disk.pairs[j].record;
	bool *had = &w->secrets.common[i * w->n + j];
	bool has = !w->secrets.outlawed[i] && !w->secrets.outlawed[j] &&
		   secrets_common(w, i, j) != NULL;
	unsigned int proven = 0;

	w->secrets.checks++;
	if (r->n > w->secrets.most)
		w->secrets.most = r->n;
	for (unsigned int k = 0; k < r->n; k++)
		proven += r->pairs[k].proven;
	world_assert(w, proven <= 1);
	if (*had && !has)
		world_fail(w, "%s and %s have no secret in common any more",
			   w->nodes[i].name, w->nodes[j].name);
	if (has)
		*had = w->secrets.common[j * w->n + i] = true;
}

void
secrets_forget(struct world *w, size_t i, size_t j)
{
	w->secrets.common[i * w->n + j] = false;
	w->secrets.common[j * w->n + i] = false;
}

void
secrets_outlaw(struct world *w, size_t i, bool on)
{
	w->secrets.outlawed[i] = on;
	for (size_t j = 0; on && j < w->n; j++)
		secrets_forget(w, i, j);
}
