/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verifies a list before it is parsed. */
#include "format/bnl_sign.h"

#include <string.h>

#include "format/bnl_parse.h"

void
bnl_digest(uint8_t out[SHA256_LEN], const char *text, size_t len)
{
	struct bytes parts[] = {
		{ LABEL_BNL, sizeof(LABEL_BNL) - 1 },
		{ text, len },
	};

	sha256_parts(out, parts, 2);
}

/* The trusted key of that fingerprint; NULL: none. */
static const struct key *
find_key(const uint8_t fp[FINGERPRINT_LEN], const struct key *const *keys,
	 size_t nkeys)
{
	uint8_t its[FINGERPRINT_LEN];

	for (size_t i = 0; i < nkeys; i++) {
		key_fingerprint(its, keys[i]);
		if (memcmp(fp, its, sizeof(its)) == 0)
			return keys[i];
	}
	return NULL;
}

/* The first signature of a trusted key; NULL: e says why not. */
static const struct bnl_signature *
verify_blocks(const struct bnl_blocks *b, const char *raw,
	      const struct key *const *keys, size_t nkeys, struct err *e)
{
	struct bytes parts[] = {
		{ LABEL_BNL, sizeof(LABEL_BNL) - 1 },
		{ raw, b->signedlen },
	};
	const struct bnl_signature *signer = NULL;
	char text[FINGERPRINT_TEXT_MAX];

	if (b->nsigs == 0) {
		err_set(e, ERR_SIGNATURE,
			"the list is not signed, or was cut short");
		return NULL;
	}
	for (unsigned int i = 0; i < b->nsigs; i++) {
		const struct bnl_signature *s = &b->sigs[i];
		const struct key *k = find_key(s->signer, keys, nkeys);

		if (k == NULL)
			continue;
		if (s->siglen == 0 ||
		    sign_verify(k, parts, 2, s->sig, s->siglen, NULL) != 0) {
			err_set(e, ERR_SIGNATURE,
				"the signature does not verify: the list was "
				"changed after %s signed it",
				fingerprint_format(text, s->signer));
			return NULL;
		}
		if (signer == NULL)
			signer = s;
	}
	if (signer == NULL)
		err_set(e, ERR_SIGNER,
			"the list claims to be signed by %s, which is no "
			"trusted key",
			fingerprint_format(text, b->sigs[0].signer));
	return signer;
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
bnl_open_any(struct bnl **out, const char *raw, size_t len,
	     const struct key *const *keys, size_t nkeys, struct err *e)
{
	const struct bnl_signature *signer;
	struct errs es = { 0 };
	struct bnl_blocks blocks;
	struct bnl *b;

	if (len > BNL_BYTES_MAX)
		return err_set(e, ERR_LIMIT,
			       "the list has %zu bytes, at most "
			       "%u are allowed",
			       len, BNL_BYTES_MAX);
	if (bnl_blocks_read(&blocks, raw, len, e) != 0)
		return -1;
	signer = verify_blocks(&blocks, raw, keys, nkeys, e);
	if (signer == NULL)
		return -1;
	if (bnl_parse_any(&b, raw, len, blocks.signedlen, &es) != 0)
		return parse_error(&es, e);
	if (b->version.timestamp.s == 0) {
		bnl_free(b);
		return err_set(e, ERR_SYNTAX,
			       "the list is signed but has no timestamp");
	}
	b->signedlen = blocks.signedlen;
	memcpy(b->signer, signer->signer, sizeof(b->signer));
	bnl_digest(b->version.digest, raw, blocks.signedlen);
	*out = b;
	return 0;
}

int
bnl_open(struct bnl **out, const char *raw, size_t len,
	 const struct key *const *keys, size_t nkeys, struct err *e)
{
	struct bnl *b;
	int rc = bnl_open_any(&b, raw, len, keys, nkeys, e);

	if (rc == 0 && b->held) {
		rc = bnl_too_new(b, e);
		bnl_free(b);
	}
	if (rc == 0)
		*out = b;
	return rc;
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
