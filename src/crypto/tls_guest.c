/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS of a guest that has no certificate yet. The host sends the CA's
 * certificate with its own; the guest knows the fingerprint of the CA's key.
 * Without that CA's private key no valid chain to it can be made, whatever else
 * the certificate says.
 */
#include "tls_local.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509.h"

STACK_OF(X509) *
tls_guest_trusts(X509_STORE_CTX *sc, const uint8_t ca[FINGERPRINT_LEN])
{
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(sc);
	STACK_OF(X509) *out = sk_X509_new_null();
	struct cert_info info;

	for (int i = 0; out != NULL && i < sk_X509_num(sent); i++) {
		X509 *x = sk_X509_value(sent, i);

		/* In an accepted chain this certificate vouches for others. */
		if (X509_check_ca(x) != 1 ||
		    x509_info(&info, x, true, NULL) != 0 ||
		    memcmp(info.fingerprint, ca, FINGERPRINT_LEN) != 0)
			continue;
		if (sk_X509_push(out, x) == 0) {
			sk_X509_free(out);
			out = NULL;
		}
	}
	ERR_clear_error();
	return out;
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
	c->ssl = tls_make_ssl(none, TLS_GUEST);
	if (c->ssl == NULL) {
		free(c);
		return ossl_error(e, ERR_CRYPTO, "cannot set TLS up");
	}
	*out = c;
	return 0;
}
