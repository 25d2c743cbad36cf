/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a CA's certificate and key from their files. */
#include "ca.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "keyfile.h"

int
ca_find(struct ca *out, const char *dir, const char *cert, const char *key,
	bool must, struct err *e)
{
	char *c = cert != NULL ? strdup(cert) : file_join(dir, "ca.pem");
	char *k = key != NULL ? strdup(key) : file_join(dir, "ca.key");
	struct ca ca = { NULL, 0, NULL };
	int rc = -1;

	if (c == NULL || k == NULL) {
		err_nomem(e);
	} else if (!must && (!file_exists(c) || !file_exists(k))) {
		rc = 0;
	} else if (file_read(&ca.pem, &ca.len, c, FILE_PEM_MAX, e) == 0 &&
		   keyfile_private(&ca.key, k, e) == 0) {
		*out = ca;
		rc = 1;
	}
	if (rc < 0)
		free(ca.pem);
	free(c);
	free(k);
	return rc;
}

void
ca_free(struct ca *ca)
{
	free(ca->pem);
	key_free(ca->key);
}
