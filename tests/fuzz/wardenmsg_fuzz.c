/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hostile daemon sends to the process that stayed root: whatever is
 * taken is safe for a shell's environment, and encodes again to the same. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "format/wardenmsg.h"

static void
try_request(const uint8_t *in, size_t len)
{
	static uint8_t again[WARDEN_REQUEST_MAX];
	struct warden_request r;
	struct span node = { r.node, 0 };

	if (warden_request_decode(&r, in, len, NULL) < 0)
		return;
	assert(len <= sizeof(again));
	assert(warden_request_encode(again, &r) == len);
	assert(memcmp(again, in, len) == 0);
	if (r.kind == WARDEN_OPEN) {
		assert(r.path < WARDEN_PATHS && r.index < CONF_MANY_MAX);
		return;
	}
	if (r.kind == WARDEN_DEVICE) {
		assert(r.device != 0 && r.device <= INT32_MAX);
		return;
	}
	if (r.kind == WARDEN_CHANGES) {
		struct warden_change c;

		while (warden_change_next(&c, &r.changes, &r.nchanges) > 0)
			assert(warden_hook_node(c.hook) &&
			       text_is_node_name((struct span){
				       c.node, strlen(c.node) }));
		assert(r.nchanges == 0);
		return;
	}
	assert(r.kind == WARDEN_RUN && r.hook < WARDEN_HOOKS);
	node.len = strlen(r.node);
	assert(node.len <= NODE_NAME_MAX);
	assert(warden_hook_node(r.hook) ? text_is_node_name(node) :
					  node.len == 0);
	assert(warden_hook_subnet(r.hook) ==
	       (r.subnet.addr.family != IP_NONE));
	assert(r.subnet.len <= ipaddr_bits(&r.subnet.addr));
}

static void
try_reply(const uint8_t *in, size_t len)
{
	static uint8_t again[WARDEN_REPLY_MAX];
	struct warden_reply r;
	struct warden_reply s;

	if (warden_reply_decode(&r, in, len, NULL) < 0)
		return;
	assert(len <= sizeof(again));
	assert(warden_reply_encode(again, &r) == len);
	assert(warden_reply_decode(&s, again, len, NULL) == 0);
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
