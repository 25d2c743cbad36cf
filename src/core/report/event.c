/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for events. */
#include "core/event.h"

#include <assert.h>
#include <stddef.h>

static const char *const names[EVENTS] = {
	[EVENT_PEER_UP] = "peer-up",
	[EVENT_PEER_DOWN] = "peer-down",
	[EVENT_PEER_MOVED] = "peer-moved",
	[EVENT_PAIR_NEW] = "pair-new",
	[EVENT_PAIR_GONE] = "pair-gone",
	[EVENT_NEGOTIATE_FAILED] = "negotiate-failed",
	[EVENT_PEER_REFUSED] = "peer-refused",
	[EVENT_LIST_NEW] = "list-new",
	[EVENT_LIST_REFUSED] = "list-refused",
	[EVENT_LIST_HELD] = "list-held",
	[EVENT_LIST_FORK] = "list-fork",
	[EVENT_LIST_SELF_GONE] = "list-self-gone",
	[EVENT_NODE_NEW] = "node-new",
	[EVENT_NODE_GONE] = "node-gone",
	[EVENT_STORE_FAILED] = "store-failed",
	[EVENT_CLOCK] = "clock",
	[EVENT_SLEPT] = "slept",
	[EVENT_CERT_END] = "certificate-end",
	[EVENT_HOST] = "host-name",
	[EVENT_PEER_CERT_END] = "peer-certificate-end",
	[EVENT_LIST_OLD] = "list-old",
	[EVENT_CLOCK_OFF] = "clock-off",
	[EVENT_ONE_WAY] = "one-way",
	[EVENT_MTU] = "mtu",
	[EVENT_DEVICE] = "device",
	[EVENT_LIST_LOST] = "list-lost",
	[EVENT_NETWORK] = "network",
	[EVENT_MUTED] = "peer-muted",
};

const char *
event_name(enum event_kind k)
{
	assert(k < EVENTS && names[k] != NULL);
	return names[k];
}
