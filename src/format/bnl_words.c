/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the list's statements, and the head that older programs need. */
#include "format/bnl_words.h"

#include <stdio.h>
#include <string.h>

#include "format/proto.h"

const struct bnl_word_row bnl_words[BNL_WORDS] = {
	[BNL_W_FORMAT] = { "format", 1, false },
	[BNL_W_SKIP] = { "skip", 1, false },
	[BNL_W_NETWORK] = { "network", 1, false },
	[BNL_W_PREFIX] = { "prefix", 1, false },
	[BNL_W_TIMESTAMP] = { "timestamp", 1, false },
	[BNL_W_HISTORY] = { "history", 1, false },
	[BNL_W_ADMIT] = { "admit", 1, false },
	[BNL_W_NODE] = { "node", 1, false },
	[BNL_W_ADDRESS] = { "address", 1, false },
	[BNL_W_SUBNET] = { "subnet", 1, false },
	[BNL_W_KEY] = { "key", 1, false },
	[BNL_W_REVOKE] = { "revoke", 1, false },
};

enum bnl_word
bnl_word_find(struct span word)
{
	int i = 0;

	while (i < BNL_WORDS && !span_is(word, bnl_words[i].word))
		i++;
	return (enum bnl_word)i;
}

bool
bnl_word_may_be(struct span word)
{
	if (word.len == 0 || word.len > BNL_WORD_MAX)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		char c = word.p[i];

		if (!(c >= 'a' && c <= 'z') &&
		    (i == 0 || (!(c >= '0' && c <= '9') && c != '-')))
			return false;
	}
	return word.len < 2 || memcmp(word.p, "x-", 2) != 0;
}

int
bnl_words_head(struct buf *b, const struct bnl_word_row *words, size_t n,
	       uint32_t used)
{
	uint16_t format = BNL_FORMAT_FIRST;
	char line[32];
	bool skips = false;
	int len;

	for (size_t i = 0; i < n; i++)
		if ((used & UINT32_C(1) << i) != 0 && !words[i].harmless &&
		    words[i].since > format)
			format = words[i].since;
	len = snprintf(line, sizeof(line), "format %u\n", format);
	if (format > BNL_FORMAT_FIRST && buf_put(b, line, (size_t)len) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if ((used & UINT32_C(1) << i) == 0 || !words[i].harmless ||
		    words[i].since <= format)
			continue;
		if (buf_put(b, skips ? " " : "skip ", skips ? 1 : 5) != 0 ||
		    buf_put(b, words[i].word, strlen(words[i].word)) != 0)
			return -1;
		skips = true;
	}
	return skips ? buf_put(b, "\n", 1) : 0;
}
