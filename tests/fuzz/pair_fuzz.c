/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a pair record; what is accepted encodes to the same bytes, but
 * for entries of a later version. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "crypto/kdf.h"
#include "format/pair.h"

static void
check(const uint8_t *in, size_t len)
{
	uint8_t again[PAIR_RECORD_MAX];
	struct pair_record r;
	struct err e;
	size_t n;

	if (pair_record_decode(&r, in, len, &e) != 0)
		return;
	n = pair_record_encode(again, &r);
	if (n > len || (n == len && memcmp(again, in, len) != 0))
		abort();
	if (n < len) {
		uint8_t third[PAIR_RECORD_MAX];

		if (pair_record_decode(&r, again, n, &e) != 0 ||
		    pair_record_encode(third, &r) != n ||
		    memcmp(again, third, n) != 0)
			abort();
	}
	pair_record_wipe(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t sealed[PAIR_RECORD_MAX];

	check(data, len);
	/* Under a right checksum, so that the fields are reached. */
	if (len > sizeof(sealed) - SHA256_LEN)
		return 0;
	memcpy(sealed, data, len);
	sha256(sealed + len, sealed, len);
	check(sealed, len + SHA256_LEN);
	return 0;
}
