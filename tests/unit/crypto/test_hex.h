/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hexadecimal vectors in tests. */
#ifndef TESTS_CRYPTO_TEST_HEX_H
#define TESTS_CRYPTO_TEST_HEX_H

#include <string.h>

#include "base/bytes.h"

/* Decodes a literal into out and returns its length in bytes. */
static inline size_t
unhex(uint8_t *out, const char *text)
{
	size_t len = strlen(text) / 2;

	assert_int_equal(hex_decode(out, len, text, strlen(text)), 0);
	return len;
}

static inline void
assert_hex(const void *got, const char *text)
{
	uint8_t want[4096];
	size_t len = unhex(want, text);

	assert_memory_equal(got, want, len);
}

#endif
