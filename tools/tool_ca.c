/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a CA's certificate and key from their files. */
#include "tool_ca.h"

#include <stdlib.h>
#include <string.h>

#include "tool_file.h"
#include "tool_key.h"
#include "tool_out.h"

int
tool_ca_find(struct tool_ca *out, const char *dir, const char *cert,
	     const char *key, bool must, struct err *e)
{
	char *c = cert != NULL ? strdup(cert) : tool_path_join(dir, "ca.pem");
	char *k = key != NULL ? strdup(key) : tool_path_join(dir, "ca.key");
	struct tool_ca ca = { NULL, 0, NULL };
	int rc = -1;

	if (c == NULL || k == NULL) {
		err_nomem(e);
	} else if (!must && (!tool_exists(c) || !tool_exists(k))) {
		rc = 0;
	} else if (tool_read_file(&ca.pem, &ca.len, c, TOOL_PEM_MAX,
				  e) == 0 &&
		   tool_read_private_key(&ca.key, k, e) == 0) {
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
tool_ca_free(struct tool_ca *ca)
{
	free(ca->pem);
	key_free(ca->key);
}
