/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Declarations that the sources of the device share. */
#ifndef DAEMON_DEVICE_IMPL_H
#define DAEMON_DEVICE_IMPL_H

#include "core/devroutes.h"
#include "core/event.h"
#include "daemon/device.h"
#include "sys/rtnl.h"

enum item_state {
	ITEM_MISSING, /* to be set */
	ITEM_STALE,   /* route: may exist with another source */
	ITEM_SET,
	ITEM_UNSEEN, /* set, but not yet seen in the current dump */
	ITEM_REFUSED /* the kernel did not set it; tried again later */
};

struct device_addr {
	struct ipaddr addr;
	uint8_t len;
	uint8_t state; /* enum item_state */
};

/* Parts found missing since the last repair. */
struct device_damage {
	bool any;
	bool down;
	bool mtu;
	unsigned int naddrs, nroutes;
	struct prefix first; /* address or route */
};

enum sent_kind { SENT_LINK, SENT_ADDR, SENT_ROUTE, SENT_OLD };

struct sent { /* a request of the current batch */
	enum sent_kind kind;
	size_t at; /* index in addrs or routes */
};

struct device {
	struct daemon *d;
	struct rtnl *rtnl;
	struct loop_fd *place;
	struct loop_timer timer; /* the next repair, or the next try */
	struct ifaces ifaces;
	bool managed; /* autoconf, and the device is on this host */
	bool gone;    /* deleted, or in another network namespace */
	uint32_t mtu;
	bool link_set;	   /* MTU and up state are correct */
	bool link_refused; /* the kernel refused to set them */

	/* Used by device_plan.c; device_watch.c marks missing items. All of
	 * this follows from the list and the interfaces. */
	bool replan;
	const struct bnl *planned;  /* compared only, never dereferenced */
	struct bnl_version version; /* version of planned */
	struct device_addr *addrs;
	size_t naddrs;
	struct device_addr *old_addrs; /* to be removed */
	size_t nold_addrs;
	struct ipaddr source4, source6; /* sources of routes; IP_NONE: none */
	struct devroutes routes;
	uint8_t *route_state;	   /* enum item_state of each */
	size_t route_from;	   /* no route before this one is missing */
	struct prefix *old_routes; /* to be removed */
	size_t nold_routes;

	/* Used by device_send.c: the current batch. */
	struct sent sent[RTNL_BATCH];
	unsigned int nsent;
	uint32_t first_seq;
	unsigned int nrefused; /* items in state ITEM_REFUSED */
	int refused_errno;     /* error of the first refused item */
	bool refused_told;
	unsigned int retries; /* in a row */
	char refused_text[PREFIX_TEXT_MAX];

	/* device_watch.c records the damage, device.c repairs it. */
	struct device_damage damage;
	bool repair_planned;  /* the timer is set for it */
	unsigned int repairs; /* repairs in a row */
	struct monotime repaired;
};

/* Makes a new plan and marks the differences from the old one. */
void device_plan(struct device *dev);
/* Plans an empty device; its routes disappear with it unless they are to be
 * removed. */
void device_unplan(struct device *dev, bool remove_routes);
void device_plan_free(struct device *dev);
/* The list in force if it contains this node; else NULL. */
const struct bnl *device_list(const struct daemon *d);
const struct bnl_node *device_own_node(const struct daemon *d);
/* True for an interface in use other than the device. */
bool device_is_other(const struct device *dev, const struct iface *f);
/* The address that another interface has in an own subnet, and its interface;
 * NULL: none. */
const struct rtnl_addr *device_lan_addr(const struct device *dev,
					const struct prefix *subnet,
					const struct iface **owner);
/* Iterates over the own subnets that are networks of another interface; *pos
 * begins at 0. The interface, or NULL at the end. */
const struct iface *device_next_lan(const struct device *dev, size_t *pos,
				    const struct prefix **subnet);
/* Marks routes of that family as missing or as having the wrong source. */
void device_lose_routes(struct device *dev, enum ip_family family);

#define DEVICE_REPAIRS_FREE 10 /* the first ones at once; then slower */

/* Sends the next batch of missing or superfluous items. false: nothing to send,
 * or a batch is pending. */
bool device_send(struct device *dev);
/* Handles RTNL_DONE and RTNL_FAILED. */
void device_sent(struct device *dev, const struct rtnl_news *news);
/* Retries refused items with the next batch. */
void device_retry(struct device *dev);

/* News of sys/rtnl.h; ctx: the device. */
void device_news(void *ctx, const struct rtnl_news *news);

/* Emits an event about the device. */
void device_say(struct device *dev, enum event_level level, const char *fmt,
		...) __attribute__((format(printf, 3, 4)));

#endif
