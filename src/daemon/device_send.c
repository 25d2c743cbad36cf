/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings the kernel's state to the plan, a batch at a time. */
#include "daemon/device_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "daemon/daemon.h"
#include "sys/clock.h"

#define RETRY_MS 1000 /* doubled each time */
#define RETRY_MAX_MS 60000

static void
record_request(struct device *dev, uint32_t seq, enum sent_kind kind, size_t at)
{
	if (dev->nsent == 0)
		dev->first_seq = seq;
	dev->sent[dev->nsent].kind = kind;
	dev->sent[dev->nsent++].at = at;
}

static unsigned int
own_index(const struct device *dev)
{
	return tun_ifindex(dev->d->tun);
}

static void
send_link(struct device *dev)
{
	if (dev->link_set)
		return;
	record_request(dev,
		       rtnl_link_set(dev->rtnl, own_index(dev), dev->mtu, true),
		       SENT_LINK, 0);
	dev->link_set = true;
}

/* Sent before the wanted ones: the kernel may remove those together with old
 * ones. */
static void
send_old_addrs(struct device *dev)
{
	while (dev->nold_addrs > 0 && rtnl_room(dev->rtnl) > 0) {
		const struct device_addr *a =
			&dev->old_addrs[--dev->nold_addrs];

		record_request(dev,
			       rtnl_addr_remove(dev->rtnl, own_index(dev),
						&a->addr, a->len),
			       SENT_OLD, 0);
	}
}

static void
send_addrs(struct device *dev)
{
	for (size_t i = 0; i < dev->naddrs && rtnl_room(dev->rtnl) > 0; i++) {
		struct device_addr *a = &dev->addrs[i];

		if (a->state != ITEM_MISSING)
			continue;
		record_request(dev,
			       rtnl_addr_add(dev->rtnl, own_index(dev),
					     &a->addr, a->len),
			       SENT_ADDR, i);
		a->state = ITEM_SET;
	}
}

/* An item needs two requests at most. */
static void
send_route(struct device *dev, size_t i)
{
	const struct prefix *p = &dev->routes.v[i];
	const struct ipaddr *source =
		p->addr.family == IP_V4 ? &dev->source4 : &dev->source6;

	if (dev->route_state[i] == ITEM_STALE)
		record_request(dev,
			       rtnl_route_remove(dev->rtnl, own_index(dev), p),
			       SENT_OLD, 0);
	record_request(
		dev,
		rtnl_route_add(dev->rtnl, own_index(dev), p,
			       source->family == IP_NONE ? NULL : source),
		SENT_ROUTE, i);
	dev->route_state[i] = ITEM_SET;
}

static void
send_routes(struct device *dev)
{
	for (; dev->route_from < dev->routes.n && rtnl_room(dev->rtnl) > 1;
	     dev->route_from++) {
		uint8_t state = dev->route_state[dev->route_from];

		if (state == ITEM_MISSING || state == ITEM_STALE)
			send_route(dev, dev->route_from);
	}
}

static void
send_old_routes(struct device *dev)
{
	while (dev->nold_routes > 0 && rtnl_room(dev->rtnl) > 0)
		record_request(
			dev,
			rtnl_route_remove(dev->rtnl, own_index(dev),
					  &dev->old_routes[--dev->nold_routes]),
			SENT_OLD, 0);
}

bool
device_send(struct device *dev)
{
	struct err e;

	if (!dev->managed || rtnl_room(dev->rtnl) < RTNL_BATCH)
		return false;
	dev->nsent = 0;
	send_link(dev);
	send_old_addrs(dev);
	send_addrs(dev);
	send_routes(dev);
	send_old_routes(dev);
	if (dev->nsent == 0)
		return false;
	if (rtnl_flush(dev->rtnl, &e) == 0)
		return true;
	/* The kernel is out of memory: the next dump shows the missing
	 * items. */
	device_say(dev, EVENT_WARN, "%s", e.text);
	return false;
}

/* --- answers -------------------------------------------------------------- */

static void
item_text(const struct device *dev, const struct sent *s,
	  char out[PREFIX_TEXT_MAX])
{
	struct prefix p;

	switch (s->kind) {
	case SENT_ADDR:
		p = (struct prefix){ dev->addrs[s->at].addr,
				     dev->addrs[s->at].len };
		prefix_format(out, &p);
		return;
	case SENT_ROUTE:
		prefix_format(out, &dev->routes.v[s->at]);
		return;
	case SENT_LINK:
	case SENT_OLD:
		break;
	}
	snprintf(out, PREFIX_TEXT_MAX, "MTU %u", (unsigned int)dev->mtu);
}

static void
refuse_item(struct device *dev, const struct sent *s, int error)
{
	switch (s->kind) {
	case SENT_OLD:
		return; /* the address is already gone */
	case SENT_ADDR:
		if (error == EEXIST)
			return;
		dev->addrs[s->at].state = ITEM_REFUSED;
		break;
	case SENT_ROUTE:
		if (error == EEXIST)
			return;
		dev->route_state[s->at] = ITEM_REFUSED;
		break;
	case SENT_LINK:
		dev->link_refused = true;
		break;
	}
	if (dev->nrefused++ > 0)
		return;
	dev->refused_errno = error;
	item_text(dev, s, dev->refused_text);
}

static bool
is_without_ipv6(const struct device *dev)
{
	return strchr(dev->refused_text, ':') != NULL &&
	       (dev->refused_errno == EACCES ||
		dev->refused_errno == EOPNOTSUPP ||
		dev->refused_errno == EAFNOSUPPORT);
}

/* Reported once, until everything is set again. */
static void
report_refused(struct device *dev)
{
	if (dev->refused_told)
		return;
	dev->refused_told = true;
	if (is_without_ipv6(dev))
		device_say(dev, EVENT_INFO,
			   "IPv6 is disabled there: %s and the rest of the "
			   "VPN's IPv6 are left out",
			   dev->refused_text);
	else
		device_say(dev, EVENT_WARN, "cannot set %s: %s",
			   dev->refused_text, strerror(dev->refused_errno));
}

static void
all_sent(struct device *dev)
{
	dev->nsent = 0;
	if (dev->nrefused == 0) {
		dev->retries = 0;
		dev->refused_told = false;
		return;
	}
	report_refused(dev);
	/* A planned repair includes a retry. */
	if (dev->repair_planned)
		return;
	loop_timer_set(
		&dev->timer,
		mono_add_ms(clock_mono(), backoff_next(RETRY_MS, RETRY_MAX_MS,
						       &dev->retries)));
}

void
device_sent(struct device *dev, const struct rtnl_news *news)
{
	if (news->kind == RTNL_DONE)
		all_sent(dev);
	else if (news->seq - dev->first_seq < dev->nsent)
		refuse_item(dev, &dev->sent[news->seq - dev->first_seq],
			    news->error);
}

void
device_retry(struct device *dev)
{
	dev->nrefused = 0;
	dev->link_set = dev->link_set && !dev->link_refused;
	dev->link_refused = false;
	for (size_t i = 0; i < dev->naddrs; i++)
		if (dev->addrs[i].state == ITEM_REFUSED)
			dev->addrs[i].state = ITEM_MISSING;
	for (size_t i = 0; i < dev->routes.n; i++)
		if (dev->route_state[i] == ITEM_REFUSED)
			dev->route_state[i] = ITEM_MISSING;
	dev->route_from = 0;
}
