/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of the list's statements: since which format, and which of them
 * `skip` may name. The rule for `harmless` is in cluevpn-bnl(5): a node that
 * never heard of the word is as safe as others and routes every packet alike. A
 * word that restricts, admits, routes or dates raises the format instead.
 */
#ifndef FORMAT_BNL_WORDS_H
#define FORMAT_BNL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

enum bnl_word {
	BNL_W_FORMAT,
	BNL_W_SKIP,
	BNL_W_NETWORK,
	BNL_W_PREFIX,
	BNL_W_TIMESTAMP,
	BNL_W_HISTORY,
	BNL_W_ADMIT,
	BNL_W_NODE,
	BNL_W_ADDRESS,
	BNL_W_SUBNET,
	BNL_W_KEY,
	BNL_W_REVOKE,
	BNL_WORDS
};

struct bnl_word_row {
	const char *word;
	uint16_t since; /* format */
	bool harmless;	/* older programs may skip it */
};

extern const struct bnl_word_row bnl_words[BNL_WORDS];

/* BNL_WORDS when there is none. */
enum bnl_word bnl_word_find(struct span word);
/* A word that `skip` may name: a-z, then a-z 0-9 -, at most BNL_WORD_MAX bytes,
 * and no x-... */
bool bnl_word_may_be(struct span word);
/*
 * Writes the `format` and `skip` that a list needs which uses those of the n
 * words: used has 1 << their indices. Nothing when none of them is newer than
 * BNL_FORMAT_FIRST. 0 or -1 (b is full).
 */
int bnl_words_head(struct buf *b, const struct bnl_word_row *words, size_t n,
		   uint32_t used);

#endif
