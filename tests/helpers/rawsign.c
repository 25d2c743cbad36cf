/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signs whatever it is given, as bnl-sign never would: lists that break a
 * rule, with any date.
 *
 *	rawsign KEY <TEXT >LIST
 */
#include "../unit/format/bnl_raw.h"

#define TEXT_MAX ((size_t)16 << 20)
#define KEY_MAX 65536

static int
fail(const char *what)
{
	fprintf(stderr, "rawsign: %s\n", what);
	return EXIT_FAILURE;
}

/* All that there is, malloc'd. */
static char *
slurp(FILE *f, size_t max, size_t *len)
{
	char *text = malloc(max);

	if (text != NULL && f != NULL)
		*len = fread(text, 1, max, f);
	if (text == NULL || f == NULL || ferror(f) || !feof(f)) {
		free(text);
		return NULL;
	}
	return text;
}

int
main(int argc, char **argv)
{
	size_t keylen, len, signedlen;
	char *pem, *text, *list;
	struct key *key;
	struct err e;
	FILE *f;

	if (argc != 2)
		return fail("expected KEY");
	f = fopen(argv[1], "r");
	pem = slurp(f, KEY_MAX, &keylen);
	text = slurp(stdin, TEXT_MAX, &len);
	if (pem == NULL || text == NULL)
		return fail("cannot read");
	if (key_read_private(&key, pem, keylen, &e) < 0)
		return fail(e.text);
	list = raw_sign(key, text, len, &signedlen);
	if (list == NULL || fwrite(list, 1, signedlen, stdout) != signedlen ||
	    fflush(stdout) != 0)
		return fail("cannot sign");
	key_free(key);
	free(list);
	free(text);
	free(pem);
	fclose(f);
	return EXIT_SUCCESS;
}
