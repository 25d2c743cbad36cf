/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP: listeners in the loop, connecting, reading, writing. All descriptors are
 * non-blocking, close-on-exec and without delay (TCP_NODELAY). Segments, of
 * both directions, are at most 536 bytes over IPv4 and 1,220 over IPv6, so that
 * they pass on paths that drop large packets without an ICMP error. */
#ifndef SYS_TCP_H
#define SYS_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ipaddr.h"
#include "sys/loop.h"

struct tcp_listener;

/* The callee closes fd. May close the listener. */
typedef void (*tcp_accept_fn)(void *ctx, int fd, const struct endpoint *remote,
			      const struct endpoint *local);

int tcp_listen(struct tcp_listener **out, struct loop *l,
	       const struct endpoint *local, tcp_accept_fn fn, void *ctx,
	       struct err *e);
void tcp_listener_close(struct tcp_listener *t); /* NULL is fine */
struct endpoint tcp_listener_local(const struct tcp_listener *t);
/* While paused, connections wait in the kernel's backlog. */
void tcp_listener_pause(struct tcp_listener *t, bool pause);
/* How often accepting paused for a second, since no descriptors were left. */
uint64_t tcp_listener_starved(const struct tcp_listener *t);

/* Allows this process as many descriptors as its hard limit does, 65,536 at
 * most. Returns the number that it may have. */
size_t tcp_allow(void);
/* Starts connecting; the descriptor becomes writable when the attempt has
 * succeeded or failed. source: IP_NONE or NULL for any. Returns the descriptor,
 * or -1 with errno. */
int tcp_connect(const struct endpoint *remote, const struct ipaddr *source,
		struct err *e);
/* Once writable: 0, or the errno that ended the attempt. */
int tcp_connect_result(int fd);

enum tcp_io { TCP_OK, TCP_AGAIN, TCP_EOF, TCP_ERROR };

/* *n: bytes moved, > 0 with TCP_OK. An error leaves errno. */
enum tcp_io tcp_read(int fd, void *out, size_t cap, size_t *n);
enum tcp_io tcp_write(int fd, const void *data, size_t len, size_t *n);
/* Shuts down the sending direction. */
void tcp_finish(int fd);
/* reset: discards unsent data, no TIME_WAIT. */
void tcp_close(int fd, bool reset);

#endif
