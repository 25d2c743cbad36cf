/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages between the daemon and the monitor, the small process that stays
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
 * conf counts the configurations that the monitor has read: 1 is that of the
 * start. DEVICE is taken once, before anything from the network was read, and
 * not answered: hooks get the name that this interface has when they run. An
 * OPEN of the configuration makes it read the next one; that is in force as
 * soon as a RUN, or the next such OPEN, names it. Changes are gathered, and
 * each CHANGES is answered with DONE; the next RUN of the hook for changes
 * gives all of them to it.
 */
#ifndef FORMAT_MONITORMSG_H
#define FORMAT_MONITORMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ipaddr.h"
#include "base/text.h"
#include "format/conf.h"

enum monitor_kind {
	MONITOR_RUN = 1,
	MONITOR_OPEN,
	MONITOR_DONE,
	MONITOR_FILE,
	MONITOR_DEVICE,
	MONITOR_CHANGES
};

enum monitor_hook {
	MONITOR_UP,
	MONITOR_DOWN,
	MONITOR_NODE_UP,
	MONITOR_NODE_DOWN,
	MONITOR_SUBNET_UP,
	MONITOR_SUBNET_DOWN,
	MONITOR_MYSUBNET_UP,
	MONITOR_MYSUBNET_DOWN,
	MONITOR_CHANGE, /* many of nodes and subnets, all at once */
	MONITOR_HOOKS
};

enum monitor_path {
	MONITOR_CONF,
	MONITOR_LOG,
	MONITOR_CERT,
	MONITOR_KEY,
	MONITOR_CA, /* index: number of the CA file */
	MONITOR_BNLPUBKEY,
	MONITOR_PATHS
};

/* Hooks of nodes have a node, hooks of subnets have both. */
bool monitor_hook_node(enum monitor_hook hook);
bool monitor_hook_subnet(enum monitor_hook hook);
/* The configured command; NULL: none. */
const char *monitor_hook_command(const struct conf *c, enum monitor_hook hook);
/* The path of any file but MONITOR_CONF; NULL: not configured. */
const char *monitor_path_of(const struct conf *c, enum monitor_path path,
			    unsigned int index);

/* --- changes: a row of them in memory, as in CHANGES ---------------------- */

#define MONITOR_CHANGE_MAX (1 + 1 + NODE_NAME_MAX + 1 + 1 + 16)

struct monitor_change {
	enum monitor_hook hook; /* of a node or subnet */
	char node[NODE_NAME_MAX + 1];
	struct prefix subnet; /* family IP_NONE: none */
};

/* Appends one. subnet: looked at where the hook has one. 0, or -1: there is no
 * room. */
int monitor_change_put(struct buf *out, enum monitor_hook hook,
		       const char *node, const struct prefix *subnet);
/* Reads the first change and advances *p. 1, or 0 at the end; -1: malformed, or
 * unsafe for a shell. */
int monitor_change_next(struct monitor_change *out, const uint8_t **p,
			size_t *left);

struct monitor_request {
	enum monitor_kind kind; /* RUN, OPEN, DEVICE or CHANGES */
	uint32_t id;
	uint32_t conf;		      /* in force, or just read */
	enum monitor_hook hook;	      /* RUN */
	char node[NODE_NAME_MAX + 1]; /* "": none */
	struct prefix subnet;	      /* family IP_NONE: none */
	enum monitor_path path;	      /* OPEN */
	uint8_t index;
	uint32_t device;	/* DEVICE: not 0 */
	const uint8_t *changes; /* CHANGES: a view of some, all of them */
	size_t nchanges;	/* checked; its bytes */
};

#define MONITOR_CHANGES_MAX 16384 /* bytes in one message */
#define MONITOR_REQUEST_MAX (1 + 4 + 4 + MONITOR_CHANGES_MAX)

size_t monitor_request_encode(uint8_t out[MONITOR_REQUEST_MAX],
			      const struct monitor_request *r);
/* Refuses everything that would not be safe in the environment of a shell: the
 * name is a node's, the subnet a well-formed prefix, each is present exactly
 * when the hook has it, and nothing follows. */
int monitor_request_decode(struct monitor_request *out, const void *in,
			   size_t len, struct err *e);

#define MONITOR_OUTPUT_MAX 4096

struct monitor_reply {
	enum monitor_kind kind; /* DONE or FILE */
	uint32_t id;
	uint32_t failed;     /* DONE: an errno, not started; FILE:
			      * an enum err_code */
	uint32_t conf;	     /* FILE of CONF: number; 0: unusable */
	int32_t exit_status; /* DONE: as struct hook_result */
	uint32_t signal;
	bool timed_out;
	uint64_t discarded;
	const uint8_t *output; /* a view; FILE: text of the error */
	size_t len;
};

#define MONITOR_REPLY_MAX (1 + 4 + 4 + 4 + 4 + 1 + 8 + MONITOR_OUTPUT_MAX)

size_t monitor_reply_encode(uint8_t out[MONITOR_REPLY_MAX],
			    const struct monitor_reply *r);
int monitor_reply_decode(struct monitor_reply *out, const void *in, size_t len,
			 struct err *e);

#endif
