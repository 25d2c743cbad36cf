/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DSA keys: which sizes are taken, and that the public value is checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/sign.h"
#include "test_keys.h"

static void
assert_refused_public(const char *pem, size_t len, enum err_code code)
{
	struct key *k = (struct key *)&k;
	struct err e = { 0 };

	assert_int_equal(key_read_public(&k, pem, len, &e), -1);
	assert_int_equal(e.code, code);
	assert_ptr_equal(k, &k);
}

static void
refuses_a_small_dsa_key(void **state)
{
	/* 1024/160 */
	static const char small[] =
		"-----BEGIN PUBLIC KEY-----\n"
		"MIIBtjCCASsGByqGSM44BAEwggEeAoGBAPtCrnhAaHbE2Ay5eP99GNMELf2OdV8y\n"
		"YGQSkWgKy1CTj/xwds4zB/IFqnn92ID6E8A50LHGSPvQkaxACaVkdXkq0PBTsjix\n"
		"vZwYlrzqM0eOyr0g2vD39PF5iEUUz703mDX2BpmfPavG+C5qlHNoBSOosup4U1s/\n"
		"ry6VPinjtiKXAhUAtpSnfA2rLy79QI9lzHbH5+NRickCgYB2XNzEimGikpXEVLjA\n"
		"9Jrnbh54GeKkkduBB6nZldbYiYBrSR7DBqCPdjy8JSZob80rdKVuBwSvRolTos4O\n"
		"BvNJADTEIJLMLZSUKDRp4YYTg1vYH52Zjh/8vAiorcF+k62rV4ZHM5YIHvdAdo31\n"
		"nfBhA4dvlfm/ABnM/EA2QIFscwOBhAACgYB4tPRXXhW5zqZaVv7mhYZea7DC6I6Q\n"
		"kvHgFQfQAnJPSBgnwxOlUCoPf7vxK8g/egihTdkoVX1x+4EndVktmsQTteayvQWp\n"
		"Mo2Xk+0mA8lxOnnlgRveyZjzqDJTGluaufPXZi888kBElY6KKVcDX/gSFvd1/2Wi\n"
		"bdgqilKqp8Ra2g==\n"
		"-----END PUBLIC KEY-----\n";

	(void)state;
	assert_refused_public(small, strlen(small), ERR_RANGE);
}

/* DER by hand: an INTEGER of so many bits, the top and the lowest one set. */
static size_t
put_integer(uint8_t *out, unsigned int bits)
{
	size_t len = bits / 8 + 1;

	memset(out, 0, 4 + len);
	out[0] = 0x02;
	out[1] = 0x82;
	put_be16(out + 2, (uint16_t)len);
	out[4 + len - 1 - (bits - 1) / 8] |= (uint8_t)(1 << (bits - 1) % 8);
	out[4 + len - 1] |= 1;
	return 4 + len;
}

/* Puts tag and length before what stands there. */
static size_t
put_around(uint8_t *p, uint8_t tag, size_t len)
{
	memmove(p + 4, p, len);
	p[0] = tag;
	p[1] = 0x82;
	put_be16(p + 2, (uint16_t)len);
	return len + 4;
}

static size_t
dsa_pem(char *out, size_t cap, unsigned int pbits, unsigned int qbits)
{
	static const uint8_t dsa_oid[] = { 0x06, 0x07, 0x2a, 0x86, 0x48,
					   0xce, 0x38, 0x04, 0x01 };
	uint8_t der[2000];
	char text[BASE64_MAX(sizeof(der))];
	size_t len, n, used;
	uint8_t *p = der;

	memcpy(p, dsa_oid, sizeof(dsa_oid));
	p += sizeof(dsa_oid);
	len = put_integer(p, pbits);
	len += put_integer(p + len, qbits);
	len += put_integer(p + len, 2);
	p += put_around(p, 0x30, len);
	p = der + put_around(der, 0x30, (size_t)(p - der));
	p[0] = 0;
	p += put_around(p, 0x03, 1 + put_integer(p + 1, 3));
	len = put_around(der, 0x30, (size_t)(p - der));

	n = base64_encode(text, sizeof(text), der, len);
	used = (size_t)snprintf(out, cap, "-----BEGIN PUBLIC KEY-----\n");
	for (size_t i = 0; i < n; i += 64)
		used += (size_t)snprintf(out + used, cap - used, "%.64s\n",
					 text + i);
	used += (size_t)snprintf(out + used, cap - used,
				 "-----END PUBLIC KEY-----\n");
	return used;
}

/* The numbers are no primes, so what passes by its size fails later. */
static void
dsa_sizes(void **state)
{
	static const struct {
		unsigned int pbits, qbits;
		enum err_code code;
	} sizes[] = {
		{ 2048, 224, ERR_CRYPTO }, { 2048, 256, ERR_CRYPTO },
		{ 4096, 256, ERR_CRYPTO }, { 3072, 256, ERR_CRYPTO },
		{ 2047, 224, ERR_RANGE },  { 2048, 223, ERR_RANGE },
		{ 4097, 256, ERR_RANGE },  { 4096, 257, ERR_RANGE },
		{ 1024, 160, ERR_RANGE },  { 9000, 9000 / 4, ERR_RANGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char pem[4000];
		size_t len = dsa_pem(pem, sizeof(pem), sizes[i].pbits,
				     sizes[i].qbits);

		assert_refused_public(pem, len, sizes[i].code);
	}
}

/* One digit of the public value changed: no element of the subgroup. */
static void
refuses_a_bad_dsa_value(void **state)
{
	char pem[sizeof(dsa_public_pem)];
	char *digit;

	(void)state;
	memcpy(pem, dsa_public_pem, sizeof(pem));
	digit = strstr(pem, "ARb1W+Sw");
	assert_non_null(digit);
	digit[2] = 'c';
	assert_refused_public(pem, strlen(pem), ERR_CRYPTO);
}

/* 2048/256 takes seconds; reading it back checks both sizes' floor, and the
 * length of its SubjectPublicKeyInfo is that of such a key. */
static void
generates_dsa(void **state)
{
	struct key *k, *again;
	char *text;

	(void)state;
	assert_int_equal(key_generate(&k, KEY_DSA, NULL), 0);
	assert_int_equal(key_type(k), KEY_DSA);
	assert_int_equal(key_write_public(&text, k, NULL), 0);
	assert_in_range(strlen(text), strlen(dsa_public_pem) - 8,
			strlen(dsa_public_pem) + 8);
	assert_int_equal(key_read_public(&again, text, strlen(text), NULL), 0);
	free(text);
	key_free(again);
	key_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_small_dsa_key),
		cmocka_unit_test(dsa_sizes),
		cmocka_unit_test(refuses_a_bad_dsa_value),
		cmocka_unit_test(generates_dsa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
