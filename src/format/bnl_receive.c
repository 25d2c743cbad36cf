/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rebuilds a list from a difference, and makes the difference for others. */
#include "format/bnl_receive.h"

#include <stdlib.h>
#include <string.h>

#include "format/bnl_sign.h"
#include "format/list_diff.h"

static int
open_rebuilt(struct bnl **out, const struct bnl_source *src,
	     const struct key *const *keys, size_t nkeys, struct err *e)
{
	uint8_t *raw;
	int rc;

	if (src->base == NULL || src->whole > BNL_BYTES_MAX)
		return err_set(e, ERR_PROTO, "a difference without a list");
	raw = malloc(src->whole);
	if (raw == NULL)
		return err_nomem(e);
	if (list_diff_apply(raw, src->whole, (const uint8_t *)src->base->raw,
			    src->base->signedlen, src->data, src->len) == 0)
		rc = bnl_open_any(out, (const char *)raw, src->whole, keys,
				  nkeys, e);
	else
		rc = err_set(e, ERR_PROTO,
			     "it does not lead from the list in force to one "
			     "of %zu bytes",
			     src->whole);
	free(raw);
	return rc;
}

/* Without memory, or when it would be long, there is none. */
static void
add_diff(struct bnl *b, const struct bnl *base)
{
	uint8_t *mem, *kept;
	size_t len;

	if (base == NULL || b->rawlen <= FRAME_LIST_DATA_MAX ||
	    bnl_version_cmp(&base->version, &b->version) == 0)
		return;
	mem = malloc(LIST_DIFF_MAX);
	if (mem == NULL)
		return;
	len = list_diff_make(mem, LIST_DIFF_MAX, (const uint8_t *)base->raw,
			     base->signedlen, (const uint8_t *)b->raw,
			     b->rawlen);
	kept = len == 0 || len >= b->rawlen ? NULL :
					      arena_alloc(&b->arena, len);
	if (kept != NULL) {
		memcpy(kept, mem, len);
		b->diff = kept;
		b->difflen = len;
		b->diff_from = base->version;
	}
	free(mem);
}

int
bnl_receive(struct bnl **out, const struct bnl_source *src,
	    const struct key *const *keys, size_t nkeys, struct err *e)
{
	int rc = src->whole > 0 ? open_rebuilt(out, src, keys, nkeys, e) :
				  bnl_open_any(out, (const char *)src->data,
					       src->len, keys, nkeys, e);

	if (rc == 0)
		add_diff(*out, src->base);
	return rc;
}
