/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list's limits, and lists too large for a golden file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/bnl_parse.h"
#include "format/bnl_value.h"

struct text {
	char *p;
	size_t len;
	FILE *f;
};

static void
begin(struct text *t)
{
	t->f = open_memstream(&t->p, &t->len);
	assert_non_null(t->f);
	fputs("network a\nprefix 10.0.0.0/8\nprefix fd00::/16\n", t->f);
}

/* Parses what was written and frees it. */
static int
end(struct text *t, struct bnl **b, struct errs *es)
{
	int rc;

	fclose(t->f);
	memset(es, 0, sizeof(*es));
	*b = NULL;
	rc = bnl_parse(b, t->p, t->len, es);
	free(t->p);
	return rc;
}

static void
large_list(void **state)
{
	(void)state;
	struct bnl *b;
	struct errs es;
	struct text t;

	begin(&t);
	for (unsigned int i = 0; i < 10000; i++) {
		unsigned int n = i * 7919 % 10000; /* not in order */

		fprintf(t.f,
			"node n%u\n\taddress 192.%u.%u.1\n"
			"\tsubnet 10.%u.%u.0/24\n\tsubnet fd00:%x::/32\n",
			n, n / 256, n % 256, n / 256, n % 256, n);
	}
	assert_int_equal(end(&t, &b, &es), 0);
	assert_int_equal(b->nnodes, 10000);
	for (unsigned int i = 0; i < 10000; i += 37) {
		const struct bnl_node *n;
		char name[16], text[PREFIX_TEXT_MAX], want[PREFIX_TEXT_MAX];

		snprintf(name, sizeof(name), "n%u", i);
		n = bnl_find(b, name);
		assert_non_null(n);
		assert_int_equal(n->nsubnets, 2);
		assert_int_equal(n->naddresses, 1);
		snprintf(want, sizeof(want), "10.%u.%u.0/24", i / 256, i % 256);
		assert_string_equal(prefix_format(text, &n->subnets[0]), want);
	}
	bnl_free(b);
}

/* One pair in ten thousand overlaps, and it is found. */
static void
large_overlap(void **state)
{
	(void)state;
	struct bnl *b;
	struct errs es;
	struct text t;

	begin(&t);
	for (unsigned int i = 0; i < 10000; i++)
		fprintf(t.f, "node n%u\nsubnet 10.%u.%u.0/24\n", i, i / 256,
			i % 256);
	fputs("node last\nsubnet 10.20.30.40/32\n", t.f);
	assert_int_equal(end(&t, &b, &es), -1);
	assert_null(b);
	assert_int_equal(es.count, 1);
	assert_int_equal(es.e[0].code, ERR_CONFLICT);
	assert_int_equal(es.e[0].line, 20005);
	assert_string_equal(es.e[0].text,
			    "subnet 10.20.30.40/32 of last overlaps "
			    "10.20.30.0/24 of n5150 (line 10305)");
}

static void
most_nodes(void **state)
{
	(void)state;
	struct bnl *b;
	struct errs es;
	struct text t;

	begin(&t);
	for (unsigned int i = 0; i < BNL_NODES_MAX; i++)
		fprintf(t.f, "node n%u\n", i);
	assert_int_equal(end(&t, &b, &es), 0);
	assert_int_equal(b->nnodes, BNL_NODES_MAX);
	bnl_free(b);

	begin(&t);
	for (unsigned int i = 0; i < BNL_NODES_MAX + 1; i++)
		fprintf(t.f, "node n%u\n", i);
	assert_int_equal(end(&t, &b, &es), -1);
	assert_null(b);
	assert_int_equal(es.count, 1);
	assert_int_equal(es.e[0].code, ERR_LIMIT);
	assert_int_equal(es.e[0].line, BNL_NODES_MAX + 4);
}

static void
most_bytes(void **state)
{
	(void)state;
	struct errs es = { 0 };
	struct bnl *b = NULL;
	char *text = malloc(BNL_BYTES_MAX + 1);

	assert_non_null(text);
	memset(text, '\n', BNL_BYTES_MAX + 1);
	memcpy(text, "network a", 9);
	assert_int_equal(bnl_parse(&b, text, BNL_BYTES_MAX, &es), 0);
	bnl_free(b);
	b = NULL;
	assert_int_equal(bnl_parse(&b, text, BNL_BYTES_MAX + 1, &es), -1);
	assert_null(b);
	assert_int_equal(es.count, 1);
	assert_int_equal(es.e[0].code, ERR_LIMIT);
	free(text);
}

static void
most_history(void **state)
{
	(void)state;
	struct bnl *b;
	struct errs es;
	struct text t;

	for (unsigned int lines = BNL_HISTORY_MAX; lines < BNL_HISTORY_MAX + 2;
	     lines++) {
		begin(&t);
		for (unsigned int i = 0; i < lines; i++)
			fprintf(t.f,
				"history 2026-11-22T06:25:00Z "
				"sha256:%064x\n",
				1000 - i);
		if (lines > BNL_HISTORY_MAX) {
			assert_int_equal(end(&t, &b, &es), -1);
			assert_int_equal(es.e[0].code, ERR_LIMIT);
			continue;
		}
		assert_int_equal(end(&t, &b, &es), 0);
		assert_int_equal(b->nhistory, BNL_HISTORY_MAX);
		assert_int_equal(b->history[0].digest[31], 1000 & 255);
		assert_int_equal(b->history[63].digest[31], 937 & 255);
		bnl_free(b);
	}
}

/* Errors that stood there before stay, and in front. */
static void
errors_are_added(void **state)
{
	(void)state;
	static const char text[] = "network a\nnode B\nnetwork b\n";
	const struct err old = { .code = ERR_IO, .line = 99, .text = "old" };
	struct errs es = { 0 };
	struct bnl *b = NULL;

	errs_add(&es, &old);
	assert_int_equal(bnl_parse(&b, text, sizeof(text) - 1, &es), -1);
	assert_int_equal(es.count, 3);
	assert_string_equal(es.e[0].text, "old");
	assert_int_equal(es.e[1].line, 2);
	assert_int_equal(es.e[2].line, 3);
	assert_int_equal(bnl_parse(&b, "network a\n", 10, &es), 0);
	bnl_free(b);
}

/* Every code that the golden files cannot tell. */
static void
codes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
		{ "network a\nnode b\nnode b\n", ERR_DUPLICATE },
		{ "network a\nnode b\naddress 0.0.0.0\n", ERR_RANGE },
		{ "network a\nnode b\naddress 192.0.2.1 port 0\n", ERR_RANGE },
		{ "network a\nnode b\nsubnet 10.0.0.0/8\n", ERR_CONFLICT },
		{ "netwerk a\n", ERR_SYNTAX },
		{ "network a\nprefix 224.0.0.0/8\n", ERR_RANGE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct errs es = { 0 };
		struct bnl *b = NULL;

		assert_int_equal(bnl_parse(&b, cases[i].text,
					   strlen(cases[i].text), &es),
				 -1);
		assert_int_equal(es.e[es.count - 1].code, cases[i].code);
	}
}

/* A list whose only node has that address; the caller frees it. */
static struct bnl *
with_address(const char *address, struct errs *es)
{
	struct bnl *b = NULL;
	char text[512];
	int n = snprintf(text, sizeof(text), "network a\nnode b\naddress %s\n",
			 address);

	memset(es, 0, sizeof(*es));
	(void)bnl_parse(&b, text, (size_t)n, es);
	return b;
}

#define L63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"
#define L61 "b23456789-123456789-123456789-123456789-123456789-123456789-1"

static void
host_names(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host; /* NULL: it is none */
	} cases[] = {
		{ "a", "a" },
		{ "a-b.example-1.org", "a-b.example-1.org" },
		{ "A-Z.Example.ORG", "a-z.example.org" },
		{ "1a.0", NULL },
		{ "0.1a", "0.1a" },
		{ "a.b-", NULL },
		{ "-a", NULL },
		{ L63 ".org", L63 ".org" },
		{ L63 "4.org", NULL },
		{ L63 "." L63 "." L63 "." L61, L63 "." L63 "." L63 "." L61 },
		{ L63 "." L63 "." L63 "." L61 "2", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct errs es;
		struct bnl *b = with_address(cases[i].text, &es);

		assert_int_equal(b != NULL, cases[i].host != NULL);
		if (b != NULL)
			assert_string_equal(b->nodes[0].addresses[0].host,
					    cases[i].host);
		bnl_free(b);
	}
}

/* A port behind a colon is common elsewhere. */
static void
ports_behind_a_colon(void **state)
{
	(void)state;
	static const struct {
		const char *text, *meant; /* NULL: no advice */
	} cases[] = {
		{ "192.0.2.1:1", "192.0.2.1 port 1" },
		{ "192.0.2.1:65535", "192.0.2.1 port 65535" },
		{ "192.0.2.1:0", NULL },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:", NULL },
		{ ":3406", NULL },
		{ "a:3406", "a port 3406" },
		{ "b.example.org:80", "b.example.org port 80" },
		{ "[2001:db8::1]:3406", "2001:db8::1 port 3406" },
		{ "[2001:db8::1:3406", NULL },
		{ "2001:db8::1]:3406", NULL },
		{ "[]:3406", NULL },
		{ "a_b:3406", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[80];
		struct errs es;

		assert_null(with_address(cases[i].text, &es));
		assert_int_equal(es.count, 1);
		assert_int_equal(es.e[0].code, ERR_SYNTAX);
		snprintf(want, sizeof(want), "did you mean \"address %s\"?",
			 cases[i].meant);
		if (cases[i].meant != NULL)
			assert_non_null(strstr(es.e[0].text, want));
		else
			assert_null(strstr(es.e[0].text, "did you mean"));
	}
}

/* Addresses that a list may have, though hardly anybody reaches them. */
static void
doubtful_addresses(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *text, *why;	/* NULL: none */
	} cases[] = {
	    {"127.0.0.1", "loopback"},	 {"127.255.255.255", "loopback"},
	    {"::1", "loopback"},	 {"169.254.1.1", "link-local"},
	    {"fe80::1", "link-local"},	 {"0.1.2.3", "reserved"},
	    {"240.0.0.1", "reserved"},	 {"255.255.255.254", "reserved"},
	    {"1.0.0.1", NULL},		 {"128.0.0.1", NULL},
	    {"223.255.255.255", NULL},	 {"239.255.255.255", NULL},
	    {"169.253.1.1", NULL},	 {"2001:db8::1", NULL},
	    {"::2", NULL},		 {"f000::1", NULL},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipaddr a;
		const char *why;

		assert_int_equal(
			ipaddr_parse(&a, cases[i].text, strlen(cases[i].text)),
			0);
		why = bnl_address_doubt(&a);
		assert_int_equal(why != NULL, cases[i].why != NULL);
		if (why != NULL)
			assert_non_null(strstr(why, cases[i].why));
	}
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(large_list),   cmocka_unit_test(large_overlap),
	    cmocka_unit_test(most_nodes),   cmocka_unit_test(most_bytes),
	    cmocka_unit_test(most_history), cmocka_unit_test(errors_are_added),
	    cmocka_unit_test(codes),	    cmocka_unit_test(host_names),
	    cmocka_unit_test(ports_behind_a_colon),
	    cmocka_unit_test(doubtful_addresses),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
