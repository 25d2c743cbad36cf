/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64: RFC 4648 section 10, and that each text stands alone. */
#include <stdlib.h>

#include "../unit.h"
#include "crypto/sign.h"
#include "test_hex.h"

static const struct {
	const char *plain;
	const char *text;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

static void
rfc4648_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		size_t len = strlen(vectors[i].plain);
		char text[16];
		uint8_t plain[16];
		size_t n = 99;

		assert_int_equal(
			base64_encode(text, BASE64_MAX(len),
				      (const uint8_t *)vectors[i].plain, len),
			strlen(vectors[i].text));
		assert_string_equal(text, vectors[i].text);
		assert_int_equal(
			base64_decode(plain, len, &n, text, strlen(text)), 0);
		assert_int_equal(n, len);
		assert_memory_equal(plain, vectors[i].plain, len);
	}
}

/* Exact allocations, so that a sanitizer sees any byte too many. */
static void
all_lengths(void **state)
{
	(void)state;
	for (size_t len = 1; len < 300; len++) {
		uint8_t *in = malloc(len);
		uint8_t *back = malloc(len);
		char *text = malloc(BASE64_MAX(len));
		size_t n, textlen;

		assert_true(in != NULL && back != NULL && text != NULL);
		for (size_t i = 0; i < len; i++)
			in[i] = (uint8_t)(i * 89 + len);
		textlen = base64_encode(text, BASE64_MAX(len), in, len);
		assert_int_equal(textlen + 1, BASE64_MAX(len));
		assert_int_equal(
			base64_decode(back, len - 1, &n, text, textlen), -1);
		assert_int_equal(base64_decode(back, len, &n, text, textlen),
				 0);
		assert_int_equal(n, len);
		assert_memory_equal(back, in, len);
		free(in);
		free(back);
		free(text);
	}
}

static void
refuses_other_texts(void **state)
{
	/* clang-format off */
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zm9vY", "Zm9v=", "Zm9v====",	/* length */
		"====", "Z===", "=g==", "Zg=g", "Z=g=", "Zg==Zm9v",
		"Zh==", "Zi==", "Zo==", "Zm9=", "Zm+=",		/* spare bits */
		"Zm 9", "Zm9\n", "\nZm9", "Zm9v\r\n\r\n", "Zm9v\n",
		"Zm-_", "Zm9.", "Zm9\x80", "\xff\xff\xff\xff",
	};
	/* clang-format on */
	uint8_t out[16];
	size_t n = 99;

	(void)state;
	memset(out, 0xa5, sizeof(out));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(base64_decode(out, sizeof(out), &n, bad[i],
					       strlen(bad[i])),
				 -1);
	assert_int_equal(base64_decode(out, sizeof(out), &n, "Zm9\0", 4), -1);
	assert_int_equal(n, 99);
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], 0xa5);
}

/* Of all bytes in one place, exactly the alphabet's 64 are taken. */
static void
alphabet_is_64(void **state)
{
	unsigned int taken = 0;

	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[] = "AAAA";
		uint8_t out[3];
		size_t n;

		text[1] = (char)c;
		taken += base64_decode(out, sizeof(out), &n, text, 4) == 0;
	}
	assert_int_equal(taken, 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4648_vectors),
		cmocka_unit_test(all_lengths),
		cmocka_unit_test(refuses_other_texts),
		cmocka_unit_test(alphabet_is_64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
