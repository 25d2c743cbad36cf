/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes of any list's text, by lines of any text ("+name values", "=name
 * values", "-name", "!key", "?length"), which follow a line of three dots.
 * Nothing but what was named is another one afterwards.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "format/bnl_edit.h"
#include "format/bnl_free.h"
#include "format/bnl_parse.h"

#define EDITS_MAX 16

static struct { /* names of what is changed */
	char name[EDITS_MAX][NODE_NAME_MAX + 1];
	size_t n;
} named;

static enum bnl_own
kind_of(char c)
{
	return c == 'a' ? BNL_ADDRESS : c == 's' ? BNL_SUBNET : BNL_KEY;
}

/* "a192.0.2.1": what it is stands in front. */
static void
read_change(struct bnl_change *c, struct span rest)
{
	struct span word;
	struct err e;
	char text[128];

	memset(c, 0, sizeof(*c));
	while (span_word(&rest, &word)) {
		if (word.len - 1 >= sizeof(text))
			continue;
		memcpy(text, word.p + 1, word.len - 1);
		text[word.len - 1] = '\0';
		c->given[kind_of(word.p[0])] = true;
		(void)bnl_change_add(c, kind_of(word.p[0]), text, &e);
	}
}

static void
revoke(struct bnl_edit *ed, struct span rest)
{
	static struct errs es;
	struct vec keys = { .mem = NULL };
	struct err e;
	size_t added;

	es.count = 0;
	if (bnl_revoke_read(&keys, rest.p, rest.len, &es) == 0 && keys.n > 0) {
		require(bnl_edit_revoke(ed, keys.mem, keys.n, &added, &e) == 0);
		require(added <= keys.n);
	}
	free(keys.mem);
}

/* What is said to be free must be. */
static void
find_room(const struct bnl *b, struct span rest)
{
	struct bnl_room room = { .family = IP_V4 };
	struct prefix p;
	struct err e;

	if (rest.len == 0)
		return;
	room.family = rest.p[0] & 1 ? IP_V4 : IP_V6;
	room.len =
		(unsigned char)rest.p[0] % (room.family == IP_V4 ? 33u : 129u);
	if (bnl_free_subnet(&p, b, &room, &e) < 0)
		return;
	require(p.len == room.len);
	for (uint32_t i = 0; i < b->nnodes; i++)
		for (uint32_t j = 0; j < b->nodes[i].nsubnets; j++)
			require(!prefix_overlaps(&p, &b->nodes[i].subnets[j]));
}

static void
edit(struct bnl_edit *ed, struct span line)
{
	struct span rest = { line.p + 1, line.len - 1 }, word;
	struct bnl_change c;
	char name[NODE_NAME_MAX + 1];
	struct err e;
	int rc;

	if (line.p[0] == '?') {
		find_room(bnl_edit_list(ed), rest);
		return;
	}
	if (!span_word(&rest, &word) || word.len > NODE_NAME_MAX ||
	    named.n == EDITS_MAX || !text_is_node_name(word))
		return;
	memcpy(name, word.p, word.len);
	name[word.len] = '\0';
	for (size_t i = 0; i < named.n; i++)
		if (strcmp(named.name[i], name) == 0)
			return;
	memcpy(named.name[named.n++], name, sizeof(name));
	read_change(&c, rest);
	rc = line.p[0] == '+' ? bnl_edit_add(ed, name, &c, &e) :
	     line.p[0] == '=' ? bnl_edit_set(ed, name, &c, &e) :
				bnl_edit_remove(ed, name, &e);
	require(rc == 0 || e.text[0] != '\0');
	bnl_change_free(&c);
}

static void
edit_all(struct bnl_edit *ed, struct span script)
{
	bool revoked = false;

	named.n = 0;
	while (script.len > 0) {
		const char *end = memchr(script.p, '\n', script.len);
		struct span line = { script.p,
				     end == NULL ? script.len :
						   (size_t)(end - script.p) };

		if (line.len > 0 && line.p[0] == '!') {
			if (!revoked)
				revoke(ed, (struct span){ line.p + 1,
							  line.len - 1 });
			revoked = true;
		} else if (line.len > 0) {
			edit(ed, line);
		}
		line.len += end != NULL;
		script.p += line.len;
		script.len -= line.len;
	}
}

static bool
is_named(const char *name)
{
	for (size_t i = 0; i < named.n; i++)
		if (strcmp(named.name[i], name) == 0)
			return true;
	return false;
}

static void
same_node(const struct bnl_node *a, const struct bnl_node *b)
{
	require(b != NULL && a->naddresses == b->naddresses &&
		a->nsubnets == b->nsubnets && a->pinned == b->pinned);
	for (uint32_t i = 0; i < a->nsubnets; i++)
		require(prefix_covers(&a->subnets[i], &b->subnets[i]) &&
			a->subnets[i].len == b->subnets[i].len);
	for (uint32_t i = 0; i < a->naddresses; i++)
		require(a->addresses[i].ep.port == b->addresses[i].ep.port);
}

/* The new text may be no list, when the changes do not go together. */
static void
compare(const struct bnl *was, const struct buf *text)
{
	static struct errs es;
	struct bnl *is;

	es.count = 0;
	if (bnl_parse(&is, (const char *)buf_data(text), buf_len(text), &es) <
	    0)
		return;
	require(is->nprefixes == was->nprefixes);
	require(strcmp(is->network, was->network) == 0);
	for (uint32_t i = 0; i < was->nnodes; i++)
		if (!is_named(was->nodes[i].name))
			same_node(&was->nodes[i],
				  bnl_find(is, was->nodes[i].name));
	bnl_free(is);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char mark[] = "\n...\n";
	static struct errs es;
	const char *text = (const char *)data;
	const char *at = len == 0 ? NULL : memmem(text, len, mark, 5);
	size_t listlen = at == NULL ? len : (size_t)(at - text) + 1;
	struct bnl_edit *ed;
	struct buf out;
	struct err e;

	es.count = 0;
	if (at == NULL || bnl_edit_new(&ed, text, listlen, &es) < 0)
		return 0;
	edit_all(ed, (struct span){ at + 5, len - listlen - 4 });
	buf_init(&out, BNL_BYTES_MAX);
	if (bnl_edit_write(ed, &out, &e) == 0)
		compare(bnl_edit_list(ed), &out);
	buf_free(&out);
	bnl_edit_free(ed);
	return 0;
}
