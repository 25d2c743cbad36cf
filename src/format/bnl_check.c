/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks prefixes, subnets and addresses in one sweep over all of them in
 * address order: two prefixes are either disjoint or one covers the other, and
 * the sort puts the covering one first, so a stack of the prefixes that are
 * still open answers every question in O(n log n).
 */
#include "format/bnl_check.h"

#include <stdlib.h>
#include <string.h>

enum kind { KIND_PREFIX, KIND_SUBNET, KIND_ADDRESS }; /* order of a tie */

struct item {
	struct prefix p;
	enum kind kind;
	uint16_t port; /* KIND_ADDRESS only */
	struct place at;
	const struct draft_node *node; /* NULL for KIND_PREFIX */
};

#define NEST_MAX 129 /* lengths 0..128, each strictly longer */

struct sweep {
	struct bnl_draft *d;
	const struct item *prefix; /* outermost that may still cover */
	const struct item *open[NEST_MAX];
	size_t nopen;
	const struct item *last_address;
	const struct item *last_prefix;
};

static int
cmp_place(struct place a, struct place b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.column < b.column ? -1 : a.column > b.column;
}

static int
by_address(const void *va, const void *vb)
{
	const struct item *a = va, *b = vb;
	int c = prefix_cmp(&a->p, &b->p);

	if (c != 0)
		return c;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return cmp_place(a->at, b->at);
}

static void
check_prefix(struct sweep *s, const struct item *it)
{
	char text[PREFIX_TEXT_MAX];

	if (s->last_prefix != NULL &&
	    prefix_cmp(&s->last_prefix->p, &it->p) == 0)
		bnl_draft_error(s->d, it->at, ERR_DUPLICATE,
				"prefix %s is given twice (line %u)",
				prefix_format(text, &it->p),
				s->last_prefix->at.line);
	s->last_prefix = it;
	if (s->prefix == NULL || !prefix_covers(&s->prefix->p, &it->p))
		s->prefix = it;
}

/* Reports the error at the item that comes later in the file. */
static void
report_overlap(struct sweep *s, const struct item *outer,
	       const struct item *inner)
{
	const struct item *a = outer, *b = inner;
	char ta[PREFIX_TEXT_MAX], tb[PREFIX_TEXT_MAX];

	if (cmp_place(a->at, b->at) > 0) {
		a = inner;
		b = outer;
	}
	prefix_format(ta, &a->p);
	prefix_format(tb, &b->p);
	if (a->node == b->node)
		bnl_draft_error(s->d, b->at, ERR_DUPLICATE,
				"subnet %s of %s is given twice (line %u)", tb,
				b->node->name, a->at.line);
	else
		bnl_draft_error(s->d, b->at, ERR_CONFLICT,
				"subnet %s of %s overlaps %s of %s (line %u)",
				tb, b->node->name, ta, a->node->name,
				a->at.line);
}

static void
check_subnet(struct sweep *s, const struct item *it)
{
	const struct item *outer = s->nopen > 0 ? s->open[s->nopen - 1] : NULL;
	char text[PREFIX_TEXT_MAX];

	if (!s->d->prefix_spoilt && s->d->prefixes.n > 0 &&
	    (s->prefix == NULL || !prefix_covers(&s->prefix->p, &it->p)))
		bnl_draft_error(s->d, it->at, ERR_CONFLICT,
				"subnet %s of %s lies outside every prefix",
				prefix_format(text, &it->p), it->node->name);
	if (outer != NULL && prefix_cmp(&outer->p, &it->p) == 0) {
		report_overlap(s, outer, it);
		return; /* the subnet on the stack serves for both */
	}
	if (outer != NULL && outer->node != it->node)
		report_overlap(s, outer, it);
	s->open[s->nopen++] = it;
}

/* Address b repeats address a, of the same node or of another. */
static void
same_address(struct bnl_draft *d, const char *text, uint16_t port,
	     const struct draft_node *na, struct place a,
	     const struct draft_node *nb, struct place b)
{
	if (na == nb)
		bnl_draft_error(d, b, ERR_DUPLICATE,
				"address %s port %u of "
				"%s is given twice (line %u)",
				text, port, nb->name, a.line);
	else
		bnl_draft_error(d, b, ERR_DUPLICATE,
				"address %s port %u of "
				"%s is also an address of %s (line %u)",
				text, port, nb->name, na->name, a.line);
}

/* Packets to an address inside the VPN would enter the VPN again. */
static void
check_outside(struct sweep *s, const struct item *it)
{
	const struct item *in = s->nopen > 0 ? s->open[s->nopen - 1] : NULL;
	char a[IPADDR_TEXT_MAX], p[PREFIX_TEXT_MAX];

	ipaddr_format(a, &it->p.addr);
	if (in != NULL)
		bnl_draft_error(s->d, in->at, ERR_CONFLICT,
				"subnet %s of %s covers the address %s of %s "
				"(line %u)",
				prefix_format(p, &in->p), in->node->name, a,
				it->node->name, it->at.line);
	else if (s->prefix != NULL && prefix_covers(&s->prefix->p, &it->p))
		bnl_draft_error(s->d, it->at, ERR_CONFLICT,
				"address %s of %s lies inside the prefix %s "
				"(line %u): packets to it would enter the VPN",
				a, it->node->name,
				prefix_format(p, &s->prefix->p),
				s->prefix->at.line);
}

static void
check_address(struct sweep *s, const struct item *it)
{
	const struct item *last = s->last_address;
	char a[IPADDR_TEXT_MAX];

	s->last_address = it;
	if (last != NULL && prefix_cmp(&last->p, &it->p) == 0 &&
	    last->port == it->port)
		same_address(s->d, ipaddr_format(a, &it->p.addr), it->port,
			     last->node, last->at, it->node, it->at);
	check_outside(s, it);
}

static void
sweep_items(struct bnl_draft *d, const struct item *items, size_t n)
{
	struct sweep s = { .d = d };

	for (size_t i = 0; i < n; i++) {
		const struct item *it = &items[i];

		while (s.nopen > 0 &&
		       !prefix_covers(&s.open[s.nopen - 1]->p, &it->p))
			s.nopen--;
		switch (it->kind) {
		case KIND_PREFIX:
			check_prefix(&s, it);
			break;
		case KIND_SUBNET:
			check_subnet(&s, it);
			break;
		case KIND_ADDRESS:
			check_address(&s, it);
			break;
		}
	}
}

static size_t
node_items(const struct bnl_draft *d, const struct draft_node *node,
	   struct item *out)
{
	const struct draft_prefix *subnet = d->subnets.mem;
	const struct draft_address *address = d->addresses.mem;
	struct item *it = out;

	for (size_t i = 0; i < node->nsubnets; i++)
		*it++ = (struct item){ .p = subnet[node->subnet0 + i].p,
				       .kind = KIND_SUBNET,
				       .at = subnet[node->subnet0 + i].at,
				       .node = node };
	for (size_t i = 0; i < node->naddresses; i++) {
		const struct draft_address *a = &address[node->address0 + i];

		if (a->a.host != NULL)
			continue;
		*it++ = (struct item){
			.p = prefix_mask(&a->a.ep.addr,
					 ipaddr_bits(&a->a.ep.addr)),
			.kind = KIND_ADDRESS,
			.port = a->a.ep.port,
			.at = a->at,
			.node = node,
		};
	}
	return (size_t)(it - out);
}

static void
check_routes(struct bnl_draft *d)
{
	const struct draft_prefix *prefix = d->prefixes.mem;
	const struct draft_prefix *subnet = d->subnets.mem;
	const struct draft_node *node = d->nodes.mem;
	size_t most = d->prefixes.n + d->subnets.n + d->addresses.n, n = 0;
	struct item *items = calloc(most + 1, sizeof(*items));

	if (items == NULL) {
		d->nomem = true;
		return;
	}
	for (; n < d->prefixes.n; n++)
		items[n] = (struct item){ .p = prefix[n].p,
					  .kind = KIND_PREFIX,
					  .at = prefix[n].at };
	for (size_t i = 0; i < d->nodes.n; i++)
		n += node_items(d, &node[i], items + n);
	qsort(items, n, sizeof(*items), by_address);
	if (d->prefixes.n == 0 && !d->prefix_spoilt && d->subnets.n > 0)
		bnl_draft_error(d, subnet[0].at, ERR_CONFLICT,
				"there is no prefix statement: every subnet "
				"must lie inside a prefix");
	sweep_items(d, items, n);
	free(items);
}

struct host {
	const struct draft_address *a;
	const struct draft_node *node;
};

static int
by_host(const void *va, const void *vb)
{
	const struct host *a = va, *b = vb;
	int c = strcmp(a->a->a.host, b->a->a.host);

	if (c != 0)
		return c;
	if (a->a->a.ep.port != b->a->a.ep.port)
		return a->a->a.ep.port < b->a->a.ep.port ? -1 : 1;
	return cmp_place(a->a->at, b->a->at);
}

static void
check_hosts(struct bnl_draft *d)
{
	const struct draft_address *address = d->addresses.mem;
	const struct draft_node *node = d->nodes.mem;
	struct host *hosts = calloc(d->addresses.n + 1, sizeof(*hosts));
	size_t n = 0;

	if (hosts == NULL) {
		d->nomem = true;
		return;
	}
	for (size_t i = 0; i < d->nodes.n; i++)
		for (size_t j = 0; j < node[i].naddresses; j++) {
			hosts[n].a = &address[node[i].address0 + j];
			hosts[n].node = &node[i];
			if (hosts[n].a->a.host != NULL)
				n++;
		}
	qsort(hosts, n, sizeof(*hosts), by_host);
	for (size_t i = 1; i < n; i++) {
		const struct bnl_address *a = &hosts[i - 1].a->a;
		const struct bnl_address *b = &hosts[i].a->a;

		if (strcmp(a->host, b->host) == 0 && a->ep.port == b->ep.port)
			same_address(d, b->host, b->ep.port, hosts[i - 1].node,
				     hosts[i - 1].a->at, hosts[i].node,
				     hosts[i].a->at);
	}
	free(hosts);
}

struct used_key {
	const struct draft_key *key;
	const struct draft_node *node; /* NULL: revoked */
};

static int
by_key(const void *va, const void *vb)
{
	const struct used_key *a = va, *b = vb;
	int c = memcmp(a->key->fp, b->key->fp, FINGERPRINT_LEN);

	return c != 0 ? c : cmp_place(a->key->at, b->key->at);
}

static void
same_key(struct bnl_draft *d, const struct used_key *a,
	 const struct used_key *b)
{
	if (a->node == NULL && b->node == NULL)
		bnl_draft_error(d, b->key->at, ERR_DUPLICATE,
				"this key is revoked twice (line %u)",
				a->key->at.line);
	else if (a->node != NULL && b->node != NULL)
		bnl_draft_error(d, b->key->at, ERR_DUPLICATE,
				"the key of %s is also the key of %s (line %u)",
				b->node->name, a->node->name, a->key->at.line);
	else
		bnl_draft_error(d, b->key->at, ERR_CONFLICT,
				"the key of %s is both its pin and revoked "
				"(line %u)",
				(a->node != NULL ? a : b)->node->name,
				a->key->at.line);
}

static void
check_keys(struct bnl_draft *d)
{
	const struct draft_node *node = d->nodes.mem;
	const struct draft_key *revoked = d->revoked.mem;
	struct used_key *keys =
		calloc(d->nodes.n + d->revoked.n + 1, sizeof(*keys));
	size_t n = 0;

	if (keys == NULL) {
		d->nomem = true;
		return;
	}
	for (size_t i = 0; i < d->nodes.n; i++)
		if (node[i].pinned)
			keys[n++] = (struct used_key){ &node[i].pin, &node[i] };
	for (size_t i = 0; i < d->revoked.n; i++)
		keys[n++] = (struct used_key){ &revoked[i], NULL };
	qsort(keys, n, sizeof(*keys), by_key);
	for (size_t i = 1; i < n; i++)
		if (memcmp(keys[i - 1].key->fp, keys[i].key->fp,
			   FINGERPRINT_LEN) == 0)
			same_key(d, &keys[i - 1], &keys[i]);
	free(keys);
}

static int
by_name(const void *va, const void *vb)
{
	const struct draft_node *a = va, *b = vb;
	int c = strcmp(a->name, b->name);

	return c != 0 ? c : cmp_place(a->at, b->at);
}

static void
check_names(struct bnl_draft *d)
{
	struct draft_node *node = d->nodes.mem;

	if (d->nodes.n > 1)
		qsort(node, d->nodes.n, sizeof(*node), by_name);
	for (size_t i = 1; i < d->nodes.n; i++)
		if (strcmp(node[i - 1].name, node[i].name) == 0)
			bnl_draft_error(d, node[i].at, ERR_DUPLICATE,
					"node %s is given twice (line %u)",
					node[i].name, node[i - 1].at.line);
}

void
bnl_check(struct bnl_draft *d)
{
	if (d->list->network == NULL && !d->network_spoilt)
		bnl_draft_error(d, (struct place){ 0, 0 }, ERR_SYNTAX,
				"there is no network statement: expected "
				"\"network NAME\" before the first node");
	check_names(d);
	check_routes(d);
	check_hosts(d);
	check_keys(d);
}
