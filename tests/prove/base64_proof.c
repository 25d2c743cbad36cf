/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64: any text of up to 1,024 digits, into as much room as it needs, or less,
 * up to that of a signature that is verified here.
 *
 * @files src/crypto/base64.c
 * @reaches base64_decode decoded_len value_of
 * @covers 100
 * @break src/crypto/base64.c: if (n > cap) => if (n == SIZE_MAX)
 * @break src/crypto/base64.c: i < len && done < n => done < n
 * @break src/crypto/base64.c: while (len > 0 && pad < 2 && => while (pad < 2 &&
 */
#include "prove.h"
#include "crypto/sign.h"

static char text[1024];
static uint8_t out[SIGN_MAX];

static void
try_room(size_t room, size_t len)
{
	size_t n;

	if (room > sizeof(out))
		room = sizeof(out);
	base64_decode(LAST(out, room), room, &n, LAST(text, len), len);
}

int
main(void)
{
	FILL(text);
	/*@ loop unroll sizeof(text) + 1; */
	for (size_t len = 0; len <= sizeof(text); len++) {
		size_t most = len / 4 * 3;

		try_room(most, len);
		if (len % 4 != 0)
			continue;
		try_room(most < 1 ? 0 : most - 1, len);
		try_room(most < 2 ? 0 : most - 2, len);
		try_room(most < 3 ? 0 : most - 3, len);
	}
	return 0;
}
