/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: own certificate, key and CAs, and who may be on the other side. */
#include "tls_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509.h"

#define SECURITY_LEVEL 2	/* 112 bits and more, no SHA-1 */
#define CHAIN_DEPTH_MAX 4
#define CERT_LIST_MAX 32768	/* bytes of the other side's certificates */
#define VERIFY_FLAGS (X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN)

/* RFC 7301 section 3.1: each name after its length. */
static const unsigned char alpn_wire[] = {
	sizeof(TLS_ALPN) - 1, 'c', 'l', 'u', 'e', 'v', 'p', 'n', '/', '1'
};
_Static_assert(sizeof(alpn_wire) == sizeof(TLS_ALPN), "ALPN length");
static const char no_alpn[] = "no application protocol in common";

bool
tls_alpn_agreed(const SSL *ssl)
{
	const unsigned char *name;
	unsigned int len;

	SSL_get0_alpn_selected(ssl, &name, &len);
	return len == sizeof(alpn_wire) - 1 &&
	       memcmp(name, alpn_wire + 1, len) == 0;
}

/* A certificate without an extended key usage would pass the library's
 * purpose check, and so would a CA's own: neither is a node's. */
static int
check_leaf(X509 *x, bool as_server)
{
	uint32_t want = as_server ? XKU_SSL_SERVER : XKU_SSL_CLIENT;

	return X509_check_ca(x) == 0 &&
	       (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) != 0 &&
	       (X509_get_extended_key_usage(x) & want) != 0 ? 0 : -1;
}

int
tls_verify(X509_STORE_CTX *sc, bool as_server, const char *whose,
	   struct err *e)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(sc);
	bool good = X509_verify_cert(sc) == 1;

	/* A failure without a reason must not look like a success. */
	if (!good && X509_STORE_CTX_get_error(sc) == X509_V_OK)
		X509_STORE_CTX_set_error(sc, X509_V_ERR_UNSPECIFIED);
	if (good && check_leaf(leaf, as_server) != 0) {
		X509_STORE_CTX_set_error(sc, X509_V_ERR_INVALID_PURPOSE);
		good = false;
	}
	if (!good)
		tls_words_chain(e, sc, as_server, whose);
	ERR_clear_error();
	return good ? 0 : -1;
}

/* Runs in the place of X509_verify_cert(); 1 lets the handshake go on. */
static int
verify_peer(X509_STORE_CTX *sc, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(sc,
			SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	struct err e = { .code = ERR_NONE };

	(void)arg;
	/* Checked here, before anything of ours is shown to the other side. */
	if (!tls_alpn_agreed(ssl)) {
		err_set(&e, ERR_PROTO, "%s", no_alpn);
		X509_STORE_CTX_set_error(sc,
					 X509_V_ERR_APPLICATION_VERIFICATION);
	} else if (tls_verify(sc, t->dialler, "certificate of the other side",
			      &e) == 0) {
		if (x509_info(&t->peer, X509_STORE_CTX_get0_cert(sc), false,
			      &e) == 0) {
			t->verified = true;
			return 1;
		}
		err_prefix(&e, "certificate of the other side");
		/* Becomes the alert bad_certificate. */
		X509_STORE_CTX_set_error(sc, X509_V_ERR_HOSTNAME_MISMATCH);
	}
	memcpy(t->reason, e.text, sizeof(t->reason));
	return 0;
}

static int
select_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
	    const unsigned char *in, unsigned int inlen, void *arg)
{
	unsigned char *name;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&name, outlen, alpn_wire, sizeof(alpn_wire),
				  in, inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = name;
	return SSL_TLSEXT_ERR_OK;
}

/* Who speaks TLS 1.3 (has supported_versions) but offers no protocol is told
 * at once; who does not is told about the version, by the library. */
static int
look_at_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls *t = SSL_get_app_data(ssl);
	const unsigned char *ext;
	size_t len;

	(void)arg;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions,
				      &ext, &len) != 1 ||
	    SSL_client_hello_get0_ext(ssl,
			TLSEXT_TYPE_application_layer_protocol_negotiation,
			&ext, &len) == 1)
		return SSL_CLIENT_HELLO_SUCCESS;
	snprintf(t->reason, sizeof(t->reason), "%s", no_alpn);
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

/* The CAs of the network and nothing else: no file, no directory. */
static X509_STORE *
make_store(const struct pem *cas, size_t ncas, struct err *e)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *all;
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
			 * CAs would vouch for itself. */
			if (X509_check_ca(x) != 1) {
				err_set(e, ERR_CONFLICT, "certificate %d "
					"among the CAs is no CA's", j + 1);
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

/* A node dials and is dialled: its certificate must do for both. */
static int
check_own(X509_STORE *store, STACK_OF(X509) *chain, struct err *e)
{
	for (int as_server = 0; as_server <= 1; as_server++) {
		X509_STORE_CTX *sc = X509_STORE_CTX_new();
		X509_VERIFY_PARAM *param;
		int rc = -1;

		if (sc == NULL ||
		    X509_STORE_CTX_init(sc, store, sk_X509_value(chain, 0),
					chain) != 1 ||
		    X509_STORE_CTX_set_default(sc, as_server ? "ssl_server" :
					       "ssl_client") != 1) {
			ossl_error(e, ERR_CRYPTO, "own certificate");
		} else {
			param = X509_STORE_CTX_get0_param(sc);
			X509_VERIFY_PARAM_set_flags(param, VERIFY_FLAGS |
						    X509_V_FLAG_NO_CHECK_TIME);
			X509_VERIFY_PARAM_set_auth_level(param,
							 SECURITY_LEVEL);
			X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
			rc = tls_verify(sc, as_server, "own certificate", e);
		}
		X509_STORE_CTX_free(sc);
		if (rc != 0)
			return -1;
	}
	return 0;
}

/* TLS 1.3 and nothing that outlives a connection. Takes the store. */
static SSL_CTX *
make_ssl_ctx(X509_STORE *store)
{
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
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER |
			   SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_verify_depth(c, CHAIN_DEPTH_MAX);
	SSL_CTX_set_cert_verify_callback(c, verify_peer, NULL);
	SSL_CTX_set_alpn_select_cb(c, select_alpn, NULL);
	SSL_CTX_set_client_hello_cb(c, look_at_hello, NULL);
	if (SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(c, 0) != 1 ||
	    SSL_CTX_set_max_early_data(c, 0) != 1 ||
	    SSL_CTX_set_recv_max_early_data(c, 0) != 1 ||
	    SSL_CTX_set_ciphersuites(c, "TLS_AES_256_GCM_SHA384:"
				     "TLS_CHACHA20_POLY1305_SHA256:"
				     "TLS_AES_128_GCM_SHA256") != 1 ||
	    SSL_CTX_set1_groups(c, groups, 2) != 1 ||
	    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c),
					VERIFY_FLAGS) != 1 ||
	    /* This one alone returns 0 on success. */
	    SSL_CTX_set_alpn_protos(c, alpn_wire, sizeof(alpn_wire)) != 0) {
		SSL_CTX_free(c);
		return NULL;
	}
	return c;
}

/* The first certificate is ours; what follows is sent along. */
static int
use_own(SSL_CTX *c, STACK_OF(X509) *chain, const struct key *key,
	struct err *e)
{
	if (SSL_CTX_use_certificate(c, sk_X509_value(chain, 0)) != 1 ||
	    SSL_CTX_use_PrivateKey(c, key_native(key)) != 1)
		return ossl_error(e, ERR_CRYPTO, "own certificate");
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (SSL_CTX_add1_chain_cert(c, sk_X509_value(chain, i)) != 1)
			return ossl_error(e, ERR_CRYPTO, "chain of the own "
					  "certificate");
	return 0;
}

static int
check_pair(STACK_OF(X509) *chain, const struct key *key, struct err *e)
{
	if (EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(chain, 0)),
			key_native(key)) == 1)
		return x509_check_key(key_native(key), e);
	ERR_clear_error();
	return err_set(e, ERR_CONFLICT, "own certificate and private key do "
		       "not belong together");
}

int
tls_ctx_new(struct tls_ctx **out, struct pem cert, struct pem key,
	    const struct pem *cas, size_t ncas, struct err *e)
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
	if (store == NULL || check_own(store, chain, e) != 0)
		goto out;
	c->ssl = make_ssl_ctx(store);
	store = NULL;
	if (c->ssl == NULL) {
		ossl_error(e, ERR_CRYPTO, "cannot set TLS up");
		goto out;
	}
	if (use_own(c->ssl, chain, k, e) != 0)
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
