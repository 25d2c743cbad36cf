/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the signature block and verifies a list before it is parsed. */
#include "format/bnl_sign.h"

#include <stdio.h>
#include <string.h>

#include "format/bnl_parse.h"

#define KEY_FIELD "key: "
#define BASE64_LINE 64 /* digits in every line but the last */

void
bnl_digest(uint8_t out[SHA256_LEN], const char *text, size_t len)
{
	struct bytes parts[] = {
		{ LABEL_BNL, sizeof(LABEL_BNL) - 1 },
		{ text, len },
	};

	sha256_parts(out, parts, 2);
}

/* Position in a block: the unread part, and its line in the file. */
struct block_reader {
	struct span rest;
	unsigned int line;
};

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

static int
read_key_line(struct bnl_block *b, struct block_reader *r, struct err *e)
{
	const size_t skip = sizeof(KEY_FIELD) - 1;
	char again[FINGERPRINT_TEXT_MAX];
	struct span line;

	if (block_line(r, &line) && line.len > skip &&
	    memcmp(line.p, KEY_FIELD, skip) == 0 &&
	    fingerprint_parse(b->signer, line.p + skip, line.len - skip) == 0 &&
	    span_is((struct span){ line.p + skip, line.len - skip },
		    fingerprint_format(again, b->signer)))
		return 0;
	return err_at(e, ERR_SYNTAX, r->line, 1,
		      "signature block: expected \"key: sha256:...\"");
}

/* Reads the lines of base64, all of BASE64_LINE digits but the last, and
 * END. */
static int
read_signature(struct bnl_block *b, struct block_reader *r, struct err *e)
{
	char text[BASE64_MAX(SIGN_MAX)];
	bool last = false;
	struct span line;
	size_t n = 0;

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
	if (n == 0 ||
	    base64_decode(b->sig, sizeof(b->sig), &b->siglen, text, n) != 0)
		return err_at(e, ERR_SYNTAX, r->line, 1,
			      "signature block: its base64 is malformed");
	return 0;
}

int
bnl_block_read(struct bnl_block *out, const char *raw, size_t len,
	       struct err *e)
{
	struct block_reader r = { { raw, len }, 0 };
	struct bnl_block b = { .signedlen = len };
	struct span line;

	while (!b.present && span_line(&r.rest, &line)) {
		r.line++;
		if (span_is(line, BNL_BEGIN)) {
			b.present = true;
			b.signedlen = (size_t)(line.p - raw);
		}
	}
	if (b.present) {
		if (read_key_line(&b, &r, e) != 0 ||
		    read_signature(&b, &r, e) != 0)
			return -1;
		if (r.rest.len > 0)
			return err_at(e, ERR_SYNTAX, r.line + 1, 1,
				      "text after the signature block: "
				      "statements belong before it");
	}
	*out = b;
	return 0;
}

static int
verify_block(const struct bnl_block *b, const char *raw,
	     const struct key *const *keys, size_t nkeys, struct err *e)
{
	struct bytes parts[] = {
		{ LABEL_BNL, sizeof(LABEL_BNL) - 1 },
		{ raw, b->signedlen },
	};
	char text[FINGERPRINT_TEXT_MAX];
	uint8_t fp[FINGERPRINT_LEN];

	if (!b->present)
		return err_set(e, ERR_SIGNATURE,
			       "the list is not signed, or was cut short");
	for (size_t i = 0; i < nkeys; i++) {
		key_fingerprint(fp, keys[i]);
		if (memcmp(fp, b->signer, sizeof(fp)) != 0)
			continue;
		if (sign_verify(keys[i], parts, 2, b->sig, b->siglen, NULL) ==
		    0)
			return 0;
		return err_set(e, ERR_SIGNATURE,
			       "the signature does not verify: the list was "
			       "changed after %s signed it",
			       fingerprint_format(text, fp));
	}
	return err_set(e, ERR_SIGNER,
		       "the list claims to be signed by %s, which is no "
		       "trusted key",
		       fingerprint_format(text, b->signer));
}

static int
parse_error(const struct errs *es, struct err *e)
{
	const struct err *first = &es->e[0];

	if (es->count == 1)
		return err_at(e, first->code, first->line, first->column, "%s",
			      first->text);
	return err_at(e, first->code, first->line, first->column,
		      "%s (and %u more)", first->text, es->count - 1);
}

int
bnl_open(struct bnl **out, const char *raw, size_t len,
	 const struct key *const *keys, size_t nkeys, struct err *e)
{
	struct errs es = { 0 };
	struct bnl_block block;
	struct bnl *b;

	if (len > BNL_BYTES_MAX)
		return err_set(e, ERR_LIMIT,
			       "the list has %zu bytes, at most "
			       "%u are allowed",
			       len, BNL_BYTES_MAX);
	if (bnl_block_read(&block, raw, len, e) != 0 ||
	    verify_block(&block, raw, keys, nkeys, e) != 0)
		return -1;
	if (bnl_parse_part(&b, raw, len, block.signedlen, &es) != 0)
		return parse_error(&es, e);
	if (b->version.timestamp.s == 0) {
		bnl_free(b);
		return err_set(e, ERR_SYNTAX,
			       "the list is signed but has no timestamp");
	}
	b->signedlen = block.signedlen;
	memcpy(b->signer, block.signer, sizeof(b->signer));
	bnl_digest(b->version.digest, raw, block.signedlen);
	*out = b;
	return 0;
}

bool
clock_is_sane(struct walltime now, struct walltime built, struct walltime mark)
{
	return now.s >= built.s && now.s >= mark.s - BNL_FUTURE_MAX_S;
}

int
bnl_check_time(const struct bnl *b, struct walltime now, struct walltime built,
	       struct walltime mark, struct err *e)
{
	char text[BNL_VERSION_TEXT_MAX], ahead[TEXT_SPAN_MAX];
	int64_t s = b->version.timestamp.s - now.s;

	if (!clock_is_sane(now, built, mark) || s <= BNL_FUTURE_MAX_S)
		return 0;
	return err_set(e, ERR_FUTURE, "the list %s is dated %s ahead of now",
		       bnl_version_format(text, &b->version),
		       text_duration(ahead, s));
}

int
bnl_check_network(const struct bnl *b, const char *network, const char *by,
		  struct err *e)
{
	if (strcmp(b->network, network) == 0)
		return 0;
	return err_set(e, ERR_CONFLICT,
		       "it is a list of the network \"%s\", but %s is of "
		       "\"%s\": a network is not renamed",
		       b->network, by, network);
}
