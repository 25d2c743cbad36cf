/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a list file and verifies it. */
#include "list_file.h"

#include <stdlib.h>
#include <string.h>

#include "format/bnl_sign.h"
#include "lib/file.h"

int
list_file_read(struct list_file *l, const char *path,
	       const struct trusted_keys *keys)
{
	memset(l, 0, sizeof(*l));
	if (file_read(&l->raw, &l->len, path, BNL_BYTES_MAX, &l->why) != 0)
		return -1;
	bnl_open(&l->bnl, l->raw, l->len, (const struct key *const *)keys->k,
		 keys->n, &l->why);
	return 0;
}

void
list_file_free(struct list_file *l)
{
	free(l->raw);
	bnl_free(l->bnl);
	l->raw = NULL;
	l->bnl = NULL;
}

const char *
list_file_block(const struct list_file *l, size_t *len)
{
	struct bnl_blocks block;

	*len = 0;
	if (l->raw == NULL ||
	    bnl_blocks_read(&block, l->raw, l->len, NULL) != 0 ||
	    !block.present)
		return NULL;
	*len = l->len - block.signedlen;
	return l->raw + block.signedlen;
}
