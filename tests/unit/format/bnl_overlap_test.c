/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Routes of a host beside, over, inside and around the networks of a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "format/bnl_overlap.h"
#include "format/bnl_parse.h"

static const char list[] =
	"network a\nprefix 10.156.0.0/16\nprefix fd00:c1::/48\n"
	"node alpha\n  subnet 10.156.1.0/24\n  subnet fd00:c1:0:1::/64\n"
	"node beta\n  subnet 10.156.2.0/24\n  subnet fd00:c1:0:2::/64\n";

static void
test_routes(void **state)
{
	static const struct {
		const char *route, *node, *with; /* with NULL: none */
	} cases[] = {
		{ "10.155.0.0/16", NULL, NULL },
		{ "192.168.1.0/24", NULL, NULL },
		{ "10.156.1.0/25", NULL, NULL }, /* a LAN behind alpha */
		{ "10.156.2.0/24", "beta", "10.156.2.0/24" },
		{ "10.156.2.7/32", "beta", "10.156.2.0/24" },
		{ "10.156.2.0/23", "beta", "10.156.2.0/24" },
		{ "10.156.3.0/24", NULL, "10.156.0.0/16" },
		{ "fd00:c1:0:2:3::/80", "beta", "fd00:c1:0:2::/64" },
		{ "fd00:c1:0:3::/64", NULL, "fd00:c1::/48" },
		{ "fd00:c2::/48", NULL, NULL },
	};
	char text[PREFIX_TEXT_MAX], words[BNL_OVERLAP_TEXT_MAX];
	struct errs es = { 0 };
	struct bnl_overlap o;
	struct prefix p;
	struct bnl *b;

	(void)state;
	assert_int_equal(bnl_parse(&b, list, strlen(list), &es), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *route = cases[i].route;
		bool found;

		assert_int_equal(prefix_parse(&p, route, strlen(route)), 0);
		found = bnl_overlap_find(&o, b, "alpha", &p);
		assert_int_equal(found, cases[i].with != NULL);
		if (!found)
			continue;
		assert_string_equal(prefix_format(text, o.with), cases[i].with);
		assert_int_equal(o.node != NULL, cases[i].node != NULL);
		if (o.node != NULL)
			assert_string_equal(o.node->name, cases[i].node);
		bnl_overlap_text(words, &o, &p, "docker0");
		assert_non_null(strstr(words, route));
		assert_non_null(strstr(words, "by docker0"));
		assert_non_null(strstr(words, cases[i].with));
	}
	/* One that is no node has no LAN behind it. */
	assert_int_equal(prefix_parse(&p, "10.156.1.0/25", 13), 0);
	assert_true(bnl_overlap_find(&o, b, "gamma", &p));
	bnl_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
