/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Invitations: the token that is typed on a new host, and the messages by which
 * that host gets its certificate. cluevpn-protocol(7) has the layouts.
 */
#ifndef FORMAT_INVITE_H
#define FORMAT_INVITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ipaddr.h"
#include "base/monotime.h"
#include "base/text.h"
#include "crypto/key.h"
#include "format/proto.h"

struct token {
	bool replace; /* TOKEN_REPLACE */
	uint8_t secret[TOKEN_SECRET_LEN];
	uint8_t ca[FINGERPRINT_LEN]; /* SHA-256 of the CA's key */
	struct walltime expires;
	char guest[NODE_NAME_MAX + 1];
	char host[NODE_NAME_MAX + 1];		 /* name of the inviting node */
	struct endpoint at[TOKEN_ENDPOINTS_MAX]; /* its addresses */
	unsigned int nat;			 /* at least one */
};

/* The longest token: flags 1, secret, CA, expiry 8, two names, endpoints, up
 * to two zeros, check. */
#define TOKEN_BYTES_MAX                                               \
	(1 + TOKEN_SECRET_LEN + FINGERPRINT_LEN + 8 +                 \
	 2 * (1 + NODE_NAME_MAX) + 1 + TOKEN_ENDPOINTS_MAX * 19 + 2 + \
	 TOKEN_CHECK_LEN)
#define TOKEN_TEXT_MAX (sizeof(TOKEN_PREFIX) + (TOKEN_BYTES_MAX + 2) / 3 * 4)

/* A text of letters, digits, "-" and "_" only. Returns out. */
char *token_format(char out[TOKEN_TEXT_MAX], const struct token *t);
/* 0; or -1 with out unchanged and a text that tells a truncated or altered
 * token from a text that is no token. */
int token_parse(struct token *out, const char *text, size_t len, struct err *e);

/* Values that both sides derive from the secret. */
struct token_keys {
	uint8_t id[TOKEN_ID_LEN]; /* identifies the invitation */
	uint8_t key[32];	  /* key of the proofs */
};

void token_keys(struct token_keys *out, const struct token *t);

/* --- messages ------------------------------------------------------------- */

struct join_header {
	enum join_type type;
	size_t len; /* bytes of the payload */
};

void join_header_write(uint8_t out[JOIN_HEADER_LEN], enum join_type type,
		       size_t len);
/* -1: unknown type, or a length that no message of that type has. */
int join_header_read(struct join_header *out, const uint8_t in[JOIN_HEADER_LEN],
		     struct err *e);

/*
 * version 2, token id 8, proof 32, flags 1, port 2, own address (family 1,
 * bytes 4 or 16), count 1 of addresses (length 1, text), request (the rest)
 */
struct join_ask {
	uint8_t id[TOKEN_ID_LEN];
	bool no_address;   /* JOIN_NO_ADDRESS */
	uint16_t port;	   /* port of its source address */
	struct ipaddr own; /* local end of the connection */
	struct span addresses[JOIN_ADDRESSES_MAX]; /* syntax of the list */
	unsigned int naddresses;
	struct span request; /* PKCS#10, PEM */
};

/* exported: 32 bytes of the TLS exporter, label LABEL_JOIN_EXPORT, context the
 * token's id. -1 when the message would be too long. */
int join_ask_encode(struct buf *out, const struct join_ask *a,
		    const struct token_keys *k, const uint8_t exported[32]);
/* The spans are views of in. Does not check the proof. */
int join_ask_decode(struct join_ask *out, const uint8_t *in, size_t len,
		    struct err *e);
bool join_ask_proven(const uint8_t *in, size_t len, const struct token_keys *k,
		     const uint8_t exported[32]);

/*
 * proof 32, certificate (length 4, PEM), CAs (length 4, PEM), count 1 of keys
 * that sign lists (length 4, PEM), list (length 4), a tail (format/tail.h)
 */
struct join_give {
	struct span cert;
	struct span ca;
	struct span keys[JOIN_KEYS_MAX];
	unsigned int nkeys; /* at least one */
	struct span list;
};

/* asked: the payload of the guest's message, which the host's proof covers. */
int join_give_encode(struct buf *out, const struct join_give *g,
		     const struct token_keys *k, const uint8_t exported[32],
		     const uint8_t *asked);
int join_give_decode(struct join_give *out, const uint8_t *in, size_t len,
		     struct err *e);
bool join_give_proven(const uint8_t *in, size_t len, const struct token_keys *k,
		      const uint8_t exported[32], const uint8_t *asked);

/* code 1, text (UTF-8, for people: not escaped) */
struct join_refuse {
	uint8_t code; /* enum join_code, or a future one */
	char text[JOIN_REFUSE_MAX];
};

/* Cuts the text at JOIN_REFUSE_MAX - 1 bytes. */
void join_refuse_set(struct join_refuse *r, enum join_code code,
		     const char *text);
int join_refuse_encode(struct buf *out, const struct join_refuse *r);
int join_refuse_decode(struct join_refuse *out, const uint8_t *in, size_t len,
		       struct err *e);

#endif
