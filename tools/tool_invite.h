/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: what its parts share. */
#ifndef TOOL_INVITE_H
#define TOOL_INVITE_H

#include <stdbool.h>

#include "crypto/tls.h"
#include "format/conf.h"
#include "format/invite.h"
#include "sys/loop.h"
#include "tool_bnl.h"
#include "tool_ca.h"

#define INVITE_GUESTS_MAX 256
#define INVITE_WORDS_MAX 64

enum guest_state {
	GUEST_OPEN,	/* nobody has come */
	GUEST_GIVEN,	/* it has its certificate, and has not said so yet */
	GUEST_IN,
	GUEST_VOID	/* too many wrong proofs */
};

struct guest {
	struct token token;
	struct token_keys keys;
	enum guest_state state;
	unsigned int wrong;		/* proofs */
	bool known;			/* it is in the list */
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
	struct tool_ca ca;
	char *cas;			/* all of the network, PEM */
	char *pubs[JOIN_KEYS_MAX];	/* keys that sign lists, PEM */
	unsigned int npubs;
	struct tls_ctx *tls;
	struct endpoint at[TOKEN_ENDPOINTS_MAX];
	unsigned int nat;
	/* guests */
	struct guest *guests;
	unsigned int nguests;
	/* running */
	void (*ready)(const struct invite *in);	/* it listens */
	struct loop *loop;
	bool interrupted;
	unsigned int told;		/* lines about strangers */
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

/* Answers until all are in, or it is over. TOOL_OK or TOOL_FAILED. */
int tool_invite_serve(struct invite *in, struct err *e);

/* Who asks, after the proof; from: its address. What it is given is put into
 * out; else r says what it is told. */
int tool_invite_grant(struct invite *in, struct guest *g,
		      const struct join_ask *ask,
		      const struct ipaddr *from, const uint8_t exported[32],
		      const uint8_t *asked, struct buf *out,
		      struct join_refuse *r);

#endif
