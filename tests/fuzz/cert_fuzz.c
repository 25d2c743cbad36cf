/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates, requests and keys from elsewhere: as text, or as DER of which
 * the text is made here. The first byte says what it is to be.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "crypto/cert.h"
#include "crypto/sign.h"

#define DER_MAX 4096

static bool
is_name(const char *s)
{
	return text_is_node_name((struct span){ s, strlen(s) });
}

static void
check_key(struct key *k)
{
	char *pem = NULL;
	struct key *again;
	uint8_t a[FINGERPRINT_LEN], b[FINGERPRINT_LEN];
	struct err e;

	require(!key_is_private(k));
	require(key_write_public(&pem, k, &e) == 0);
	require(key_read_public(&again, pem, strlen(pem), &e) == 0);
	key_fingerprint(a, k);
	key_fingerprint(b, again);
	require(memcmp(a, b, sizeof(a)) == 0);
	key_free(again);
	key_free(k);
	free(pem);
}

static void
read_info(const char *pem, size_t len, int any_cn)
{
	struct cert_info info;
	struct err e;

	if (cert_read_info(&info, pem, len, any_cn, &e) < 0) {
		require(e.text[0] != '\0');
		return;
	}
	require(strlen(info.cn) <= NODE_NAME_MAX &&
		strlen(info.ou) <= CERT_OU_MAX);
	require(any_cn || is_name(info.cn));
}

static void
read_request(const char *pem, size_t len)
{
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	struct key *k;
	struct err e;

	if (cert_read_request(name, ou, &k, pem, len, &e) < 0) {
		require(e.text[0] != '\0');
		return;
	}
	require(is_name(name) && strlen(ou) <= CERT_OU_MAX);
	check_key(k);
}

static void
read_any(uint8_t what, const char *pem, size_t len)
{
	struct key *k;
	struct err e;

	switch (what & 7) {
	case 0:
	case 1:
		read_info(pem, len, what & 1);
		break;
	case 2:
	case 3:
		read_request(pem, len);
		break;
	case 4:
		if (cert_read_key(&k, pem, len, &e) == 0)
			check_key(k);
		break;
	case 5:
		if (key_read_private(&k, pem, len, &e) == 0) {
			require(key_is_private(k));
			key_free(k);
		}
		break;
	default:
		if (key_read_public(&k, pem, len, &e) == 0)
			check_key(k);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const labels[8] = {
		"CERTIFICATE",	       "CERTIFICATE", "CERTIFICATE REQUEST",
		"CERTIFICATE REQUEST", "CERTIFICATE", "PRIVATE KEY",
		"PUBLIC KEY",	       "PRIVATE KEY"
	};
	static char base64[BASE64_MAX(DER_MAX)], pem[2 * DER_MAX];
	size_t n, at;

	if (len < 1 || len > DER_MAX)
		return 0;
	read_any(data[0], (const char *)data + 1, len - 1);
	n = base64_encode(base64, sizeof(base64), data + 1, len - 1);
	at = (size_t)sprintf(pem, "-----BEGIN %s-----\n", labels[data[0] & 7]);
	for (size_t i = 0; i < n; i += 64)
		at += (size_t)sprintf(pem + at, "%.64s\n", base64 + i);
	at += (size_t)sprintf(pem + at, "-----END %s-----\n",
			      labels[data[0] & 7]);
	read_any(data[0], pem, at);
	return 0;
}
