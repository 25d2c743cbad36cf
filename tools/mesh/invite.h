/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: declarations shared by its parts. */
#ifndef TOOLS_INVITE_H
#define TOOLS_INVITE_H

#include <stdbool.h>

#include <sys/types.h>

#include "crypto/cert.h"
#include "format/conf.h"
#include "format/invite.h"
#include "lib/ca.h"
#include "lib/options.h"

#define INVITE_GUESTS_MAX 256
#define INVITE_WORDS_MAX 32

enum guest_state {
	GUEST_OPEN,  /* token not used yet */
	GUEST_GIVEN, /* has its certificate; its DONE is outstanding */
	GUEST_IN
};

struct guest {
	struct token token;
	struct token_keys keys;
	enum guest_state state;
	unsigned int told;	     /* log lines about refused attempts */
	bool known;		     /* the node is in the list */
	uint8_t fp[FINGERPRINT_LEN]; /* fingerprint of the last key given */
	struct ipaddr from;	     /* address of the host with that key */
	/* The addresses from which requests with the key asking came, each
	 * proven: the only ones that it may name. */
	uint8_t asking[FINGERPRINT_LEN];
	struct ipaddr shown[JOIN_ADDRESSES_MAX];
	unsigned int nshown;
	char where[512]; /* virtual addresses, for people */
};

struct invite {
	/* Set by the command line: */
	const char *dir;    /* the configuration or its folder */
	const char *key;    /* the key that signs the list */
	const char *ca_dir; /* folder of ca.pem and ca.key */
	const char *ou;
	char *words[INVITE_WORDS_MAX]; /* options of bnl-sign add; owned */
	unsigned int nwords;
	bool rooms;	/* words has subnets */
	bool addresses; /* words has addresses */
	bool replace;
	uint64_t port;
	uint64_t days;
	int64_t seconds;	  /* lifetime */
	struct option_values via; /* at most TOKEN_ENDPOINTS_MAX */
	/* Read from this host: */
	struct conf *conf;
	struct cert_info self; /* the node's certificate */
	struct ca ca;
	char *cert, *cert_key;	   /* shown to guests, this run's; PEM */
	char *cas;		   /* all of the network, PEM */
	char *pubs[JOIN_KEYS_MAX]; /* keys that sign lists, PEM */
	unsigned int npubs;
	struct endpoint at[TOKEN_ENDPOINTS_MAX];
	unsigned int nat;
	/* The invitations: */
	struct guest *guests;
	unsigned int nguests;
};

/* Reads the files of this host, and checks that they fit together. */
int invite_load(struct invite *in, struct err *e);
void invite_unload(struct invite *in);
/* Makes a token for each name, after checking the list. */
int invite_names(struct invite *in, char **names, unsigned int n,
		 struct err *e);
/* Checks that the first guest could be added to the list with these options;
 * writes nothing. Prints its errors; returns the exit code. */
int invite_try(struct invite *in);

/*
 * The network process, which has the connections, starts before any key is
 * read, waits for INVITE_SETUP, listens, drops all its rights, and answers
 * until its end of the socket pair is closed.
 */
struct invite_net {
	pid_t pid; /* 0: not started */
	int fd;	   /* this end of the pair */
};

int invite_net_start(struct invite_net *n, struct err *e);
/* Returns when the process has ended. Zeroed is fine. */
void invite_net_end(struct invite_net *n);

/*
 * The monitor: has the network process answer, and grants proven requests of
 * guests, until all are in, the time is up, or a signal comes. ready: called
 * once the network process listens. EXIT_OK or EXIT_FAILED.
 */
int invite_monitor(struct invite *in, int fd,
		   void (*ready)(const struct invite *in));

/* Grants a guest's request, after the proof; from: its address. Puts the answer
 * into out; else r has the refusal. */
int invite_grant(struct invite *in, struct guest *g, const struct join_ask *ask,
		 const struct ipaddr *from, const uint8_t exported[32],
		 const uint8_t *asked, struct buf *out, struct join_refuse *r);
/* True when the list has the guest with the key of g->fp. */
bool invite_pinned(const struct invite *in, const struct guest *g);

#endif
