/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signing a list, and refusing whatever is not exactly as it was signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bnl_keys.h"
#include "bnl_raw.h"
#include "format/bnl_parse.h"
#include "format/bnl_sign.h"

#define NOW ((struct walltime){ 1795328700 }) /* 2026-11-22T06:25:00Z */
#define SMALL "network a\nnode b\n"

enum { DSA_1, DSA_2, ED_1, ED_2, KEYS };

static struct key *keys[KEYS]; /* private */
static struct key *publics[KEYS];

struct signed_list {
	char *p;
	size_t len;
};

static int
load_keys(void **state)
{
	(void)state;
	static const char *const pem[KEYS] = { PEM_DSA_1, PEM_DSA_2, PEM_ED_1,
					       PEM_ED_2 };

	for (size_t i = 0; i < KEYS; i++) {
		if (key_read_private(&keys[i], pem[i], strlen(pem[i]), NULL) !=
			    0 ||
		    key_read_public(&publics[i], pem[i], strlen(pem[i]),
				    NULL) != 0)
			return -1;
	}
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		key_free(keys[i]);
		key_free(publics[i]);
	}
	return 0;
}

static struct signed_list
sign_text(const char *text, size_t key, const struct bnl *previous)
{
	const struct bnl_sign_in in = {
		.text = text,
		.len = strlen(text),
		.previous = previous,
		.key = keys[key],
		.now = NOW,
	};
	struct signed_list l = { 0 };
	struct errs es = { 0 };

	if (bnl_sign(&l.p, &l.len, &in, &es) != 0)
		fail_msg("%s", es.e[0].text);
	return l;
}

/* With exactly one trusted key. */
static int
open_list(struct bnl **b, const char *p, size_t len, size_t key, struct err *e)
{
	const struct key *trusted = publics[key];

	*b = NULL;
	return bnl_open(b, p, len, &trusted, 1, e);
}

static struct bnl *
must_open(const struct signed_list *l, size_t key)
{
	struct err e = { 0 };
	struct bnl *b;

	if (open_list(&b, l->p, l->len, key, &e) != 0)
		fail_msg("%s", e.text);
	return b;
}

static void
must_refuse(const char *p, size_t len, size_t key, enum err_code code)
{
	struct err e = { 0 };
	struct bnl *b;

	assert_int_equal(open_list(&b, p, len, key, &e), -1);
	assert_null(b);
	if (code != ERR_NONE && e.code != code)
		fail_msg("%s: \"%s\"", err_code_name(e.code), e.text);
}

/* --- verifying --------------------------------------------------------- */

static void
round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		struct signed_list l = sign_text(SMALL, i, NULL);
		struct bnl *b = must_open(&l, i);
		uint8_t want[SHA256_LEN];
		struct bytes whole[] = {
			{ "cluevpn bnl 1\n", 14 },
			{ l.p, b->signedlen },
		};

		assert_int_equal(b->version.timestamp.s, NOW.s);
		assert_int_equal(b->rawlen, l.len);
		assert_memory_equal(b->raw, l.p, l.len);
		assert_memory_equal(l.p + b->signedlen, BNL_BEGIN "\n",
				    sizeof(BNL_BEGIN));
		key_fingerprint(want, publics[i]);
		assert_memory_equal(b->signer, want, SHA256_LEN);
		sha256_parts(want, whole, 2);
		assert_memory_equal(b->version.digest, want, SHA256_LEN);
		assert_int_equal(b->nnodes, 1);
		bnl_free(b);
		free(l.p);
	}
}

static void
other_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		struct signed_list l = sign_text(SMALL, i, NULL);
		const struct key *all[KEYS];
		struct bnl *b = NULL;

		for (size_t j = 0; j < KEYS; j++) {
			all[j] = publics[j];
			if (i != j)
				must_refuse(l.p, l.len, j, ERR_SIGNER);
		}
		assert_int_equal(bnl_open(&b, l.p, l.len, all, 0, NULL), -1);
		assert_null(b);
		assert_int_equal(bnl_open(&b, l.p, l.len, all, KEYS, NULL), 0);
		bnl_free(b);
		free(l.p);
	}
}

/* What one key signed, under the name of another that is trusted. */
static void
borrowed_name(void **state)
{
	(void)state;
	struct signed_list l = sign_text(SMALL, DSA_1, NULL);
	char name[FINGERPRINT_TEXT_MAX], *field;
	uint8_t fp[FINGERPRINT_LEN];

	for (size_t i = 0; i < KEYS; i++) {
		field = memmem(l.p, l.len, "key: ", 5);
		assert_non_null(field);
		key_fingerprint(fp, publics[i]);
		fingerprint_format(name, fp);
		memcpy(field + 5, name, strlen(name));
		if (i == DSA_1)
			bnl_free(must_open(&l, i));
		else
			must_refuse(l.p, l.len, i, ERR_SIGNATURE);
	}
	free(l.p);
}

static void
every_byte(void **state)
{
	(void)state;
	static const uint8_t masks[] = { 0x01, 0x20, 0x80 };

	for (size_t key = 0; key < KEYS; key += 2) {
		struct signed_list l = sign_text(SMALL, key, NULL);

		for (size_t i = 0; i < l.len; i++)
			for (size_t m = 0; m < sizeof(masks); m++) {
				l.p[i] = (char)(l.p[i] ^ masks[m]);
				must_refuse(l.p, l.len, key, ERR_NONE);
				l.p[i] = (char)(l.p[i] ^ masks[m]);
			}
		for (size_t i = 0; i < l.len; i++)
			must_refuse(l.p, i, key, ERR_NONE);
		bnl_free(must_open(&l, key));
		free(l.p);
	}
}

static char *
join(const char *a, size_t alen, const char *b, size_t blen)
{
	char *p = malloc(alen + blen + 1);

	assert_non_null(p);
	memcpy(p, a, alen);
	memcpy(p + alen, b, blen);
	p[alen + blen] = '\0';
	return p;
}

static void
block_shape(void **state)
{
	(void)state;
	struct signed_list l = sign_text(SMALL, ED_1, NULL);
	size_t body = (size_t)((char *)memmem(l.p, l.len, BNL_BEGIN,
					      strlen(BNL_BEGIN)) -
			       l.p);
	char *p;

	/* anything after it: a byte, a line, a second block */
	p = join(l.p, l.len, "\n", 1);
	must_refuse(p, l.len + 1, ED_1, ERR_SYNTAX);
	free(p);
	p = join(l.p, l.len, "# bye\n", 6);
	must_refuse(p, l.len + 6, ED_1, ERR_SYNTAX);
	free(p);
	p = join(l.p, l.len, l.p + body, l.len - body);
	must_refuse(p, 2 * l.len - body, ED_1, ERR_SYNTAX);
	free(p);
	p = join(l.p, l.len, "", 1);
	must_refuse(p, l.len + 1, ED_1, ERR_SYNTAX);
	free(p);
	/* the block moved to the front */
	p = join(l.p + body, l.len - body, l.p, body);
	must_refuse(p, l.len, ED_1, ERR_SYNTAX);
	free(p);
	/* no block, or nothing but one */
	must_refuse(l.p, body, ED_1, ERR_SIGNATURE);
	must_refuse(l.p + body, l.len - body, ED_1, ERR_SIGNATURE);
	must_refuse("", 0, ED_1, ERR_SIGNATURE);
	/* a block that is indented is text */
	p = join(l.p, body, " ", 1);
	char *q = join(p, body + 1, l.p + body, l.len - body);

	must_refuse(q, l.len + 1, ED_1, ERR_SIGNATURE);
	free(q);
	free(p);
	free(l.p);
}

#define BLOCK(key, sig) SMALL BNL_BEGIN "\n" key "\n" sig BNL_END "\n"
#define KEY_LINE       \
	"key: sha256:" \
	"5fe4e2ba0bd48a5c19bcc1bd9eab0d0a4ca0d9d3b4f2a7ad4e4f4a3cd0c8a1b2"
#define B64_64 \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

#define KEY_BELOW      \
	"key: sha256:" \
	"4fe4e2ba0bd48a5c19bcc1bd9eab0d0a4ca0d9d3b4f2a7ad4e4f4a3cd0c8a1b2"
#define SIGNATURE(key) BNL_BEGIN "\n" key "\nAAAA\n" BNL_END "\n"
#define OTHER                              \
	"-----BEGIN BNL NEW KIND 2-----\n" \
	"anything: at all\n"               \
	"-----END BNL NEW KIND 2-----\n"

static void
block_grammar(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int rc;
		unsigned int line;
	} cases[] = {
		{ SMALL, 0, 0 },
		{ BLOCK(KEY_LINE, "AAAA\n"), 0, 0 },
		{ BLOCK(KEY_LINE, B64_64 "\n"), 0, 0 },
		{ BLOCK(KEY_LINE, B64_64 "\n" B64_64 "\nAAAA\n"), 0, 0 },
		{ BLOCK(KEY_LINE, ""), -1, 5 },
		{ BLOCK(KEY_LINE, "\n"), -1, 5 },
		{ BLOCK(KEY_LINE, "AAA\n"), -1, 6 },
		{ BLOCK(KEY_LINE, "AAB=\n"), -1, 6 },
		{ BLOCK(KEY_LINE, "AAAA\nAAAA\n"), -1, 6 },
		{ BLOCK(KEY_LINE, B64_64 "A\n"), -1, 5 },
		{ BLOCK(KEY_LINE, "AAAA\r\n"), -1, 6 },
		{ BLOCK(KEY_LINE, " AAAA\n"), -1, 6 },
		{ BLOCK(KEY_LINE " ", "AAAA\n"), -1, 4 },
		{ BLOCK("key:sha256:00", "AAAA\n"), -1, 4 },
		{ BLOCK("key: ", "AAAA\n"), -1, 4 },
		{ BLOCK("AAAA", ""), -1, 4 },
		{ SMALL BNL_BEGIN, -1, 3 },
		{ SMALL BNL_BEGIN "\n", -1, 4 },
		{ SMALL BNL_BEGIN "\n" KEY_LINE "\n", -1, 5 },
		{ SMALL BNL_BEGIN "\n" KEY_LINE "\nAAAA\n", -1, 6 },
		{ SMALL BNL_BEGIN "\n" KEY_LINE "\nAAAA\n" BNL_END, -1, 6 },
		{ BLOCK(KEY_LINE, "AAAA\n") "node c\n", -1, 7 },
		{ BLOCK(KEY_LINE, "AAAA\n") "\n", -1, 7 },
		{ SMALL SIGNATURE(KEY_LINE) SIGNATURE(KEY_LINE), -1, 8 },
		{ SMALL SIGNATURE(KEY_LINE) SIGNATURE(KEY_BELOW), -1, 8 },
		{ SMALL SIGNATURE(KEY_BELOW) SIGNATURE(KEY_LINE), 0, 0 },
		{ SMALL OTHER SIGNATURE(KEY_LINE), 0, 0 },
		{ SMALL SIGNATURE(KEY_LINE) OTHER, 0, 0 },
		{ SMALL OTHER, 0, 0 },
		{ SMALL OTHER "node c\n", -1, 6 },
		{ SMALL "-----BEGIN BNL A-----\n-----END BNL A-----\n", 0, 0 },
		{ SMALL "-----BEGIN BNL A-----\n-----END BNL A-----", -1, 4 },
		{ SMALL "-----BEGIN BNL A-----\n-----END BNL B-----\n", -1, 4 },
		{ SMALL "-----BEGIN BNL A-----\n-----END BNL A B-----\n", -1,
		  4 },
		{ SMALL "-----BEGIN BNL A-----\n-----\n-----END BNL A-----\n",
		  -1, 4 },
		{ SMALL "-----BEGIN BNL A-----\n\377\n-----END BNL A-----\n",
		  -1, 4 },
		{ SMALL "-----BEGIN BNL a-----\n-----END BNL a-----\n", -1, 3 },
		{ SMALL "-----BEGIN BNL -----\n-----END BNL -----\n", -1, 3 },
		{ SMALL "-----BEGIN BNL A----\n-----END BNL A----\n", -1, 3 },
		{ SMALL "-----BEGIN BNL -\n", -1, 3 },
		{ SMALL "-----BEGIN BNL A-----\nline\n", -1, 5 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bnl_blocks b = { .nsigs = 77 };
		struct err e = { 0 };
		int rc = bnl_blocks_read(&b, cases[i].text,
					 strlen(cases[i].text), &e);

		if (rc != cases[i].rc || e.line != cases[i].line)
			fail_msg("case %zu: %d, line %u: %s", i, rc, e.line,
				 e.text);
		if (rc != 0)
			assert_int_equal(b.nsigs, 77);
		else
			assert_int_equal(b.signedlen, sizeof(SMALL) - 1);
	}
}

/* A signature of any length up to the limit is read; one that is longer than
 * those of known algorithms is not kept. */
static void
block_length(void **state)
{
	static const size_t bytes[] = { 1, SIGN_MAX, SIGN_MAX + 1,
					BNL_SIGNATURE_MAX,
					BNL_SIGNATURE_MAX + 1 };
	static uint8_t sig[BNL_SIGNATURE_MAX + 1];
	static char b64[BASE64_MAX(BNL_SIGNATURE_MAX + 1)];
	static char text[2 * sizeof(b64)];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		size_t n = base64_encode(b64, sizeof(b64), sig, bytes[i]);
		size_t len = (size_t)sprintf(text, SMALL BNL_BEGIN "\n%s\n",
					     KEY_LINE);
		struct bnl_blocks b = { .nsigs = 0 };
		struct err e = { 0 };
		int rc;

		for (size_t at = 0; at < n; at += 64)
			len += (size_t)sprintf(text + len, "%.64s\n", b64 + at);
		len += (size_t)sprintf(text + len, BNL_END "\n");
		rc = bnl_blocks_read(&b, text, len, &e);
		assert_int_equal(rc, bytes[i] > BNL_SIGNATURE_MAX ? -1 : 0);
		if (rc != 0)
			continue;
		assert_int_equal(b.nsigs, 1);
		assert_int_equal(b.sigs[0].siglen,
				 bytes[i] > SIGN_MAX ? 0 : bytes[i]);
	}
}

/* So many bytes behind the text, and no more. */
static void
behind_limit(void **state)
{
	static const char begin[] = "-----BEGIN BNL A-----\n";
	static const char end[] = "-----END BNL A-----\n";
	const size_t behind = BNL_BEHIND_MAX,
		     around = sizeof(begin) - 1 + sizeof(end) - 1;
	char *p = malloc(sizeof(SMALL) + behind + 1);
	struct bnl_blocks b;
	struct err e = { 0 };

	(void)state;
	assert_non_null(p);
	for (size_t more = 0; more < 2; more++) {
		size_t len = (size_t)sprintf(p, SMALL "%s", begin);

		memset(p + len, '\n', behind + more - around);
		len += behind + more - around;
		memcpy(p + len, end, sizeof(end) - 1);
		len += sizeof(end) - 1;
		assert_int_equal(bnl_blocks_read(&b, p, len, &e),
				 more == 0 ? 0 : -1);
	}
	assert_int_equal(e.code, ERR_LIMIT);
	assert_int_equal(e.line, 3);
	/* Lines have the length of those of the text. */
	size_t len = (size_t)sprintf(p, SMALL "%s", begin);

	memset(p + len, 'a', BNL_LINE_MAX);
	len += BNL_LINE_MAX;
	len += (size_t)sprintf(p + len, "\n%s", end);
	assert_int_equal(bnl_blocks_read(&b, p, len, &e), 0);
	memmove(p + sizeof(SMALL) + sizeof(begin),
		p + sizeof(SMALL) + sizeof(begin) - 1,
		len - sizeof(SMALL) - sizeof(begin) + 1);
	assert_int_equal(bnl_blocks_read(&b, p, len + 1, &e), -1);
	assert_int_equal(e.line, 4);
	free(p);
}

/* The blocks of two signed copies of one text, in the order of the keys. */
static char *
sign_twice(size_t a, size_t b, bool ascending, size_t *len)
{
	static const char text[] =
		"network a\ntimestamp 2026-11-22T06:25:00Z\n";
	uint8_t fa[FINGERPRINT_LEN], fb[FINGERPRINT_LEN];
	size_t alen, blen, body = sizeof(text) - 1;
	char *pa, *pb, *p;

	key_fingerprint(fa, publics[a]);
	key_fingerprint(fb, publics[b]);
	if ((memcmp(fa, fb, sizeof(fa)) < 0) != ascending) {
		size_t t = a;

		a = b;
		b = t;
	}
	pa = raw_sign(keys[a], text, body, &alen);
	pb = raw_sign(keys[b], text, body, &blen);
	assert_non_null(pa);
	assert_non_null(pb);
	p = join(pa, alen, pb + body, blen - body);
	*len = alen + blen - body;
	free(pa);
	free(pb);
	return p;
}

/* Signatures of keys that nobody trusts here do not count; one that does and
 * does not verify spoils the list. */
static void
several_signatures(void **state)
{
	const struct key *both[] = { publics[DSA_1], publics[ED_1] };
	struct bnl *b = NULL;
	struct err e = { 0 };
	uint8_t fp[FINGERPRINT_LEN];
	char *p, *at;
	size_t len;

	(void)state;
	p = sign_twice(DSA_1, ED_1, false, &len);
	assert_int_equal(bnl_open(&b, p, len, both, 2, &e), -1);
	assert_int_equal(e.code, ERR_SYNTAX);
	free(p);
	p = sign_twice(DSA_1, ED_1, true, &len);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(bnl_open(&b, p, len, &both[i], 1, &e), 0);
		key_fingerprint(fp, both[i]);
		assert_memory_equal(b->signer, fp, sizeof(fp));
		bnl_free(b);
	}
	assert_int_equal(bnl_open(&b, p, len, both, 2, &e), 0);
	bnl_free(b);
	must_refuse(p, len, ED_2, ERR_SIGNER);
	/* A byte of the last signature. */
	at = p + len - sizeof(BNL_END "\n") - 4;
	*at = *at == 'A' ? 'B' : 'A';
	assert_int_equal(bnl_open(&b, p, len, both, 2, &e), -1);
	assert_int_equal(e.code, ERR_SIGNATURE);
	free(p);
}

/* Whoever carries a list may put such a block there: the signature and the
 * version are those of the text. */
static void
unknown_block(void **state)
{
	struct signed_list l = sign_text(SMALL, ED_1, NULL);
	struct bnl *plain = must_open(&l, ED_1), *with;
	struct bnl_blocks blocks;
	struct errs es = { 0 };
	struct err e = { 0 };
	struct bnl_sign_in in = { .key = keys[ED_1], .now = NOW };
	struct signed_list made = { join(l.p, l.len, OTHER, sizeof(OTHER) - 1),
				    l.len + sizeof(OTHER) - 1 };
	char *out;
	size_t len;

	(void)state;
	with = must_open(&made, ED_1);
	assert_int_equal(bnl_version_cmp(&plain->version, &with->version), 0);
	assert_int_equal(with->rawlen, made.len);
	assert_int_equal(bnl_blocks_read(&blocks, made.p, made.len, &e), 0);
	assert_string_equal(blocks.unknown, "NEW KIND 2");
	assert_int_equal(bnl_blocks_check(&blocks, &e), -1);
	assert_int_equal(e.code, ERR_FORMAT);
	assert_non_null(strstr(e.text, "NEW KIND 2"));
	/* No tool signs what it does not understand as a whole. */
	in.text = made.p;
	in.len = made.len;
	assert_int_equal(bnl_sign(&out, &len, &in, &es), -1);
	assert_int_equal(es.e[0].code, ERR_FORMAT);
	bnl_free(plain);
	bnl_free(with);
	free(made.p);
	free(l.p);
}

/* --- later formats ----------------------------------------------------- */

#define DATED "timestamp 2026-11-22T06:25:00Z\n"
#define FP_A "1111111111111111111111111111111111111111111111111111111111111111"
#define FP_B "2222222222222222222222222222222222222222222222222222222222222222"

/* What every program reads of a list of a later format. */
static void
later_format(void **state)
{
	static const char text[] =
		"# of a later time\n"
		"format 7 and more\n"
		"skip in another form: 1\n"
		"network a\n"
		"admit pinned\n" DATED
		"history 2026-11-21T18:00:00Z sha256:" FP_A "\n"
		"node B in another form\n"
		"  group web\n"
		"node C\n"
		"revoke sha256:" FP_B "\n"
		"whatever\n";
	const struct key *trusted = publics[ED_1];
	struct errs es = { 0 };
	struct err e = { 0 };
	struct bnl *b = NULL;
	size_t len;
	char *p = raw_sign(keys[ED_1], text, sizeof(text) - 1, &len);

	(void)state;
	assert_non_null(p);
	must_refuse(p, len, ED_1, ERR_FORMAT);
	assert_int_equal(bnl_open(&b, p, len, &trusted, 1, &e), -1);
	assert_non_null(strstr(e.text, "format 7"));
	assert_int_equal(bnl_open_any(&b, p, len, &trusted, 1, &e), 0);
	assert_true(b->held);
	assert_int_equal(b->format, 7);
	assert_string_equal(b->network, "a");
	assert_int_equal(b->version.timestamp.s, NOW.s);
	assert_int_equal(b->nhistory, 1);
	assert_int_equal(b->nrevoked, 1);
	assert_int_equal(b->nnodes, 0);
	assert_int_equal(bnl_check_whole(b, &e), -1);
	assert_int_equal(e.code, ERR_FORMAT);
	bnl_free(b);
	/* The place is told, and nothing else is. */
	assert_int_equal(bnl_parse(&b, text, sizeof(text) - 1, &es), -1);
	assert_int_equal(es.count, 1);
	assert_int_equal(es.e[0].code, ERR_FORMAT);
	assert_int_equal(es.e[0].line, 2);
	/* The signature is asked first here, too. */
	p[3] ^= 1;
	assert_int_equal(bnl_open_any(&b, p, len, &trusted, 1, &e), -1);
	assert_int_equal(e.code, ERR_SIGNATURE);
	free(p);
}

/* These keep their form in every format. */
static void
later_format_damaged(void **state)
{
	static const char *const cases[] = {
		"format 2\n" DATED,
		"format 2\nnetwork a\n",
		"format 2\nnetwork A\n" DATED,
		"format 2\nnetwork a\nnetwork a\n" DATED,
		"format 2\nnetwork a\nnode b\n" DATED,
		"format 2\nnetwork a\n" DATED "history yesterday\n",
		"format 2\nnetwork a\n" DATED "revoke sha512:00\n",
		"format 2\nnetwork a\n" DATED "revoke sha256:" FP_A
		"\nrevoke sha256:" FP_A "\n",
		"format 2\nnetwork a\n" DATED "what\377\n",
		"format 65536\nnetwork a\n" DATED,
	};
	const struct key *trusted = publics[ED_1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bnl *b = NULL;
		size_t len;
		char *p =
			raw_sign(keys[ED_1], cases[i], strlen(cases[i]), &len);

		if (bnl_open_any(&b, p, len, &trusted, 1, NULL) == 0)
			fail_msg("case %zu was opened", i);
		free(p);
	}
}

static void
later_format_nodes(void **state)
{
	static const char head[] = "format 2\nnetwork a\n" DATED;
	const struct key *trusted = publics[ED_1];
	char *text = malloc(sizeof(head) + (BNL_NODES_MAX + 1) * 5);
	struct bnl *b = NULL;
	size_t at, len;
	char *p;

	(void)state;
	assert_non_null(text);
	at = (size_t)sprintf(text, "%s", head);
	for (unsigned int i = 0; i < BNL_NODES_MAX + 1; i++)
		at += (size_t)sprintf(text + at, "node\n");
	p = raw_sign(keys[ED_1], text, at - 5, &len);
	assert_int_equal(bnl_open_any(&b, p, len, &trusted, 1, NULL), 0);
	bnl_free(b);
	free(p);
	p = raw_sign(keys[ED_1], text, at, &len);
	assert_int_equal(bnl_open_any(&b, p, len, &trusted, 1, NULL), -1);
	free(p);
	free(text);
}

/* A valid signature over a text that is no list, or has no time. */
static void
signed_nonsense(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum err_code code;
		const char *says;
	} cases[] = {
		{ "network a\n", ERR_SYNTAX, "no timestamp" },
		{ "network a\ntimestamp 2026-11-22T06:25:00Z\nnode B\n",
		  ERR_SYNTAX, "node \"B\"" },
		{ "timestamp 2026-11-22T06:25:00Z\nnode B\nnode C\n",
		  ERR_SYNTAX, "(and 2 more)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes parts[] = {
			{ LABEL_BNL, sizeof(LABEL_BNL) - 1 },
			{ cases[i].text, strlen(cases[i].text) },
		};
		char b64[BASE64_MAX(SIGN_MAX)], name[FINGERPRINT_TEXT_MAX];
		uint8_t sig[SIGN_MAX], fp[FINGERPRINT_LEN];
		struct err e = { 0 };
		struct bnl *b;
		size_t siglen;
		char *text;

		assert_int_equal(
			sign_make(sig, &siglen, keys[ED_1], parts, 2, NULL), 0);
		base64_encode(b64, sizeof(b64), sig, siglen);
		key_fingerprint(fp, keys[ED_1]);
		assert_true(asprintf(&text,
				     "%s" BNL_BEGIN "\nkey: %s\n"
				     "%.64s\n%s\n" BNL_END "\n",
				     cases[i].text,
				     fingerprint_format(name, fp), b64,
				     b64 + 64) > 0);
		assert_int_equal(open_list(&b, text, strlen(text), ED_1, &e),
				 -1);
		assert_null(b);
		assert_int_equal(e.code, cases[i].code);
		assert_non_null(strstr(e.text, cases[i].says));
		/* Spoilt, it is the signature that is told, not the grammar. */
		text[0] ^= 1;
		must_refuse(text, strlen(text), ED_1, ERR_SIGNATURE);
		free(text);
	}
}

static void
too_large(void **state)
{
	(void)state;
	char *p = calloc(1, BNL_BYTES_MAX + 1);

	assert_non_null(p);
	must_refuse(p, BNL_BYTES_MAX + 1, ED_1, ERR_LIMIT);
	free(p);
}

/* --- times ------------------------------------------------------------- */

static void
sane_clock(void **state)
{
	(void)state;
	static const struct {
		int64_t now, built, mark;
		bool want;
	} cases[] = {
		{ 1000, 1000, 0, true },
		{ 999, 1000, 0, false },
		{ 1000000, 1000, 1000000 + BNL_FUTURE_MAX_S, true },
		{ 1000000, 1000, 1000001 + BNL_FUTURE_MAX_S, false },
		{ 1000000, 1000, 5, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			clock_is_sane((struct walltime){ cases[i].now },
				      (struct walltime){ cases[i].built },
				      (struct walltime){ cases[i].mark }),
			cases[i].want);
}

static void
future(void **state)
{
	(void)state;
	struct bnl b = { .version.timestamp = NOW };
	const struct walltime built = { 1700000000 }, none = { 0 };
	struct walltime now = { NOW.s - BNL_FUTURE_MAX_S };
	struct err e = { 0 };

	assert_int_equal(bnl_check_time(&b, NOW, built, none, &e), 0);
	assert_int_equal(bnl_check_time(&b, now, built, none, &e), 0);
	now.s--;
	assert_int_equal(bnl_check_time(&b, now, built, none, &e), -1);
	assert_int_equal(e.code, ERR_FUTURE);
	/* A clock that is known to be wrong cannot tell. */
	assert_int_equal(bnl_check_time(&b, now, built, NOW, &e), 0);
	now.s = 5;
	assert_int_equal(bnl_check_time(&b, now, built, none, &e), 0);
}

static void
networks_differ(void **state)
{
	(void)state;
	static const char text[] = SMALL;
	struct errs es = { 0 };
	struct bnl *b;
	struct err e;

	assert_int_equal(bnl_parse(&b, text, sizeof(text) - 1, &es), 0);
	assert_int_equal(bnl_check_network(b, "a", "the file", &e), 0);
	assert_int_equal(bnl_check_network(b, "A", "the file", &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_non_null(strstr(e.text, "network \"a\", but the file is of "
				       "\"A\""));
	bnl_free(b);
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),      cmocka_unit_test(other_keys),
	    cmocka_unit_test(borrowed_name),   cmocka_unit_test(every_byte),
	    cmocka_unit_test(block_shape),     cmocka_unit_test(block_grammar),
	    cmocka_unit_test(block_length),    cmocka_unit_test(behind_limit),
	    cmocka_unit_test(several_signatures),
	    cmocka_unit_test(unknown_block),   cmocka_unit_test(later_format),
	    cmocka_unit_test(later_format_damaged),
	    cmocka_unit_test(later_format_nodes),
	    cmocka_unit_test(signed_nonsense), cmocka_unit_test(too_large),
	    cmocka_unit_test(sane_clock),      cmocka_unit_test(future),
	    cmocka_unit_test(networks_differ),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, load_keys, free_keys);
}
