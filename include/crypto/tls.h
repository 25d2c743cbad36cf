/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mutually authenticated TLS 1.3 as an engine over memory: bytes from the wire
 * in, bytes for the wire out. Called through a table of functions, so that
 * large simulations can use a plain engine instead.
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
	TLS_OK,	    /* success */
	TLS_AGAIN,  /* needs more bytes from the wire first */
	TLS_CLOSED, /* the other side sent close_notify */
	TLS_FAILED  /* failed for good; see reason(), then close */
};

/* Kinds of failure. */
enum tls_fault {
	TLS_FAULT_OTHER,  /* other causes, or no failure */
	TLS_FAULT_DATE,	  /* a certificate, of either side, is not
			   * valid now */
	TLS_FAULT_FOREIGN /* the other side is no node of this network */
};

struct tls; /* engine of one connection */

/*
 * Decides about a certificate whose chain does not verify. peer has its name,
 * dates and key, by_key set and nothing above it; why and fault say what is
 * wrong. True: the other side is accepted as the holder of that key, which it
 * has to prove as every other. Called in handshake(), before the other side
 * gets any data or certificate that follows its own.
 */
struct tls_judge {
	bool (*accepts)(void *ctx, const struct cert_info *peer,
			const char *why, enum tls_fault fault);
	void *ctx;
};

struct tls_ops {
	/* dialler: TLS client, else server. Certificate times are checked
	 * against now. judge is copied; NULL: every chain must verify. NULL
	 * with e set on failure. */
	struct tls *(*open)(void *ctx, bool dialler, struct walltime now,
			    const struct tls_judge *judge, struct err *e);
	/* Takes all bytes from the wire (bounded: at most 64 KiB a call, and
	 * the caller must read the unread bytes before it gives more). */
	enum tls_status (*feed)(struct tls *t, const uint8_t *in, size_t len);
	/* Writes bytes for the wire to out and returns their number; call until
	 * 0, after a failure too, since the alert for the other side is among
	 * them. */
	size_t (*drain)(struct tls *t, uint8_t *out, size_t cap);
	/* Advances the handshake; TLS_OK once it is complete and the other
	 * side's certificate is verified. Call after open() (this yields the
	 * dialler's first bytes) and after every feed() until then. The
	 * listener verifies the dialler's certificate last: its alert reaches a
	 * dialler whose handshake is already complete, at the next read(). */
	enum tls_status (*handshake)(struct tls *t);
	/* Only after the handshake: asserts. TLS_AGAIN with *n = 0: nothing to
	 * read. */
	enum tls_status (*read)(struct tls *t, uint8_t *out, size_t cap,
				size_t *n);
	/* Only after the handshake. Takes all of it or fails. */
	enum tls_status (*write)(struct tls *t, const uint8_t *in, size_t len);
	/* Queues close_notify; does nothing before the handshake is
	 * complete. */
	void (*shutdown)(struct tls *t);
	/* The other side's certificate; valid once handshake() was TLS_OK. */
	const struct cert_info *(*peer)(const struct tls *t);
	/* RFC 8446 section 7.5 exporter. 0 or -1. */
	int (*export_key)(struct tls *t, const char *label, const void *ctx,
			  size_t ctxlen, uint8_t *out, size_t len);
	/* The cause of a failure: one line for an administrator; never NULL. */
	const char *(*reason)(const struct tls *t);
	enum tls_fault (*fault)(const struct tls *t);
	void (*close)(struct tls *t); /* frees; NULL is fine */
};

/* An engine as the core gets it: the table and its ctx. */
struct tls_provider {
	const struct tls_ops *ops;
	void *ctx;
};

/*
 * The TLS engine on OpenSSL. TLS 1.3 only, ALPN "cluevpn/1", no tickets, no
 * session cache, no early data, only the given CAs, EKU and times checked, an
 * unknown critical extension refused, exactly one CN that is a node name.
 */
struct tls_ctx;

struct pem {
	const void *p;
	size_t len;
};

/* Fails when key and certificate do not belong together, when the certificate
 * is not signed by one of the CAs, or has no proper CN. The times of the own
 * certificate are not checked here. */
int tls_ctx_new(struct tls_ctx **out, struct pem cert, struct pem key,
		const struct pem *cas, size_t ncas, struct err *e);
/*
 * For an invitation, ALPN "cluevpn-join/1". The host listens with a certificate
 * of cert_make_host() or a node's, and asks for none; then peer() is empty, and
 * the identity of the other side must be proven over the connection. The guest
 * dials without a certificate, and accepts a certificate of the CA with the
 * given key, whose usage has serverAuth: the caller checks the name.
 */
int tls_ctx_new_host(struct tls_ctx **out, struct pem cert, struct pem key,
		     const struct pem *cas, size_t ncas, struct err *e);
int tls_ctx_new_guest(struct tls_ctx **out, const uint8_t ca[FINGERPRINT_LEN],
		      struct err *e);
/* Checks that peers with these CAs accept the certificate at that time, by its
 * own dates and by those of the certificates above it. 0 or -1. */
int tls_check_dates(struct pem cert, const struct pem *cas, size_t ncas,
		    struct walltime now, struct err *e);
/* Reads a certificate and the chain from it up to one of the CAs, regardless of
 * dates. 0 or -1. */
int tls_read_chain(struct cert_info *out, struct pem cert,
		   const struct pem *cas, size_t ncas, struct err *e);
/* Engines made from c keep their own references: c may be freed before them. */
void tls_ctx_free(struct tls_ctx *c);
/* The own certificate. */
const struct cert_info *tls_ctx_self(const struct tls_ctx *c);
struct tls_provider tls_ctx_provider(struct tls_ctx *c);

#endif
