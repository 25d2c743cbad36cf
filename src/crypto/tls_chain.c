/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: decides which certificate chains are acceptable, and reads them. */
#include "tls_local.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509.h"

/* A node dials and is dialled, so that a certificate made for only one of the
 * two roles is no node's. A CA without the extension may sign for both. */
static bool
lacks_usage(X509 *x, bool as_server, bool required)
{
	uint32_t want = as_server ? XKU_SSL_SERVER : XKU_SSL_CLIENT;

	if ((X509_get_extension_flags(x) & EXFLAG_XKUSAGE) == 0)
		return required;
	return (X509_get_extended_key_usage(x) & want) == 0;
}

/*
 * Makes the checks that OpenSSL leaves out, on a chain that it has verified.
 * OpenSSL would accept a CA's own certificate for a node's, and it does not
 * apply name constraints to a Common Name without a dot, which is why CAs that
 * have some are refused. X509_V_OK or the error; as_server: the role to check;
 * both: the other role is needed, too.
 */
static int
check_chain(STACK_OF(X509) * chain, bool *as_server, bool both)
{
	if (X509_check_ca(sk_X509_value(chain, 0)) != 0)
		return X509_V_ERR_INVALID_PURPOSE;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *x = sk_X509_value(chain, i);

		if (X509_get_ext_by_NID(x, NID_name_constraints, -1) >= 0)
			return X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE;
		if (lacks_usage(x, *as_server, i == 0))
			return X509_V_ERR_INVALID_PURPOSE;
		if (both && lacks_usage(x, !*as_server, i == 0)) {
			*as_server = !*as_server;
			return X509_V_ERR_INVALID_PURPOSE;
		}
	}
	return X509_V_OK;
}

int
tls_verify(X509_STORE_CTX *sc, enum tls_kind kind, bool as_server,
	   const char *whose, struct err *e)
{
	bool good = X509_verify_cert(sc) == 1;
	int code;

	/* A failure without an error code must not look like a success. */
	if (!good && X509_STORE_CTX_get_error(sc) == X509_V_OK)
		X509_STORE_CTX_set_error(sc, X509_V_ERR_UNSPECIFIED);
	if (good) {
		code = check_chain(X509_STORE_CTX_get0_chain(sc), &as_server,
				   kind == TLS_MUTUAL);
		good = code == X509_V_OK;
		X509_STORE_CTX_set_error(sc, code);
	}
	if (!good)
		tls_words_chain(e, sc, as_server, whose);
	ERR_clear_error();
	return good ? 0 : -1;
}

int
tls_chain_info(struct cert_info *out, X509_STORE_CTX *sc, struct err *e)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(sc);
	int n = sk_X509_num(chain) - 1;

	if (x509_info(out, sk_X509_value(chain, 0), false, e) != 0)
		return -1;
	if (n > CERT_ABOVE_MAX)
		return err_set(e, ERR_LIMIT, "it has too long a chain");
	for (int i = 0; i < n; i++)
		if (x509_fingerprint(out->above.key[i],
				     sk_X509_value(chain, i + 1), e) != 0)
			return -1;
	out->above.n = (uint8_t)n;
	return 0;
}
