/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list that a key signed last, kept whole beside the key: the list's own
 * folder may belong to the daemon's user, who could put an old list back.
 */
#ifndef TOOLS_LAST_SIGNED_H
#define TOOLS_LAST_SIGNED_H

#include <stddef.h>

#include "base/err.h"
#include "format/bnl.h"

/*
 * Checks that base, the list to follow, is the remembered list or comes from
 * it. ERR_STALE when base is older, or when its history reaches back past the
 * remembered list without naming it: prints the nodes and keys that would come
 * back. Nothing remembered is no error.
 */
int last_signed_check(const char *key, const char *name, const struct bnl *base,
		      struct err *e);
/* Remembers a signed list, in KEY.last. A key that is no regular file (a pipe),
 * or whose folder cannot be written, has no memory: warns. */
int last_signed_keep(const char *key, const char *list, size_t len,
		     struct err *e);

#endif
