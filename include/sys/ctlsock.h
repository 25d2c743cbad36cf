/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket: a client sends one line, gets bytes, and the end of the
 * stream ends the answer. A client is identified by a number that is never
 * reused, so that a late answer to a client that has left is discarded.
 */
#ifndef SYS_CTLSOCK_H
#define SYS_CTLSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "sys/loop.h"

#define CTLSOCK_CLIENTS_MAX 16
#define CTLSOCK_LINE_MAX 4096		      /* with LF */
#define CTLSOCK_REPLY_MAX (64u * 1024 * 1024) /* unsent at one time */
#define CTLSOCK_REQUEST_MS 10000	      /* for the whole line */
#define CTLSOCK_WRITE_MS 30000		      /* without progress */

struct ctlsock;

struct ctlsock_peer { /* the requester's credentials, from the kernel */
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* line: NUL-terminated, without LF; without a NUL inside. */
typedef void (*ctlsock_fn)(void *ctx, uint64_t client,
			   const struct ctlsock_peer *peer, const char *line);

/*
 * Makes the directory (0755) if missing, and the socket with this mode and
 * group (-1: unchanged). A socket without a listener is replaced; one that
 * answers is ERR_EXISTS, anything else at the path ERR_PERM.
 */
int ctlsock_open(struct ctlsock **out, struct loop *l, const char *path,
		 mode_t mode, gid_t group, ctlsock_fn fn, void *ctx,
		 struct err *e);
/* Closes all clients and removes the socket. NULL is fine. */
void ctlsock_close(struct ctlsock *c);
/* Appends to the answer; end: the answer is complete, the connection closes
 * once all is sent. -1 when the client has left or was cut off for reading too
 * slowly. */
int ctlsock_reply(struct ctlsock *c, uint64_t client, const void *data,
		  size_t len, bool end);
/* Bytes of the answer that the client has not taken yet. */
size_t ctlsock_unsent(struct ctlsock *c, uint64_t client);
size_t ctlsock_clients(const struct ctlsock *c);
/* Shorter limits, for tests. */
void ctlsock_limits(struct ctlsock *c, int64_t request_ms, int64_t write_ms);

#endif
