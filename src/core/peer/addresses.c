/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses of a peer: in the list, of its host names there, and those
 * where it was reached before. */
#include <string.h>

#include "core/core_impl.h"
#include "core/timings.h"

static bool
is_among(const struct endpoint *eps, size_t n, const struct endpoint *ep)
{
	for (size_t i = 0; i < n; i++)
		if (endpoint_equal(&eps[i], ep))
			return true;
	return false;
}

/* The addresses of an `address` statement: its own, or those of its name. */
static size_t
expand_address(const struct core *c, const struct bnl_address *a,
	       struct ipaddr out[HOSTS_EACH])
{
	if (a->host != NULL)
		return hosts_get(c->hosts, a->host, out);
	out[0] = a->ep.addr;
	return 1;
}

/* Endpoints of one family, in the order in which they are listed. */
struct family {
	struct endpoint at[PEER_LISTED_MAX];
	size_t n;
};

/* The families take turns, so that one that leads nowhere costs one attempt
 * (RFC 8305, section 4): the first address of the list begins, or IPv6 where it
 * is preferred. */
static size_t
take_turns(const struct family *one, const struct family *other,
	   struct endpoint *out)
{
	size_t n = 0;

	for (size_t i = 0; i < PEER_LISTED_MAX; i++) {
		if (i < one->n && n < PEER_LISTED_MAX)
			out[n++] = one->at[i];
		if (i < other->n && n < PEER_LISTED_MAX)
			out[n++] = other->at[i];
	}
	return n;
}

static size_t
listed_endpoints(const struct core *c, const struct bnl_node *node,
		 struct endpoint *out)
{
	struct family v4 = { .n = 0 }, v6 = { .n = 0 };
	bool v6_first = c->env.conf->preferipv6;

	for (uint32_t i = 0; i < node->naddresses; i++) {
		const struct bnl_address *a = &node->addresses[i];
		struct ipaddr at[HOSTS_EACH];
		size_t count = expand_address(c, a, at);

		for (size_t j = 0; j < count; j++) {
			struct endpoint ep = { at[j], a->ep.port };
			bool is_v6 = at[j].family == IP_V6;
			struct family *f = is_v6 ? &v6 : &v4;

			/* A name may have stood for an outside address
			 * before. */
			if ((is_v6 && c->env.conf->disableipv6) ||
			    core_env_is_inside(&c->env, &at[j]) ||
			    f->n == PEER_LISTED_MAX ||
			    is_among(f->at, f->n, &ep))
				continue;
			if (v4.n + v6.n == 0 && is_v6)
				v6_first = true;
			f->at[f->n++] = ep;
		}
	}
	return v6_first ? take_turns(&v6, &v4, out) : take_turns(&v4, &v6, out);
}

static const struct bnl_node *
node_named(const struct core *c, const char *name)
{
	return c->gen == NULL ? NULL : bnl_find(c->gen->bnl, name);
}

/* --- their order ---------------------------------------------------------- */

enum reach { REACHED, UNTRIED, FAILED };

struct stand {
	enum reach is;
	struct monotime at;
};

/* Returns how the last try at that address ended, while that is recent. */
static struct stand
stand_of(const struct core *c, const struct history_entry *o,
	 const struct endpoint *ep)
{
	for (size_t i = 0; o != NULL && i < o->naddresses; i++) {
		const struct history_address *a = &o->addresses[i];

		if (endpoint_equal(&a->to, ep) &&
		    mono_ms(a->at, c->env.now.mono) < ADDRESS_STANDING_MS)
			return (struct stand){ a->kind == HISTORY_REACHED ?
						       REACHED :
						       FAILED,
					       a->at };
	}
	return (struct stand){ UNTRIED, MONO_NONE };
}

static bool
is_better(const struct stand *a, const struct stand *b)
{
	if (a->is != b->is)
		return a->is < b->is;
	if (a->is == REACHED)
		return mono_before(b->at, a->at);
	return a->is == FAILED && mono_before(a->at, b->at);
}

/* Sorts them: first where the node was reached last, last where a try failed
 * last; the others keep their order. */
static void
sort_by_standing(const struct core *c, const char *name, struct endpoint *eps,
		 size_t n)
{
	const struct history_entry *o = history_get(c->env.history, name);
	struct stand v[CONN_ENDPOINTS_MAX];

	for (size_t i = 0; i < n; i++) {
		struct endpoint ep = eps[i];
		struct stand s = stand_of(c, o, &ep);
		size_t j = i;

		for (; j > 0 && is_better(&s, &v[j - 1]); j--) {
			v[j] = v[j - 1];
			eps[j] = eps[j - 1];
		}
		v[j] = s;
		eps[j] = ep;
	}
}

size_t
peer_endpoints(const struct core *c, const char *name, struct endpoint *out)
{
	const struct bnl_node *node = node_named(c, name);
	struct endpoint known[ADDRCACHE_EACH];
	unsigned int nknown = addrcache_get(c->env.addrcache, name, known);
	size_t n = node == NULL ? 0 : listed_endpoints(c, node, out);

	for (unsigned int i = 0; i < nknown; i++) {
		bool v6 = known[i].addr.family == IP_V6;

		if (!(v6 && c->env.conf->disableipv6) &&
		    !core_env_is_inside(&c->env, &known[i].addr) &&
		    !is_among(out, n, &known[i]))
			out[n++] = known[i];
	}
	sort_by_standing(c, name, out, n);
	return n;
}

_Static_assert(CORE_ENDPOINTS_MAX == CONN_ENDPOINTS_MAX,
	       "core.h tells how many there can be");

size_t
peer_listed_count(const struct peer *p)
{
	struct endpoint eps[CONN_ENDPOINTS_MAX];

	return listed_endpoints(p->core, node_named(p->core, p->name), eps);
}

void
peer_look_up(struct core *c, const char *name)
{
	const struct bnl_node *node = node_named(c, name);
	const struct peer *p = peer_named(c, name);
	bool urgent = p != NULL && p->wait.packets > 0;

	for (uint32_t i = 0; node != NULL && i < node->naddresses; i++)
		if (node->addresses[i].host != NULL)
			hosts_want(c->hosts, &c->env, node->addresses[i].host,
				   urgent);
}

void
peer_locate(struct peer *p)
{
	peer_look_up(p->core, p->name);
	if (peer_order(p))
		p->turn.failures = 0;
}

bool
peer_order(struct peer *p)
{
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	size_t n = peer_endpoints(p->core, p->name, eps);
	bool others = !assoc_has_endpoints(p->assoc, eps, n);

	/* Without memory the old addresses stay: nothing is lost. */
	(void)assoc_set_endpoints(p->assoc, eps, n);
	return others;
}

/* --- answers ------------------------------------------------------------- */

/* An address of one machine somewhere else. */
static bool
is_usable(const struct core *c, const struct ipaddr *a)
{
	const struct endpoint ep = { *a, 1 };

	return addrcache_is_usable(&ep) && !ipaddr_is_loopback(a) &&
	       !core_env_is_inside(&c->env, a);
}

bool
peers_resolved(struct core *c, const char *host, const struct ipaddr *found,
	       size_t n, bool more, const char *why)
{
	struct ipaddr usable[HOSTS_EACH];
	size_t m = 0;

	for (size_t i = 0; c->gen != NULL && i < n && m < HOSTS_EACH; i++)
		if (is_usable(c, &found[i]))
			usable[m++] = found[i];
	if (n > 0 && m == 0)
		why = "it has no address that is outside the VPN and not of "
		      "one host or link";
	return hosts_answer(c->hosts, &c->env, host, usable, m, more, why);
}
