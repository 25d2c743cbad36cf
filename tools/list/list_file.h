/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a list file and verifies it. */
#ifndef TOOLS_LIST_FILE_H
#define TOOLS_LIST_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "format/bnl.h"
#include "trusted_keys.h"

/* A file's bytes and, when it verifies, the list in them. */
struct list_file {
	char *raw; /* owned; NULL: unreadable */
	size_t len;
	struct bnl *bnl; /* owned; NULL: does not verify */
	struct err why;	 /* the reason in both cases */
};

/* 0 when the file was read, whether its list is valid or not; else -1. */
int list_file_read(struct list_file *l, const char *path,
		   const struct trusted_keys *keys);
void list_file_free(struct list_file *l);
/* The list's signature block, byte for byte; *len 0 when there is none. */
const char *list_file_block(const struct list_file *l, size_t *len);

#endif
