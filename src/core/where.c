/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a peer may be reached: its addresses in the list, those that its host
 * names stand for, and those where it was reached before. */
#include <string.h>

#include "core_impl.h"

static bool
is_among(const struct endpoint *eps, size_t n, const struct endpoint *ep)
{
	for (size_t i = 0; i < n; i++)
		if (endpoint_equal(&eps[i], ep))
			return true;
	return false;
}

/* What one `address` statement says: itself, or what its name stands for. */
static size_t
expand(const struct core *c, const struct bnl_address *a,
       struct ipaddr out[HOSTS_EACH])
{
	if (a->host != NULL)
		return hosts_get(c->hosts, a->host, out);
	out[0] = a->ep.addr;
	return 1;
}

static size_t
listed_endpoints(const struct core *c, const struct bnl_node *node,
		 struct endpoint *out)
{
	const struct conf *conf = c->env.conf;
	size_t n = 0;

	/* Two rounds when one family is preferred: first that one. */
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < node->naddresses; i++) {
			const struct bnl_address *a = &node->addresses[i];
			struct ipaddr at[HOSTS_EACH];
			size_t count = expand(c, a, at);

			for (size_t j = 0; j < count; j++) {
				struct endpoint ep = { at[j], a->ep.port };
				bool v6 = at[j].family == IP_V6;
				bool first = !conf->preferipv6 || v6;

				if ((v6 && conf->disableipv6) ||
				    first != (round == 0) ||
				    is_among(out, n, &ep))
					continue;
				if (n < PEER_LISTED_MAX)
					out[n++] = ep;
			}
		}
	return n;
}

static const struct bnl_node *
node_named(const struct core *c, const char *name)
{
	return c->gen == NULL ? NULL : bnl_find(c->gen->bnl, name);
}

/* Packets to an address inside the VPN would come back to us. */
static bool
is_outside(const struct core *c, const struct ipaddr *a)
{
	return c->gen == NULL || !bnl_is_inside(c->gen->bnl, a);
}

size_t
peer_endpoints(const struct core *c, const char *name, struct endpoint *out)
{
	const struct bnl_node *node = node_named(c, name);
	struct endpoint known[KNOWN_EACH];
	unsigned int nknown = known_get(c->env.known, name, known);
	size_t n = node == NULL ? 0 : listed_endpoints(c, node, out);

	for (unsigned int i = 0; i < nknown; i++) {
		bool v6 = known[i].addr.family == IP_V6;

		if (!(v6 && c->env.conf->disableipv6) &&
		    is_outside(c, &known[i].addr) &&
		    !is_among(out, n, &known[i]))
			out[n++] = known[i];
	}
	return n;
}

_Static_assert(CORE_ENDPOINTS_MAX == CHANNEL_ENDPOINTS_MAX,
	       "core.h tells how many there can be");

size_t
core_endpoints(const struct core *c, const char *name,
	       struct endpoint out[CORE_ENDPOINTS_MAX])
{
	return peer_named(c, name) == NULL ? 0 : peer_endpoints(c, name, out);
}

const struct endpoint *
core_endpoint_now(const struct core *c, const char *name)
{
	const struct peer *p = peer_named(c, name);

	return p == NULL || link_remote(p->link)->port == 0 ?
		       NULL : link_remote(p->link);
}

size_t
peer_listed_count(const struct peer *p)
{
	struct endpoint eps[CHANNEL_ENDPOINTS_MAX];

	return listed_endpoints(p->core, &p->core->gen->bnl->nodes[p->node],
				eps);
}

void
peer_look_up(struct core *c, const char *name)
{
	const struct bnl_node *node = node_named(c, name);

	for (uint32_t i = 0; node != NULL && i < node->naddresses; i++)
		if (node->addresses[i].host != NULL)
			hosts_want(c->hosts, &c->env,
				   node->addresses[i].host);
}

void
peer_locate(struct peer *p, uint32_t node)
{
	struct endpoint eps[CHANNEL_ENDPOINTS_MAX];
	size_t n;

	peer_look_up(p->core, p->name);
	n = peer_endpoints(p->core, p->name, eps);
	p->node = node;
	if (link_has_endpoints(p->link, eps, n))
		return;
	p->unreached = 0;
	/* Without memory the old addresses stay: nothing is lost. */
	(void)link_set_endpoints(p->link, eps, n);
}

/* --- answers ------------------------------------------------------------- */

/* An address of one machine somewhere else. */
static bool
is_usable(const struct core *c, const struct ipaddr *a)
{
	const struct endpoint ep = { *a, 1 };

	return known_is_usable(&ep) && !ipaddr_is_loopback(a) &&
	       is_outside(c, a);
}

static bool
has_host(const struct bnl_node *node, const char *host)
{
	for (uint32_t i = 0; i < node->naddresses; i++)
		if (node->addresses[i].host != NULL &&
		    strcmp(node->addresses[i].host, host) == 0)
			return true;
	return false;
}

void
core_resolved(struct core *c, struct now now, const char *host,
	      const struct ipaddr *found, size_t n, const char *why)
{
	struct ipaddr usable[HOSTS_EACH];
	size_t m = 0;

	c->env.now = now;
	for (size_t i = 0; c->gen != NULL && i < n && m < HOSTS_EACH; i++)
		if (is_usable(c, &found[i]))
			usable[m++] = found[i];
	if (n > 0 && m == 0)
		why = "it has no address that is outside the VPN and not of "
		      "one host or link";
	if (hosts_answer(c->hosts, &c->env, host, usable, m, why))
		for (size_t i = 0; i < c->npeers; i++) {
			struct peer *p = c->peers[i];

			if (has_host(&c->gen->bnl->nodes[p->node], host))
				peer_found(p);
		}
	core_settle(c);
}
