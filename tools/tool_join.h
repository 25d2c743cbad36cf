/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl join: what its parts share. */
#ifndef TOOL_JOIN_H
#define TOOL_JOIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/key.h"
#include "format/invite.h"
#include "tool_home.h"
#include "tool_wire.h"

struct join {
	/* of the command line */
	struct tool_home home;
	struct token token;
	const char *addresses[JOIN_ADDRESSES_MAX];
	unsigned int naddresses;
	bool no_address;
	bool named;		/* --name was given, and is the token's */
	/* of this host */
	bool member;		/* it is a node already; its key is replaced */
	bool again;		/* ... that the list does not name any more */
	char *socket;		/* member: its daemon's */
	char *list;		/* member: its list */
	char *network;		/* member: of its configuration, or NULL */
	/* on the way */
	struct key *key;	/* made here, and never sent */
	char *request;
	struct buf answer;	/* what give is views of */
	struct join_give give;
};

/* Opens *w to the inviting host, by whichever of its addresses leads to it
 * first: the TLS handshake is complete, and shows its name. The others are
 * closed. source: the own address to come from, or NULL for any. */
int tool_join_dial(const struct token *token, const struct ipaddr *source,
		   struct tls_provider tls, struct tool_wire *w,
		   struct err *e);
/* Connects to the inviting host, proves, fetches what it gives, installs that,
 * starts the daemon, and tells the host. */
int tool_join_ask(struct join *j, struct err *e);

/* Before anything is asked: that what came of it could be put in place. */
int tool_join_check(struct join *j, struct err *e);
/* Verifies all that was given, by the token and by itself, and puts all of
 * it in its place, or none. */
int tool_join_install(struct join *j, struct err *e);
/* Has the daemon run with it. */
int tool_join_start(const struct join *j, struct err *e);

#endif
