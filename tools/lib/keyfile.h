/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads keys from files of any kind. */
#ifndef TOOLS_KEYFILE_H
#define TOOLS_KEYFILE_H

#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "options.h"

/* A private key; refused when other users have any right to the file. */
int keyfile_private(struct key **out, const char *path, struct err *e);
/* The public key in a private or public key, a certificate or a request; "-" is
 * standard input. */
int keyfile_public(struct key **out, const char *path, struct err *e);
/* The public key in a file that holds nothing else: a key to verify lists with,
 * which may neither be a private key nor a certificate. */
int keyfile_verify(struct key **out, const char *path, struct err *e);
/* As keyfile_public(), of a file with one PEM block only: the output for
 * one block must not be mistaken for another's. */
int keyfile_lone(struct key **out, const char *path, struct err *e);
/* As cert_read_request(), of a file with one PEM block alone. */
int keyfile_request(char name[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
		    struct key **out, const char *path, struct err *e);

/* Takes an option with the type of a key that signs lists. ctx: the enum
 * key_type. */
int keyfile_type_option(void *ctx, const struct option_row *row,
			const char *arg, struct err *e);

#endif
