/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wiping, constant-time comparison, hexadecimal. */
#include "base/bytes.h"

#include <string.h>

void
bytes_wipe(void *p, size_t len)
{
	if (len != 0)
		explicit_bzero(p, len);
}

/* volatile keeps the compiler from leaving the loop at the first difference. */
bool
bytes_equal_ct(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	volatile uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff = (uint8_t)(diff | (x[i] ^ y[i]));
	return diff == 0;
}

bool
bytes_all_zero_ct(const void *p, size_t len)
{
	const volatile uint8_t *x = p;
	volatile uint8_t seen = 0;

	for (size_t i = 0; i < len; i++)
		seen = (uint8_t)(seen | x[i]);
	return seen == 0;
}

void
hex_encode(char *out, const uint8_t *in, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(uint8_t *out, size_t len, const char *text, size_t textlen)
{
	if (textlen % 2 != 0 || textlen / 2 != len)
		return -1;
	for (size_t i = 0; i < textlen; i++) {
		if (hex_digit(text[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_digit(text[2 * i]) * 16 +
				   hex_digit(text[2 * i + 1]));
	return 0;
}
