/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for the difference of two lists, and the changes that need a
 * confirmation. */
#include <string.h>

#include "../unit.h"
#include "capture.h"
#include "format/bnl_parse.h"
#include "list/list_changes.h"
#include "list/risk_check.h"

#define K1        \
	"sha256:" \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define K2        \
	"sha256:" \
	"2222222222222222222222222222222222222222222222222222222222222222"

static struct bnl *
parse(const char *text)
{
	struct errs es = { 0 };
	struct bnl *b;

	if (bnl_parse(&b, text, strlen(text), &es) != 0)
		fail_msg("%s", es.e[0].text);
	b->signedlen = b->rawlen; /* as of a signed list */
	return b;
}

/* The words for the change, without the last line; *sum. */
static void
says(const char *old, const char *new, const char *wanted,
     struct list_changes *sum)
{
	struct bnl *a = old == NULL ? NULL : parse(old), *b = parse(new);
	const char *text;
	size_t len;

	capture_begin();
	assert_int_equal(list_changes_print(stdout, a, b, sum), 0);
	text = capture_end();
	len = strlen(wanted);
	if (strncmp(text, wanted, len) != 0 ||
	    strchr(text + len, '\n') != text + strlen(text) - 1)
		fail_msg("got:\n%swanted:\n%s", text, wanted);
	bnl_free(a);
	bnl_free(b);
}

static void
test_words(void **state)
{
	struct list_changes sum;

	(void)state;
	says("network n\nprefix 10.0.0.0/9\nnode a\n"
	     "  address 192.0.2.1\n  subnet 10.0.0.0/24\n"
	     "node b\n",
	     "network n\nprefix 10.0.0.0/8\nrevoke " K2 "\n"
	     "node a\n  address 192.0.2.2\n  key " K1 "\nnode c\n",
	     "+ prefix  10.0.0.0/8\n"
	     "- prefix  10.0.0.0/9\n"
	     "+ revoke  " K2 "\n"
	     "~ node a\n"
	     "-   address 192.0.2.1:3406\n"
	     "+   address 192.0.2.2:3406\n"
	     "+   key     " K1 "\n"
	     "-   subnet  10.0.0.0/24\n"
	     "- node b\n"
	     "+ node c\n",
	     &sum);
	assert_int_equal(sum.added, 1);
	assert_int_equal(sum.removed, 1);
	assert_int_equal(sum.changed, 1);
	assert_int_equal(sum.header, 3);
	assert_int_equal(sum.lost, 2); /* a subnet and a node */
	says(NULL, "network n\nnode a\n", "+ network n\n+ node a\n", &sum);
	assert_int_equal(sum.added, 1);
}

/* The order of addresses counts, that of subnets and nodes does not. */
static void
test_order(void **state)
{
	static const char one[] = "network n\nprefix 10.0.0.0/8\nnode a\n"
				  "  address 192.0.2.1\n"
				  "  address a.example port 7\n"
				  "  subnet 10.1.0.0/24\n"
				  "  subnet 10.0.0.0/24\nnode b\n";
	struct list_changes sum;

	(void)state;
	says(one,
	     "network n\nprefix 10.0.0.0/8\nnode b\nnode a\n"
	     "  address a.example port 7\n"
	     "  address 192.0.2.1\n  subnet 10.0.0.0/24\n"
	     "  subnet 10.1.0.0/24\n",
	     "~ node a\n~   address order\n", &sum);
	assert_int_equal(sum.changed, 1);
	assert_int_equal(sum.lost, 0);
	says(one, one, "", &sum);
	assert_int_equal(sum.added + sum.removed + sum.changed + sum.header, 0);
}

static void
check(struct risk_check *c, const char *old, const char *new, const char *self,
      bool host)
{
	struct node_self me = { .name = (char *)(uintptr_t)self, .host = host };
	struct bnl *a = old == NULL ? NULL : parse(old), *b = parse(new);

	risk_check_find(c, a, b, &me);
	capture_begin();
	assert_int_equal(risk_check_print(c),
			 c->self[0] != '\0' || c->back[0] != '\0' ||
				 c->doubt[0] != '\0' || c->gone > 0);
	capture_end();
	bnl_free(a);
	bnl_free(b);
}

static void
test_own_removal(void **state)
{
	static const char old[] = "network n\nnode a\nnode b\nnode c\n"
				  "node d\n";
	struct risk_check c;

	(void)state;
	check(&c, old, "network n\nnode b\nnode c\nnode d\n", "a", false);
	assert_string_equal(c.self, "a");
	assert_non_null(strstr(captured.text, "a is this machine"));
	check(&c, old, "network n\nnode b\nnode c\nnode d\n", "b", false);
	assert_string_equal(captured.text, "");
	/* The name of a host may have a domain, that of a node not. */
	check(&c, old, "network n\nnode b\nnode c\nnode d\n", "a.example",
	      false);
	assert_string_equal(c.self, "");
	check(&c, old, "network n\nnode b\nnode c\nnode d\n", "A.example",
	      true);
	assert_string_equal(c.self, "a");
	check(&c, old, "network n\nnode b\nnode c\nnode d\n", "aa", true);
	assert_string_equal(c.self, "");
}

static void
test_many_removed(void **state)
{
	static const char old[] = "network n\nnode a\nnode b\nnode c\n";
	struct risk_check c;

	(void)state;
	check(&c, old, "network n\nnode a\nnode b\n", "x", false);
	assert_int_equal(c.gone, 0);
	check(&c, old, "network n\nnode a\n", "x", false);
	assert_int_equal(c.gone, 2);
	assert_int_equal(c.of, 3);
	assert_non_null(strstr(captured.text, "2 of 3 nodes"));
}

static void
test_return_without_key(void **state)
{
	static const char old[] = "network n\nnode a\nrevoke " K1 " # b\n";
	struct risk_check c;

	(void)state;
	check(&c, old, "network n\nnode a\nnode b\nrevoke " K1 " # b\n", "x",
	      false);
	assert_string_equal(c.back, "b");
	check(&c, old,
	      "network n\nnode a\nnode b\n  key " K2 "\nrevoke " K1 " # b\n",
	      "x", false);
	assert_string_equal(c.back, "");
	check(&c, old, "network n\nnode a\nnode c\nrevoke " K1 " # b\n", "x",
	      false);
	assert_string_equal(c.back, "");
}

static void
test_doubtful_address(void **state)
{
	static const char bad[] = "network n\nnode a\n  address 127.0.0.1\n";
	struct risk_check c;

	(void)state;
	check(&c, "network n\nnode a\n", bad, "x", false);
	assert_string_equal(c.doubt, "a");
	assert_non_null(strstr(captured.text, "127.0.0.1"));
	check(&c, NULL, bad, "x", false);
	assert_string_equal(c.doubt, "a");
	/* Confirmed before. */
	check(&c, bad, bad, "x", false);
	assert_string_equal(c.doubt, "");
	check(&c, "network n\nnode a\n",
	      "network n\nnode a\n  address 192.0.2.1\n", "x", false);
	assert_string_equal(c.doubt, "");
	capture_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_own_removal),
		cmocka_unit_test(test_many_removed),
		cmocka_unit_test(test_return_without_key),
		cmocka_unit_test(test_doubtful_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
