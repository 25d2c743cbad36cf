/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mutually authenticated TLS 1.3 as an engine over memory: bytes from the
 * wire in, bytes for the wire out. Reached through a table of functions so
 * that large simulations can put a plain engine behind it.
 */
#ifndef CRYPTO_TLS_H
#define CRYPTO_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monotime.h"
#include "crypto/cert.h"

enum tls_status {
	TLS_OK,		/* done what was asked */
	TLS_AGAIN,	/* needs more bytes from the wire first */
	TLS_CLOSED,	/* the other side said close_notify */
	TLS_FAILED	/* dead; reason() says why; close it */
};

/* Kinds of failure. */
enum tls_fault {
	TLS_FAULT_OTHER,	/* or nothing has failed */
	TLS_FAULT_DATE,		/* a certificate, of either side, is not valid
				 * now */
	TLS_FAULT_FOREIGN	/* the other side is no node of this network */
};

struct tls;		/* one connection's engine */

struct tls_ops {
	/* dialler: TLS client, else server. Times are checked against now.
	 * NULL with e set on failure. */
	struct tls *(*open)(void *ctx, bool dialler, struct walltime now,
			    struct err *e);
	/* Bytes from the wire; takes them all (bounded: at most 64 KiB a
	 * call, and what is unread must be read before more is given). */
	enum tls_status (*feed)(struct tls *t, const uint8_t *in, size_t len);
	/* Bytes for the wire: how many were written to out; call until 0,
	 * after a failure too: the alert that tells the other side is there. */
	size_t (*drain)(struct tls *t, uint8_t *out, size_t cap);
	/* Moves the handshake on; TLS_OK once it is complete and the other
	 * side's certificate is verified. Call after open() (the dialler's
	 * first bytes come of it) and after every feed() until then. The
	 * listener looks at the dialler's certificate last: its alert reaches
	 * a dialler that is through already, at the next read(). */
	enum tls_status (*handshake)(struct tls *t);
	/* After the handshake: before it, an assert. TLS_AGAIN with *n = 0:
	 * nothing to read. */
	enum tls_status (*read)(struct tls *t, uint8_t *out, size_t cap,
				size_t *n);
	/* After the handshake as well. Takes all of it or fails. */
	enum tls_status (*write)(struct tls *t, const uint8_t *in, size_t len);
	/* Queues close_notify; before the handshake is complete, nothing. */
	void (*shutdown)(struct tls *t);
	/* The other side's certificate; valid once handshake() was TLS_OK. */
	const struct cert_info *(*peer)(const struct tls *t);
	/* RFC 8446 section 7.5 exporter. 0 or -1. */
	int (*export_key)(struct tls *t, const char *label, const void *ctx,
			  size_t ctxlen, uint8_t *out, size_t len);
	/* Why it failed: one line for an administrator; never NULL. */
	const char *(*reason)(const struct tls *t);
	enum tls_fault (*fault)(const struct tls *t);
	void (*close)(struct tls *t);		/* frees; NULL is fine */
};

/* What a core is given: the table and its ctx. */
struct tls_provider {
	const struct tls_ops *ops;
	void *ctx;
};

/*
 * The real thing, on OpenSSL. TLS 1.3 only, ALPN "cluevpn/1", no tickets, no
 * session cache, no early data, only the given CAs, EKU and times checked, an
 * unknown critical extension refused, exactly one CN that is a node name.
 */
struct tls_ctx;

struct pem {
	const void *p;
	size_t len;
};

/* Fails when key and certificate do not belong together, when the
 * certificate is not signed by one of the CAs, or has no proper CN. The
 * times of the own certificate are not looked at here. */
int tls_ctx_new(struct tls_ctx **out, struct pem cert, struct pem key,
		const struct pem *cas, size_t ncas, struct err *e);
/*
 * For an invitation, ALPN "cluevpn-join/1". The host listens with a
 * certificate of cert_make_host() or a node's, and asks for none; then peer()
 * tells nothing, and who is on the other side must be proven over the channel.
 * The guest dials without one, and takes a certificate of the CA with that key,
 * whose usage has serverAuth: the caller looks at its name.
 */
int tls_ctx_new_host(struct tls_ctx **out, struct pem cert, struct pem key,
		     const struct pem *cas, size_t ncas, struct err *e);
int tls_ctx_new_guest(struct tls_ctx **out, const uint8_t ca[FINGERPRINT_LEN],
		      struct err *e);
/* Whether peers with these CAs take the certificate at that time, by its own
 * dates and by those of the certificates above it. 0 or -1. */
int tls_check_dates(struct pem cert, const struct pem *cas, size_t ncas,
		    struct walltime now, struct err *e);
/* What a certificate says, and the chain from it up to one of the CAs, whatever
 * the dates are. 0 or -1. */
int tls_read_chain(struct cert_info *out, struct pem cert,
		   const struct pem *cas, size_t ncas, struct err *e);
/* Engines made from it keep what they need: may be freed before them. */
void tls_ctx_free(struct tls_ctx *c);
/* The own certificate. */
const struct cert_info *tls_ctx_self(const struct tls_ctx *c);
struct tls_provider tls_ctx_provider(struct tls_ctx *c);

#endif
