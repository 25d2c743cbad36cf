/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys out of files of any kind. */
#include "tool_key.h"

#include <stdbool.h>
#include <string.h>

#include "crypto/cert.h"
#include "tool_file.h"

int
tool_read_private_key(struct key **out, const char *path, struct err *e)
{
	size_t len;
	char *pem;
	int rc;

	if (tool_read_secret(&pem, &len, path, TOOL_PEM_MAX, e) != 0)
		return -1;
	rc = key_read_private(out, pem, len, e);
	tool_free_secret(pem, len);
	return rc != 0 ? err_prefix(e, "%s", path) : 0;
}

/* By its first PEM line, whether a text is of this kind. */
static bool
begins(const char *text, const char *label)
{
	const char *p = strstr(text, "-----BEGIN ");

	return p != NULL && strncmp(p + strlen("-----BEGIN "), label,
				    strlen(label)) == 0;
}

int
tool_read_public_key(struct key **out, const char *path, struct err *e)
{
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	size_t len;
	char *text;
	int rc;

	if (tool_read_file(&text, &len, strcmp(path, "-") == 0 ?
			   "/dev/stdin" : path, TOOL_PEM_MAX, e) != 0)
		return -1;
	if (begins(text, "CERTIFICATE-----"))
		rc = cert_read_key(out, text, len, e);
	else if (begins(text, "CERTIFICATE REQUEST-----") ||
		 begins(text, "NEW CERTIFICATE REQUEST-----"))
		rc = cert_read_request(name, ou, out, text, len, e);
	else
		rc = key_read_public(out, text, len, e);
	tool_free_secret(text, len);		/* may be a private key */
	return rc != 0 ? err_prefix(e, "%s", path) : 0;
}

int
tool_read_verify_key(struct key **out, const char *path, struct err *e)
{
	size_t len;
	char *text;
	int rc;

	if (tool_read_file(&text, &len, path, TOOL_PEM_MAX, e) != 0)
		return -1;
	rc = key_read_public_alone(out, text, len, e);
	tool_free_secret(text, len);		/* may be a private key */
	return rc != 0 ? err_prefix(e, "%s", path) : 0;
}
