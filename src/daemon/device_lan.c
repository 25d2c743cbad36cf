/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares this node's subnets with the networks of the host's other
 * interfaces. */
#include "daemon/device_impl.h"

#include "daemon/daemon.h"

/* --- the host's interfaces ------------------------------------------------ */

/* True for an interface in use other than the device. */
bool
device_is_other(const struct device *dev, const struct iface *f)
{
	return f->link.up && f->link.index != tun_ifindex(dev->d->tun);
}

/* Compares two addresses in the subnet: the better one is the source of
 * packets. */
static const struct rtnl_addr *
better_addr(const struct rtnl_addr *best, const struct rtnl_addr *a)
{
	if (best == NULL || (best->tentative && !a->tentative))
		return a;
	if (a->tentative != best->tentative)
		return best;
	if (a->deprecated != best->deprecated)
		return a->deprecated ? best : a;
	return best->temporary && !a->temporary ? a : best;
}

/* The address that another interface has in an own subnet, and its interface;
 * NULL: none. */
const struct rtnl_addr *
device_lan_addr(const struct device *dev, const struct prefix *subnet,
		const struct iface **owner)
{
	const struct rtnl_addr *best = NULL, *was;

	for (size_t i = 0; i < dev->ifaces.n; i++) {
		const struct iface *f = &dev->ifaces.v[i];

		for (size_t j = 0; device_is_other(dev, f) && j < f->naddrs;
		     j++) {
			if (!prefix_contains(subnet, &f->addrs[j].a.addr))
				continue;
			was = best;
			best = better_addr(best, &f->addrs[j].a);
			if (best != was)
				*owner = f;
		}
	}
	return best;
}

/* --- the list ------------------------------------------------------------- */

/* The list in force if it contains this node; else NULL. */
const struct bnl *
device_list(const struct daemon *d)
{
	const struct bnl *b = core_list(d->core);

	return b == NULL || core_list_is_stale(d->core) ||
			       bnl_find(b, d->id->conf->name) == NULL ?
		       NULL :
		       b;
}

const struct bnl_node *
device_own_node(const struct daemon *d)
{
	const struct bnl *b = device_list(d);

	return b == NULL ? NULL : bnl_find(b, d->id->conf->name);
}

const struct iface *
device_next_lan(const struct device *dev, size_t *pos,
		const struct prefix **subnet)
{
	const struct bnl_node *own = device_own_node(dev->d);
	const struct rtnl_addr *a;
	const struct iface *f;

	while (own != NULL && *pos < own->nsubnets) {
		*subnet = &own->subnets[(*pos)++];
		a = device_lan_addr(dev, *subnet, &f);
		/* A single address, as on a loopback, is no network. */
		if (a != NULL && a->len < ipaddr_bits(&a->addr))
			return f;
	}
	return NULL;
}
