/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints a certificate that keygen would not make, signed by a CA:
 *
 *	oddcert CA.pem CA.key NODE.key NAME KIND
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/crypto/odd_cert.h"

#define TEXT_MAX 65536
#define YEARS(n) ((n)*365 * TEST_DAY)

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "oddcert: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static char *
slurp(const char *path)
{
	char *text = malloc(TEXT_MAX);
	FILE *f = fopen(path, "r");

	if (f == NULL || text == NULL)
		fail(path, "cannot be read");
	text[fread(text, 1, TEXT_MAX - 1, f)] = '\0';
	fclose(f);
	return text;
}

static struct key *
key_of(const char *path)
{
	char *text = slurp(path);
	struct key *k = NULL;
	struct err e;

	if (key_read_private(&k, text, strlen(text), &e) < 0)
		fail(path, e.text);
	free(text);
	return k;
}

static struct odd_cert
odd_of(const char *kind, const char *name)
{
	static char text[256];
	const int64_t now = (int64_t)time(NULL) - TEST_NOW.s;
	struct odd_cert o = { .cn = name,
			      .from = now - TEST_DAY,
			      .to = now + TEST_DAY };

	if (strcmp(kind, "expired") == 0) {
		o.from = now - 2 * TEST_DAY;
		o.to = now - TEST_DAY;
	} else if (strcmp(kind, "early") == 0) {
		o.from = now + TEST_DAY;
		o.to = now + 2 * TEST_DAY;
	} else if (strcmp(kind, "beyond-2038") == 0) {
		o.to = now + YEARS(40);
	} else if (strcmp(kind, "no-eku") == 0) {
		o.eku = "";
	} else if (strcmp(kind, "two-names") == 0) {
		o.cn2 = "alpha";
	} else if (strcmp(kind, "nul") == 0) {
		o.cnlen = snprintf(text, sizeof(text), "%s%c.evil", name, 0);
		o.cn = text;
	} else if (strcmp(kind, "long") == 0) {
		o.cnlen = snprintf(text, sizeof(text), "%-65s", name);
		for (int i = 0; i < o.cnlen; i++)
			if (text[i] == ' ')
				text[i] = 'a';
		o.cn = text;
	} else if (strcmp(kind, "unknown-critical") == 0) {
		o.oid = "1.2.3.4";
	} else if (strcmp(kind, "good") != 0) {
		fail(kind, "no such kind");
	}
	return o;
}

int
main(int argc, char **argv)
{
	struct odd_cert o;
	struct key *ca_key, *key;
	char *ca, *pem;

	if (argc != 6)
		fail("usage", "oddcert CA.pem CA.key NODE.key NAME KIND");
	ca = slurp(argv[1]);
	ca_key = key_of(argv[2]);
	key = key_of(argv[3]);
	o = odd_of(argv[5], argv[4]);
	pem = odd_make(&o, key, ca, ca_key);
	fputs(pem, stdout);
	free(pem);
	free(ca);
	key_free(key);
	key_free(ca_key);
	return EXIT_SUCCESS;
}
