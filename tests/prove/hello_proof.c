/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HELLO of a peer, of any length and content. Numbers up to 64 are told
 * apart: a name is no longer.
 *
 * @files src/format/hello.c src/format/tail.c src/format/compress.c src/format/bnl.c
 *	tests/prove/cursor_any.c tests/prove/err_any.c
 * @options -cpp-extra-args=-DEACH_MAX=64 -eva-partition-value last_byte
 *	-eva-split-limit 300
 * @reaches hello_decode name_read ciphers_read comps_read held_read
 *	hello_version bnl_version_read
 * @covers 98
 * @break src/format/hello.c: p == NULL || len > NODE_NAME_MAX || => p == NULL ||
 * @break src/format/hello.c: a->ncomps == COMP_ALGS => 0
 */
#include "prove.h"
#include "contracts.h"
#include "format/ctlmsg.h"

static uint8_t in[FRAME_HELLO_MAX];

int
main(void)
{
	struct hello h;
	struct err e;

	FILL(in);
	hello_decode(&h, in, ANY(0, sizeof(in)), &e);
	hello_version(LAST(in, 0), 0);
	hello_version(LAST(in, 1), 1);
	hello_version(LAST(in, 2), 2);
	return 0;
}
