/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a CA's certificate and key from their files. */
#ifndef TOOLS_CA_H
#define TOOLS_CA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "crypto/key.h"

struct ca {
	char *pem;
	size_t len;
	struct key *key;
};

/*
 * Reads cert and key, by default ca.pem and ca.key in dir (NULL: the current
 * directory). 1, or -1; or 0 when one of them is missing and not required:
 * every node has a ca.pem without its key.
 */
int ca_find(struct ca *out, const char *dir, const char *cert, const char *key,
	    bool must, struct err *e);
void ca_free(struct ca *ca); /* zeroed is fine */

#endif
