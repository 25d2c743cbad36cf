/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hostile daemon sends to the process that stayed root: whatever is
 * taken is safe for a shell's environment, and encodes again to the same. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "format/monitormsg.h"

static void
try_request(const uint8_t *in, size_t len)
{
	static uint8_t again[MONITOR_REQUEST_MAX];
	struct monitor_request r;
	struct span node = { r.node, 0 };

	if (monitor_request_decode(&r, in, len, NULL) < 0)
		return;
	assert(len <= sizeof(again));
	assert(monitor_request_encode(again, &r) == len);
	assert(memcmp(again, in, len) == 0);
	if (r.kind == MONITOR_OPEN) {
		assert(r.path < MONITOR_PATHS && r.index < CONF_MANY_MAX);
		return;
	}
	if (r.kind == MONITOR_DEVICE) {
		assert(r.device != 0 && r.device <= INT32_MAX);
		return;
	}
	if (r.kind == MONITOR_CHANGES) {
		struct monitor_change c;

		while (monitor_change_next(&c, &r.changes, &r.nchanges) > 0)
			assert(monitor_hook_node(c.hook) &&
			       text_is_node_name((struct span){
				       c.node, strlen(c.node) }));
		assert(r.nchanges == 0);
		return;
	}
	assert(r.kind == MONITOR_RUN && r.hook < MONITOR_HOOKS);
	node.len = strlen(r.node);
	assert(node.len <= NODE_NAME_MAX);
	assert(monitor_hook_node(r.hook) ? text_is_node_name(node) :
					   node.len == 0);
	assert(monitor_hook_subnet(r.hook) ==
	       (r.subnet.addr.family != IP_NONE));
	assert(r.subnet.len <= ipaddr_bits(&r.subnet.addr));
}

static void
try_reply(const uint8_t *in, size_t len)
{
	static uint8_t again[MONITOR_REPLY_MAX];
	struct monitor_reply r;
	struct monitor_reply s;

	if (monitor_reply_decode(&r, in, len, NULL) < 0)
		return;
	assert(len <= sizeof(again));
	assert(monitor_reply_encode(again, &r) == len);
	assert(monitor_reply_decode(&s, again, len, NULL) == 0);
	assert(s.kind == r.kind && s.len == r.len &&
	       memcmp(s.output, r.output, r.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	try_request(in, len);
	try_reply(in, len);
	return 0;
}
