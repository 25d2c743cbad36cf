/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 (RFC 4648 section 4); only the canonical text of a byte sequence is
 * valid. */
#include "crypto/sign.h"

#include <assert.h>

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_encode(char *out, size_t cap, const uint8_t *in, size_t len)
{
	char *p = out;

	assert(cap >= BASE64_MAX(len));
	(void)cap;
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t v = (uint32_t)in[i] << 16 |
			     (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
			     (left > 2 ? in[i + 2] : 0);

		*p++ = alphabet[v >> 18];
		*p++ = alphabet[v >> 12 & 63];
		*p++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
		*p++ = left > 2 ? alphabet[v & 63] : '=';
	}
	*p = '\0';
	return (size_t)(p - out);
}

/* 0..63, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* The number of bytes that a text encodes; SIZE_MAX when it is not canonical:
 * RFC 4648 sections 3.3 and 3.5. */
static size_t
decoded_len(const char *in, size_t len)
{
	size_t pad = 0;

	if (len % 4 != 0)
		return SIZE_MAX;
	while (len > 0 && pad < 2 && in[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len - pad; i++)
		if (value_of(in[i]) < 0)
			return SIZE_MAX;
	if (pad > 0 && (value_of(in[len - 1 - pad]) & (pad == 1 ? 3 : 15)) != 0)
		return SIZE_MAX;
	return len / 4 * 3 - pad;
}

int
base64_decode(uint8_t *out, size_t cap, size_t *outlen, const char *in,
	      size_t len)
{
	uint32_t bits = 0;
	size_t n = decoded_len(in, len);

	if (n > cap)
		return -1;
	for (size_t i = 0, done = 0; i < len && done < n; i++) {
		bits = bits << 6 | (uint32_t)value_of(in[i]);
		if (i % 4 != 0)
			out[done++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	*outlen = n;
	return 0;
}
