/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the monitor: what is safe passes, nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "format/monitormsg.h"

/* Where the fields of a RUN stand, with the node "beta". */
enum {
	AT_KIND = 0,
	AT_HOOK = 9,
	AT_LEN = 10,
	AT_NODE = 11,
	AT_FAMILY = 15,
	AT_PREFIX = 16,
	AT_ADDR = 17,
	RUN_LEN = 33
};

static struct monitor_request
run_of(enum monitor_hook hook, const char *node, const char *subnet)
{
	struct monitor_request r = {
		.kind = MONITOR_RUN, .id = 7, .conf = 1, .hook = hook
	};

	memcpy(r.node, node, strlen(node));
	if (subnet != NULL)
		assert_int_equal(
			prefix_parse(&r.subnet, subnet, strlen(subnet)), 0);
	return r;
}

static int
decode(const uint8_t *in, size_t len)
{
	struct monitor_request r;

	return monitor_request_decode(&r, in, len, NULL);
}

static void
expect_same(const struct monitor_request *r)
{
	uint8_t bytes[MONITOR_REQUEST_MAX], again[MONITOR_REQUEST_MAX];
	struct monitor_request got;
	size_t len = monitor_request_encode(bytes, r);

	assert_int_equal(monitor_request_decode(&got, bytes, len, NULL), 0);
	assert_int_equal(got.kind, r->kind);
	assert_int_equal(got.id, r->id);
	assert_int_equal(got.conf, r->conf);
	assert_int_equal(got.hook, r->hook);
	assert_string_equal(got.node, r->node);
	assert_int_equal(prefix_cmp(&got.subnet, &r->subnet), 0);
	assert_int_equal(got.path, r->path);
	assert_int_equal(got.index, r->index);
	assert_int_equal(got.device, r->device);
	assert_int_equal(monitor_request_encode(again, &got), len);
	assert_memory_equal(again, bytes, len);
	/* Shorter or longer it is none. */
	for (size_t n = 0; n < len; n++)
		assert_int_equal(decode(bytes, n), -1);
	if (len < sizeof(bytes)) {
		bytes[len] = 0;
		assert_int_equal(decode(bytes, len + 1), -1);
	}
}

static void
test_there_and_back(void **state)
{
	struct monitor_request r;

	(void)state;
	for (unsigned int h = 0; h < MONITOR_HOOKS; h++) {
		enum monitor_hook hook = (enum monitor_hook)h;

		r = run_of(hook, monitor_hook_node(hook) ? "beta" : "",
			   monitor_hook_subnet(hook) ? "10.1.2.0/24" : NULL);
		expect_same(&r);
	}
	r = run_of(MONITOR_SUBNET_UP,
		   "0123456789012345678901234567890"
		   "12345678901234567890123456789012",
		   "fd00:c1::/48");
	expect_same(&r);
	r = run_of(MONITOR_SUBNET_UP, "a.b_c-d", "0.0.0.0/0");
	expect_same(&r);
	r = run_of(MONITOR_MYSUBNET_DOWN, "a", "2001:db8::1/128");
	expect_same(&r);
	for (int p = 0; p < MONITOR_PATHS; p++) {
		r = (struct monitor_request){ .kind = MONITOR_OPEN,
					      .id = 9,
					      .conf = 0x01020304,
					      .path = (enum monitor_path)p,
					      .index = CONF_MANY_MAX - 1 };
		expect_same(&r);
	}
}

static size_t
good(uint8_t out[MONITOR_REQUEST_MAX])
{
	struct monitor_request r =
		run_of(MONITOR_SUBNET_UP, "beta", "10.1.2.0/24");
	size_t len = monitor_request_encode(out, &r);

	assert_int_equal(len, RUN_LEN);
	assert_int_equal(decode(out, len), 0);
	return len;
}

static void
expect_bad(size_t at, uint8_t value)
{
	uint8_t bytes[MONITOR_REQUEST_MAX];
	size_t len = good(bytes);

	bytes[at] = value;
	assert_int_equal(decode(bytes, len), -1);
}

static void
test_kind_and_hook(void **state)
{
	(void)state;
	for (unsigned int v = 0; v < 256; v++) {
		/* The rest of a RUN is a change, too. */
		if (v != MONITOR_RUN && v != MONITOR_CHANGES)
			expect_bad(AT_KIND, (uint8_t)v);
		if (v < MONITOR_SUBNET_UP || v > MONITOR_MYSUBNET_DOWN)
			expect_bad(AT_HOOK, (uint8_t)v);
		if (v != 4)
			expect_bad(AT_LEN, (uint8_t)v);
	}
}

/* A number that stands for no hook is refused as such: nothing else is wrong
 * with one that has neither node nor subnet. */
static void
test_no_such_hook(void **state)
{
	struct monitor_request r = run_of(MONITOR_UP, "", NULL);
	uint8_t bytes[MONITOR_REQUEST_MAX];
	size_t len = monitor_request_encode(bytes, &r);

	(void)state;
	assert_int_equal(decode(bytes, len), 0);
	for (unsigned int v = MONITOR_HOOKS; v < 256; v++) {
		bytes[AT_HOOK] = (uint8_t)v;
		assert_int_equal(decode(bytes, len), -1);
	}
}

static void
test_node(void **state)
{
	static const char bad[] = "A/ $`;&|<>(){}[]\\\"'\n\r\t*?!#~=%@:,+\x7f";

	(void)state;
	for (size_t i = 0; i < sizeof(bad); i++) /* and NUL */
		expect_bad(AT_NODE + 1, (uint8_t)bad[i]);
	for (unsigned int v = 128; v < 256; v++)
		expect_bad(AT_NODE, (uint8_t)v);
	expect_bad(AT_NODE, '-');
	expect_bad(AT_NODE, '.');
}

static void
test_subnet(void **state)
{
	static const uint8_t mapped[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 10
	};
	uint8_t bytes[MONITOR_REQUEST_MAX];
	size_t len = good(bytes);

	(void)state;
	for (unsigned int v = 0; v < 256; v++)
		if (v != IP_V4 && v != IP_V6)
			expect_bad(AT_FAMILY, (uint8_t)v);
	for (unsigned int v = 33; v < 256; v++)
		expect_bad(AT_PREFIX, (uint8_t)v);
	expect_bad(AT_PREFIX, 22); /* a host bit */
	expect_bad(AT_ADDR + 3, 1);
	for (size_t i = 4; i < 16; i++) /* beyond an IPv4 address */
		expect_bad(AT_ADDR + i, 1);
	bytes[AT_FAMILY] = IP_V6;
	bytes[AT_PREFIX] = 129;
	assert_int_equal(decode(bytes, len), -1);
	bytes[AT_PREFIX] = 128;
	assert_int_equal(decode(bytes, len), 0);
	memcpy(bytes + AT_ADDR, mapped, sizeof(mapped));
	assert_int_equal(decode(bytes, len), -1);
}

/* What a hook does not have must not be there. */
static void
test_nothing_else(void **state)
{
	struct monitor_request r = run_of(MONITOR_UP, "beta", NULL);
	uint8_t bytes[MONITOR_REQUEST_MAX];

	(void)state;
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
	r = run_of(MONITOR_DOWN, "", "10.0.0.0/8");
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
	r = run_of(MONITOR_NODE_UP, "beta", "10.0.0.0/8");
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
	r = run_of(MONITOR_NODE_UP, "", NULL);
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
	r = run_of(MONITOR_SUBNET_DOWN, "beta", NULL);
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
}

static void
test_open(void **state)
{
	struct monitor_request r = { .kind = MONITOR_OPEN,
				     .path = MONITOR_PATHS };
	uint8_t bytes[MONITOR_REQUEST_MAX];

	(void)state;
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
	r.path = MONITOR_CA;
	r.index = CONF_MANY_MAX;
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
}

static void
test_device(void **state)
{
	struct monitor_request r = { .kind = MONITOR_DEVICE, .device = 7 };
	uint8_t bytes[MONITOR_REQUEST_MAX];

	(void)state;
	expect_same(&r);
	r.device = 0;
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
	r.device = UINT32_MAX; /* no interface has that */
	assert_int_equal(decode(bytes, monitor_request_encode(bytes, &r)), -1);
}

static void
test_reply(void **state)
{
	static uint8_t bytes[MONITOR_REPLY_MAX + 1];
	static uint8_t output[MONITOR_OUTPUT_MAX + 5] = { 'o' };
	struct monitor_reply r = { .kind = MONITOR_DONE,
				   .id = 3,
				   .failed = 2,
				   .exit_status = -1,
				   .signal = 15,
				   .timed_out = true,
				   .discarded = 6,
				   .output = output,
				   .len = sizeof(output) };
	struct monitor_reply got;
	size_t len = monitor_reply_encode(bytes, &r);

	(void)state;
	assert_int_equal(len, MONITOR_REPLY_MAX);
	assert_int_equal(monitor_reply_decode(&got, bytes, len, NULL), 0);
	assert_int_equal(got.kind, MONITOR_DONE);
	assert_int_equal(got.id, 3);
	assert_int_equal(got.failed, 2);
	assert_int_equal(got.exit_status, -1);
	assert_int_equal(got.signal, 15);
	assert_true(got.timed_out);
	assert_int_equal(got.discarded, 11);
	assert_int_equal(got.len, MONITOR_OUTPUT_MAX);
	assert_memory_equal(got.output, output, got.len);
	assert_int_equal(monitor_reply_decode(&got, bytes, len + 1, NULL), -1);
	for (size_t n = 0; n < 26; n++)
		assert_int_equal(monitor_reply_decode(&got, bytes, n, NULL),
				 -1);

	r = (struct monitor_reply){ .kind = MONITOR_FILE,
				    .id = 4,
				    .conf = 5,
				    .output = (const uint8_t *)"no",
				    .len = 2 };
	len = monitor_reply_encode(bytes, &r);
	assert_int_equal(len, 15);
	assert_int_equal(monitor_reply_decode(&got, bytes, len, NULL), 0);
	assert_int_equal(got.conf, 5);
	assert_memory_equal(got.output, "no", 2);
	bytes[0] = MONITOR_OPEN;
	assert_int_equal(monitor_reply_decode(&got, bytes, len, NULL), -1);
}

static void
test_of_the_configuration(void **state)
{
	static const char text[] =
		"name = a\nupcmd = u\ndowncmd = d\nnodeupcmd = nu\n"
		"nodedowncmd = nd\nsubnetupcmd = su\nsubnetdowncmd = sd\n"
		"mysubnetupcmd = mu\nmysubnetdowncmd = md\nchangecmd = c\n"
		"cacert = /1.pem\ncacert = /2.pem\nlogfile = /log\n";
	/* clang-format off */
	static const char *const want[MONITOR_HOOKS] = {
		"u", "d", "nu", "nd", "su", "sd", "mu", "md", "c" };
	struct conf *c;
	struct errs es = { .count = 0 };

	(void)state;
	assert_int_equal(conf_parse(&c, text, sizeof(text) - 1, "/etc", &es),
			 0);
	for (unsigned int h = 0; h < MONITOR_HOOKS; h++)
		assert_string_equal(
			monitor_hook_command(c, (enum monitor_hook)h), want[h]);
	assert_null(monitor_hook_command(c, MONITOR_HOOKS));
	assert_string_equal(monitor_path_of(c, MONITOR_CERT, 0),
			    "/etc/node.pem");
	assert_string_equal(monitor_path_of(c, MONITOR_KEY, 0),
			    "/etc/node.key");
	assert_string_equal(monitor_path_of(c, MONITOR_CA, 1), "/2.pem");
	assert_string_equal(monitor_path_of(c, MONITOR_BNLPUBKEY, 0),
			    "/etc/bnl-pub.pem");
	assert_string_equal(monitor_path_of(c, MONITOR_LOG, 0), "/log");
	assert_null(monitor_path_of(c, MONITOR_CERT, 1));
	assert_null(monitor_path_of(c, MONITOR_KEY, 1));
	assert_null(monitor_path_of(c, MONITOR_LOG, 1));
	assert_null(monitor_path_of(c, MONITOR_CA, 2));
	assert_null(monitor_path_of(c, MONITOR_BNLPUBKEY, 1));
	assert_null(monitor_path_of(c, MONITOR_CONF, 0));
	assert_null(monitor_path_of(c, MONITOR_PATHS, 0));
	conf_free(c);
}

/* --- changes ------------------------------------------------------------------- */

static void
put(struct buf *b, enum monitor_hook hook, const char *node, const char *subnet)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, subnet, strlen(subnet)), 0);
	assert_int_equal(monitor_change_put(b, hook, node, &p), 0);
}

static void
test_changes(void **state)
{
	uint8_t out[MONITOR_REQUEST_MAX];
	struct monitor_request r = { .kind = MONITOR_CHANGES, .id = 3 }, got;
	struct monitor_change c;
	const uint8_t *p;
	size_t len, left;
	struct buf b;

	(void)state;
	buf_init(&b, MONITOR_CHANGES_MAX);
	put(&b, MONITOR_NODE_UP, "beta", "10.0.0.0/8");
	put(&b, MONITOR_SUBNET_DOWN, "gamma", "fd00::/64");
	r.changes = buf_data(&b);
	r.nchanges = buf_len(&b);
	len = monitor_request_encode(out, &r);
	assert_int_equal(monitor_request_decode(&got, out, len, NULL), 0);
	assert_int_equal(got.id, 3);
	p = got.changes;
	left = got.nchanges;
	assert_int_equal(monitor_change_next(&c, &p, &left), 1);
	assert_int_equal(c.hook, MONITOR_NODE_UP);
	assert_string_equal(c.node, "beta");
	assert_int_equal(c.subnet.addr.family, IP_NONE);
	assert_int_equal(monitor_change_next(&c, &p, &left), 1);
	assert_int_equal(c.hook, MONITOR_SUBNET_DOWN);
	assert_string_equal(c.node, "gamma");
	assert_int_equal(c.subnet.len, 64);
	assert_int_equal(monitor_change_next(&c, &p, &left), 0);
	/* Cut anywhere but between them it is none. */
	for (size_t n = 0; n < len; n++)
		assert_int_equal(decode(out, n), n == 9 + 24 ? 0 : -1);
	out[len] = MONITOR_NODE_UP;
	assert_int_equal(decode(out, len + 1), -1);
	/* A name that is none, in the second; a hook that has no node. */
	out[9 + 24 + 2] = '$';
	assert_int_equal(decode(out, len), -1);
	out[9 + 24 + 2] = 'g';
	assert_int_equal(decode(out, len), 0);
	for (enum monitor_hook h = 0; h <= MONITOR_HOOKS; h++) {
		out[9] = (uint8_t)h;
		assert_int_equal(decode(out, len), h == MONITOR_NODE_UP ||
				 h == MONITOR_NODE_DOWN ? 0 : -1);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_kind_and_hook),
		cmocka_unit_test(test_no_such_hook),
		cmocka_unit_test(test_node),
		cmocka_unit_test(test_subnet),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_of_the_configuration),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
