/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blocks behind the text of a list. The text ends before the first line
 * that begins with BNL_BLOCK_BEGIN; what follows are whole blocks and nothing
 * else:
 *
 *	-----BEGIN BNL KIND-----
 *	lines
 *	-----END BNL KIND-----
 *
 * A block of an unknown kind is skipped: a later version may have written it.
 * Every version of the program finds the end of the text in this way, and has
 * these limits.
 */
#ifndef FORMAT_BNL_BLOCK_H
#define FORMAT_BNL_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/key.h"
#include "crypto/sign.h"

#define BNL_BLOCK_BEGIN "-----BEGIN BNL "
#define BNL_BLOCK_END "-----END BNL "
#define BNL_BLOCK_DASHES "-----"
#define BNL_KIND_SIGNATURE "SIGNATURE"
#define BNL_BEGIN BNL_BLOCK_BEGIN BNL_KIND_SIGNATURE BNL_BLOCK_DASHES
#define BNL_END BNL_BLOCK_END BNL_KIND_SIGNATURE BNL_BLOCK_DASHES
#define BNL_KIND_MAX 32 /* letters A-Z, digits and blanks */

struct bnl_signature {
	uint8_t signer[FINGERPRINT_LEN]; /* as the block claims */
	uint8_t sig[SIGN_MAX];
	size_t siglen; /* 0: longer than any that is verified here */
};

#define BNL_SIGNATURES_MAX 16

struct bnl_blocks {
	size_t signedlen; /* bytes of the text; all are signed */
	bool present;	  /* there is a block */
	struct bnl_signature sigs[BNL_SIGNATURES_MAX]; /* ascending by key */
	unsigned int nsigs;
	char unknown[BNL_KIND_MAX + 1]; /* the first unknown kind; "": none */
	unsigned int unknown_line;
};

/* Finds the blocks; a text without any is fine (present false, signedlen =
 * len). ERR_SYNTAX with its line, or ERR_LIMIT; out is unchanged then. 0 or
 * -1. */
int bnl_blocks_read(struct bnl_blocks *out, const char *raw, size_t len,
		    struct err *e);
/* Fails for blocks of a kind that is unknown here: a list with such a block is
 * neither edited nor signed. 0 or -1. */
int bnl_blocks_check(const struct bnl_blocks *b, struct err *e);

#endif
