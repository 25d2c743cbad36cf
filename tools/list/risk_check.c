/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of a list that need a confirmation. */
#include "risk_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/bnl_edit.h"
#include "format/bnl_value.h"

#define GONE_SHARE 3 /* more than a third is grave */

/* Finds a new node without a pin of which a key was revoked. */
static void
look_for_return(struct risk_check *c, const struct bnl *before,
		const struct bnl *after)
{
	char name[NODE_NAME_MAX + 1];
	const struct bnl_node *n;
	struct bnl_edit *ed;
	struct errs es = { 0 };
	struct span whose;
	size_t line = 0;

	if (after->nrevoked == 0 ||
	    bnl_edit_new(&ed, after->raw, after->signedlen, &es) != 0)
		return;
	while (bnl_edit_revoked(ed, &line, &whose)) {
		snprintf(name, sizeof(name), "%.*s", (int)whose.len, whose.p);
		n = bnl_find(after, name);
		if (n != NULL && !n->pinned && bnl_find(before, name) == NULL)
			snprintf(c->back, sizeof(c->back), "%s", name);
	}
	bnl_edit_free(ed);
}

/* Finds nodes that stay, and whose certificates count from now on. */
static void
look_for_unadmitted(struct risk_check *c, const struct bnl *before,
		    const struct bnl *after)
{
	for (uint32_t i = 0; i < before->nnodes; i++) {
		const struct bnl_node *n = &before->nodes[i];
		const struct bnl_node *now = bnl_find(after, n->name);

		if (!before->admit_pinned || !n->pinned || now == NULL ||
		    (after->admit_pinned && now->pinned))
			continue;
		if (c->nunadmitted++ == 0)
			snprintf(c->unadmitted, sizeof(c->unadmitted), "%s",
				 n->name);
	}
}

static bool
has_address(const struct bnl_node *n, const struct ipaddr *a)
{
	for (uint32_t i = 0; n != NULL && i < n->naddresses; i++)
		if (ipaddr_equal(&n->addresses[i].ep.addr, a))
			return true;
	return false;
}

/* Finds a new address that is doubtful; an address that the list before had
 * needs no further confirmation. */
static void
look_for_doubt(struct risk_check *c, const struct bnl *before,
	       const struct bnl *after)
{
	for (uint32_t i = 0; i < after->nnodes; i++) {
		const struct bnl_node *n = &after->nodes[i];
		const struct bnl_node *old =
			before != NULL ? bnl_find(before, n->name) : NULL;

		for (uint32_t j = 0; j < n->naddresses; j++) {
			const struct ipaddr *a = &n->addresses[j].ep.addr;

			if (c->doubt[0] != '\0' ||
			    bnl_address_doubt(a) == NULL || has_address(old, a))
				continue;
			snprintf(c->doubt, sizeof(c->doubt), "%s", n->name);
			c->doubted = *a;
		}
	}
}

void
risk_check_find(struct risk_check *c, const struct bnl *before,
		const struct bnl *after, const struct node_self *self)
{
	uint32_t gone = 0;

	memset(c, 0, sizeof(*c));
	look_for_doubt(c, before, after);
	if (before == NULL)
		return;
	for (uint32_t i = 0; i < before->nnodes; i++) {
		const char *name = before->nodes[i].name;

		if (bnl_find(after, name) != NULL)
			continue;
		gone++;
		if (node_self_is(self, name))
			snprintf(c->self, sizeof(c->self), "%s", name);
	}
	look_for_unadmitted(c, before, after);
	c->of = before->nnodes;
	if (gone > before->nnodes / GONE_SHARE)
		c->gone = gone;
	look_for_return(c, before, after);
}

bool
risk_check_print(const struct risk_check *c)
{
	char text[IPADDR_TEXT_MAX];

	if (c->doubt[0] != '\0')
		fprintf(stderr, "%s: address %s of %s: %s\n",
			program_invocation_short_name,
			ipaddr_format(text, &c->doubted), c->doubt,
			bnl_address_doubt(&c->doubted));
	if (c->self[0] != '\0')
		fprintf(stderr,
			"%s: %s is this machine: it would no longer "
			"belong to the network\n",
			program_invocation_short_name, c->self);
	if (c->gone > 0)
		fprintf(stderr, "%s: %u of %u nodes would be gone\n",
			program_invocation_short_name, c->gone, c->of);
	if (c->nunadmitted > 0)
		fprintf(stderr,
			"%s: %u of %u nodes (%s%s) would no longer be admitted "
			"by their keys: if a certificate has ended, or is not "
			"of a CA that all others trust, its node is cut off, "
			"and no later list reaches it\n",
			program_invocation_short_name, c->nunadmitted, c->of,
			c->unadmitted, c->nunadmitted > 1 ? ", ..." : "");
	if (c->back[0] != '\0')
		fprintf(stderr,
			"%s: %s comes back without a key, though one "
			"of its keys was revoked: any other certificate of "
			"this name would be good\n",
			program_invocation_short_name, c->back);
	return c->doubt[0] != '\0' || c->self[0] != '\0' ||
	       c->back[0] != '\0' || c->nunadmitted > 0 || c->gone > 0;
}
