/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists, as an administrator would write, sign and install them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/format/bnl_text.h"
#include "ca.h"
#include "format/bnl_sign.h"
#include "world.h"

#define TEXT_MAX ((size_t)1 << 20)
#define PAD_LINE 80

static void
add_node(struct buf *b, const struct node *n)
{
	char text[IPADDR_TEXT_MAX];
	struct endpoint v4 = net_address(n->i, false);
	struct endpoint v6 = net_address(n->i, true);

	bnl_text_add(b, "node %s\n", n->name);
	if (!n->hidden && net_has_v6(n->i))
		bnl_text_add(b, "  address %s\n",
			     ipaddr_format(text, &v6.addr));
	if (!n->hidden)
		bnl_text_add(b, "  address %s\n",
			     ipaddr_format(text, &v4.addr));
	bnl_text_subnets(b, 100, n->i);
	if (n->pin != NULL)
		bnl_text_add(b, "  key %s\n", n->pin);
}

static char *
make(struct world *w, const struct bnl *previous, const bool *in,
     struct bnl **list, size_t *len)
{
	const struct key *key = ca_list_key();
	struct bnl_sign_in sign = {
		.previous = previous,
		.key = key,
		.now = { SIM_WALL + w->now / SEC },
	};
	struct errs es = { 0 };
	struct buf text;
	struct err e;
	char *raw;

	buf_init(&text, TEXT_MAX);
	bnl_text_head(&text, "sim.example");
	for (size_t i = 0; i * PAD_LINE < w->list_pad; i++)
		bnl_text_add(&text, "# %0*zu\n", PAD_LINE - 3, i);
	for (size_t i = 0; i < w->n; i++)
		if (in == NULL || in[i])
			add_node(&text, &w->nodes[i]);
	for (size_t i = 0; i < w->n; i++)
		if (w->nodes[i].revoked != NULL)
			bnl_text_add(&text, "revoke %s\n", w->nodes[i].revoked);
	sign.text = (const char *)buf_data(&text);
	sign.len = buf_len(&text);
	if (bnl_sign(&raw, len, &sign, &es) < 0)
		world_fail(w, "list: line %u: %s", es.e[0].line, es.e[0].text);
	buf_free(&text);
	if (bnl_open(list, raw, *len, &key, 1, &e) < 0)
		world_fail(w, "list: %s", e.text);
	return raw;
}

char *
list_make(struct world *w, const bool *in, size_t *len)
{
	struct bnl *list;
	char *raw = make(w, w->list, in, &list, len);

	bnl_free(w->list_before);
	w->list_before = w->list;
	w->list = list;
	return raw;
}

char *
list_fork(struct world *w, const bool *in, size_t *len)
{
	struct bnl *list;
	char *raw = make(w, w->list_before, in, &list, len);

	/* w->list is the one that is to win. */
	if (bnl_version_cmp(&list->version, &w->list->version) > 0) {
		bnl_free(w->list);
		w->list = list;
	} else {
		bnl_free(list);
	}
	return raw;
}

void
list_install(struct node *n, const char *raw, size_t len)
{
	free(n->disk.list);
	n->disk.list = malloc(len);
	assert_non_null(n->disk.list);
	memcpy(n->disk.list, raw, len);
	n->disk.listlen = len;
}

void
list_reload(struct node *n, bool push)
{
	core_list_offer(n->core, node_now(n), n->disk.list, n->disk.listlen);
	if (push)
		core_push(n->core, node_now(n));
	node_settle(n);
}

bool
list_in_force(const struct node *n, const struct bnl *list)
{
	const struct bnl *b = n->core == NULL ? NULL : core_list(n->core);

	return b != NULL && bnl_version_cmp(&b->version, &list->version) == 0;
}
