/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interfaces and addresses in two levels of arrays; there are few of them. */
#include "sys/ifaces.h"

#include <stdlib.h>
#include <string.h>

void
ifaces_free(struct ifaces *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].addrs);
	free(t->v);
	*t = (struct ifaces){ 0 };
}

static struct iface *
iface_get(const struct ifaces *t, unsigned int index)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].link.index == index)
			return &t->v[i];
	return NULL;
}

const struct iface *
ifaces_find(const struct ifaces *t, unsigned int index)
{
	return iface_get(t, index);
}

static void
iface_drop(struct ifaces *t, struct iface *f)
{
	free(f->addrs);
	*f = t->v[--t->n];
}

static struct iface *
iface_new(struct ifaces *t, unsigned int index)
{
	struct iface *v = realloc(t->v, (t->n + 1) * sizeof(*v));

	if (v == NULL)
		return NULL;
	t->v = v;
	v[t->n] = (struct iface){ .link.index = index };
	return &v[t->n++];
}

/* Finds or makes an entry: news of addresses may come before those of their
 * interface. */
static struct iface *
iface_make(struct ifaces *t, unsigned int index)
{
	struct iface *f = iface_get(t, index);

	return f != NULL ? f : iface_new(t, index);
}

static bool
take_link(struct ifaces *t, const struct rtnl_link *l)
{
	struct iface *f = iface_make(t, l->index);
	bool changed;

	if (f == NULL)
		return false;
	f->seen = true;
	changed = f->link.up != l->up || f->link.mtu != l->mtu ||
		  strcmp(f->link.name, l->name) != 0;
	f->link = *l;
	return changed;
}

static struct iface_addr *
addr_get(const struct iface *f, const struct rtnl_addr *a)
{
	for (size_t i = 0; i < f->naddrs; i++)
		if (f->addrs[i].a.len == a->len &&
		    ipaddr_equal(&f->addrs[i].a.addr, &a->addr))
			return &f->addrs[i];
	return NULL;
}

static bool
take_addr(struct ifaces *t, const struct rtnl_addr *a)
{
	struct iface *f = iface_make(t, a->index);
	struct iface_addr *at;
	bool changed = false;

	if (f == NULL)
		return false;
	at = addr_get(f, a);
	if (at == NULL) {
		at = realloc(f->addrs, (f->naddrs + 1) * sizeof(*at));
		if (at == NULL)
			return false;
		f->addrs = at;
		at = &f->addrs[f->naddrs++];
		changed = true;
	}
	changed = changed || at->a.tentative != a->tentative ||
		  at->a.deprecated != a->deprecated ||
		  at->a.temporary != a->temporary;
	*at = (struct iface_addr){ .a = *a, .seen = true };
	return changed;
}

/* Keeps the order of the others: the first address is the main one. */
static void
addr_drop(struct iface *f, struct iface_addr *at)
{
	size_t behind = (size_t)(f->addrs + --f->naddrs - at);

	memmove(at, at + 1, behind * sizeof(*at));
}

static bool
take_addr_gone(struct ifaces *t, const struct rtnl_addr *a)
{
	struct iface *f = iface_get(t, a->index);
	struct iface_addr *at = f == NULL ? NULL : addr_get(f, a);

	if (at == NULL)
		return false;
	addr_drop(f, at);
	return true;
}

static bool
take_forwarding(struct ifaces *t, const struct rtnl_forwarding *w)
{
	struct iface *f = iface_make(t, w->index);
	bool *at, changed;

	if (f == NULL)
		return false;
	at = w->family == IP_V4 ? &f->forwards4 : &f->forwards6;
	changed = *at != w->on;
	*at = w->on;
	return changed;
}

static void
begin_dump(struct ifaces *t)
{
	for (size_t i = 0; i < t->n; i++) {
		t->v[i].seen = false;
		for (size_t j = 0; j < t->v[i].naddrs; j++)
			t->v[i].addrs[j].seen = false;
	}
}

/* Drops all entries that the dump did not contain. */
static bool
end_dump(struct ifaces *t)
{
	bool changed = false;

	for (size_t i = t->n; i-- > 0;) {
		struct iface *f = &t->v[i];

		for (size_t j = f->naddrs; j-- > 0;)
			if (!f->addrs[j].seen) {
				addr_drop(f, &f->addrs[j]);
				changed = true;
			}
		if (!f->seen) {
			iface_drop(t, f);
			changed = true;
		}
	}
	return changed;
}

static bool
take_news(struct ifaces *t, const struct rtnl_news *news)
{
	struct iface *f;

	switch (news->kind) {
	case RTNL_LINK:
		return take_link(t, &news->u.link);
	case RTNL_LINK_GONE:
		f = iface_get(t, news->u.link.index);
		if (f != NULL)
			iface_drop(t, f);
		return f != NULL;
	case RTNL_ADDR:
		return take_addr(t, &news->u.addr);
	case RTNL_ADDR_GONE:
		return take_addr_gone(t, &news->u.addr);
	case RTNL_FORWARDING:
		return take_forwarding(t, &news->u.forwarding);
	case RTNL_DUMP:
		begin_dump(t);
		return false;
	case RTNL_SYNCED:
		return end_dump(t);
	case RTNL_ROUTE:
	case RTNL_ROUTE_GONE:
	case RTNL_DONE:
	case RTNL_FAILED:
		break;
	}
	return false;
}

bool
ifaces_take(struct ifaces *t, const struct rtnl_news *news)
{
	bool changed = take_news(t, news);

	t->changes += changed;
	return changed;
}
