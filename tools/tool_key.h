/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads keys from files of any kind. */
#ifndef TOOL_KEY_H
#define TOOL_KEY_H

#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/key.h"

/* A private key; refused when other users have any right to the file. */
int tool_read_private_key(struct key **out, const char *path, struct err *e);
/* The public key in a private or public key, a certificate or a request; "-" is
 * standard input. */
int tool_read_public_key(struct key **out, const char *path, struct err *e);
/* The public key in a file that holds nothing else: a key to verify lists with,
 * which may neither be a private key nor a certificate. */
int tool_read_verify_key(struct key **out, const char *path, struct err *e);
/* As tool_read_public_key(), of a file with one PEM block only: the output for
 * one block must not be mistaken for another's. */
int tool_read_lone_key(struct key **out, const char *path, struct err *e);
/* As cert_read_request(), of a file with one PEM block alone. */
int tool_read_request(char name[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
		      struct key **out, const char *path, struct err *e);

#endif
