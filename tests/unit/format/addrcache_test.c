/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of remembered addresses: what is read is what was written, and
 * nothing that is damaged is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/kdf.h"
#include "format/addrcache.h"

static struct endpoint
at(const char *text, uint16_t port)
{
	struct endpoint ep = { .port = port };

	assert_int_equal(ipaddr_parse(&ep.addr, text, strlen(text)), 0);
	return ep;
}

static void
make(struct buf *b)
{
	struct addrcache_node alpha = { .name = "alpha", .n = 2 };
	struct addrcache_node beta = { .name = "beta.example.org",
				       .n = ADDRCACHE_EACH };

	alpha.at[0] = at("192.0.2.1", 3406);
	alpha.at[1] = at("2001:db8::1", 4406);
	for (unsigned int i = 0; i < ADDRCACHE_EACH; i++)
		beta.at[i] = at("198.51.100.7", (uint16_t)(i + 1));
	buf_init(b, ADDRCACHE_BYTES_MAX);
	assert_int_equal(addrcache_file_begin(b), 0);
	assert_int_equal(addrcache_file_add(b, &alpha), 0);
	assert_int_equal(addrcache_file_add(b, &beta), 0);
	assert_int_equal(addrcache_file_end(b), 0);
}

/* How many nodes there are; -1: the file is refused. */
static int
read_all(const uint8_t *in, size_t len, struct addrcache_node *out, size_t max,
	 struct err *e)
{
	struct rcur r;
	int n = 0, rc;

	if (addrcache_file_open(&r, in, len, e) < 0)
		return -1;
	do {
		assert_in_range(n, 0, max - 1);
		rc = addrcache_file_next(&r, &out[n],
					 n == 0 ? NULL : out[n - 1].name, e);
		n += rc > 0;
	} while (rc > 0);
	return rc < 0 ? -1 : n;
}

static void
round_trip(void **state)
{
	static const uint8_t first[] = {
		'C', 'V', 'A', 'D', 'D', 'R', '\n', 1, 5,    'a',  'l', 'p',
		'h', 'a', 2,   4,   192, 0,   2,    1, 0x0d, 0x4e, 6,
	};
	struct addrcache_node got[3];
	struct buf b;
	struct err e;

	(void)state;
	make(&b);
	assert_memory_equal(buf_data(&b), first, sizeof(first));
	assert_int_equal(read_all(buf_data(&b), buf_len(&b), got, 3, &e), 2);
	assert_string_equal(got[0].name, "alpha");
	assert_int_equal(got[0].n, 2);
	assert_int_equal(got[0].at[0].port, 3406);
	assert_int_equal(got[0].at[1].addr.family, IP_V6);
	assert_int_equal(got[0].at[1].addr.b[15], 1);
	assert_string_equal(got[1].name, "beta.example.org");
	assert_int_equal(got[1].n, ADDRCACHE_EACH);
	assert_int_equal(got[1].at[3].port, 4);
	buf_free(&b);
}

static void
empty(void **state)
{
	struct addrcache_node got[1];
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, ADDRCACHE_BYTES_MAX);
	addrcache_file_begin(&b);
	addrcache_file_end(&b);
	assert_int_equal(read_all(buf_data(&b), buf_len(&b), got, 1, &e), 0);
	buf_free(&b);
}

static void
damaged(void **state)
{
	struct addrcache_node got[3];
	struct buf b;
	struct err e;
	uint8_t *copy;
	size_t len;

	(void)state;
	make(&b);
	len = buf_len(&b);
	copy = malloc(len + 1);
	assert_non_null(copy);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(read_all(buf_data(&b), i, got, 3, &e), -1);
		for (int bit = 0; bit < 8; bit++) {
			memcpy(copy, buf_data(&b), len);
			copy[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(read_all(copy, len, got, 3, &e), -1);
			assert_int_equal(e.code, ERR_SYNTAX);
		}
	}
	memcpy(copy, buf_data(&b), len);
	copy[len] = 0;
	assert_int_equal(read_all(copy, len + 1, got, 3, &e), -1);
	free(copy);
	buf_free(&b);
}

/* Sealed well, and still not what this program would have written. */
static void
nonsense(void **state)
{
	/* clang-format off */
	static const struct {
		const char *nodes;
		size_t len;
		int nodes_before;
	} cases[] = {
#define C(s, n) {s, sizeof(s) - 1, n}
	    C("\x01" "a", 0),
	    C("\x01" "a\x00", 0),		/* no address */
	    C("\x01" "a\x05", 0),		/* too many */
	    C("\x01" "a\x01\x04\xc0\x00\x02", 0),	/* cut short */
	    C("\x01" "a\x01\x04\xc0\x00\x02\x01\x0d", 0),
	    C("\x01" "a\x01\x04\xc0\x00\x02\x01\x00\x00", 0), /* port 0 */
	    C("\x01" "a\x01\x05\xc0\x00\x02\x01\x0d\x4e", 0), /* family 5 */
	    C("\x01" "a\x01\x00\x0d\x4e", 0),
	    C("\x01" "a\x01\x04\xe0\x00\x00\x01\x0d\x4e", 0), /* multicast */
	    C("\x01" "a\x01\x04\x00\x00\x00\x00\x0d\x4e", 0),
	    C("\x00\x01\x04\xc0\x00\x02\x01\x0d\x4e", 0),	/* no name */
	    C("\x01" "A\x01\x04\xc0\x00\x02\x01\x0d\x4e", 0),
	    C("\x02" "a\x00\x01\x04\xc0\x00\x02\x01\x0d\x4e", 0),
	    C("\xff" "a\x01\x04\xc0\x00\x02\x01\x0d\x4e", 0),
	    C("\x01" "b\x01\x04\xc0\x00\x02\x01\x0d\x4e"
	      "\x01" "a\x01\x04\xc0\x00\x02\x01\x0d\x4e", 1),	/* order */
	    C("\x01" "b\x01\x04\xc0\x00\x02\x01\x0d\x4e"
	      "\x01" "b\x01\x04\xc0\x00\x02\x01\x0d\x4e", 1),	/* twice */
	    C("\x01" "b\x01\x04\xc0\x00\x02\x01\x0d\x4e\x00", 1),
#undef C
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addrcache_node got[3];
		struct buf b;
		struct err e;

		buf_init(&b, ADDRCACHE_BYTES_MAX);
		addrcache_file_begin(&b);
		assert_int_equal(buf_put(&b, cases[i].nodes, cases[i].len), 0);
		addrcache_file_end(&b);
		memset(got, 0, sizeof(got));
		if (read_all(buf_data(&b), buf_len(&b), got, 3, &e) != -1)
			fail_msg("case %zu is read", i);
		assert_int_equal(e.code, ERR_SYNTAX);
		assert_int_equal(got[0].n > 0, cases[i].nodes_before);
		buf_free(&b);
	}
}

static void
other_version(void **state)
{
	struct addrcache_node got[1];
	uint8_t sum[SHA256_LEN];
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, ADDRCACHE_BYTES_MAX);
	buf_put(&b, "CVADDR\n\x02", 8);
	sha256(sum, buf_data(&b), 8);
	buf_put(&b, sum, sizeof(sum));
	assert_int_equal(read_all(buf_data(&b), buf_len(&b), got, 1, &e), -1);
	assert_non_null(strstr(e.text, "version 2"));
	buf_free(&b);
}

static void
worth_remembering(void **state)
{
	struct endpoint ep = at("192.0.2.1", 3406);

	(void)state;
	assert_true(addrcache_is_usable(&ep));
	ep = at("2001:db8::1", 1);
	assert_true(addrcache_is_usable(&ep));
	ep.port = 0;
	assert_false(addrcache_is_usable(&ep));
	ep = at("fe80::1", 3406);
	assert_false(addrcache_is_usable(&ep));
	ep = at("ff02::1", 3406);
	assert_false(addrcache_is_usable(&ep));
	ep = at("0.0.0.0", 3406);
	assert_false(addrcache_is_usable(&ep));
	memset(&ep, 0, sizeof(ep));
	assert_false(addrcache_is_usable(&ep));
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),    cmocka_unit_test(empty),
	    cmocka_unit_test(damaged),	     cmocka_unit_test(nonsense),
	    cmocka_unit_test(other_version),
	    cmocka_unit_test(worth_remembering),
	};
	/* clang-format on */

	return cmocka_run_group_tests_name("known_file", tests, NULL, NULL);
}
