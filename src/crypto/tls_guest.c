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
