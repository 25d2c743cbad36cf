/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revoked keys in a list's text, and files of keys to revoke. */
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "bnl_edit_impl.h"
#include "format/bnl_line.h"
#include "format/bnl_value.h"

/* The node's name at the start of a comment, as in "# beta, stolen". */
static bool
comment_name(struct span *name, struct span line)
{
	struct span comment = bnl_line_comment(line);

	if (!span_word(&comment, name))
		return false;
	if (strchr(",;:", name->p[name->len - 1]) != NULL)
		name->len--;
	return text_is_node_name(*name);
}

bool
bnl_edit_revoked(const struct bnl_edit *ed, size_t *line, struct span *name)
{
	while (*line < edit_lines(ed)) {
		size_t i = (*line)++;

		if (edit_kind(ed, i) == LINE_REVOKE &&
		    comment_name(name, edit_line(ed, i)))
			return true;
	}
	return false;
}

/* The line before which revoked keys are inserted; *first: there are none
 * yet. */
static size_t
place_for_revoked(const struct bnl_edit *ed, bool *first)
{
	size_t at = edit_head_end(ed);

	*first = true;
	for (size_t i = edit_lines(ed); i-- > 0;)
		if (edit_kind(ed, i) == LINE_REVOKE) {
			*first = false;
			return i + 1;
		}
	for (uint32_t i = 0; i < ed->list->nnodes; i++) {
		const struct bnl_node *n = &ed->list->nodes[i];

		if (n->line >= at)
			at = edit_node_end(ed, n);
	}
	return at;
}

static int
put_revoked(struct buf *b, const struct bnl_revoke *key)
{
	char fp[FINGERPRINT_TEXT_MAX];
	char line[FINGERPRINT_TEXT_MAX + NODE_NAME_MAX + 32];
	int n = snprintf(line, sizeof(line), "revoke    %s%s%s\n",
			 fingerprint_format(fp, key->fp),
			 key->node[0] != '\0' ? "   # " : "", key->node);

	return edit_put(b, line, (size_t)n);
}

int
bnl_edit_revoke(struct bnl_edit *ed, const struct bnl_revoke *keys, size_t n,
		size_t *added, struct err *e)
{
	static const uint8_t seed[HASH_SEED_LEN];
	struct table seen;
	struct buf b;
	bool first;
	size_t at = place_for_revoked(ed, &first), count = 0;
	int rc = 0;

	table_init(&seen, seed);
	buf_init(&b, BNL_BYTES_MAX);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const uint8_t *fp = keys[i].fp;

		if (bnl_is_revoked(ed->list, fp) ||
		    table_get(&seen, fp, FINGERPRINT_LEN) != NULL)
			continue;
		if (count++ == 0 && first)
			rc = edit_put(&b, "\n", 1);
		/* The table is used as a set: the value does not matter. */
		rc |= table_put(&seen, fp, FINGERPRINT_LEN, ed);
		rc |= put_revoked(&b, &keys[i]);
	}
	if (rc != 0)
		err_nomem(e);
	else if (count > 0)
		rc = edit_insert(ed, at, &b, e);
	if (rc == 0)
		*added = count;
	table_free(&seen);
	buf_free(&b);
	return rc;
}

static int
read_key(struct bnl_revoke *out, struct span line, uint32_t number,
	 struct err *e)
{
	struct span words_left = bnl_line_words(line), word, name;
	char q[BNL_QUOTED_MAX];

	memset(out, 0, sizeof(*out));
	if (!span_word(&words_left, &word) ||
	    fingerprint_parse(out->fp, word.p, word.len) != 0)
		return err_at(e, ERR_SYNTAX, number,
			      (unsigned int)(word.p - line.p) + 1,
			      "\"%s\": expected sha256: and 64 hexadecimal "
			      "digits",
			      bnl_quote(q, word));
	if (span_word(&words_left, &word))
		return err_at(e, ERR_SYNTAX, number,
			      (unsigned int)(word.p - line.p) + 1,
			      "unexpected \"%s\" after the key",
			      bnl_quote(q, word));
	if (comment_name(&name, line))
		memcpy(out->node, name.p, name.len);
	return 0;
}

int
bnl_revoke_read(struct vec *out, const char *text, size_t len, struct errs *es)
{
	struct span rest = { text, len }, line;
	unsigned int before = es->count;

	for (uint32_t n = 1; span_line(&rest, &line); n++) {
		struct bnl_revoke key, *item;
		struct err e;

		if (bnl_line_words(line).len == 0)
			continue;
		if (read_key(&key, line, n, &e) != 0) {
			errs_add(es, &e);
			continue;
		}
		item = vec_push(out, sizeof(*item));
		if (item == NULL) {
			err_nomem(&e);
			errs_add(es, &e);
			break;
		}
		*item = key;
	}
	return es->count == before ? 0 : -1;
}
