/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS 1.3 as an engine over memory, on OpenSSL. */
#include "tls_local.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509.h"

#define UNREAD_MAX 65536    /* bytes that may wait in the engine */
#define HANDSHAKE_MAX 65536 /* bytes before the handshake is complete */
#define LATER_MAX 8	    /* handshake messages after that */

/* Keeps the first reason, since later errors are consequences of it. */
static enum tls_status
fail_with(struct tls *t, const char *why)
{
	if (t->reason[0] == '\0')
		snprintf(t->reason, sizeof(t->reason), "%s", why);
	t->dead = true;
	ERR_clear_error();
	return TLS_FAILED;
}

static enum tls_status
fail_library(struct tls *t)
{
	char why[ERR_TEXT_MAX];

	enum tls_fault fault = tls_words_error(why, sizeof(why));

	if (t->reason[0] == '\0')
		t->fault = fault;
	return fail_with(t, why);
}

static struct tls *
engine_open(void *ctx, bool dialler, struct walltime now,
	    const struct tls_judge *judge, struct err *e)
{
	const struct tls_ctx *c = ctx;
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		err_nomem(e);
		return NULL;
	}
	t->dialler = dialler;
	if (judge != NULL)
		t->judge = *judge;
	t->kind = c->kind;
	memcpy(t->ca, c->ca, sizeof(t->ca));
	/* A guest has no certificate yet that verify_peer() could check. */
	t->verified = c->kind == TLS_HOST && !dialler;
	t->ssl = SSL_new(c->ssl);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (t->ssl == NULL || t->in == NULL || t->out == NULL ||
	    SSL_set_app_data(t->ssl, t) != 1 ||
	    SSL_set_purpose(t->ssl, dialler ? X509_PURPOSE_SSL_SERVER :
					      X509_PURPOSE_SSL_CLIENT) != 1) {
		ossl_error(e, ERR_CRYPTO, "cannot open a TLS connection");
		BIO_free(t->in);
		BIO_free(t->out);
		SSL_free(t->ssl);
		free(t);
		return NULL;
	}
	SSL_set_bio(t->ssl, t->in, t->out);
	X509_VERIFY_PARAM_set_time(SSL_get0_param(t->ssl), (time_t)now.s);
	if (dialler)
		SSL_set_connect_state(t->ssl);
	else
		SSL_set_accept_state(t->ssl);
	return t;
}

static enum tls_status
engine_feed(struct tls *t, const uint8_t *in, size_t len)
{
	size_t n;

	if (t->dead)
		return TLS_FAILED;
	if (len > UNREAD_MAX - BIO_ctrl_pending(t->in))
		return fail_with(t, "more bytes than may wait unread");
	if (!t->done) {
		/* The bytes that reach the limit may still hold the last
		 * message; bytes after them cannot. */
		if (t->fed >= HANDSHAKE_MAX)
			return fail_with(t, "handshake without an end");
		t->fed += len;
	}
	if (len > 0 && BIO_write_ex(t->in, in, len, &n) != 1)
		return fail_library(t);
	return TLS_OK;
}

static size_t
engine_drain(struct tls *t, uint8_t *out, size_t cap)
{
	size_t n = 0;

	if (cap > 0 && BIO_ctrl_pending(t->out) > 0)
		BIO_read_ex(t->out, out, cap, &n);
	return n;
}

/*
 * A KeyUpdate (RFC 8446, section 4.6.3) or a NewSessionTicket (section 4.6.1)
 * is a record of some 30 bytes or more that costs the derivation of keys, and
 * the former an answer. An honest peer needs few: a connection carries less
 * than one key may encrypt. The library would handle all that have arrived in
 * one call; so when there are too many, the unread bytes are discarded.
 */
void
tls_count_message(int is_sent, int version, int content_type,
		  const void *message, size_t len, SSL *ssl, void *arg)
{
	struct tls *t = SSL_get_app_data(ssl);

	(void)version;
	(void)message;
	(void)len;
	(void)arg;
	if (is_sent || content_type != SSL3_RT_HANDSHAKE || t == NULL ||
	    !t->done || ++t->later <= LATER_MAX)
		return;
	(void)fail_with(t, "more handshake messages than are needed after the "
			   "handshake");
	(void)BIO_reset(t->in);
}

static enum tls_status
engine_handshake(struct tls *t)
{
	int rc;

	if (t->dead)
		return TLS_FAILED;
	if (t->done)
		return TLS_OK;
	ERR_clear_error();
	rc = SSL_do_handshake(t->ssl);
	if (rc == 1) {
		/* The library must have called verify_peer(); without it no
		 * peer is accepted. */
		if (!t->verified || SSL_session_reused(t->ssl) != 0 ||
		    SSL_version(t->ssl) != TLS1_3_VERSION)
			return fail_with(t, "the other side was not verified");
		t->done = true;
		return TLS_OK;
	}
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return fail_with(t, "other side closed during the handshake");
	default:
		return fail_library(t);
	}
}

static enum tls_status
engine_read(struct tls *t, uint8_t *out, size_t cap, size_t *n)
{
	*n = 0;
	assert(t->done || t->dead);
	if (t->dead)
		return TLS_FAILED;
	ERR_clear_error();
	if (SSL_read_ex(t->ssl, out, cap, n) == 1)
		return TLS_OK;
	*n = 0;
	if (t->dead) {
		ERR_clear_error();
		return TLS_FAILED;
	}
	switch (SSL_get_error(t->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
		return TLS_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		return fail_library(t);
	}
}

static enum tls_status
engine_write(struct tls *t, const uint8_t *in, size_t len)
{
	size_t n;

	assert(t->done || t->dead);
	if (t->dead)
		return TLS_FAILED;
	if (len == 0)
		return TLS_OK;
	ERR_clear_error();
	/* A memory BIO takes everything: there is no partial write. */
	if (SSL_write_ex(t->ssl, in, len, &n) == 1)
		return TLS_OK;
	return fail_library(t);
}

static void
engine_shutdown(struct tls *t)
{
	if (t->dead || !t->done)
		return;
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
}

static const struct cert_info *
engine_peer(const struct tls *t)
{
	assert(t->done);
	return &t->peer;
}

static int
engine_export_key(struct tls *t, const char *label, const void *ctx,
		  size_t ctxlen, uint8_t *out, size_t len)
{
	int ok;

	if (!t->done || t->dead)
		return -1;
	ok = SSL_export_keying_material(t->ssl, out, len, label, strlen(label),
					ctx, ctxlen, 1);
	ERR_clear_error();
	return ok == 1 ? 0 : -1;
}

static const char *
engine_reason(const struct tls *t)
{
	return t->reason[0] != '\0' ? t->reason : "nothing has failed";
}

static enum tls_fault
engine_fault(const struct tls *t)
{
	return t->fault;
}

static void
engine_close(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	ERR_clear_error();
	free(t);
}

const struct tls_ops tls_ops_openssl = {
	.open = engine_open,
	.feed = engine_feed,
	.drain = engine_drain,
	.handshake = engine_handshake,
	.read = engine_read,
	.write = engine_write,
	.shutdown = engine_shutdown,
	.peer = engine_peer,
	.export_key = engine_export_key,
	.reason = engine_reason,
	.fault = engine_fault,
	.close = engine_close,
};
