/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parses every tests/golden/bnl/NAME.in: NAME.ok says what must come out of
 * it, NAME.err which errors it must draw, word for word.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/bnl_parse.h"

#define GOLDEN "tests/golden/bnl"
#define CASES_MAX 200

static char *
read_file(const char *name, const char *ext, size_t *len)
{
	char path[512];
	char *text;
	long n;

	snprintf(path, sizeof(path), GOLDEN "/%s%s", name, ext);

	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return NULL;
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	assert_true(n >= 0);
	rewind(f);
	text = malloc((size_t)n + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)n, f), n);
	text[n] = '\0';
	*len = (size_t)n;
	fclose(f);
	return text;
}

static void
dump_node(FILE *f, const struct bnl_node *n)
{
	char text[FINGERPRINT_TEXT_MAX > ENDPOINT_TEXT_MAX ?
			  FINGERPRINT_TEXT_MAX :
			  ENDPOINT_TEXT_MAX];

	fprintf(f, "node %s (line %u)\n", n->name, n->line);
	for (uint32_t i = 0; i < n->naddresses; i++) {
		const struct bnl_address *a = &n->addresses[i];

		if (a->host != NULL) {
			assert_int_equal(a->ep.addr.family, IP_NONE);
			fprintf(f, "  address %s port %u\n", a->host,
				a->ep.port);
		} else {
			fprintf(f, "  address %s\n",
				endpoint_format(text, &a->ep));
		}
	}
	for (uint32_t i = 0; i < n->nsubnets; i++)
		fprintf(f, "  subnet %s\n",
			prefix_format(text, &n->subnets[i]));
	if (n->pinned)
		fprintf(f, "  key %s\n", fingerprint_format(text, n->pin));
}

static void
dump(FILE *f, const struct bnl *b)
{
	char time[TEXT_TIME_MAX], text[FINGERPRINT_TEXT_MAX];

	if (b->unknown_line != 0)
		fprintf(f, "skip (line %u), %u lines skipped\n",
			b->unknown_line, b->nskipped);
	fprintf(f, "network %s\n", b->network);
	for (uint32_t i = 0; i < b->nprefixes; i++)
		fprintf(f, "prefix %s\n", prefix_format(text, &b->prefixes[i]));
	if (b->version.timestamp.s != 0)
		fprintf(f, "timestamp %s\n",
			text_time_format(time, b->version.timestamp));
	for (uint32_t i = 0; i < b->nhistory; i++)
		fprintf(f, "history %s %s\n",
			text_time_format(time, b->history[i].timestamp),
			fingerprint_format(text, b->history[i].digest));
	if (b->admit_pinned)
		fprintf(f, "admit pinned\n");
	for (uint32_t i = 0; i < b->nnodes; i++)
		dump_node(f, &b->nodes[i]);
	for (uint32_t i = 0; i < b->nrevoked; i++)
		fprintf(f, "revoke %s\n",
			fingerprint_format(text, b->revoked[i]));
}

static void
dump_errors(FILE *f, const struct errs *es)
{
	char text[512];

	for (unsigned int i = 0; i < es->count && i < ERRS_MAX; i++)
		fprintf(f, "%s\n",
			err_format(text, sizeof(text), NULL, &es->e[i]));
	fprintf(f, "%u errors\n", es->count);
}

static void
golden(void **state)
{
	const char *name = *state;
	size_t inlen, wantlen, gotlen;
	char *in = read_file(name, ".in", &inlen);
	char *ok = read_file(name, ".ok", &wantlen);
	char *want = ok != NULL ? ok : read_file(name, ".err", &wantlen);
	struct errs es = { 0 };
	struct bnl *b = NULL;
	char *got;
	FILE *f = open_memstream(&got, &gotlen);
	int rc;

	assert_non_null(in);
	assert_non_null(f);
	rc = bnl_parse(&b, in, inlen, &es);
	if (rc == 0)
		dump(f, b);
	else
		dump_errors(f, &es);
	fclose(f);
	if (want == NULL || strcmp(got, want) != 0)
		print_message("%s gives:\n%s", name, got);
	assert_non_null(want);
	assert_string_equal(got, want);
	assert_int_equal(rc, ok != NULL ? 0 : -1);
	assert_true((b != NULL) == (rc == 0));
	if (b != NULL) {
		assert_int_equal(b->rawlen, inlen);
		assert_memory_equal(b->raw, in, inlen);
		assert_int_equal(b->signedlen, 0);
	}
	bnl_free(b);
	free(in);
	free(want);
	free(got);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_input(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot != NULL && strcmp(dot, ".in") == 0;
}

int
main(void)
{
	static struct CMUnitTest tests[CASES_MAX];
	static char names[CASES_MAX][256];
	struct dirent **found;
	int n = scandir(GOLDEN, &found, is_input, by_name);

	if (n <= 0 || n > CASES_MAX) {
		fprintf(stderr, GOLDEN ": run me from the top of the tree\n");
		return 1;
	}
	for (int i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "%.*s",
			 (int)(strlen(found[i]->d_name) - 3), found[i]->d_name);
		tests[i].name = names[i];
		tests[i].test_func = golden;
		tests[i].initial_state = names[i];
		free(found[i]);
	}
	free(found);
	return _cmocka_run_group_tests("bnl golden", tests, (size_t)n, NULL,
				       NULL);
}
