/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys, lists and their errors, for the tools that handle lists. */
#include "tool_bnl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/bnl_sign.h"
#include "tool_file.h"
#include "tool_key.h"

int
tool_keys_add(struct tool_keys *keys, const char *path, struct err *e)
{
	if (keys->n == TOOL_KEYS_MAX)
		return err_set(e, ERR_LIMIT, "%s: more than %d keys", path,
			       TOOL_KEYS_MAX);
	if (tool_read_verify_key(&keys->k[keys->n], path, e) != 0)
		return -1;
	keys->n++;
	return 0;
}

int
tool_keys_add_half(struct tool_keys *keys, const struct key *private,
		   struct err *e)
{
	char *pem;
	int rc;

	if (keys->n == TOOL_KEYS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d keys",
			       TOOL_KEYS_MAX);
	if (key_write_public(&pem, private, e) != 0)
		return -1;
	rc = key_read_public_alone(&keys->k[keys->n], pem, strlen(pem), e);
	free(pem);
	keys->n += rc == 0;
	return rc;
}

void
tool_keys_free(struct tool_keys *keys)
{
	while (keys->n > 0)
		key_free(keys->k[--keys->n]);
}

int
tool_list_read(struct tool_list *l, const char *path,
	       const struct tool_keys *keys)
{
	memset(l, 0, sizeof(*l));
	if (tool_read_file(&l->raw, &l->len, path, BNL_BYTES_MAX, &l->why) != 0)
		return -1;
	bnl_open(&l->bnl, l->raw, l->len, (const struct key *const *)keys->k,
		 keys->n, &l->why);
	return 0;
}

void
tool_list_free(struct tool_list *l)
{
	free(l->raw);
	bnl_free(l->bnl);
	l->raw = NULL;
	l->bnl = NULL;
}

const char *
tool_list_block(const struct tool_list *l, size_t *len)
{
	struct bnl_block block;

	*len = 0;
	if (l->raw == NULL ||
	    bnl_block_read(&block, l->raw, l->len, NULL) != 0 || !block.present)
		return NULL;
	*len = l->len - block.signedlen;
	return l->raw + block.signedlen;
}

void
tool_print_err(const char *file, const struct err *e)
{
	char text[2 * ERR_TEXT_MAX];

	fprintf(stderr, "%s: %s\n", program_invocation_short_name,
		err_format(text, sizeof(text), file, e));
}

void
tool_print_errs(const char *file, const struct errs *es)
{
	unsigned int shown = es->count < ERRS_MAX ? es->count : ERRS_MAX;
	char text[2 * ERR_TEXT_MAX];

	for (unsigned int i = 0; i < shown; i++)
		fprintf(stderr, "%s\n",
			err_format(text, sizeof(text), file, &es->e[i]));
	if (es->count > shown)
		fprintf(stderr, "%s: and %u more errors\n", file,
			es->count - shown);
}
