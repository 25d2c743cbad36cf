/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Translates errors of TLS for an administrator. */
#include "tls_local.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "x509.h"

#define SHOWN_MAX 80

struct word {
	int code;
	const char *text;
};

/* Faults of a certificate chain, to follow "the certificate". */
static const struct word chain_words[] = {
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "carries a false signature" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
	  "has a critical extension that is not known here" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "has a key that is too weak" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL,
	  "is signed by a CA with a key that is too weak" },
	{ X509_V_ERR_CA_MD_TOO_WEAK,
	  "is signed with a digest that is too weak" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "has too long a chain" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED,
	  "is signed by one that may not sign (path length)" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,
	  "is signed by a CA with name constraints, which node names do not "
	  "follow: use a CA without them" },
	{ X509_V_ERR_INVALID_CA, "is signed by one that is no CA" },
	{ X509_V_ERR_NO_ISSUER_PUBLIC_KEY,
	  "is signed by a CA without a usable key" },
	{ X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER,
	  "does not name its CA's key (authority key identifier)" },
	{ 0, NULL }
};

/* Alerts (RFC 8446 section 6.2), with their most frequent meaning here. */
static const struct word alert_words[] = {
	{ SSL_AD_HANDSHAKE_FAILURE, "handshake failure" },
	{ SSL_AD_BAD_CERTIFICATE,
	  "bad certificate (ours is not valid yet by its clock)" },
	{ SSL_AD_UNSUPPORTED_CERTIFICATE,
	  "unsupported certificate (ours does not suit its purpose)" },
	{ SSL_AD_CERTIFICATE_REVOKED, "certificate revoked" },
	{ SSL_AD_CERTIFICATE_EXPIRED,
	  "certificate expired (ours, or its clock is wrong)" },
	{ SSL_AD_CERTIFICATE_UNKNOWN, "certificate unknown" },
	{ SSL_AD_UNKNOWN_CA, "unknown ca (ours is none of its CAs)" },
	{ SSL_AD_ACCESS_DENIED, "access denied" },
	{ SSL_AD_PROTOCOL_VERSION,
	  "protocol version (it does not speak TLS 1.3)" },
	{ SSL_AD_INTERNAL_ERROR, "internal error" },
	{ SSL_AD_CERTIFICATE_REQUIRED, "certificate required" },
	{ SSL_AD_NO_APPLICATION_PROTOCOL,
	  "no application protocol (it is no ClueVPN node)" },
	{ 0, NULL }
};

static const struct word error_words[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, "other side does not speak TLS 1.3" },
	{ SSL_R_WRONG_SSL_VERSION, "other side does not speak TLS 1.3" },
	{ SSL_R_WRONG_VERSION_NUMBER, "other side does not speak TLS" },
	{ SSL_R_BAD_RECORD_TYPE, "other side does not speak TLS" },
	{ SSL_R_HTTP_REQUEST, "other side speaks HTTP, not TLS" },
	{ SSL_R_HTTPS_PROXY_REQUEST, "other side speaks HTTP, not TLS" },
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
	  "other side has sent no certificate" },
	{ SSL_R_NO_APPLICATION_PROTOCOL, "no application protocol in common" },
	{ SSL_R_EXCESSIVE_MESSAGE_SIZE,
	  "other side has sent a message that is too long" },
	{ SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
	  "a TLS record was altered on the way" },
	{ 0, NULL }
};

static const char *
word_of(const struct word *words, int code)
{
	for (; words->text != NULL; words++)
		if (words->code == code)
			return words->text;
	return NULL;
}

static void
words_time(struct err *e, X509_STORE_CTX *sc, bool expired, const char *whose)
{
	X509 *x = X509_STORE_CTX_get_current_cert(sc);
	const char *above =
		X509_STORE_CTX_get_error_depth(sc) > 0 ? ": a CA above it" : "";
	struct walltime at = { 0 };
	char text[TEXT_TIME_MAX];

	if (x != NULL)
		x509_time(&at, expired ? X509_get0_notAfter(x) :
					 X509_get0_notBefore(x));
	text_time_format(text, at);
	err_set(e, ERR_CRYPTO,
		expired ? "%s%s has expired (%s)" :
			  "%s%s is not valid before %s",
		whose, above, text);
}

static void
words_issuer(struct err *e, X509_STORE_CTX *sc, const char *whose)
{
	X509 *x = X509_STORE_CTX_get0_cert(sc);
	char issuer[SHOWN_MAX] = "";

	if (x != NULL)
		x509_show_entry(issuer, sizeof(issuer), X509_get_issuer_name(x),
				NID_commonName);
	err_set(e, ERR_CRYPTO,
		"%s is not signed by a CA of this network "
		"(issuer: \"%s\")",
		whose, issuer);
}

enum tls_fault
tls_chain_fault(int code)
{
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TLS_FAULT_DATE;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_APPLICATION_VERIFICATION: /* another ALPN */
		return TLS_FAULT_FOREIGN;
	default:
		return TLS_FAULT_OTHER;
	}
}

void
tls_words_chain(struct err *e, X509_STORE_CTX *sc, bool as_server,
		const char *whose)
{
	int code = X509_STORE_CTX_get_error(sc);
	const char *text = word_of(chain_words, code);

	switch (tls_chain_fault(code)) {
	case TLS_FAULT_DATE:
		words_time(e, sc, code == X509_V_ERR_CERT_HAS_EXPIRED, whose);
		return;
	case TLS_FAULT_FOREIGN:
		words_issuer(e, sc, whose);
		return;
	case TLS_FAULT_OTHER:
		break;
	}
	if (code == X509_V_ERR_INVALID_PURPOSE) {
		err_set(e, ERR_CRYPTO, "%s is not made for a TLS %s", whose,
			as_server ? "server" : "client");
		return;
	}
	if (text == NULL)
		text = X509_verify_cert_error_string(code);
	err_set(e, ERR_CRYPTO, "%s %s%s", whose,
		word_of(chain_words, code) != NULL ? "" : "is not valid: ",
		text);
}

/* The first error of the TLS layer itself is the most useful one; those of
 * lower layers are about bytes. */
static unsigned long
first_complaint(void)
{
	unsigned long code, found = 0;

	while ((code = ERR_get_error()) != 0)
		if (found == 0 || (ERR_GET_LIB(found) != ERR_LIB_SSL &&
				   ERR_GET_LIB(code) == ERR_LIB_SSL))
			found = code;
	return found;
}

static enum tls_fault
alert_fault(int alert)
{
	switch (alert) {
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_BAD_CERTIFICATE: /* not valid yet */
		return TLS_FAULT_DATE;
	case SSL_AD_NO_APPLICATION_PROTOCOL:
		return TLS_FAULT_FOREIGN;
	default:
		return TLS_FAULT_OTHER;
	}
}

static enum tls_fault
error_fault(int reason)
{
	switch (reason) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_WRONG_SSL_VERSION:
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_BAD_RECORD_TYPE:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
	case SSL_R_NO_APPLICATION_PROTOCOL:
		return TLS_FAULT_FOREIGN;
	default:
		return TLS_FAULT_OTHER;
	}
}

enum tls_fault
tls_words_error(char *out, size_t cap)
{
	unsigned long code = first_complaint();
	int reason = ERR_GET_REASON(code);
	const char *text = NULL;

	if (code != 0 && ERR_GET_LIB(code) == ERR_LIB_SSL) {
		if (reason > SSL_AD_REASON_OFFSET) {
			reason -= SSL_AD_REASON_OFFSET;
			text = word_of(alert_words, reason);
			snprintf(out, cap, "other side sent alert: %s",
				 text != NULL ?
					 text :
					 SSL_alert_desc_string_long(reason));
			return alert_fault(reason);
		}
		text = word_of(error_words, reason);
	}
	if (text != NULL) {
		snprintf(out, cap, "%s", text);
		return error_fault(reason);
	}
	text = code != 0 ? ERR_reason_error_string(code) : NULL;
	snprintf(out, cap, "TLS: %s", text != NULL ? text : "failed");
	return TLS_FAULT_OTHER;
}
