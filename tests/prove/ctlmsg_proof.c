/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frames of the TLS channel: headers, REFUSE and the list's.
 *
 * @files src/format/ctlmsg.c src/format/bnl.c tests/prove/cursor_any.c
 *	tests/prove/err_any.c
 * @options -eva-partition-value last_byte -eva-split-limit 300
 * @reaches frame_header_read refuse_decode list_have_decode
 *	bnl_version_read
 * @covers 94
 * @break src/format/ctlmsg.c: type == 0 || type >= FRAME_TYPES => type == 0
 * @break src/format/ctlmsg.c: textlen >= sizeof(r.text) || => 0 ||
 */
#include "prove.h"
#include "contracts.h"
#include "format/ctlmsg.h"

static uint8_t in[FRAME_PAYLOAD_MAX];

int
main(void)
{
	struct frame_header head;
	struct refuse refuse;
	struct list_have have;
	struct err e;

	FILL(in);
	frame_header_read(&head, LAST(in, FRAME_HEADER_LEN), &e);
	list_have_decode(&have, LAST(in, LIST_HAVE_LEN));
	refuse_decode(&refuse, in, ANY(0, sizeof(in)), &e);
	return 0;
}
