/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which prefixes are routed to the device, written out as one line of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/devroutes.h"
#include "format/bnl_parse.h"

#define MANY 8

struct host {
	const char *own, *local; /* words; NULL: none */
};

static size_t
words(const char *text, char out[MANY][64])
{
	size_t n = 0;
	int used;

	while (text != NULL && n < MANY &&
	       sscanf(text, "%63s%n", out[n], &used) == 1) {
		text += used;
		n++;
	}
	return n;
}

static size_t
prefixes(const char *text, struct prefix out[MANY])
{
	char word[MANY][64];
	size_t n = words(text, word);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			prefix_parse(&out[i], word[i], strlen(word[i])), 0);
	return n;
}

static size_t
addresses(const char *text, struct ipaddr out[MANY])
{
	char word[MANY][64];
	size_t n = words(text, word);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			ipaddr_parse(&out[i], word[i], strlen(word[i])), 0);
	return n;
}

/* In the order in which a generation has them. */
static size_t
subnets_of(const struct bnl *b, struct route_entry out[MANY])
{
	struct route_table t;
	size_t n = 0;
	struct err e;

	for (uint32_t i = 0; i < b->nnodes; i++)
		for (uint32_t j = 0; j < b->nodes[i].nsubnets; j++) {
			assert_true(n < MANY);
			out[n++] = (struct route_entry){ b->nodes[i].subnets[j],
							 i };
		}
	assert_int_equal(route_build(&t, out, n, &e), 0);
	route_free(&t);
	return n;
}

static void
make(struct devroutes *r, struct bnl **b, const char *list,
     const struct host *h)
{
	struct prefix own[MANY], local[MANY];
	struct route_entry subnets[MANY];
	const struct bnl_node *self;
	struct devroutes_in in = {
		.own = own,
		.nown = prefixes(h->own, own),
		.local = local,
		.nlocal = prefixes(h->local, local),
	};
	struct errs es = { 0 };
	char text[2048];

	snprintf(text, sizeof(text),
		 "network t.example\n"
		 "timestamp 2026-11-22T06:25:00Z\n%s",
		 list);
	if (bnl_parse(b, text, strlen(text), &es) != 0)
		fail_msg("not a list: %s", list);
	self = bnl_find(*b, "alpha");
	in.self = self == NULL ? ROUTE_NONE : (uint32_t)(self - (*b)->nodes);
	in.list = *b;
	in.subnets = subnets;
	in.nsubnets = subnets_of(*b, subnets);
	assert_int_equal(devroutes_make(r, &in, NULL), 0);
}

static void
expect(const char *list, struct host h, const char *wanted)
{
	char got[4096] = "", text[PREFIX_TEXT_MAX];
	struct devroutes r;
	struct bnl *b;

	make(&r, &b, list, &h);
	for (size_t i = 0; i < r.n; i++) {
		if (i > 0)
			strcat(got, " ");
		strcat(got, prefix_format(text, &r.v[i]));
	}
	assert_string_equal(got, wanted);
	devroutes_free(&r);
	bnl_free(b);
}

#define PLAIN                                         \
	"prefix 10.156.0.0/16\nprefix fd00:c1::/48\n" \
	"node alpha\n subnet 10.156.1.0/24\n"         \
	" subnet fd00:c1:0:1::/64\n"                  \
	"node beta\n subnet 10.156.2.0/24\n"          \
	" subnet fd00:c1:0:2::/64\n"
#define LAN \
	"prefix 192.168.5.0/24\n" PLAIN "node gamma\n subnet 192.168.5.0/24\n"

static void
test_plain(void **state)
{
	(void)state;
	expect(PLAIN, (struct host){ 0 }, "10.156.0.0/16 fd00:c1::/48");
	expect(PLAIN, (struct host){ .local = "192.0.2.0/24 2001:db8::/64" },
	       "10.156.0.0/16 fd00:c1::/48");
	expect(LAN, (struct host){ 0 },
	       "10.156.0.0/16 192.168.5.0/24 fd00:c1::/48");
	/* Alone: the rest of its prefix is the VPN's, if the device has an
	 * address there. */
	expect("prefix 10.156.0.0/16\nnode alpha\n subnet 10.156.1.0/24\n",
	       (struct host){ .own = "10.156.1.0/24" }, "10.156.0.0/16");
	expect("prefix 10.156.0.0/16\nnode alpha\n subnet 10.156.1.0/24\n",
	       (struct host){ 0 }, "");
	/* A prefix that nobody has a subnet in any more. */
	expect("prefix 192.168.5.0/24\n" PLAIN, (struct host){ 0 },
	       "10.156.0.0/16 fd00:c1::/48");
	expect("prefix 192.168.5.7/32\nprefix fd00:c2::1/128\n" PLAIN
	       "node gamma\n subnet 192.168.5.7/32\n"
	       " subnet fd00:c2::1/128\n",
	       (struct host){ 0 },
	       "10.156.0.0/16 192.168.5.7/32 fd00:c1::/48 fd00:c2::1/128");
}

static void
test_local(void **state)
{
	(void)state;
	/* A LAN of this host in the prefix, or around it: one by one. */
	expect(PLAIN, (struct host){ .local = "10.156.7.0/24" },
	       "10.156.2.0/24 fd00:c1::/48");
	expect(PLAIN, (struct host){ .local = "10.0.0.0/8 fd00::/16" },
	       "10.156.2.0/24 fd00:c1:0:2::/64");
	/* The metric decides where the LAN is that of another node. */
	expect(LAN, (struct host){ .local = "192.168.5.0/24" },
	       "10.156.0.0/16 192.168.5.0/24 fd00:c1::/48");
	/* A small prefix inside one that cannot be one route. */
	expect("prefix 10.0.0.0/8\nprefix 10.156.0.0/16\n"
	       "node beta\n subnet 10.7.0.0/16\n subnet 10.156.2.0/24\n"
	       " subnet 10.156.4.0/24\n",
	       (struct host){ .local = "10.9.0.0/16" },
	       "10.7.0.0/16 10.156.0.0/16");
}

static void
test_too_wide(void **state)
{
	static const char list[] =
		"prefix 0.0.0.0/0\nprefix ::/0\n"
		"node beta\n subnet 0.0.0.0/1\n subnet 2000::/3\n"
		"node gamma\n subnet 172.16.0.0/12\n subnet fc00::/7\n";
	struct host h = { 0 };
	char text[PREFIX_TEXT_MAX];
	struct devroutes r;
	struct bnl *b;

	(void)state;
	expect(list, h, "172.16.0.0/12 fc00::/7");
	make(&r, &b, list, &h);
	assert_int_equal(r.ntoowide, 2);
	assert_string_equal(prefix_format(text, &r.toowide), "0.0.0.0/1");
	assert_string_equal(r.toowide_node, "beta");
	devroutes_free(&r);
	bnl_free(b);
}

static void
test_find(void **state)
{
	struct host h = { 0 };
	struct devroutes r, none = { 0 };
	struct ipaddr a[MANY];
	struct bnl *b;

	(void)state;
	assert_int_equal(addresses("10.156.9.9 192.168.5.255 192.168.6.0 "
				   "10.155.255.255 fd00:c1:0:ffff::9",
				   a),
			 5);
	make(&r, &b, LAN, &h);
	assert_ptr_equal(devroutes_find(&r, &a[0]), &r.v[0]);
	assert_ptr_equal(devroutes_find(&r, &a[1]), &r.v[1]);
	assert_null(devroutes_find(&r, &a[2]));
	assert_null(devroutes_find(&r, &a[3]));
	assert_ptr_equal(devroutes_find(&r, &a[4]), &r.v[2]);
	assert_null(devroutes_find(&none, &a[0]));
	devroutes_free(&r);
	bnl_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_too_wide),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
