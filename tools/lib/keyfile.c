/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads keys from files of any kind. */
#include "keyfile.h"

#include <stdbool.h>
#include <string.h>

#include "crypto/cert.h"
#include "file.h"

int
keyfile_private(struct key **out, const char *path, struct err *e)
{
	size_t len;
	char *pem;
	int rc;

	if (file_read_secret(&pem, &len, path, FILE_PEM_MAX, e) != 0)
		return -1;
	rc = key_read_private(out, pem, len, e);
	file_free_secret(pem, len);
	return rc != 0 ? err_prefix(e, "%s", path) : 0;
}

/* True when the first PEM block of the text has this label. */
static bool
begins_with(const char *text, const char *label)
{
	const char *p = strstr(text, "-----BEGIN ");

	return p != NULL &&
	       strncmp(p + strlen("-----BEGIN "), label, strlen(label)) == 0;
}

static int
check_alone(const char *text, size_t len, struct err *e)
{
	unsigned int n = key_count_blocks(text, len);

	if (n <= 1)
		return 0;
	return err_set(e, ERR_SYNTAX,
		       "%u PEM blocks where one alone is "
		       "expected: they may be of different keys",
		       n);
}

static int
read_public(struct key **out, const char *path, bool alone, struct err *e)
{
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	size_t len;
	char *text;
	int rc;

	if (file_read(&text, &len, strcmp(path, "-") == 0 ? "/dev/stdin" : path,
		      FILE_PEM_MAX, e) != 0)
		return -1;
	if (alone && check_alone(text, len, e) != 0)
		rc = -1;
	else if (begins_with(text, "CERTIFICATE-----"))
		rc = cert_read_key(out, text, len, e);
	else if (begins_with(text, "CERTIFICATE REQUEST-----") ||
		 begins_with(text, "NEW CERTIFICATE REQUEST-----"))
		rc = cert_read_request(name, ou, out, text, len, e);
	else
		rc = key_read_public(out, text, len, e);
	file_free_secret(text, len); /* may be a private key */
	return rc != 0 ? err_prefix(e, "%s", path) : 0;
}

int
keyfile_public(struct key **out, const char *path, struct err *e)
{
	return read_public(out, path, false, e);
}

int
keyfile_lone(struct key **out, const char *path, struct err *e)
{
	return read_public(out, path, true, e);
}

int
keyfile_verify(struct key **out, const char *path, struct err *e)
{
	size_t len;
	char *text;
	int rc;

	if (file_read(&text, &len, path, FILE_PEM_MAX, e) != 0)
		return -1;
	rc = key_read_public_alone(out, text, len, e);
	file_free_secret(text, len); /* may be a private key */
	return rc != 0 ? err_prefix(e, "%s", path) : 0;
}

int
keyfile_request(char name[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
		struct key **out, const char *path, struct err *e)
{
	size_t len;
	char *pem;
	int rc;

	if (file_read(&pem, &len, path, FILE_PEM_MAX, e) != 0)
		return -1;
	rc = check_alone(pem, len, e);
	if (rc == 0)
		rc = cert_read_request(name, ou, out, pem, len, e);
	file_free_secret(pem, len);
	return rc != 0 ? err_prefix(e, "%s", path) : 0;
}

int
keyfile_type_option(void *ctx, const struct option_row *row, const char *arg,
		    struct err *e)
{
	enum key_type *type = ctx;

	if (strcmp(arg, "dsa") != 0 && strcmp(arg, "ed25519") != 0)
		return err_set(e, ERR_USAGE,
			       "--%s \"%s\": expected dsa or ed25519",
			       row->name, arg);
	*type = strcmp(arg, "dsa") == 0 ? KEY_DSA : KEY_ED25519;
	return 0;
}
