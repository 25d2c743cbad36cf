/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys, lists and their errors, for the tools that handle lists. */
#ifndef TOOL_BNL_H
#define TOOL_BNL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "crypto/key.h"
#include "format/bnl.h"

#define TOOL_BNL "/var/lib/cluevpn/network.bnl"
#define TOOL_BNL_KEY SYSCONFDIR "/cluevpn/bnl.key"
#define TOOL_BNL_PUB SYSCONFDIR "/cluevpn/bnl-pub.pem"

#define TOOL_KEYS_MAX 16

/* The keys that may have signed a list. */
struct tool_keys {
	struct key *k[TOOL_KEYS_MAX];	/* owned */
	size_t n;
};

/* Adds the public key of that file, as read by tool_read_verify_key(). */
int tool_keys_add(struct tool_keys *keys, const char *path, struct err *e);
/* Adds the public half of a private key. */
int tool_keys_add_half(struct tool_keys *keys, const struct key *private,
		       struct err *e);
void tool_keys_free(struct tool_keys *keys);

/* A file's bytes and, when it verifies, the list in them. */
struct tool_list {
	char *raw;		/* owned; NULL: unreadable */
	size_t len;
	struct bnl *bnl;	/* owned; NULL: does not verify */
	struct err why;		/* the reason in both cases */
};

/* 0 when the file was read, whether its list is valid or not; else -1. */
int tool_list_read(struct tool_list *l, const char *path,
		   const struct tool_keys *keys);
void tool_list_free(struct tool_list *l);
/* The list's signature block, byte for byte; *len 0 when there is none. */
const char *tool_list_block(const struct tool_list *l, size_t *len);

/* PROGRAM: FILE:LINE:COLUMN: text; file may be NULL. */
void tool_print_err(const char *file, const struct err *e);
/* FILE:LINE:COLUMN: text, one line each, and the number of further errors. */
void tool_print_errs(const char *file, const struct errs *es);

#endif
