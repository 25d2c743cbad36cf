/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: own certificate, key and CAs, and the verification of the other side. */
#include "tls_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509.h"

#define SECURITY_LEVEL 2		     /* 112 bits and more, no SHA-1 */
#define CHAIN_DEPTH_MAX (CERT_ABOVE_MAX - 1) /* CAs below a configured one */
#define CERT_LIST_MAX 32768 /* bytes of the other side's certificates */
#define VERIFY_FLAGS (X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN)

/* RFC 7301 section 3.1: a name after its length. */
struct alpn {
	unsigned char wire[32];
	unsigned int len;
};

static struct alpn
alpn_of(enum tls_kind kind)
{
	const char *name = kind == TLS_MUTUAL ? TLS_ALPN : TLS_ALPN_JOIN;
	struct alpn a;

	a.len = (unsigned int)strlen(name) + 1;
	a.wire[0] = (unsigned char)(a.len - 1);
	memcpy(a.wire + 1, name, a.len - 1);
	return a;
}

static const char no_alpn[] = "no application protocol in common";

bool
tls_alpn_agreed(const SSL *ssl, enum tls_kind kind)
{
	const struct alpn want = alpn_of(kind);
	const unsigned char *name;
	unsigned int len;

	SSL_get0_alpn_selected(ssl, &name, &len);
	return len == want.len - 1 && memcmp(name, want.wire + 1, len) == 0;
}

static int
verify_chain(const struct tls *t, X509_STORE_CTX *sc, struct err *e)
{
	static const char whose[] = "certificate of the other side";
	STACK_OF(X509) *trusted = NULL;
	int rc;

	if (t->kind == TLS_GUEST) {
		trusted = tls_guest_trusts(sc, t->ca);
		if (trusted == NULL) {
			X509_STORE_CTX_set_error(sc, X509_V_ERR_OUT_OF_MEM);
			return err_nomem(e);
		}
		X509_STORE_CTX_set0_trusted_stack(sc, trusted);
	}
	rc = tls_verify(sc, t->kind, t->dialler, whose, e);
	sk_X509_free(trusted);
	return rc;
}

/* Asks the judge about a certificate whose chain has the fault e. A key that is
 * too weak is nobody's proof. */
static bool
judge_key(struct tls *t, X509_STORE_CTX *sc, const struct err *e)
{
	X509 *x = X509_STORE_CTX_get0_cert(sc);
	int code = X509_STORE_CTX_get_error(sc);
	struct cert_info info;

	if (t->kind != TLS_MUTUAL || t->judge.accepts == NULL || x == NULL ||
	    x509_info(&info, x, false, NULL) != 0 ||
	    x509_check_key(X509_get0_pubkey(x), NULL) != 0)
		return false;
	info.by_key = true;
	if (!t->judge.accepts(t->judge.ctx, &info, e->text,
			      tls_chain_fault(code)))
		return false;
	t->peer = info;
	return true;
}

/* Replaces X509_verify_cert(); 1 lets the handshake continue. The signature by
 * the certificate's key, which the library verifies next, is the proof. */
static int
verify_peer(X509_STORE_CTX *sc, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		sc, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	struct err e = { .code = ERR_NONE };

	(void)arg;
	/* Checked here, before the other side gets any data of ours. */
	if (!tls_alpn_agreed(ssl, t->kind)) {
		err_set(&e, ERR_PROTO, "%s", no_alpn);
		X509_STORE_CTX_set_error(sc,
					 X509_V_ERR_APPLICATION_VERIFICATION);
	} else if (verify_chain(t, sc, &e) == 0) {
		if (tls_chain_info(&t->peer, sc, &e) == 0) {
			t->verified = true;
			return 1;
		}
		err_prefix(&e, "certificate of the other side");
		/* OpenSSL turns this error into the alert bad_certificate. */
		X509_STORE_CTX_set_error(sc, X509_V_ERR_HOSTNAME_MISMATCH);
	} else if (judge_key(t, sc, &e)) {
		X509_STORE_CTX_set_error(sc, X509_V_OK);
		t->verified = true;
		return 1;
	}
	memcpy(t->reason, e.text, sizeof(t->reason));
	t->fault = tls_chain_fault(X509_STORE_CTX_get_error(sc));
	return 0;
}

static int
select_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
	    const unsigned char *in, unsigned int inlen, void *arg)
{
	const struct tls *t = SSL_get_app_data(ssl);
	const struct alpn want = alpn_of(t->kind);

	(void)arg;
	/* *out must outlive this call, so it points into the client's offer. */
	for (unsigned int at = 0, n; at < inlen; at += n) {
		n = in[at] + 1u;
		if (n > inlen - at)
			break;
		if (n == want.len && memcmp(in + at, want.wire, n) == 0) {
			*out = in + at + 1;
			*outlen = (unsigned char)(n - 1);
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Clients that speak TLS 1.3 (have supported_versions) but offer no ALPN get
 * the alert at once; older clients get the library's alert about the
 * version. */
static int
look_at_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls *t = SSL_get_app_data(ssl);
	const unsigned char *ext;
	size_t len;

	(void)arg;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &ext,
				      &len) != 1 ||
	    SSL_client_hello_get0_ext(
		    ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
		    &ext, &len) == 1)
		return SSL_CLIENT_HELLO_SUCCESS;
	snprintf(t->reason, sizeof(t->reason), "%s", no_alpn);
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

/* Contains the CAs of the network and nothing else: no file, no directory. */
static X509_STORE *
make_store(const struct pem *cas, size_t ncas, struct err *e)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) * all;
	bool ok = store != NULL;

	if (!ok)
		err_nomem(e);
	if (ok && ncas == 0) {
		err_set(e, ERR_USAGE, "no CA certificate is given");
		ok = false;
	}
	for (size_t i = 0; ok && i < ncas; i++) {
		if (x509_read_all(&all, cas[i].p, cas[i].len, e) != 0) {
			err_prefix(e, "CA");
			ok = false;
			break;
		}
		for (int j = 0; ok && j < sk_X509_num(all); j++) {
			X509 *x = sk_X509_value(all, j);

			/* With partial chains a node's certificate among the
			 * CAs would be trusted by itself. */
			if (X509_check_ca(x) != 1) {
				err_set(e, ERR_CONFLICT,
					"certificate %d "
					"among the CAs is no CA's",
					j + 1);
				ok = false;
			} else if (X509_STORE_add_cert(store, x) != 1) {
				ossl_error(e, ERR_CRYPTO, "CA certificate");
				ok = false;
			}
		}
		sk_X509_pop_free(all, X509_free);
	}
	if (!ok) {
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

/* A node dials and is dialled: its certificate must suit both roles. The host
 * of an invitation is dialled only. at: the time to check; NULL: dates are
 * ignored. info: receives the data of the certificate and its chain; may be
 * NULL. */
static int
check_own(X509_STORE *store, enum tls_kind kind, STACK_OF(X509) * chain,
	  const struct walltime *at, struct cert_info *info, struct err *e)
{
	for (int as_server = kind == TLS_HOST; as_server <= 1; as_server++) {
		X509_STORE_CTX *sc = X509_STORE_CTX_new();
		X509_VERIFY_PARAM *param;
		int rc = -1;

		if (sc == NULL ||
		    X509_STORE_CTX_init(sc, store, sk_X509_value(chain, 0),
					chain) != 1 ||
		    X509_STORE_CTX_set_default(
			    sc, as_server ? "ssl_server" : "ssl_client") != 1) {
			ossl_error(e, ERR_CRYPTO, "own certificate");
		} else {
			param = X509_STORE_CTX_get0_param(sc);
			X509_VERIFY_PARAM_set_flags(
				param,
				VERIFY_FLAGS |
					(at == NULL ?
						 X509_V_FLAG_NO_CHECK_TIME :
						 0));
			if (at != NULL)
				X509_VERIFY_PARAM_set_time(param,
							   (time_t)at->s);
			X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
			X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
			rc = tls_verify(sc, kind, as_server, "own certificate",
					e);
			if (rc == 0 && info != NULL)
				rc = tls_chain_info(info, sc, e);
		}
		X509_STORE_CTX_free(sc);
		if (rc != 0)
			return -1;
	}
	return 0;
}

/* TLS 1.3 only, and no tickets or session cache. Takes over the store; NULL
 * when the library fails. */
static SSL_CTX *
make_ssl(X509_STORE *store, enum tls_kind kind)
{
	const struct alpn alpn = alpn_of(kind);
	int groups[] = { NID_X25519, NID_X9_62_prime256v1 };
	SSL_CTX *c = SSL_CTX_new(TLS_method());

	if (c == NULL) {
		X509_STORE_free(store);
		return NULL;
	}
	SSL_CTX_set_cert_store(c, store);
	SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
				       SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_security_level(c, SECURITY_LEVEL);
	SSL_CTX_set_max_cert_list(c, CERT_LIST_MAX);
	SSL_CTX_set_verify(c,
			   kind == TLS_HOST ?
				   SSL_VERIFY_NONE :
				   SSL_VERIFY_PEER |
					   SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
	SSL_CTX_set_verify_depth(c, CHAIN_DEPTH_MAX);
	SSL_CTX_set_cert_verify_callback(c, verify_peer, NULL);
	SSL_CTX_set_alpn_select_cb(c, select_alpn, NULL);
	SSL_CTX_set_client_hello_cb(c, look_at_hello, NULL);
	SSL_CTX_set_msg_callback(c, tls_count_message);
	if (SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(c, 0) != 1 ||
	    SSL_CTX_set_max_early_data(c, 0) != 1 ||
	    SSL_CTX_set_recv_max_early_data(c, 0) != 1 ||
	    SSL_CTX_set_ciphersuites(c, "TLS_AES_256_GCM_SHA384:"
					"TLS_CHACHA20_POLY1305_SHA256:"
					"TLS_AES_128_GCM_SHA256") != 1 ||
	    SSL_CTX_set1_groups(c, groups, 2) != 1 ||
	    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), VERIFY_FLAGS) !=
		    1 ||
	    /* Unlike the others, this call returns 0 on success. */
	    SSL_CTX_set_alpn_protos(c, alpn.wire, alpn.len) != 0) {
		SSL_CTX_free(c);
		return NULL;
	}
	return c;
}

/* The first certificate is ours; the others are sent with it. */
static int
use_own(SSL_CTX *c, STACK_OF(X509) * chain, const struct key *key,
	struct err *e)
{
	if (SSL_CTX_use_certificate(c, sk_X509_value(chain, 0)) != 1 ||
	    SSL_CTX_use_PrivateKey(c, key_native(key)) != 1)
		return ossl_error(e, ERR_CRYPTO, "own certificate");
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (SSL_CTX_add1_chain_cert(c, sk_X509_value(chain, i)) != 1)
			return ossl_error(e, ERR_CRYPTO,
					  "chain of the own "
					  "certificate");
	return 0;
}

/* A guest does not have the CA's certificate: the host sends all of them. */
static int
show_cas(SSL_CTX *c, const struct pem *cas, size_t ncas, struct err *e)
{
	STACK_OF(X509) * all;
	int ok = 1;

	for (size_t i = 0; ok == 1 && i < ncas; i++) {
		if (x509_read_all(&all, cas[i].p, cas[i].len, e) != 0)
			return err_prefix(e, "CA");
		for (int j = 0; ok == 1 && j < sk_X509_num(all); j++)
			ok = (int)SSL_CTX_add1_chain_cert(
				c, sk_X509_value(all, j));
		sk_X509_pop_free(all, X509_free);
	}
	return ok == 1 ? 0 : ossl_error(e, ERR_CRYPTO, "CA certificate");
}

static int
check_pair(STACK_OF(X509) * chain, const struct key *key, struct err *e)
{
	if (EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(chain, 0)),
			key_native(key)) == 1)
		return x509_check_key(key_native(key), e);
	ERR_clear_error();
	return err_set(e, ERR_CONFLICT,
		       "own certificate and private key do "
		       "not belong together");
}

static int
ctx_new(struct tls_ctx **out, enum tls_kind kind, struct pem cert,
	struct pem key, const struct pem *cas, size_t ncas, struct err *e)
{
	STACK_OF(X509) *chain = NULL;
	struct tls_ctx *c = NULL;
	X509_STORE *store = NULL;
	struct key *k = NULL;
	int rc = -1;

	if (x509_read_all(&chain, cert.p, cert.len, e) != 0) {
		err_prefix(e, "own certificate");
		goto out;
	}
	if (key_read_private(&k, key.p, key.len, e) != 0) {
		err_prefix(e, "private key");
		goto out;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		err_nomem(e);
		goto out;
	}
	if (x509_info(&c->self, sk_X509_value(chain, 0), false, e) != 0) {
		err_prefix(e, "own certificate");
		goto out;
	}
	if (check_pair(chain, k, e) != 0)
		goto out;
	store = make_store(cas, ncas, e);
	if (store == NULL ||
	    check_own(store, kind, chain, NULL, &c->self, e) != 0)
		goto out;
	c->kind = kind;
	c->ssl = make_ssl(store, kind);
	store = NULL;
	if (c->ssl == NULL) {
		ossl_error(e, ERR_CRYPTO, "cannot set TLS up");
		goto out;
	}
	if (use_own(c->ssl, chain, k, e) != 0 ||
	    (kind == TLS_HOST && show_cas(c->ssl, cas, ncas, e) != 0))
		goto out;
	*out = c;
	c = NULL;
	rc = 0;
out:
	tls_ctx_free(c);
	X509_STORE_free(store);
	key_free(k);
	sk_X509_pop_free(chain, X509_free);
	return rc;
}

int
tls_ctx_new(struct tls_ctx **out, struct pem cert, struct pem key,
	    const struct pem *cas, size_t ncas, struct err *e)
{
	return ctx_new(out, TLS_MUTUAL, cert, key, cas, ncas, e);
}

int
tls_ctx_new_host(struct tls_ctx **out, struct pem cert, struct pem key,
		 const struct pem *cas, size_t ncas, struct err *e)
{
	return ctx_new(out, TLS_HOST, cert, key, cas, ncas, e);
}

int
tls_ctx_new_guest(struct tls_ctx **out, const uint8_t ca[FINGERPRINT_LEN],
		  struct err *e)
{
	struct tls_ctx *c = calloc(1, sizeof(*c));
	X509_STORE *none = X509_STORE_new();

	if (c == NULL || none == NULL) {
		X509_STORE_free(none);
		free(c);
		return err_nomem(e);
	}
	c->kind = TLS_GUEST;
	memcpy(c->ca, ca, sizeof(c->ca));
	c->ssl = make_ssl(none, TLS_GUEST);
	if (c->ssl == NULL) {
		free(c);
		return ossl_error(e, ERR_CRYPTO, "cannot set TLS up");
	}
	*out = c;
	return 0;
}

static int
check_pem(struct pem cert, const struct pem *cas, size_t ncas,
	  const struct walltime *at, struct cert_info *info, struct err *e)
{
	STACK_OF(X509) *chain = NULL;
	X509_STORE *store = make_store(cas, ncas, e);
	int rc = -1;

	if (store != NULL && x509_read_all(&chain, cert.p, cert.len, e) == 0)
		rc = check_own(store, TLS_MUTUAL, chain, at, info, e);
	X509_STORE_free(store);
	sk_X509_pop_free(chain, X509_free);
	return rc;
}

int
tls_check_dates(struct pem cert, const struct pem *cas, size_t ncas,
		struct walltime now, struct err *e)
{
	return check_pem(cert, cas, ncas, &now, NULL, e);
}

int
tls_read_chain(struct cert_info *out, struct pem cert, const struct pem *cas,
	       size_t ncas, struct err *e)
{
	return check_pem(cert, cas, ncas, NULL, out, e);
}

void
tls_ctx_free(struct tls_ctx *c)
{
	if (c == NULL)
		return;
	SSL_CTX_free(c->ssl);
	free(c);
}

const struct cert_info *
tls_ctx_self(const struct tls_ctx *c)
{
	return &c->self;
}

struct tls_provider
tls_ctx_provider(struct tls_ctx *c)
{
	return (struct tls_provider){ &tls_ops_openssl, c };
}
