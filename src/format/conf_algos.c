/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists of algorithms in cluevpn.conf. */
#include "format/conf_value.h"

#include <string.h>

#define PREFERENCE_MAX 65535
#define ZLIB_LEVEL 6 /* default level; zlib's own default, too */
#define FIELDS_MAX 3

/* A word of a list, "NAME:NUMBER" or "NAME:NUMBER:NUMBER". */
struct word {
	struct span text;
	struct span fields[FIELDS_MAX];
	unsigned int n; /* FIELDS_MAX + 1: more than that */
	unsigned int line, column;
};

static bool
is_separator(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

static void
word_split(struct word *w)
{
	struct span rest = w->text;

	for (w->n = 0; w->n < FIELDS_MAX; w->n++) {
		const char *colon = memchr(rest.p, ':', rest.len);

		w->fields[w->n].p = rest.p;
		if (colon == NULL) {
			w->fields[w->n++].len = rest.len;
			return;
		}
		w->fields[w->n].len = (size_t)(colon - rest.p);
		rest.len -= (size_t)(colon - rest.p) + 1;
		rest.p = colon + 1;
	}
	w->n = FIELDS_MAX + 1;
}

/* Reads the next word of the list; false at its end. *at advances. */
static bool
word_next(struct word *w, const struct conf_value *v, size_t *at)
{
	size_t start;

	while (*at < v->text.len && is_separator(v->text.p[*at]))
		(*at)++;
	start = *at;
	while (*at < v->text.len && !is_separator(v->text.p[*at]))
		(*at)++;
	if (start == *at)
		return false;
	w->text = (struct span){ v->text.p + start, *at - start };
	w->line = v->line;
	w->column = v->column == 0 ? 0 : v->column + (unsigned int)start;
	word_split(w);
	return true;
}

static int
word_bad(const struct word *w, const char *expected, struct err *e)
{
	char found[CONF_QUOTE_MAX];

	return err_at(e, ERR_RANGE, w->line, w->column,
		      "found \"%s\", expected %s", conf_quote(found, w->text),
		      expected);
}

static int
word_unknown(const struct word *w, const char *known, struct err *e)
{
	char found[CONF_QUOTE_MAX];

	return err_at(e, ERR_RANGE, w->line, w->column,
		      "unknown algorithm \"%s\", expected %s",
		      conf_quote(found, w->fields[0]), known);
}

static int
word_twice(const struct word *w, struct err *e)
{
	char found[CONF_QUOTE_MAX];

	return err_at(e, ERR_DUPLICATE, w->line, w->column,
		      "\"%s\" is in the list twice",
		      conf_quote(found, w->fields[0]));
}

static int
list_empty(const struct conf_value *v, struct err *e)
{
	return err_at(e, ERR_SYNTAX, v->line, v->column,
		      "the list names no algorithm");
}

static int
cipher_read(struct conf_cipher *out, const struct word *w, struct err *e)
{
	uint64_t preference;

	out->alg = aead_by_name(w->fields[0].p, w->fields[0].len);
	if (out->alg == AEAD_NONE)
		return word_unknown(w,
				    "aes-256-gcm, aes-128-gcm or "
				    "chacha20-poly1305",
				    e);
	if (w->n != 2 ||
	    text_u64(&preference, w->fields[1], 0, PREFERENCE_MAX) != 0)
		return word_bad(w,
				"ALGORITHM:PREFERENCE with a preference "
				"of 0..65535",
				e);
	out->preference = (uint16_t)preference;
	return 0;
}

int
conf_ciphers_set(struct conf_algos *a, const struct conf_value *v,
		 struct err *e)
{
	struct conf_algos new = *a;
	struct word w;
	size_t at = 0;

	new.nciphers = 0;
	while (word_next(&w, v, &at)) {
		struct conf_cipher c;

		if (cipher_read(&c, &w, e) != 0)
			return -1;
		for (unsigned int i = 0; i < new.nciphers; i++)
			if (new.ciphers[i].alg == c.alg)
				return word_twice(&w, e);
		new.ciphers[new.nciphers++] = c;
	}
	if (new.nciphers == 0)
		return list_empty(v, e);
	*a = new;
	return 0;
}

static int
comp_level(uint8_t *out, const struct word *w, enum comp_alg alg, struct err *e)
{
	uint8_t min = comp_level_min(alg), max = comp_level_max(alg);
	uint64_t level;

	if (text_u64(&level, w->fields[1], min, max) == 0) {
		*out = (uint8_t)level;
		return 0;
	}
	if (max == 0)
		return word_bad(w, "none:PREFERENCE, without a level", e);
	if (min == max)
		return word_bad(w, "lzo:PREFERENCE or lzo:1:PREFERENCE", e);
	return word_bad(w, "zlib:LEVEL:PREFERENCE with a level of 1..9", e);
}

static int
comp_read(struct conf_comp *out, const struct word *w, struct err *e)
{
	uint64_t preference;

	out->alg = comp_by_name(w->fields[0].p, w->fields[0].len);
	if (out->alg == COMP_ALGS)
		return word_unknown(w, "none, lzo or zlib", e);
	if (w->n < 2 || w->n > FIELDS_MAX ||
	    text_u64(&preference, w->fields[w->n - 1], 0, PREFERENCE_MAX) != 0)
		return word_bad(w,
				"ALGORITHM:PREFERENCE or ALGORITHM:LEVEL:"
				"PREFERENCE with a preference of 0..65535",
				e);
	out->preference = (uint16_t)preference;
	if (w->n == FIELDS_MAX)
		return comp_level(&out->level, w, out->alg, e);
	out->level =
		out->alg == COMP_ZLIB ? ZLIB_LEVEL : comp_level_min(out->alg);
	return 0;
}

int
conf_comps_set(struct conf_algos *a, const struct conf_value *v, struct err *e)
{
	struct conf_algos new = *a;
	bool has_none = false;
	struct word w;
	size_t at = 0;

	new.ncomps = 0;
	while (word_next(&w, v, &at)) {
		struct conf_comp c;

		if (comp_read(&c, &w, e) != 0)
			return -1;
		for (unsigned int i = 0; i < new.ncomps; i++)
			if (new.comps[i].alg == c.alg)
				return word_twice(&w, e);
		has_none = has_none || c.alg == COMP_NONE;
		new.comps[new.ncomps++] = c;
	}
	if (new.ncomps == 0)
		return list_empty(v, e);
	/* Two nodes must always share a compressor. */
	if (!has_none)
		new.comps[new.ncomps++] = (struct conf_comp){
			.alg = COMP_NONE,
		};
	*a = new;
	return 0;
}
