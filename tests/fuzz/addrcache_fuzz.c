/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a file of addresses; what is read writes the same file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "core/directory/addrcache.h"
#include "crypto/kdf.h"
#include "format/addrcache.h"

static void
check_node(const struct addrcache_node *k)
{
	require(text_is_node_name((struct span){ k->name, strlen(k->name) }));
	require(k->n >= 1 && k->n <= ADDRCACHE_EACH);
	for (unsigned int i = 0; i < k->n; i++)
		require(addrcache_is_usable(&k->at[i]));
}

/* false: it is refused at some place. */
static bool
copy(struct buf *b, const uint8_t *in, size_t len)
{
	struct addrcache_node last = { .n = 0 }, k;
	struct rcur r;
	struct err e;
	int rc;

	if (addrcache_file_open(&r, in, len, &e) < 0)
		return false;
	require(addrcache_file_begin(b) == 0);
	while ((rc = addrcache_file_next(&r, &k, last.n > 0 ? last.name : NULL,
					 &e)) == 1) {
		check_node(&k);
		require(addrcache_file_add(b, &k) == 0);
		last = k;
	}
	require(addrcache_file_end(b) == 0);
	return rc == 0;
}

/* The core takes all of a file or nothing of it. */
static void
load(const uint8_t *in, size_t len, bool good)
{
	struct addrcache *kn = addrcache_new();
	struct err e;

	require(kn != NULL);
	require((addrcache_load(kn, in, len, &e) == 0) == good);
	addrcache_free(kn);
}

static void
check(const uint8_t *in, size_t len)
{
	struct buf b;
	bool good;

	buf_init(&b, ADDRCACHE_BYTES_MAX);
	good = copy(&b, in, len);
	if (good) {
		require(buf_len(&b) == len);
		require(memcmp(buf_data(&b), in, len) == 0);
	}
	load(in, len, good);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t sealed[4096];

	check(data, len);
	/* Under a right checksum, so that the nodes are reached. */
	if (len > sizeof(sealed) - SHA256_LEN)
		return 0;
	if (len > 0)
		memcpy(sealed, data, len);
	sha256(sealed + len, sealed, len);
	check(sealed, len + SHA256_LEN);
	return 0;
}
