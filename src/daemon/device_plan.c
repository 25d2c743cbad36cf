/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides which addresses and routes the device must have. */
#include "daemon/device_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "format/bnl_draft.h"

/* --- a plan --------------------------------------------------------------- */

struct plan {
	struct vec addrs; /* struct device_addr */
	struct vec own;	  /* struct prefix: own subnets of the device */
	struct vec local; /* struct prefix: networks of the others */
	struct ipaddr source4, source6;
	struct devroutes routes;
};

static void
plan_free(struct plan *p)
{
	free(p->addrs.mem);
	free(p->own.mem);
	free(p->local.mem);
	devroutes_free(&p->routes);
}

static int
push_prefix(struct vec *v, struct prefix p)
{
	struct prefix *at = vec_push(v, sizeof(*at));

	if (at == NULL)
		return -1;
	*at = p;
	return 0;
}

/* The first own subnet that has an address of this host gives the source. */
static void
plan_source(struct plan *p, const struct ipaddr *a)
{
	struct ipaddr *source = a->family == IP_V4 ? &p->source4 : &p->source6;

	if (source->family == IP_NONE)
		*source = *a;
}

/* The length of the network's prefix tells other programs how far it goes. */
static int
plan_addr(struct plan *p, const struct bnl *b, const struct prefix *subnet)
{
	struct ipaddr a = prefix_first_host(subnet);
	struct device_addr *at;

	plan_source(p, &a);
	if (push_prefix(&p->own, *subnet) < 0)
		return -1;
	at = vec_push(&p->addrs, sizeof(*at));
	if (at == NULL)
		return -1;
	*at = (struct device_addr){ a, bnl_covering_len(b, subnet),
				    ITEM_MISSING };
	return 0;
}

/* Linux answers ARP on every interface for every address that it has: an
 * address from a LAN's subnet would conflict with the host that has it
 * there. */
static int
plan_addrs(struct plan *p, const struct device *dev, const struct bnl *b)
{
	const struct bnl_node *own = device_own_node(dev->d);
	const struct rtnl_addr *lan;
	const struct iface *f;

	for (uint32_t i = 0; own != NULL && i < own->nsubnets; i++) {
		const struct prefix *subnet = &own->subnets[i];

		lan = device_lan_addr(dev, subnet, &f);
		if (lan == NULL && !devroutes_too_wide(subnet)) {
			if (plan_addr(p, b, subnet) < 0)
				return -1;
			continue;
		}
		if (lan != NULL && !lan->tentative)
			plan_source(p, &lan->addr);
		if (push_prefix(&p->local, *subnet) < 0)
			return -1;
	}
	return 0;
}

static int
plan_local(struct plan *p, const struct device *dev)
{
	for (size_t i = 0; i < dev->ifaces.n; i++) {
		const struct iface *f = &dev->ifaces.v[i];

		for (size_t j = 0; device_is_other(dev, f) && j < f->naddrs;
		     j++)
			if (push_prefix(&p->local,
					prefix_mask(&f->addrs[j].a.addr,
						    f->addrs[j].a.len)) < 0)
				return -1;
	}
	return 0;
}

static int
plan_make(struct plan *p, const struct device *dev, const struct bnl *b)
{
	const struct generation *g = core_generation(dev->d->core);
	struct devroutes_in in = {
		.list = b,
		.subnets = g->subnets,
		.nsubnets = g->nsubnets,
		.self = (uint32_t)(device_own_node(dev->d) - b->nodes),
	};

	if (plan_addrs(p, dev, b) < 0 || plan_local(p, dev) < 0)
		return -1;
	in.own = p->own.mem;
	in.nown = p->own.n;
	in.local = p->local.mem;
	in.nlocal = p->local.n;
	return devroutes_make(&p->routes, &in, NULL);
}

/* --- from one plan to the next -------------------------------------------- */

static struct device_addr *
addr_find(struct device_addr *v, size_t n, const struct device_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].len == a->len && ipaddr_equal(&v[i].addr, &a->addr))
			return &v[i];
	return NULL;
}

/* With an IPv4 address the kernel removes the others of its network, and the
 * routes that have it as their source. */
static void
mark_v4_missing(struct device *dev, struct device_addr *addrs, size_t naddrs)
{
	for (size_t i = 0; i < naddrs; i++)
		if (addrs[i].addr.family == IP_V4)
			addrs[i].state = ITEM_MISSING;
	device_lose_routes(dev, IP_V4);
}

static int
take_addrs(struct device *dev, struct plan *p)
{
	struct device_addr *new = p->addrs.mem, *kept;
	struct vec old = { 0 };
	bool lost_v4 = false;

	for (size_t i = 0; i < dev->nold_addrs + dev->naddrs; i++) {
		const struct device_addr *a =
			i < dev->nold_addrs ? &dev->old_addrs[i] :
					      &dev->addrs[i - dev->nold_addrs];

		kept = addr_find(new, p->addrs.n, a);
		if (kept != NULL) {
			kept->state = a->state;
			continue;
		}
		if (a->state == ITEM_MISSING || a->state == ITEM_REFUSED)
			continue;
		kept = vec_push(&old, sizeof(*kept));
		if (kept == NULL) {
			free(old.mem);
			return -1;
		}
		*kept = *a;
		lost_v4 = lost_v4 || a->addr.family == IP_V4;
	}
	if (lost_v4)
		mark_v4_missing(dev, new, p->addrs.n);
	free(dev->addrs);
	free(dev->old_addrs);
	dev->addrs = new;
	dev->naddrs = p->addrs.n;
	dev->old_addrs = old.mem;
	dev->nold_addrs = old.n;
	p->addrs = (struct vec){ 0 };
	return 0;
}

/* Index of the prefix in the routes, or their count. */
static size_t
route_place(const struct devroutes *r, const struct prefix *dst)
{
	const struct prefix *at = devroutes_find(r, &dst->addr);

	return at != NULL && prefix_cmp(at, dst) == 0 ? (size_t)(at - r->v) :
							r->n;
}

/* Existing routes that are not wanted any more are added to those to be
 * removed. */
static int
collect_old(struct vec *old, const struct device *dev,
	    const struct devroutes *new)
{
	for (size_t i = 0; i < dev->nold_routes + dev->routes.n; i++) {
		bool older = i < dev->nold_routes;
		size_t at = older ? i : i - dev->nold_routes;
		const struct prefix *p =
			older ? &dev->old_routes[at] : &dev->routes.v[at];

		if (!older && (dev->route_state[at] == ITEM_MISSING ||
			       dev->route_state[at] == ITEM_REFUSED))
			continue;
		if (route_place(new, p) == new->n && push_prefix(old, *p) < 0)
			return -1;
	}
	return 0;
}

static int
take_routes(struct device *dev, struct plan *p)
{
	struct devroutes *new = &p->routes;
	uint8_t *state = calloc(new->n + 1, sizeof(*state));
	struct vec old = { 0 };

	if (state == NULL || collect_old(&old, dev, new) < 0) {
		free(state);
		free(old.mem);
		return -1;
	}
	for (size_t i = 0; i < dev->routes.n; i++) {
		size_t at = route_place(new, &dev->routes.v[i]);

		if (at < new->n)
			state[at] = dev->route_state[i];
	}
	devroutes_free(&dev->routes);
	free(dev->route_state);
	free(dev->old_routes);
	dev->routes = *new;
	dev->route_state = state;
	dev->route_from = 0;
	dev->old_routes = old.mem;
	dev->nold_routes = old.n;
	*new = (struct devroutes){ 0 };
	return 0;
}

void
device_lose_routes(struct device *dev, enum ip_family family)
{
	for (size_t i = 0; i < dev->routes.n; i++)
		if (dev->routes.v[i].addr.family == family &&
		    dev->route_state[i] != ITEM_MISSING)
			dev->route_state[i] = ITEM_STALE;
	dev->route_from = 0;
}

static void
take_sources(struct device *dev, const struct plan *p)
{
	if (!ipaddr_equal(&dev->source4, &p->source4))
		device_lose_routes(dev, IP_V4);
	if (!ipaddr_equal(&dev->source6, &p->source6))
		device_lose_routes(dev, IP_V6);
	dev->source4 = p->source4;
	dev->source6 = p->source6;
}

static void
report_too_wide(struct device *dev)
{
	char text[PREFIX_TEXT_MAX];

	if (dev->routes.ntoowide > 0)
		device_say(dev, EVENT_WARN,
			   "no route is set for %s of %s: it is wider than a "
			   "/%d, and addresses of nodes and name servers may "
			   "be in it; set it with subnetupcmd if you need it",
			   prefix_format(text, &dev->routes.toowide),
			   dev->routes.toowide_node,
			   dev->routes.toowide.addr.family == IP_V4 ?
				   DEVROUTES_MIN4 :
				   DEVROUTES_MIN6);
}

void
device_plan(struct device *dev)
{
	const struct bnl *b = device_list(dev->d);
	struct prefix was = dev->routes.toowide;
	struct plan p = { 0 };

	dev->replan = false;
	/* Answers to the current batch would refer to indices that change
	 * now. */
	dev->nsent = 0;
	if ((b != NULL && plan_make(&p, dev, b) < 0) ||
	    take_addrs(dev, &p) < 0 || take_routes(dev, &p) < 0)
		log_error("%s: out of memory: its routes stay as they are",
			  tun_name(dev->d->tun));
	else
		take_sources(dev, &p);
	plan_free(&p);
	if (prefix_cmp(&was, &dev->routes.toowide) != 0)
		report_too_wide(dev);
}

void
device_unplan(struct device *dev, bool remove_routes)
{
	struct plan none = { 0 };

	dev->nsent = 0;
	if (take_addrs(dev, &none) < 0 || take_routes(dev, &none) < 0)
		log_error("out of memory: addresses and routes of %s stay",
			  tun_name(dev->d->tun));
	if (!remove_routes)
		dev->nold_routes = 0;
}

void
device_plan_free(struct device *dev)
{
	free(dev->addrs);
	free(dev->old_addrs);
	free(dev->old_routes);
	free(dev->route_state);
	devroutes_free(&dev->routes);
}
