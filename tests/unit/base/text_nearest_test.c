/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which known word a mistyped one is taken for. */
#include <string.h>

#include "../unit.h"
#include "base/text.h"

static const char *const keys[] = { "name",	 "port",      "listen",
				    "loglevel",	 "logfile",   "cryptalgos",
				    "compalgos", "keepalive", "mtu",
				    "user",	 "up",	      NULL };

static const char *
nearest(const char *word)
{
	return text_nearest((struct span){ word, strlen(word) }, keys);
}

static void
one_edit_of_each_kind(void **state)
{
	(void)state;
	assert_string_equal(nearest("lsten"), "listen");
	assert_string_equal(nearest("lissten"), "listen");
	assert_string_equal(nearest("lixten"), "listen");
	assert_string_equal(nearest("litsen"), "listen");
	assert_string_equal(nearest("prot"), "port");
	assert_string_equal(nearest("mut"), "mtu");
	assert_string_equal(nearest("listen"), "listen");
	assert_string_equal(nearest("xlisten"), "listen");
	assert_string_equal(nearest("listenx"), "listen");
}

static void
case_costs_nothing(void **state)
{
	(void)state;
	assert_string_equal(nearest("LogLevel"), "loglevel");
	assert_string_equal(nearest("MTU"), "mtu");
	assert_string_equal(nearest("PROT"), "port");
}

static void
longer_words_forgive_more(void **state)
{
	static const char *const commands[] = { "subnetdowncmd", NULL };

	(void)state;
	assert_string_equal(nearest("cryptoalgs"), "cryptalgos");
	assert_string_equal(nearest("crptalgs"), "cryptalgos");
	assert_string_equal(nearest("kepalve"), "keepalive");
	/* Four edits are no typing error, however long the word. */
	assert_null(nearest("crxxxxlgos"));
	assert_null(text_nearest(SPAN("subxxxxowncmd"), commands));
	assert_string_equal(text_nearest(SPAN("subxxxdowncmd"), commands),
			    "subnetdowncmd");
	/* A third of a short word is less. */
	assert_null(nearest("usxx"));
	assert_null(nearest("xxrt"));
}

static void
far_words_have_none(void **state)
{
	char big[200];

	(void)state;
	assert_null(nearest(""));
	assert_null(nearest("x"));
	assert_null(nearest("u"));
	assert_null(nearest("bandwidth"));
	memset(big, 'a', sizeof(big));
	assert_null(text_nearest((struct span){ big, sizeof(big) }, keys));
	assert_null(text_nearest((struct span){ NULL, 0 }, keys));
}

static void
the_nearest_wins_then_the_first(void **state)
{
	static const char *const alike[] = { "subnetdown", "subnetup",
					     "subnetsup", NULL };
	static const char *const tied[] = { "cat", "bat", NULL };
	static const char *const none[] = { NULL };

	(void)state;
	assert_string_equal(text_nearest(SPAN("subnettup"), alike), "subnetup");
	assert_string_equal(text_nearest(SPAN("rat"), tied), "cat");
	assert_null(text_nearest(SPAN("rat"), none));
}

/* Names of any length must do no harm, next to words of any length. */
static void
lengths_around_the_limit(void **state)
{
	char name[130];
	const char *names[] = { name, NULL };

	(void)state;
	for (size_t n = 2; n < sizeof(name); n++) {
		memset(name, 'a', n);
		name[n] = '\0';
		assert_null(text_nearest(SPAN("b"), names));
		if (n <= 64)
			assert_ptr_equal(
				text_nearest((struct span){ name, n }, names),
				name);
		else
			assert_null(
				text_nearest((struct span){ name, n }, names));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_edit_of_each_kind),
		cmocka_unit_test(case_costs_nothing),
		cmocka_unit_test(longer_words_forgive_more),
		cmocka_unit_test(far_words_have_none),
		cmocka_unit_test(the_nearest_wins_then_the_first),
		cmocka_unit_test(lengths_around_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
