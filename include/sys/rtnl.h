/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rtnetlink(7) over one long-lived socket: news of this host's interfaces,
 * addresses and own routes, and requests in batches. Only rtnl_settle() blocks.
 */
#ifndef SYS_RTNL_H
#define SYS_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ipaddr.h"

#define RTNL_NAME_MAX 16 /* IFNAMSIZ */

/* The protocol number and the metric of each route set here. Linux leaves
 * protocol numbers above 4 to user space. The metric is worse than those of
 * the kernel (0, 256), of router advertisements (1024) and of DHCP clients, so
 * that any of their routes to the same prefix wins. */
#define RTNL_PROTOCOL 78
#define RTNL_METRIC 3406

enum rtnl_kind {
	RTNL_LINK,	 /* link: new or changed */
	RTNL_LINK_GONE,	 /* link.index */
	RTNL_ADDR,	 /* addr: new or changed */
	RTNL_ADDR_GONE,	 /* addr */
	RTNL_FORWARDING, /* forwarding: of one interface */
	RTNL_ROUTE,	 /* route: one with RTNL_PROTOCOL */
	RTNL_ROUTE_GONE, /* route */
	RTNL_DUMP,	 /* all existing objects follow; any that is absent
			  * until RTNL_SYNCED does not exist */
	RTNL_SYNCED,	 /* the dump is complete */
	RTNL_DONE,	 /* the last batch is complete */
	RTNL_FAILED	 /* seq, error: one request of the batch failed */
};

struct rtnl_link {
	unsigned int index;
	char name[RTNL_NAME_MAX];
	uint32_t mtu;
	bool up; /* set up by the administrator, with a carrier or without */
};

struct rtnl_addr {
	unsigned int index; /* index of the interface */
	struct ipaddr addr;
	uint8_t len;
	bool tentative;	 /* not usable yet, or a duplicate */
	bool deprecated; /* not for new connections */
	bool temporary;	 /* RFC 8981 */
};

struct rtnl_forwarding {
	unsigned int index;
	uint8_t family; /* enum ip_family */
	bool on;
};

struct rtnl_route {
	struct prefix dst;
	unsigned int index; /* index of the route's device */
};

struct rtnl_news {
	enum rtnl_kind kind;
	union {
		struct rtnl_link link;
		struct rtnl_addr addr;
		struct rtnl_forwarding forwarding;
		struct rtnl_route route;
	} u;
	bool own;     /* made through this socket */
	uint32_t seq; /* RTNL_FAILED */
	int error;    /* RTNL_FAILED: an errno */
};

struct rtnl;

typedef void (*rtnl_fn)(void *ctx, const struct rtnl_news *news);

/* fn gets all news, from within rtnl_read(), rtnl_settle() and rtnl_dump()
 * only; it must call none of these, nor rtnl_close(). Changes of routes that
 * were made through this socket are not reported. 0 or -1. */
int rtnl_open(struct rtnl **out, rtnl_fn fn, void *ctx, struct err *e);
void rtnl_close(struct rtnl *r); /* NULL is fine */
int rtnl_fd(const struct rtnl *r);
/* Reads the kernel's messages, up to a bound. When news were lost because there
 * were too many, a dump follows automatically. */
void rtnl_read(struct rtnl *r);
/* Requests everything that exists: RTNL_DUMP, the news, RTNL_SYNCED.
 * RTNL_SYNCED is missing when the kernel could not answer; then request again
 * some time later. */
void rtnl_dump(struct rtnl *r);
/* Reads until the current dump and batch have ended. 0, or -1 when that took
 * longer than ms milliseconds. For the start and the end. */
int rtnl_settle(struct rtnl *r, int ms, struct err *e);

/*
 * Requests. Up to RTNL_BATCH are collected, and executed by the kernel within
 * rtnl_flush(). Each returns its number for RTNL_FAILED. The next batch may
 * begin after RTNL_DONE: see rtnl_room().
 */
#define RTNL_BATCH 128

unsigned int rtnl_room(const struct rtnl *r); /* requests; 0 during a batch */
uint32_t rtnl_link_set(struct rtnl *r, unsigned int index, uint32_t mtu,
		       bool up);
/* The address adds no route. Adding an existing one fails with EEXIST, removing
 * an absent one with EADDRNOTAVAIL. */
uint32_t rtnl_addr_add(struct rtnl *r, unsigned int index,
		       const struct ipaddr *addr, uint8_t len);
uint32_t rtnl_addr_remove(struct rtnl *r, unsigned int index,
			  const struct ipaddr *addr, uint8_t len);
/* Adds the route of RTNL_METRIC to the main table, beside equal routes of other
 * devices. source: that of packets of this host's own; NULL: the kernel
 * chooses. Fails with EEXIST where the device has that route; a route with
 * another source has to be removed first. */
uint32_t rtnl_route_add(struct rtnl *r, unsigned int index,
			const struct prefix *dst, const struct ipaddr *source);
uint32_t rtnl_route_remove(struct rtnl *r, unsigned int index,
			   const struct prefix *dst);
/* 0, or -1 when the kernel accepted no request. */
int rtnl_flush(struct rtnl *r, struct err *e);

#endif
