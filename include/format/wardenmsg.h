/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages between the daemon and the warden, the small process that stays
 * root when the daemon drops root. One message is one datagram of a socket
 * pair; no message contains a command or a path: both sides read them from the
 * configuration.
 *
 *	RUN   kind 1, id 4, conf 4, hook 1, node length 1, node,
 *	      family 1 (0, 4, 6), prefix length 1, address 16
 *	OPEN  kind 1, id 4, conf 4, file 1, index 1
 *	DEVICE  kind 1, id 4, conf 4 (0), interface index 4
 *	CHANGES  kind 1, id 4, conf 4, then changes, each as a RUN has it from
 *	      the hook on: of the hooks of nodes and subnets
 *	DONE  kind 1, id 4, exit status 4, signal 4, errno 4, late 1,
 *	      discarded 8, output to the end
 *	FILE  kind 1, id 4, error 4, conf 4, its text to the end; the
 *	      descriptor goes with it
 *
 * conf counts the configurations that the warden has read: 1 is that of the
 * start. DEVICE is taken once, before anything from the network was read, and
 * not answered: hooks get the name that this interface has when they run. An
 * OPEN of the configuration makes it read the next one; that is in
 * force as soon as a RUN, or the next such OPEN, names it. Changes are gathered,
 * and each CHANGES is answered with DONE; the next RUN of the hook for changes
 * gives all of them to it.
 */
#ifndef FORMAT_WARDENMSG_H
#define FORMAT_WARDENMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ipaddr.h"
#include "base/text.h"
#include "format/conf.h"

enum warden_kind {
	WARDEN_RUN = 1,
	WARDEN_OPEN,
	WARDEN_DONE,
	WARDEN_FILE,
	WARDEN_DEVICE,
	WARDEN_CHANGES
};

enum warden_hook {
	WARDEN_UP,
	WARDEN_DOWN,
	WARDEN_NODE_UP,
	WARDEN_NODE_DOWN,
	WARDEN_SUBNET_UP,
	WARDEN_SUBNET_DOWN,
	WARDEN_MYSUBNET_UP,
	WARDEN_MYSUBNET_DOWN,
	WARDEN_CHANGE,		/* many of nodes and subnets, all at once */
	WARDEN_HOOKS
};

enum warden_path {
	WARDEN_CONF,
	WARDEN_LOG,
	WARDEN_CERT,
	WARDEN_KEY,
	WARDEN_CA,		/* index: number of the CA file */
	WARDEN_BNLPUBKEY,
	WARDEN_PATHS
};

/* Hooks of nodes have a node, hooks of subnets have both. */
bool warden_hook_node(enum warden_hook hook);
bool warden_hook_subnet(enum warden_hook hook);
/* The configured command; NULL: none. */
const char *warden_hook_command(const struct conf *c, enum warden_hook hook);
/* The path of any file but WARDEN_CONF; NULL: not configured. */
const char *warden_path_of(const struct conf *c, enum warden_path path,
			   unsigned int index);

/* --- changes: a row of them in memory, as in CHANGES ------------------------ */

#define WARDEN_CHANGE_MAX (1 + 1 + NODE_NAME_MAX + 1 + 1 + 16)

struct warden_change {
	enum warden_hook hook;		/* of a node or subnet */
	char node[NODE_NAME_MAX + 1];
	struct prefix subnet;		/* family IP_NONE: none */
};

/* Appends one. subnet: looked at where the hook has one. 0, or -1: there is no
 * room. */
int warden_change_put(struct buf *out, enum warden_hook hook, const char *node,
		      const struct prefix *subnet);
/* Reads the first change and advances *p. 1, or 0 at the end; -1: malformed, or
 * unsafe for a shell. */
int warden_change_next(struct warden_change *out, const uint8_t **p,
		       size_t *left);

struct warden_request {
	enum warden_kind kind;		/* RUN, OPEN, DEVICE or CHANGES */
	uint32_t id;
	uint32_t conf;			/* in force, or just read */
	enum warden_hook hook;		/* RUN */
	char node[NODE_NAME_MAX + 1];	/* "": none */
	struct prefix subnet;		/* family IP_NONE: none */
	enum warden_path path;		/* OPEN */
	uint8_t index;
	uint32_t device;		/* DEVICE: not 0 */
	const uint8_t *changes;		/* CHANGES: a view of some, all of them */
	size_t nchanges;		/* checked; its bytes */
};

#define WARDEN_CHANGES_MAX 16384	/* bytes in one message */
#define WARDEN_REQUEST_MAX (1 + 4 + 4 + WARDEN_CHANGES_MAX)

size_t warden_request_encode(uint8_t out[WARDEN_REQUEST_MAX],
			     const struct warden_request *r);
/* Refuses everything that would not be safe in the environment of a shell: the
 * name is a node's, the subnet a well-formed prefix, each is present exactly
 * when the hook has it, and nothing follows. */
int warden_request_decode(struct warden_request *out, const void *in,
			  size_t len, struct err *e);

#define WARDEN_OUTPUT_MAX 4096

struct warden_reply {
	enum warden_kind kind;		/* DONE or FILE */
	uint32_t id;
	uint32_t failed;		/* DONE: an errno, not started; FILE:
					 * an enum err_code */
	uint32_t conf;			/* FILE of CONF: number; 0: unusable */
	int32_t exit_status;		/* DONE: as struct hook_result */
	uint32_t signal;
	bool timed_out;
	uint64_t discarded;
	const uint8_t *output;		/* a view; FILE: text of the error */
	size_t len;
};

#define WARDEN_REPLY_MAX (1 + 4 + 4 + 4 + 4 + 1 + 8 + WARDEN_OUTPUT_MAX)

size_t warden_reply_encode(uint8_t out[WARDEN_REPLY_MAX],
			   const struct warden_reply *r);
int warden_reply_decode(struct warden_reply *out, const void *in, size_t len,
			struct err *e);

#endif
