/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node's statements as words and values. */
#include "format/bnl_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/bnl_parse.h"

static const char *const words[BNL_OWNS] = { "address", "subnet", "key" };

const char *
bnl_own_word(enum bnl_own own)
{
	return words[own];
}

enum bnl_own
bnl_own_of(struct span word)
{
	int own = 0;

	while (own < BNL_OWNS && !span_is(word, words[own]))
		own++;
	return (enum bnl_own)own;
}

uint32_t
bnl_own_count(const struct bnl_node *n, enum bnl_own own)
{
	if (own == BNL_ADDRESS)
		return n->naddresses;
	return own == BNL_SUBNET ? n->nsubnets : n->pinned;
}

static void
address_value(struct bnl_value *out, const struct bnl_address *a)
{
	char ip[IPADDR_TEXT_MAX];
	const char *host =
		a->host != NULL ? a->host : ipaddr_format(ip, &a->ep.addr);

	if (a->host == NULL)
		out->p = prefix_mask(&a->ep.addr, ipaddr_bits(&a->ep.addr));
	if (a->ep.port == PROTO_PORT)
		snprintf(out->text, sizeof(out->text), "%s", host);
	else
		snprintf(out->text, sizeof(out->text), "%s port %u", host,
			 a->ep.port);
}

void
bnl_own_value(struct bnl_value *out, const struct bnl_node *n, enum bnl_own own,
	      uint32_t i)
{
	char text[PREFIX_TEXT_MAX], key[FINGERPRINT_TEXT_MAX];

	memset(out, 0, sizeof(*out));
	switch (own) {
	case BNL_ADDRESS:
		address_value(out, &n->addresses[i]);
		break;
	case BNL_SUBNET:
		out->p = n->subnets[i];
		snprintf(out->text, sizeof(out->text), "%s",
			 prefix_format(text, &out->p));
		break;
	default:
		snprintf(out->text, sizeof(out->text), "%s",
			 fingerprint_format(key, n->pin));
		break;
	}
}

#define ONE_MAX 2048 /* the longest value and the lines around it */

/* Parses a list of one node with one statement, so that the parser finds the
 * error. */
static int
parse_one(struct bnl **out, const char *node, const char *word,
	  const char *value, struct err *e)
{
	/* Every subnet must lie inside a prefix; an address must not. */
	bool subnet = strcmp(word, words[BNL_SUBNET]) == 0;
	char text[ONE_MAX];
	struct errs es = { 0 };
	int n;

	if (strpbrk(node, "\n#") != NULL || strpbrk(value, "\n#") != NULL)
		return err_set(e, ERR_SYNTAX,
			       "%s: a line feed or '#' in a value", word);
	n = snprintf(text, sizeof(text), "network a\n%snode %s\n%s %s\n",
		     subnet ? "prefix 0.0.0.0/0\nprefix ::/0\n" : "", node,
		     word, value);
	if (n < 0 || (size_t)n >= sizeof(text))
		return err_set(e, ERR_LIMIT, "%s: the value is too long", word);
	if (bnl_parse(out, text, (size_t)n, &es) != 0)
		return err_set(e, es.e[0].code, "%s", es.e[0].text);
	return 0;
}

int
bnl_value_read(struct bnl_value *out, enum bnl_own own, const char *text,
	       struct err *e)
{
	struct bnl *b;

	if (parse_one(&b, "a", words[own], text, e) != 0)
		return -1;
	bnl_own_value(out, &b->nodes[0], own, 0);
	bnl_free(b);
	return 0;
}

int
bnl_name_check(const char *node, struct err *e)
{
	struct bnl *b;

	if (text_is_node_name((struct span){ node, strlen(node) }))
		return 0;
	if (parse_one(&b, node, "", "", e) == 0) {
		/* The parser of a list accepts blanks around a name; they are
		 * refused here. */
		bnl_free(b);
		err_set(e, ERR_SYNTAX, "node \"%s\": blanks in the name", node);
	}
	return -1;
}

int
bnl_change_add(struct bnl_change *c, enum bnl_own own, const char *text,
	       struct err *e)
{
	struct bnl_value value, *item;

	if (bnl_value_read(&value, own, text, e) != 0)
		return -1;
	item = vec_push(&c->v[own], sizeof(*item));
	if (item == NULL)
		return err_nomem(e);
	*item = value;
	c->given[own] = true;
	return 0;
}

void
bnl_change_free(struct bnl_change *c)
{
	for (int own = 0; own < BNL_OWNS; own++)
		free(c->v[own].mem);
	memset(c, 0, sizeof(*c));
}
