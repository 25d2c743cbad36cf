/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl join: declarations shared by its parts. */
#ifndef TOOLS_JOIN_H
#define TOOLS_JOIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/key.h"
#include "format/invite.h"
#include "home.h"
#include "wire.h"

struct join {
	/* Set by the command line: */
	struct home home;
	struct token token;
	struct option_values addresses; /* at most JOIN_ADDRESSES_MAX */
	bool no_address;
	bool named; /* --name was given, and matches the token */
	/* Read from this host: */
	bool member;   /* already a node; its key is replaced */
	bool again;    /* a node that the list no longer names */
	bool other_ca; /* member: the CA is not the one of before */
	char *socket;  /* member: the daemon's socket */
	char *list;    /* member: path of its list */
	char *network; /* member: name of its network, or NULL */
	/* Set during the join: */
	struct key *key; /* made here, and never sent */
	char *request;
	struct buf answer; /* backing store of give */
	struct join_give give;
};

/* Opens *w to the inviting host, by the first of its addresses that works: the
 * TLS handshake is complete and shows the host's name. The other attempts are
 * closed. source: the local address, or NULL for any. */
int join_dial(const struct token *token, const struct ipaddr *source,
	      struct tls_provider tls, struct wire *w, struct err *e);
/* Connects to the inviting host, proves itself, receives the certificate and
 * the list, installs them, starts the daemon, and sends DONE. */
int join_request(struct join *j, struct err *e);

/* Before any request: checks that the result could be installed. */
int join_check(struct join *j, struct err *e);
/* Verifies everything received, against the token and in itself, and installs
 * all of it or nothing. */
int join_install(struct join *j, struct err *e);
/* Starts the daemon with the new files. */
int join_start(const struct join *j, struct err *e);

#endif
