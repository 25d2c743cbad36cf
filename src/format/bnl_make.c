/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns an edited list into a signed one. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "format/bnl_line.h"
#include "format/bnl_parse.h"
#include "format/bnl_sign.h"
#include "format/bnl_words.h"

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

/* Statements that are written anew. */
static bool
is_replaced(struct span word)
{
	return span_is(word, "history") || span_is(word, "format") ||
	       span_is(word, "skip");
}

struct rewrite {
	struct span text;
	const struct bnl *list; /* the text, parsed */
	const struct bnl *previous;
	struct walltime t;
};

static int
rewrite_text(struct buf *b, const struct rewrite *w, uint32_t histories)
{
	const struct bnl *previous = w->previous;
	struct slot slot = find_slot(w->text);
	struct span text = w->text, line;
	char time[TEXT_TIME_MAX];
	bool begun = false;

	text_time_format(time, w->t);
	for (size_t n = 1; span_line(&text, &line); n++) {
		struct span word = bnl_line_statement(line);
		bool here = n == slot.line;

		if (is_replaced(word))
			continue;
		if (!begun && word.len > 0 &&
		    bnl_words_head(b, bnl_words, BNL_WORDS, w->list->words) !=
			    0)
			return -1;
		begun = begun || word.len > 0;
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
put_all(struct buf *b, const struct rewrite *w, const struct key *key,
	struct err *e)
{
	static const uint32_t histories[] = { BNL_HISTORY_MAX, 8, 1 };

	for (size_t i = 0; i < sizeof(histories) / sizeof(*histories); i++) {
		buf_free(b);
		buf_init(b, BNL_BYTES_MAX);
		if (rewrite_text(b, w, histories[i]) != 0)
			buf_error(b, "the signed list", e);
		else if (put_block(b, key, e) == 0)
			return 0;
		if (e->code != ERR_LIMIT)
			return -1;
	}
	return -1;
}

/* Parses and checks the text that is to be signed: *out, and how long it is. */
static int
check_text(struct bnl **out, size_t *len, const struct bnl_sign_in *in,
	   struct errs *es)
{
	struct bnl_blocks blocks;
	struct bnl *b;
	struct err e;
	int rc;

	if (bnl_blocks_read(&blocks, in->text, in->len, &e) != 0 ||
	    bnl_blocks_check(&blocks, &e) != 0)
		return add_error(es, &e);
	if (bnl_parse(&b, in->text, blocks.signedlen, es) != 0)
		return -1;
	rc = bnl_check_whole(b, &e);
	if (rc == 0 && in->previous != NULL)
		rc = bnl_check_network(b, in->previous->network,
				       "the last signed one", &e);
	if (rc != 0) {
		bnl_free(b);
		return add_error(es, &e);
	}
	*out = b;
	*len = blocks.signedlen;
	return 0;
}

int
bnl_sign(char **out, size_t *outlen, const struct bnl_sign_in *in,
	 struct errs *es)
{
	struct rewrite w = { .previous = in->previous };
	struct bnl *checked;
	struct err e = { 0 };
	struct buf b;
	char *copy;
	int rc;

	if (check_text(&checked, &w.text.len, in, es) != 0)
		return -1;
	w.text.p = in->text;
	w.list = checked;
	buf_init(&b, BNL_BYTES_MAX);
	rc = choose_time(&w.t, in, &e);
	if (rc == 0)
		rc = put_all(&b, &w, in->key, &e);
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
	bnl_free(checked);
	buf_free(&b);
	return rc;
}
