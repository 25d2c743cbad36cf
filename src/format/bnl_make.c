/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns an edited list into a signed one. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "format/bnl_line.h"
#include "format/bnl_parse.h"
#include "format/bnl_sign.h"

#define YEAR_9999_END INT64_C(253402300799)
#define BASE64_LINE 64

static int
add_error(struct errs *es, const struct err *e)
{
	errs_add(es, e);
	return -1;
}

static int
put_bytes(struct buf *b, const char *text, size_t len)
{
	return len == 0 ? 0 : buf_put(b, text, len);
}

static int
put_text(struct buf *b, const char *text)
{
	return put_bytes(b, text, strlen(text));
}

/* The line where the timestamp goes: that of the old timestamp; else below the
 * last of the header's first statements. */
struct slot {
	size_t line; /* 1-based */
	bool replace;
};

static struct slot
find_slot(struct span text)
{
	struct slot s = { 0, false };
	struct span line, word;

	for (size_t n = 1; span_line(&text, &line); n++) {
		word = bnl_line_statement(line);
		if (span_is(word, "timestamp"))
			return (struct slot){ n, true };
		if (span_is(word, "network") || span_is(word, "prefix"))
			s.line = n;
	}
	return s;
}

static int
put_history(struct buf *b, const struct bnl_version *v)
{
	char time[TEXT_TIME_MAX], digest[FINGERPRINT_TEXT_MAX];

	return put_text(b, "history   ") != 0 ||
			       put_text(b, text_time_format(
						   time, v->timestamp)) != 0 ||
			       put_text(b, " ") != 0 ||
			       put_text(b, fingerprint_format(
						   digest, v->digest)) != 0 ||
			       put_text(b, "\n") != 0 ?
		       -1 :
		       0;
}

/* Writes the previous version first, then its ancestors. */
static int
put_histories(struct buf *b, const struct bnl *previous, uint32_t most)
{
	uint32_t n;

	if (previous == NULL)
		return 0;
	if (put_history(b, &previous->version) != 0)
		return -1;
	n = previous->nhistory < most - 1 ? previous->nhistory : most - 1;
	for (uint32_t i = 0; i < n; i++)
		if (put_history(b, &previous->history[i]) != 0)
			return -1;
	return 0;
}

/* Copies the old timestamp's line with the new time in it. */
static int
put_timestamp_line(struct buf *b, struct span line, const char *time)
{
	struct span rest = line, word = { NULL, 0 };
	size_t before, behind;

	span_word(&rest, &word);
	span_word(&rest, &word);
	/* A comment may follow without a blank. */
	const char *hash = memchr(word.p, '#', word.len);

	if (hash != NULL)
		word.len = (size_t)(hash - word.p);
	before = (size_t)(word.p - line.p);
	behind = before + word.len;
	return put_bytes(b, line.p, before) != 0 || put_text(b, time) != 0 ||
			       put_bytes(b, line.p + behind,
					 line.len - behind) != 0 ?
		       -1 :
		       0;
}

static int
rewrite_text(struct buf *b, struct span text, const struct bnl *previous,
	     uint32_t histories, struct walltime t)
{
	struct slot slot = find_slot(text);
	char time[TEXT_TIME_MAX];
	struct span line;

	text_time_format(time, t);
	for (size_t n = 1; span_line(&text, &line); n++) {
		bool here = n == slot.line;

		if (span_is(bnl_line_statement(line), "history"))
			continue;
		if ((here && slot.replace ?
			     put_timestamp_line(b, line, time) :
			     put_bytes(b, line.p, line.len)) != 0 ||
		    put_text(b, "\n") != 0)
			return -1;
		if (here && !slot.replace &&
		    (put_text(b, "timestamp ") != 0 || put_text(b, time) != 0 ||
		     put_text(b, "\n") != 0))
			return -1;
		if (here && put_histories(b, previous, histories) != 0)
			return -1;
	}
	return 0;
}

static int
put_block(struct buf *b, const struct key *k, struct err *e)
{
	struct bytes parts[] = {
		{ LABEL_BNL, sizeof(LABEL_BNL) - 1 },
		{ buf_data(b), buf_len(b) },
	};
	char text[BASE64_MAX(SIGN_MAX)], who[FINGERPRINT_TEXT_MAX];
	uint8_t sig[SIGN_MAX], fp[FINGERPRINT_LEN];
	size_t siglen, n;

	if (sign_make(sig, &siglen, k, parts, 2, e) != 0)
		return -1;
	n = base64_encode(text, sizeof(text), sig, siglen);
	key_fingerprint(fp, k);
	if (put_text(b, BNL_BEGIN "\nkey: ") != 0 ||
	    put_text(b, fingerprint_format(who, fp)) != 0 ||
	    put_text(b, "\n") != 0)
		goto full;
	for (size_t i = 0; i < n; i += BASE64_LINE) {
		size_t len = n - i < BASE64_LINE ? n - i : BASE64_LINE;

		if (put_bytes(b, text + i, len) != 0 || put_text(b, "\n") != 0)
			goto full;
	}
	if (put_text(b, BNL_END "\n") == 0)
		return 0;
full:
	return buf_error(b, "the signed list", e);
}

static int
choose_time(struct walltime *out, const struct bnl_sign_in *in, struct err *e)
{
	struct walltime t = in->now;
	char when[TEXT_TIME_MAX], ahead[TEXT_SPAN_MAX];

	if (in->previous != NULL) {
		struct walltime last = in->previous->version.timestamp;

		if (!in->reset_time &&
		    last.s - in->now.s > BNL_SIGN_AHEAD_MAX_S)
			return err_set(
				e, ERR_FUTURE,
				"the last list is dated %s, %s ahead "
				"of the clock: set the clock right, or "
				"sign with --reset-time",
				text_time_format(when, last),
				text_duration(ahead, last.s - in->now.s));
		if (last.s == t.s || (last.s > t.s && !in->reset_time))
			t.s = last.s + 1;
	}
	if (t.s <= 0 || t.s > YEAR_9999_END)
		return err_set(e, ERR_USAGE, "the clock is not set");
	*out = t;
	return 0;
}

/* A list that is full loses the older part of its history, rather than that
 * nobody can be removed from it or revoked any more. */
static int
put_all(struct buf *b, const struct bnl_sign_in *in, size_t len,
	struct walltime t, struct err *e)
{
	static const uint32_t histories[] = { BNL_HISTORY_MAX, 8, 1 };
	const struct span text = { in->text, len };

	for (size_t i = 0; i < sizeof(histories) / sizeof(*histories); i++) {
		buf_free(b);
		buf_init(b, BNL_BYTES_MAX);
		if (rewrite_text(b, text, in->previous, histories[i], t) != 0)
			buf_error(b, "the signed list", e);
		else if (put_block(b, in->key, e) == 0)
			return 0;
		if (e->code != ERR_LIMIT)
			return -1;
	}
	return -1;
}

int
bnl_sign(char **out, size_t *outlen, const struct bnl_sign_in *in,
	 struct errs *es)
{
	struct bnl_block block;
	struct bnl *checked = NULL;
	struct err e = { 0 };
	struct walltime t = { 0 };
	struct buf b;
	char *copy;
	int rc = -1;

	buf_init(&b, BNL_BYTES_MAX);
	if (bnl_block_read(&block, in->text, in->len, &e) != 0)
		return add_error(es, &e);
	if (bnl_parse(&checked, in->text, block.signedlen, es) != 0)
		return -1;
	if (in->previous != NULL)
		rc = bnl_check_network(checked, in->previous->network,
				       "the last signed one", &e);
	else
		rc = 0;
	bnl_free(checked);
	if (rc != 0 || choose_time(&t, in, &e) != 0)
		return add_error(es, &e);
	rc = put_all(&b, in, block.signedlen, t, &e);
	copy = rc == 0 ? malloc(buf_len(&b)) : NULL;
	if (rc == 0 && copy == NULL)
		rc = err_nomem(&e);
	if (rc == 0) {
		memcpy(copy, buf_data(&b), buf_len(&b));
		*out = copy;
		*outlen = buf_len(&b);
	} else {
		errs_add(es, &e);
	}
	buf_free(&b);
	return rc;
}
