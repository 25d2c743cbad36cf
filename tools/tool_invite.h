/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: what its parts share. */
#ifndef TOOL_INVITE_H
#define TOOL_INVITE_H

#include <stdbool.h>

#include <sys/types.h>

#include "crypto/cert.h"
#include "format/conf.h"
#include "format/invite.h"
#include "tool_bnl.h"
#include "tool_ca.h"

#define INVITE_GUESTS_MAX 256
#define INVITE_WORDS_MAX 64

enum guest_state {
	GUEST_OPEN,	/* nobody has come */
	GUEST_GIVEN,	/* it has its certificate, and has not said so yet */
	GUEST_IN
};

struct guest {
	struct token token;
	struct token_keys keys;
	enum guest_state state;
	unsigned int told;		/* lines about those who were refused */
	bool known;			/* it is in the list */
	uint8_t fp[FINGERPRINT_LEN];	/* of the key that it was given last */
	struct ipaddr from;		/* where that key came from */
	/* The addresses from which requests with the key asking came, each
	 * proven: those that it may name. */
	uint8_t asking[FINGERPRINT_LEN];
	struct ipaddr shown[JOIN_ADDRESSES_MAX];
	unsigned int nshown;
	char where[512];		/* its virtual addresses, for people */
};

struct invite {
	/* of the command line */
	const char *dir;		/* of the configuration, or the file */
	const char *key;		/* that signs the list */
	const char *ca_dir;		/* where ca.pem and ca.key are */
	const char *ou;
	const char *words[INVITE_WORDS_MAX];	/* for bnl-sign add */
	unsigned int nwords;
	bool rooms;			/* they say which subnets */
	bool addresses;			/* they say which addresses */
	bool replace;
	uint16_t port;
	uint32_t days;
	int64_t seconds;		/* until it expires */
	const char *via[TOKEN_ENDPOINTS_MAX];
	unsigned int nvia;
	/* of this host */
	struct conf *conf;
	struct cert_info self;		/* its node's certificate */
	struct tool_ca ca;
	char *cert, *cert_key;		/* to answer with, in this run; PEM */
	char *cas;			/* all of the network, PEM */
	char *pubs[JOIN_KEYS_MAX];	/* keys that sign lists, PEM */
	unsigned int npubs;
	struct endpoint at[TOKEN_ENDPOINTS_MAX];
	unsigned int nat;
	/* guests */
	struct guest *guests;
	unsigned int nguests;
};

/* Reads what is needed of this host, and sees that it fits together. */
int tool_invite_load(struct invite *in, struct err *e);
void tool_invite_unload(struct invite *in);
/* Makes a token for each name, after a look at the list. */
int tool_invite_names(struct invite *in, char **names, unsigned int n,
		      struct err *e);
/* Whether the first guest could be added to the list with the options as they
 * are; writes nothing. Prints its errors; returns the exit code. */
int tool_invite_try(struct invite *in);

/*
 * The process that has the connections starts before any key is read, waits for
 * INVITE_SETUP, listens, gives all its rights up, and answers until its end of
 * the socket pair is closed.
 */
struct invite_net {
	pid_t pid;			/* 0: not started */
	int fd;				/* this end of the pair */
};

int tool_invite_net_start(struct invite_net *n, struct err *e);
/* Returns once it has ended. Zeroed is fine. */
void tool_invite_net_end(struct invite_net *n);

/*
 * The monitor: has the other process answer, and grants what guests have
 * proven, until all are in, the time is up, or a signal comes. ready: called
 * once it listens. TOOL_OK or TOOL_FAILED.
 */
int tool_invite_monitor(struct invite *in, int fd,
			void (*ready)(const struct invite *in));

/* Grants a guest what it asks for, after the proof; from: its address. The
 * answer is put into out; else r says what it is told. */
int tool_invite_grant(struct invite *in, struct guest *g,
		      const struct join_ask *ask,
		      const struct ipaddr *from, const uint8_t exported[32],
		      const uint8_t *asked, struct buf *out,
		      struct join_refuse *r);
/* Whether the list has the guest with the key of g->fp. */
bool tool_invite_pinned(const struct invite *in, const struct guest *g);

#endif
