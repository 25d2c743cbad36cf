/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions that the core asks for: a queue that its owner drains after each
 * input. */
#ifndef CORE_ACTION_H
#define CORE_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/text.h"
#include "core/event.h"
#include "format/bnl_receive.h"

enum action_kind {
	ACTION_CONNECT,	     /* conn, to: open TCP; answer _opened or _closed */
	ACTION_STREAM_READY, /* conn: core_stream_drain() has bytes for it */
	ACTION_CLOSE,	     /* conn: after the bytes still to be drained */
	ACTION_SEND_UDP,     /* to, local, data: one datagram */
	ACTION_TUN_WRITE,    /* data: one packet, no offload */
	ACTION_STORE_PAIR,   /* ticket, peer, data: write; data empty: erase */
	ACTION_BUILD_LIST,   /* ticket, source: verify and build a generation */
	ACTION_STORE_LIST,   /* ticket, view, list, in_force, mark: write the
			      * list, then the mark */
	ACTION_STORE_HELD,   /* ticket, view: write the list that is held; view
			      * empty: remove it, not answered */
	ACTION_STORE_ADDRCACHE, /* data: write; not answered */
	ACTION_DISCARD,		/* discarded: free it beside the loop, which
				 * may take long; not answered */
	ACTION_STORE_RUN,	/* run_s: write, with the time; not answered */
	ACTION_RESOLVE,		/* text: a host name to be looked up */
	ACTION_RUN_HOOK,	/* hook, peer, subnet, covering */
	ACTION_EVENT		/* level, event, peer, text */
};

/* Pending ACTION_RESOLVE at a time. */
#define ACTION_RESOLVE_MAX 8

/* Reasons why a TCP connection ended, or could not be made. */
enum close_reason {
	CLOSE_ORDERLY,	   /* the other side ended it, or we did */
	CLOSE_REFUSED,	   /* the host has no such port open */
	CLOSE_TIMEOUT,	   /* nothing came back */
	CLOSE_UNREACHABLE, /* a router, or this host, knows no way */
	CLOSE_BROKEN	   /* anything else: the text says it */
};

enum hook_kind {
	HOOK_NODE_UP,
	HOOK_NODE_DOWN,
	HOOK_SUBNET_UP,
	HOOK_SUBNET_DOWN,
	HOOK_MYSUBNET_UP,
	HOOK_MYSUBNET_DOWN
};

struct action {
	enum action_kind kind;
	uint32_t conn;
	uint32_t ticket; /* names the answer to STORE_* and BUILD_LIST */
	struct endpoint to;
	struct ipaddr local; /* source address to use; IP_NONE: any */
	uint8_t *data;	     /* owned by the action */
	size_t len;	     /* the length of data */
	const uint8_t *view; /* owned by the core until the answer */
	size_t viewlen;
	struct bnl_source source; /* BUILD_LIST: likewise */
	/* STORE_LIST: the list in the view, and the one that it replaces; NULL:
	 * none. Owned by the core until the answer. */
	const struct bnl *list, *in_force;
	uint8_t mark[40]; /* STORE_LIST: the version as written on wires */
	int64_t run_s;	  /* STORE_RUN: the node's running time */
	/* DISCARD: owned by the action; discard() frees it. */
	void *discarded;
	void (*discard)(void *discarded);
	enum hook_kind hook;
	struct prefix subnet;
	uint8_t covering; /* own subnet: length of the network's
			   * prefix around it */
	enum event_level level;
	enum event_kind event;
	char peer[NODE_NAME_MAX + 1]; /* "" when none */
	char *text;		      /* EVENT, RESOLVE: owned by the action */
};

struct actions {
	struct action *ring;
	size_t head, count, cap; /* cap: a power of two, or 0 */
	uint64_t lost;		 /* datagrams not queued: full */
};

/* Datagrams beyond so many waiting actions are dropped and counted. */
#define ACTIONS_DATAGRAMS_MAX 4096

void actions_init(struct actions *q);
void actions_free(struct actions *q);
/* Adds an action of that kind, zeroed, and returns it to be filled in; NULL
 * when memory is out. The pointer dies with the next call. */
struct action *actions_add(struct actions *q, enum action_kind kind);
/* Copies the datagram; dropped and counted when the queue is full. */
void actions_udp(struct actions *q, const struct endpoint *to,
		 const struct ipaddr *local, const void *data, size_t len);
void actions_event(struct actions *q, enum event_level level,
		   enum event_kind event, const char *peer, const char *fmt,
		   ...) __attribute__((format(printf, 5, 6)));
/* Takes the oldest out; the caller then owns data and text: action_done().
 * false when there is none. */
bool actions_next(struct actions *q, struct action *out);
void action_done(struct action *a);

#endif
