/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for drop reasons. */
#include "core/drop.h"

#include <assert.h>
#include <stddef.h>

static const char *const names[DROPS] = {
	[DROP_NONE] = "none",
	[DROP_TUN_MALFORMED] = "tun-malformed",
	[DROP_NO_ROUTE] = "no-route",
	[DROP_OWN_SUBNET] = "own-subnet",
	[DROP_MULTICAST] = "multicast",
	[DROP_TUN_SOURCE] = "tun-source",
	[DROP_TOO_BIG] = "too-big",
	[DROP_QUEUE_FULL] = "queue-full",
	[DROP_QUEUE_OLD] = "queue-old",
	[DROP_OUT_FULL] = "out-full",
	[DROP_SEAL] = "seal",
	[DROP_LOOP] = "loop",
	[DROP_EMPTY] = "empty",
	[DROP_SHORT] = "short",
	[DROP_TYPE] = "type",
	[DROP_LENGTH] = "length",
	[DROP_INSIDE] = "inside",
	[DROP_NO_SESSION] = "no-session",
	[DROP_NO_PAIR] = "no-pair",
	[DROP_MAC] = "mac",
	[DROP_COOKIE] = "cookie",
	[DROP_EPHEMERAL] = "ephemeral",
	[DROP_HANDSHAKE] = "handshake",
	[DROP_STATE] = "state",
	[DROP_RATE] = "rate",
	[DROP_REPLAY] = "replay",
	[DROP_AUTH] = "auth",
	[DROP_EXPIRED] = "expired",
	[DROP_UNPACK] = "unpack",
	[DROP_MUTED] = "muted",
	[DROP_INNER_MALFORMED] = "inner-malformed",
	[DROP_INNER_SOURCE] = "inner-source",
	[DROP_INNER_DEST] = "inner-dest",
	[DROP_ECN] = "ecn",
	[DROP_CONTROL] = "control",
};

const char *
drop_name(enum drop d)
{
	assert(d < DROPS && names[d] != NULL);
	return names[d];
}
