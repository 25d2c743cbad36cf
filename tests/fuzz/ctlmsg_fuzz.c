/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames on the TLS connection: whatever decodes encodes again to the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "format/ctlmsg.h"

static void
try_hello(const uint8_t *in, size_t len)
{
	uint8_t once[FRAME_HELLO_MAX], twice[FRAME_HELLO_MAX];
	struct hello h, g;
	struct err e;
	size_t n;

	(void)hello_version(in, len);
	if (hello_decode(&h, in, len, &e) < 0)
		return;
	assert(h.nheld <= PAIR_HELD_MAX);
	n = hello_encode(once, &h);
	assert(hello_decode(&g, once, n, &e) == 0);
	assert(hello_encode(twice, &g) == n);
	assert(memcmp(once, twice, n) == 0);
}

static void
try_refuse(const uint8_t *in, size_t len)
{
	uint8_t out[FRAME_REFUSE_MAX];
	struct refuse r;
	struct err e;

	if (refuse_decode(&r, in, len, &e) < 0)
		return;
	assert(refuse_encode(out, &r) == len);
	assert(memcmp(out, in, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct frame_header h;
	struct err e;

	if (len < FRAME_HEADER_LEN)
		return 0;
	if (frame_header_read(&h, in, &e) == 0)
		assert(h.len <= FRAME_PAYLOAD_MAX);
	in += FRAME_HEADER_LEN;
	len -= FRAME_HEADER_LEN;
	if (len <= FRAME_HELLO_MAX)
		try_hello(in, len);
	try_refuse(in, len);
	if (len == LIST_HAVE_LEN) {
		uint8_t out[LIST_HAVE_LEN];
		struct list_have have;

		list_have_decode(&have, in);
		list_have_encode(out, &have);
		assert(memcmp(out, in, len) == 0);
	}
	return 0;
}
