/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the end of a list's text and reads the blocks behind it. */
#include "format/bnl_block.h"

#include <string.h>

#include "base/text.h"
#include "format/proto.h"

#define KEY_FIELD "key: "
#define BASE64_LINE 64 /* digits in every line but the last */

/* Position behind the text: the unread part, and its line in the file. */
struct block_reader {
	struct span rest;
	unsigned int line;
};

static bool
begins_with(struct span line, const char *start)
{
	size_t len = strlen(start);

	return line.len >= len && memcmp(line.p, start, len) == 0;
}

/* Reads the next line, which must end with LF: a truncated block is invalid. */
static bool
block_line(struct block_reader *r, struct span *line)
{
	struct span rest = r->rest;

	r->line++;
	if (!span_line(&rest, line) ||
	    line->p + line->len == r->rest.p + r->rest.len)
		return false;
	r->rest = rest;
	return true;
}

static bool
is_kind(struct span kind)
{
	if (kind.len == 0 || kind.len > BNL_KIND_MAX)
		return false;
	for (size_t i = 0; i < kind.len; i++) {
		char c = kind.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != ' ')
			return false;
	}
	return true;
}

static int
read_begin(struct span *kind, struct block_reader *r, struct err *e)
{
	const size_t head = sizeof(BNL_BLOCK_BEGIN) - 1;
	const size_t dashes = sizeof(BNL_BLOCK_DASHES) - 1;
	struct span line;

	if (block_line(r, &line) && begins_with(line, BNL_BLOCK_BEGIN) &&
	    line.len > head + dashes &&
	    memcmp(line.p + line.len - dashes, BNL_BLOCK_DASHES, dashes) == 0) {
		*kind = (struct span){ line.p + head,
				       line.len - head - dashes };
		if (is_kind(*kind))
			return 0;
	}
	return err_at(e, ERR_SYNTAX, r->line, 1,
		      "text among the blocks at the end of the list, where "
		      "statements do not belong: expected \"" BNL_BLOCK_BEGIN
		      "KIND" BNL_BLOCK_DASHES "\" or the end of the file");
}

static bool
is_end(struct span line, struct span kind)
{
	const size_t head = sizeof(BNL_BLOCK_END) - 1;

	return begins_with(line, BNL_BLOCK_END) &&
	       line.len == head + kind.len + sizeof(BNL_BLOCK_DASHES) - 1 &&
	       memcmp(line.p + head, kind.p, kind.len) == 0 &&
	       memcmp(line.p + head + kind.len, BNL_BLOCK_DASHES,
		      sizeof(BNL_BLOCK_DASHES) - 1) == 0;
}

/* A block of a kind that is unknown here. */
static int
skip_block(struct bnl_blocks *b, struct span kind, struct block_reader *r,
	   struct err *e)
{
	struct span line;

	if (b->unknown[0] == '\0') {
		memcpy(b->unknown, kind.p, kind.len);
		b->unknown[kind.len] = '\0';
		b->unknown_line = r->line;
	}
	while (block_line(r, &line)) {
		if (is_end(line, kind))
			return 0;
		if (line.len > BNL_LINE_MAX ||
		    !text_is_utf8(line.p, line.len) ||
		    begins_with(line, BNL_BLOCK_DASHES))
			break;
	}
	return err_at(e, ERR_SYNTAX, r->line, 1,
		      "block \"%.*s\": expected lines of text, at most %u "
		      "bytes each, then its end",
		      (int)kind.len, kind.p, BNL_LINE_MAX);
}

static int
read_key_line(struct bnl_signature *s, struct block_reader *r, struct err *e)
{
	const size_t skip = sizeof(KEY_FIELD) - 1;
	char again[FINGERPRINT_TEXT_MAX];
	struct span line;

	if (block_line(r, &line) && line.len > skip &&
	    memcmp(line.p, KEY_FIELD, skip) == 0 &&
	    fingerprint_parse(s->signer, line.p + skip, line.len - skip) == 0 &&
	    span_is((struct span){ line.p + skip, line.len - skip },
		    fingerprint_format(again, s->signer)))
		return 0;
	return err_at(e, ERR_SYNTAX, r->line, 1,
		      "signature block: expected \"key: sha256:...\"");
}

/* Reads the lines of base64, all of BASE64_LINE digits but the last, and
 * END. */
static int
read_base64(struct bnl_signature *s, struct block_reader *r, struct err *e)
{
	char text[BASE64_MAX(BNL_SIGNATURE_MAX)];
	uint8_t sig[BNL_SIGNATURE_MAX];
	bool last = false;
	struct span line;
	size_t n = 0, len;

	for (;;) {
		if (!block_line(r, &line))
			return err_at(e, ERR_SYNTAX, r->line, 1,
				      "signature block: expected \"" BNL_END
				      "\"");
		if (span_is(line, BNL_END))
			break;
		if (last || line.len == 0 || line.len > BASE64_LINE ||
		    line.len > sizeof(text) - 1 - n)
			return err_at(e, ERR_SYNTAX, r->line, 1,
				      "signature block: expected base64 in "
				      "lines of %d, then \"" BNL_END "\"",
				      BASE64_LINE);
		last = line.len < BASE64_LINE;
		memcpy(text + n, line.p, line.len);
		n += line.len;
	}
	/* base64_decode() accepts the canonical text only. */
	if (n == 0 || base64_decode(sig, sizeof(sig), &len, text, n) != 0)
		return err_at(e, ERR_SYNTAX, r->line, 1,
			      "signature block: its base64 is malformed");
	if (len <= sizeof(s->sig)) {
		memcpy(s->sig, sig, len);
		s->siglen = len;
	}
	return 0;
}

static int
read_signature(struct bnl_blocks *b, struct block_reader *r, struct err *e)
{
	struct bnl_signature *s = &b->sigs[b->nsigs];

	if (b->nsigs == BNL_SIGNATURES_MAX)
		return err_at(e, ERR_LIMIT, r->line, 1,
			      "there are more than %d signatures",
			      BNL_SIGNATURES_MAX);
	if (read_key_line(s, r, e) != 0)
		return -1;
	if (b->nsigs > 0 &&
	    memcmp(s[-1].signer, s->signer, FINGERPRINT_LEN) >= 0)
		return err_at(e, ERR_SYNTAX, r->line, 1,
			      "signature block: each key signs once, and the "
			      "keys stand in ascending order");
	b->nsigs++;
	return read_base64(s, r, e);
}

/* Moves to the first block; false: there is none. */
static bool
find_blocks(struct bnl_blocks *b, const char *raw, struct block_reader *r)
{
	struct span rest = r->rest, line;

	while (span_line(&rest, &line)) {
		if (begins_with(line, BNL_BLOCK_BEGIN)) {
			b->signedlen = (size_t)(line.p - raw);
			return true;
		}
		r->rest = rest;
		r->line++;
	}
	return false;
}

int
bnl_blocks_read(struct bnl_blocks *out, const char *raw, size_t len,
		struct err *e)
{
	struct block_reader r = { { raw, len }, 0 };
	struct bnl_blocks b = { .signedlen = len };
	struct span kind;

	b.present = find_blocks(&b, raw, &r);
	if (len - b.signedlen > BNL_BEHIND_MAX)
		return err_at(e, ERR_LIMIT, r.line + 1, 1,
			      "behind the text of the list stand %zu bytes, at "
			      "most %u are allowed",
			      len - b.signedlen, BNL_BEHIND_MAX);
	while (b.present && r.rest.len > 0) {
		if (read_begin(&kind, &r, e) != 0)
			return -1;
		if (span_is(kind, BNL_KIND_SIGNATURE) ?
			    read_signature(&b, &r, e) != 0 :
			    skip_block(&b, kind, &r, e) != 0)
			return -1;
	}
	*out = b;
	return 0;
}

int
bnl_blocks_check(const struct bnl_blocks *b, struct err *e)
{
	if (b->unknown[0] == '\0')
		return 0;
	return err_at(e, ERR_FORMAT, b->unknown_line, 1,
		      "block \"%s\" is unknown to this program, so it neither "
		      "edits nor signs the list: a later version of ClueVPN is "
		      "needed",
		      b->unknown);
}
