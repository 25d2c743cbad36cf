/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys that may have signed a list. */
#ifndef TOOLS_TRUSTED_KEYS_H
#define TOOLS_TRUSTED_KEYS_H

#include <stddef.h>

#include "base/err.h"
#include "crypto/key.h"
#include "lib/options.h"

#define TRUSTED_KEYS_MAX (OPTION_VALUES_MAX + 1)

struct trusted_keys {
	struct key *k[TRUSTED_KEYS_MAX]; /* owned */
	size_t n;
};

/* Adds the public key of that file, as read by keyfile_verify(). */
int trusted_keys_add(struct trusted_keys *keys, const char *path,
		     struct err *e);
/* Adds those of all these files. */
int trusted_keys_add_all(struct trusted_keys *keys,
			 const struct option_values *files, struct err *e);
/* Adds the public half of a private key. */
int trusted_keys_add_half(struct trusted_keys *keys, const struct key *private,
			  struct err *e);
void trusted_keys_free(struct trusted_keys *keys);

#endif
