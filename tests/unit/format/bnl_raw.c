/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bnl_raw.h"

#include "crypto/sign.h"
#include "format/bnl_sign.h"

char *
raw_sign(const struct key *k, const char *text, size_t len, size_t *outlen)
{
	struct bytes parts[] = {
		{ LABEL_BNL, sizeof(LABEL_BNL) - 1 },
		{ text, len },
	};
	char b64[BASE64_MAX(SIGN_MAX)], who[FINGERPRINT_TEXT_MAX];
	uint8_t sig[SIGN_MAX], fp[FINGERPRINT_LEN];
	char *out = malloc(len + RAW_BLOCK_MAX);
	size_t siglen, n, at = len;

	if (out == NULL || sign_make(sig, &siglen, k, parts, 2, NULL) != 0) {
		free(out);
		return NULL;
	}
	memcpy(out, text, len);
	n = base64_encode(b64, sizeof(b64), sig, siglen);
	key_fingerprint(fp, k);
	at += (size_t)sprintf(out + at, BNL_BEGIN "\nkey: %s\n",
			      fingerprint_format(who, fp));
	for (size_t i = 0; i < n; i += 64)
		at += (size_t)sprintf(out + at, "%.64s\n", b64 + i);
	at += (size_t)sprintf(out + at, BNL_END "\n");
	*outlen = at;
	return out;
}
