/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads `offload` of cluevpn.conf: the offloads that may be used. */
#include "format/conf_value.h"

#include <string.h>

static const struct feature {
	const char *name;
	uint8_t bit;
	uint8_t takes; /* this one and all that need it */
} features[CONF_OFFLOADS] = {
	{ "tun-csum", CONF_TUN_CSUM,
	  CONF_TUN_CSUM | CONF_TUN_TSO | CONF_TUN_USO },
	{ "tun-tso", CONF_TUN_TSO, CONF_TUN_TSO | CONF_TUN_USO },
	{ "tun-uso", CONF_TUN_USO, CONF_TUN_USO },
	{ "udp-gso", CONF_UDP_GSO, CONF_UDP_GSO },
	{ "udp-gro", CONF_UDP_GRO, CONF_UDP_GRO },
};

const char *
conf_offload_name(size_t i)
{
	return i < CONF_OFFLOADS ? features[i].name : NULL;
}

enum conf_offload
conf_offload_bit(size_t i)
{
	return (enum conf_offload)features[i].bit;
}

/* Finds the feature of "no-FEATURE"; NULL for any other word. */
static const struct feature *
find_feature(struct span word)
{
	if (word.len < 3 || memcmp(word.p, "no-", 3) != 0)
		return NULL;
	word = (struct span){ word.p + 3, word.len - 3 };
	for (size_t i = 0; i < CONF_OFFLOADS; i++)
		if (span_is(word, features[i].name))
			return &features[i];
	return NULL;
}

static bool
is_separator(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

/* Reads the next word of the list; false at its end. */
static bool
next_word(struct span *rest, struct span *word)
{
	size_t n = 0;

	while (rest->len > 0 && is_separator(rest->p[0])) {
		rest->p++;
		rest->len--;
	}
	while (n < rest->len && !is_separator(rest->p[n]))
		n++;
	*word = (struct span){ rest->p, n };
	rest->p += n;
	rest->len -= n;
	return n > 0;
}

static int
word_bad(const struct conf_value *v, struct span word, const char *why,
	 struct err *e)
{
	char found[CONF_QUOTE_MAX];
	unsigned int column = v->column;

	if (column != 0)
		column += (unsigned int)(word.p - v->text.p);
	return err_at(e, ERR_RANGE, v->line, column, "found \"%s\", %s",
		      conf_quote(found, word), why);
}

int
conf_offload_set(uint8_t *out, const struct conf_key *k,
		 const struct conf_value *v, struct err *e)
{
	struct span rest = v->text, word;
	uint8_t left = CONF_OFFLOAD_ALL, said = 0;

	if (span_is(rest, "auto") || span_is(rest, "off")) {
		*out = span_is(rest, "off") ? 0 : CONF_OFFLOAD_ALL;
		return 0;
	}
	while (next_word(&rest, &word)) {
		const struct feature *f = find_feature(word);

		if (span_is(word, "auto") || span_is(word, "off"))
			return word_bad(v, word, "which stands alone", e);
		if (f == NULL) {
			char why[CONF_QUOTE_MAX * 2] = "expected ";

			strncat(why, k->expects, sizeof(why) - strlen(why) - 1);
			return word_bad(v, word, why, e);
		}
		if ((said & f->bit) != 0)
			return word_bad(v, word, "which is in the list twice",
					e);
		said |= f->bit;
		left &= (uint8_t)~f->takes;
	}
	if (said == 0)
		return conf_value_bad(k, v, e);
	*out = left;
	return 0;
}
