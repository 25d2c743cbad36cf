/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watches the device and the host's interfaces, marks missing items, and
 * changes nothing. */
#include "daemon/device_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"

static void
record_damage(struct device *dev, const struct prefix *p, bool route)
{
	struct device_damage *g = &dev->damage;

	if (g->naddrs + g->nroutes == 0)
		g->first = *p;
	if (route)
		g->nroutes++;
	else
		g->naddrs++;
	g->any = true;
}

static bool
is_own(const struct device *dev, unsigned int index)
{
	return index == tun_ifindex(dev->d->tun);
}

static void
take_name(struct device *dev, const char *name)
{
	char was[RTNL_NAME_MAX];

	if (strcmp(tun_name(dev->d->tun), name) == 0)
		return;
	snprintf(was, sizeof(was), "%s", tun_name(dev->d->tun));
	tun_renamed(dev->d->tun, name);
	device_say(dev, EVENT_INFO, "the device was renamed, it was %s", was);
}

/* When the link goes down all its routes disappear, without any news. */
static void
take_link(struct device *dev, const struct rtnl_link *l)
{
	take_name(dev, l->name);
	if (dev->gone) {
		dev->gone = false;
		dev->managed = dev->d->id->conf->autoconf;
		dev->replan = true;
	}
	if (!l->up) {
		device_lose_routes(dev, IP_V4);
		device_lose_routes(dev, IP_V6);
	}
	if (!dev->managed || (l->up && l->mtu == dev->mtu))
		return;
	dev->link_set = false;
	dev->damage.any = true;
	dev->damage.down = dev->damage.down || !l->up;
	dev->damage.mtu = dev->damage.mtu || l->mtu != dev->mtu;
}

static void
take_link_gone(struct device *dev)
{
	dev->gone = true;
	dev->managed = false;
	device_say(dev, EVENT_ERROR,
		   "the device was deleted, or is in another network "
		   "namespace now");
}

static struct device_addr *
own_addr(const struct device *dev, const struct rtnl_addr *a)
{
	for (size_t i = 0; i < dev->naddrs; i++)
		if (dev->addrs[i].len == a->len &&
		    ipaddr_equal(&dev->addrs[i].addr, &a->addr))
			return &dev->addrs[i];
	return NULL;
}

/* A new address shows that IPv6 is enabled now, which may have been the reason
 * of a refusal. */
static void
take_addr(struct device *dev, const struct rtnl_news *news)
{
	struct device_addr *a = own_addr(dev, &news->u.addr);

	if (a != NULL && a->state == ITEM_UNSEEN)
		a->state = ITEM_SET;
	else if (a == NULL && !news->own && dev->nrefused > 0 &&
		 news->u.addr.addr.family == IP_V6)
		device_retry(dev);
}

static void
lose_addr(struct device *dev, struct device_addr *a)
{
	struct prefix p = { a->addr, a->len };

	a->state = ITEM_MISSING;
	record_damage(dev, &p, false);
	/* Routes with this source are gone, or have another source. */
	device_lose_routes(dev, (enum ip_family)a->addr.family);
}

static void
take_addr_gone(struct device *dev, const struct rtnl_news *news)
{
	struct device_addr *a = own_addr(dev, &news->u.addr);

	if (a != NULL && !news->own &&
	    (a->state == ITEM_SET || a->state == ITEM_UNSEEN))
		lose_addr(dev, a);
}

/* During a batch such news are mostly about routes that the kernel removed with
 * an address that this daemon removed; the batch has set them again. */
static void
lose_route(struct device *dev, size_t at)
{
	bool busy = rtnl_room(dev->rtnl) == 0;

	dev->route_state[at] = busy ? ITEM_STALE : ITEM_MISSING;
	if (at < dev->route_from)
		dev->route_from = at;
	if (!busy)
		record_damage(dev, &dev->routes.v[at], true);
}

/* Items that an earlier daemon left on a persistent device are to be
 * removed. */
static void
take_old_route(struct device *dev, const struct prefix *dst)
{
	struct prefix *v =
		realloc(dev->old_routes, (dev->nold_routes + 1) * sizeof(*v));

	if (v == NULL)
		return;
	v[dev->nold_routes++] = *dst;
	dev->old_routes = v;
}

static void
take_route(struct device *dev, const struct prefix *dst, bool gone)
{
	const struct prefix *p = devroutes_find(&dev->routes, &dst->addr);
	size_t at = p == NULL ? 0 : (size_t)(p - dev->routes.v);

	if (p == NULL || prefix_cmp(p, dst) != 0) {
		if (!gone)
			take_old_route(dev, dst);
		return;
	}
	if (gone && (dev->route_state[at] == ITEM_SET ||
		     dev->route_state[at] == ITEM_UNSEEN))
		lose_route(dev, at);
	else if (!gone && dev->route_state[at] == ITEM_UNSEEN)
		dev->route_state[at] = ITEM_SET;
}

static void
begin_dump(struct device *dev)
{
	for (size_t i = 0; i < dev->naddrs; i++)
		if (dev->addrs[i].state == ITEM_SET)
			dev->addrs[i].state = ITEM_UNSEEN;
	for (size_t i = 0; i < dev->routes.n; i++)
		if (dev->route_state[i] == ITEM_SET)
			dev->route_state[i] = ITEM_UNSEEN;
}

static void
end_dump(struct device *dev)
{
	for (size_t i = 0; i < dev->naddrs; i++)
		if (dev->addrs[i].state == ITEM_UNSEEN)
			lose_addr(dev, &dev->addrs[i]);
	for (size_t i = 0; i < dev->routes.n; i++)
		if (dev->route_state[i] == ITEM_UNSEEN)
			lose_route(dev, i);
}

/* News of the device itself. */
static void
own_news(struct device *dev, const struct rtnl_news *news)
{
	switch (news->kind) {
	case RTNL_LINK:
		take_link(dev, &news->u.link);
		break;
	case RTNL_LINK_GONE:
		take_link_gone(dev);
		break;
	case RTNL_ADDR:
		take_addr(dev, news);
		break;
	case RTNL_ADDR_GONE:
		take_addr_gone(dev, news);
		break;
	case RTNL_ROUTE:
	case RTNL_ROUTE_GONE:
		take_route(dev, &news->u.route.dst,
			   news->kind == RTNL_ROUTE_GONE);
		break;
	case RTNL_FORWARDING:
	case RTNL_DUMP:
	case RTNL_SYNCED:
	case RTNL_DONE:
	case RTNL_FAILED:
		break;
	}
}

static unsigned int
index_of(const struct rtnl_news *news)
{
	switch (news->kind) {
	case RTNL_LINK:
	case RTNL_LINK_GONE:
		return news->u.link.index;
	case RTNL_ADDR:
	case RTNL_ADDR_GONE:
		return news->u.addr.index;
	case RTNL_ROUTE:
	case RTNL_ROUTE_GONE:
		return news->u.route.index;
	case RTNL_FORWARDING:
		return news->u.forwarding.index;
	case RTNL_DUMP:
	case RTNL_SYNCED:
	case RTNL_DONE:
	case RTNL_FAILED:
		break;
	}
	return 0;
}

/* True when the change may matter to the plan. Containers create and delete
 * interfaces that have only a link-local address. */
static bool
concerns_plan(const struct device *dev, const struct rtnl_news *news)
{
	const struct iface *f;

	switch (news->kind) {
	case RTNL_ADDR:
	case RTNL_ADDR_GONE:
		return !ipaddr_is_linklocal(&news->u.addr.addr);
	case RTNL_LINK:
		f = ifaces_find(&dev->ifaces, news->u.link.index);
		for (size_t i = 0; f != NULL && i < f->naddrs; i++)
			if (!ipaddr_is_linklocal(&f->addrs[i].a.addr))
				return true;
		return false;
	case RTNL_SYNCED:
		return true;
	case RTNL_LINK_GONE: /* lost addresses were reported before */
	case RTNL_FORWARDING:
	case RTNL_DUMP:
	case RTNL_ROUTE:
	case RTNL_ROUTE_GONE:
	case RTNL_DONE:
	case RTNL_FAILED:
		break;
	}
	return false;
}

void
device_news(void *ctx, const struct rtnl_news *news)
{
	struct device *dev = ctx;
	bool changed = ifaces_take(&dev->ifaces, news);

	if (is_own(dev, index_of(news)))
		own_news(dev, news);
	else if (changed && concerns_plan(dev, news))
		dev->replan = true;
	if (news->kind == RTNL_DUMP)
		begin_dump(dev);
	else if (news->kind == RTNL_SYNCED)
		end_dump(dev);
	else if (news->kind == RTNL_DONE || news->kind == RTNL_FAILED)
		device_sent(dev, news);
}
