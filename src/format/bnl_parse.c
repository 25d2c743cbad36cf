/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the list's statements, line by line. */
#include "format/bnl_parse.h"

#include <string.h>

#include "format/bnl_check.h"
#include "format/bnl_value.h"
#include "format/bnl_words.h"

#define BOM "\xef\xbb\xbf"

static struct draft_node *
this_node(struct bnl_reader *r)
{
	struct draft_node *nodes = r->d->nodes.mem;

	return &nodes[r->d->nodes.n - 1];
}

/* Checks a statement that may occur only once. */
static bool
first_time(struct bnl_reader *r, struct place *seen)
{
	if (seen->line != 0) {
		BNL_COMPLAIN(r, ERR_DUPLICATE, "%s is given twice (line %u)",
			     r->statement, seen->line);
		return false;
	}
	*seen = r->at;
	return true;
}

static bool
in_header(struct bnl_reader *r)
{
	if (r->section == BNL_IN_HEADER)
		return true;
	BNL_COMPLAIN(r, ERR_SYNTAX, "%s must stand before the first node",
		     r->statement);
	return false;
}

static bool
in_node(struct bnl_reader *r)
{
	if (r->section == BNL_IN_NODE || r->section == BNL_IN_BAD_NODE)
		return true;
	BNL_COMPLAIN(r, ERR_SYNTAX,
		     "%s must stand below the node it belongs to",
		     r->statement);
	return false;
}

static void *
push_item(struct bnl_reader *r, struct vec *v, size_t size)
{
	void *item = vec_push(v, size);

	if (item == NULL)
		r->d->nomem = true;
	return item;
}

static const char *
keep_text(struct bnl_reader *r, struct span s)
{
	const char *copy = arena_strndup(&r->d->list->arena, s.p, s.len);

	if (copy == NULL)
		r->d->nomem = true;
	return copy;
}

/* --- statements -------------------------------------------------------- */

static void
on_format(struct bnl_reader *r)
{
	struct bnl *b = r->d->list;
	char q[BNL_QUOTED_MAX];
	struct span w;
	uint64_t n;

	if (r->nth != 1) {
		BNL_COMPLAIN(r, ERR_SYNTAX,
			     "format must be the first statement");
		return;
	}
	if (!bnl_need_word(r, "a number", &w))
		return;
	if (text_u64(&n, w, 1, UINT16_MAX) != 0) {
		BNL_COMPLAIN(r, ERR_RANGE,
			     "format \"%s\": expected a number from 1 to 65535",
			     bnl_quote(q, w));
		return;
	}
	b->format = (uint16_t)n;
	b->held = n > BNL_FORMAT && r->d->any_format;
	/* More behind the number would be the form of a later format. */
	if (n <= BNL_FORMAT)
		(void)bnl_need_end(r);
	else if (!b->held)
		r->d->too_new = r->at;
}

static bool
skips(const struct bnl_reader *r, struct span w)
{
	for (size_t i = 0; i < r->nskip; i++)
		if (w.len == r->skip[i].len &&
		    memcmp(w.p, r->skip[i].p, w.len) == 0)
			return true;
	return false;
}

static void
skip_word(struct bnl_reader *r, struct span w)
{
	enum bnl_word known = bnl_word_find(w);
	char q[BNL_QUOTED_MAX];

	if (known != BNL_WORDS && !bnl_words[known].harmless)
		BNL_COMPLAIN(r, ERR_CONFLICT,
			     "skip \"%s\": no node may skip this statement",
			     bnl_quote(q, w));
	else if (!bnl_word_may_be(w))
		BNL_COMPLAIN(r, ERR_SYNTAX,
			     "skip \"%s\": expected the word of a statement",
			     bnl_quote(q, w));
	else if (skips(r, w))
		BNL_COMPLAIN(r, ERR_DUPLICATE, "skip names \"%s\" twice",
			     bnl_quote(q, w));
	else if (r->nskip == BNL_SKIP_MAX)
		BNL_COMPLAIN(r, ERR_LIMIT, "skip names more than %u words",
			     BNL_SKIP_MAX);
	else
		r->skip[r->nskip++] = w;
	if (known == BNL_WORDS)
		r->d->list->unknown_line = r->number;
}

static void
on_skip(struct bnl_reader *r)
{
	const uint32_t format = UINT32_C(1) << BNL_W_FORMAT;
	struct span w;

	if (r->nth != 1 && (r->nth != 2 || (r->d->list->words & format) == 0)) {
		BNL_COMPLAIN(r, ERR_SYNTAX,
			     "skip must stand before all other statements but "
			     "format");
		return;
	}
	if (!bnl_need_word(r, "the words of statements", &w))
		return;
	do
		skip_word(r, w);
	while (bnl_next_word(r, &w));
}

static void
on_network(struct bnl_reader *r)
{
	struct span w;

	if (!in_header(r) || !first_time(r, &r->network_at)) {
		r->d->network_spoilt = true;
		return;
	}
	if (!bnl_read_name(r, &w) || !bnl_need_end(r))
		r->d->network_spoilt = true;
	else
		r->d->list->network = keep_text(r, w);
}

static void
on_prefix(struct bnl_reader *r)
{
	struct draft_prefix p, *item;

	if (!in_header(r) || !bnl_read_prefix(r, &p.p)) {
		r->d->prefix_spoilt = true;
		return;
	}
	p.at = r->at;
	if (!bnl_need_end(r)) {
		r->d->prefix_spoilt = true;
		return;
	}
	item = push_item(r, &r->d->prefixes, sizeof(*item));
	if (item != NULL)
		*item = p;
}

static void
on_timestamp(struct bnl_reader *r)
{
	struct walltime t;

	if (in_header(r) && first_time(r, &r->timestamp_at) &&
	    bnl_read_time(r, &t) && bnl_need_end(r))
		r->d->list->version.timestamp = t;
}

static void
on_history(struct bnl_reader *r)
{
	struct bnl *b = r->d->list;
	struct place at = r->at;
	struct bnl_version v;

	if (!in_header(r) || !bnl_read_time(r, &v.timestamp) ||
	    !bnl_read_sha256(r, v.digest) || !bnl_need_end(r))
		return;
	r->at = at;
	for (uint32_t i = 0; i < b->nhistory; i++)
		if (bnl_version_cmp(&b->history[i], &v) == 0) {
			BNL_COMPLAIN(
				r, ERR_DUPLICATE,
				"this version stands in the history twice");
			return;
		}
	if (b->nhistory == BNL_HISTORY_MAX) {
		BNL_COMPLAIN(r, ERR_LIMIT,
			     "there are more than %u history lines",
			     BNL_HISTORY_MAX);
		return;
	}
	if (b->history == NULL)
		b->history = arena_array(&b->arena, BNL_HISTORY_MAX,
					 sizeof(*b->history));
	if (b->history == NULL)
		r->d->nomem = true;
	else
		b->history[b->nhistory++] = v;
}

static void
on_admit(struct bnl_reader *r)
{
	char q[BNL_QUOTED_MAX];
	struct span w;

	if (!in_header(r) || !first_time(r, &r->admit_at) ||
	    !bnl_need_word(r, "\"pinned\"", &w))
		return;
	if (!span_is(w, "pinned")) {
		BNL_COMPLAIN(r, ERR_SYNTAX, "expected \"pinned\", found \"%s\"",
			     bnl_quote(q, w));
		return;
	}
	r->d->list->admit_pinned = bnl_need_end(r);
}

static void
on_node(struct bnl_reader *r)
{
	struct vec *nodes = &r->d->nodes;
	struct draft_node *n;
	struct span w;

	r->section = BNL_IN_BAD_NODE;
	if (!bnl_read_name(r, &w))
		return;
	struct place at = r->at;

	if (!bnl_need_end(r))
		return;
	if (nodes->n == BNL_NODES_MAX) {
		BNL_COMPLAIN(r, ERR_LIMIT, "there are more than %u nodes",
			     BNL_NODES_MAX);
		return;
	}
	const char *name = keep_text(r, w);

	n = push_item(r, nodes, sizeof(*n));
	if (n == NULL || name == NULL)
		return;
	n->name = name;
	n->at = at;
	n->subnet0 = r->d->subnets.n;
	n->address0 = r->d->addresses.n;
	r->section = BNL_IN_NODE;
}

static void
on_address(struct bnl_reader *r)
{
	struct draft_address a = { 0 }, *item;

	if (!in_node(r) || !bnl_read_address(r, &a.a))
		return;
	a.at = r->at;
	if (!bnl_read_port(r, &a.a.ep.port) || r->section == BNL_IN_BAD_NODE)
		return;
	item = push_item(r, &r->d->addresses, sizeof(*item));
	if (item == NULL)
		return;
	*item = a;
	this_node(r)->naddresses++;
}

static void
on_subnet(struct bnl_reader *r)
{
	struct draft_prefix p, *item;

	if (!in_node(r) || !bnl_read_prefix(r, &p.p))
		return;
	p.at = r->at;
	if (!bnl_need_end(r) || r->section == BNL_IN_BAD_NODE)
		return;
	item = push_item(r, &r->d->subnets, sizeof(*item));
	if (item == NULL)
		return;
	*item = p;
	this_node(r)->nsubnets++;
}

static void
on_key(struct bnl_reader *r)
{
	struct draft_key key;

	if (!in_node(r) || !bnl_read_sha256(r, key.fp))
		return;
	key.at = r->at;
	if (!bnl_need_end(r) || r->section == BNL_IN_BAD_NODE)
		return;
	struct draft_node *n = this_node(r);

	if (n->pinned) {
		r->at = key.at;
		BNL_COMPLAIN(r, ERR_DUPLICATE,
			     "key of %s is given twice (line %u)", n->name,
			     n->pin.at.line);
		return;
	}
	n->pinned = true;
	n->pin = key;
}

static void
on_revoke(struct bnl_reader *r)
{
	struct draft_key key, *item;

	/* Statements after a revoke cannot be meant for the node above it. */
	r->section =
		r->section == BNL_IN_HEADER ? BNL_IN_HEADER : BNL_IN_NOTHING;
	if (!bnl_read_sha256(r, key.fp))
		return;
	key.at = r->at;
	if (!bnl_need_end(r))
		return;
	item = push_item(r, &r->d->revoked, sizeof(*item));
	if (item != NULL)
		*item = key;
}

/* Statements that keep their form in every format, so that each program reads
 * them from a list that it cannot apply. Of `node` it is the word alone. */
static const struct {
	void (*read)(struct bnl_reader *r);
	bool of_node;
	bool in_every_format;
} statements[BNL_WORDS] = {
	[BNL_W_FORMAT] = { on_format, false, true },
	[BNL_W_SKIP] = { on_skip, false, false },
	[BNL_W_NETWORK] = { on_network, false, true },
	[BNL_W_PREFIX] = { on_prefix, false, false },
	[BNL_W_TIMESTAMP] = { on_timestamp, false, true },
	[BNL_W_HISTORY] = { on_history, false, true },
	[BNL_W_ADMIT] = { on_admit, false, false },
	[BNL_W_NODE] = { on_node, true, true },
	[BNL_W_ADDRESS] = { on_address, true, false },
	[BNL_W_SUBNET] = { on_subnet, true, false },
	[BNL_W_KEY] = { on_key, true, false },
	[BNL_W_REVOKE] = { on_revoke, false, true },
};

static void
report_unknown(struct bnl_reader *r, struct span w)
{
	const char *words[BNL_WORDS + 1], *near;
	char q[BNL_QUOTED_MAX];

	for (size_t i = 0; i < BNL_WORDS; i++)
		words[i] = bnl_words[i].word;
	words[BNL_WORDS] = NULL;
	near = text_nearest(w, words);
	/* Statements that follow must not be assigned to another node. */
	if (near != NULL && strcmp(near, "node") == 0)
		r->section = BNL_IN_BAD_NODE;
	if (near != NULL)
		BNL_COMPLAIN(r, ERR_SYNTAX,
			     "unknown statement \"%s\", did you mean \"%s\"?",
			     bnl_quote(q, w), near);
	else
		BNL_COMPLAIN(
			r, ERR_SYNTAX,
			"unknown statement \"%s\": expected network, prefix, "
			"timestamp, history, admit, node, address, subnet, key, "
			"revoke or x-... (this program knows formats up to %u "
			"of lists)",
			bnl_quote(q, w), BNL_FORMAT);
}

static void
not_of_node(struct bnl_reader *r)
{
	BNL_COMPLAIN(r, ERR_SYNTAX,
		     "%s does not belong among nodes to be added: expected "
		     "node, address, subnet or key",
		     r->statement);
}

/* --- lines ------------------------------------------------------------- */

/* False when the line contains bytes that no statement may contain. */
static bool
check_bytes(struct bnl_reader *r)
{
	struct span *line = &r->line;
	const char *nul = memchr(line->p, '\0', line->len);
	const char *cr = memchr(line->p, '\r', line->len);

	r->at = (struct place){ r->number, 1 };
	if (line->len > BNL_LINE_MAX) {
		BNL_COMPLAIN(r, ERR_LIMIT,
			     "this line has %zu bytes, at most %u "
			     "are allowed",
			     line->len, BNL_LINE_MAX);
		return false;
	}
	if (nul != NULL) {
		r->at.column = (uint32_t)(nul - line->p) + 1;
		BNL_COMPLAIN(r, ERR_SYNTAX,
			     "a NUL byte: the list is plain text");
		return false;
	}
	if (cr != NULL && !r->cr_told) {
		r->cr_told = true;
		r->at.column = (uint32_t)(cr - line->p) + 1;
		BNL_COMPLAIN(r, ERR_SYNTAX,
			     "a carriage return: lines must end "
			     "with LF alone");
	}
	if (cr != NULL && cr != line->p + line->len - 1)
		return false;
	if (cr != NULL)
		line->len--;
	if (!text_is_utf8(line->p, line->len)) {
		BNL_COMPLAIN(r, ERR_SYNTAX, "this line is not UTF-8");
		return false;
	}
	return true;
}

static void
read_statement(struct bnl_reader *r, enum bnl_word word)
{
	r->statement = bnl_words[word].word;
	if (r->d->nodes_only && !statements[word].of_node) {
		not_of_node(r);
		return;
	}
	statements[word].read(r);
	r->d->list->words |= UINT32_C(1) << word;
}

/* A statement of a list of a later format. */
static void
read_held(struct bnl_reader *r, enum bnl_word word)
{
	if (word == BNL_W_NODE) {
		r->section = BNL_IN_NODE;
		if (++r->d->held_nodes == BNL_NODES_MAX + 1)
			BNL_COMPLAIN(r, ERR_LIMIT,
				     "there are more than %u nodes",
				     BNL_NODES_MAX);
	} else if (word != BNL_WORDS && statements[word].in_every_format) {
		read_statement(r, word);
	}
}

static void
read_line(struct bnl_reader *r)
{
	enum bnl_word word;
	struct span w;

	if (!check_bytes(r))
		return;
	if (r->line.len > 0) {
		const char *hash = memchr(r->line.p, '#', r->line.len);

		if (hash != NULL)
			r->line.len = (size_t)(hash - r->line.p);
	}
	r->rest = r->line;
	if (!bnl_next_word(r, &w))
		return;
	r->nth++;
	if (w.len > 2 && memcmp(w.p, "x-", 2) == 0)
		return;
	word = bnl_word_find(w);
	if (r->d->list->held)
		read_held(r, word);
	else if (word != BNL_WORDS)
		read_statement(r, word);
	else if (skips(r, w))
		r->d->list->nskipped++;
	else
		report_unknown(r, w);
}

static void
read_text(struct bnl_draft *d, struct span text)
{
	struct bnl_reader r = { .d = d, .section = BNL_IN_HEADER };

	if (text.len > BNL_BYTES_MAX) {
		BNL_COMPLAIN(&r, ERR_LIMIT,
			     "the list has %zu bytes, at most %u "
			     "are allowed",
			     text.len, BNL_BYTES_MAX);
		return;
	}
	if (text.len >= sizeof(BOM) - 1 &&
	    memcmp(text.p, BOM, sizeof(BOM) - 1) == 0) {
		r.at = (struct place){ 1, 1 };
		BNL_COMPLAIN(&r, ERR_SYNTAX,
			     "a byte order mark: save the list as "
			     "UTF-8 without one");
		text.p += sizeof(BOM) - 1;
		text.len -= sizeof(BOM) - 1;
	}
	while (!d->nomem && d->too_new.line == 0 && span_line(&text, &r.line)) {
		r.number++;
		read_line(&r);
	}
	/* Half a draft has items without content, and would be told of faults
	 * that its text does not have. */
	if (!d->nomem && d->too_new.line == 0)
		bnl_check(d);
}

/* Nothing else can be said of a list of a later format. */
static void
report_too_new(struct bnl_draft *d)
{
	struct err e;

	(void)bnl_too_new(d->list, &e);
	bnl_draft_error(d, d->too_new, e.code, "%s", e.text);
}

/* Sorts the errors by place, since bnl_check() reports after the parser. */
static void
sort_errors(struct errs *es, unsigned int from)
{
	unsigned int n = es->count < ERRS_MAX ? es->count : ERRS_MAX;

	for (unsigned int i = from + 1; i < n; i++)
		for (unsigned int j = i; j > from; j--) {
			struct err *a = &es->e[j - 1], *b = &es->e[j], t = *a;

			if (a->line < b->line ||
			    (a->line == b->line && a->column <= b->column))
				break;
			*a = *b;
			*b = t;
		}
}

enum parse_what { PARSE_LIST, PARSE_ANY_FORMAT, PARSE_NODES };

static int
parse(struct bnl **out, const char *raw, size_t rawlen, size_t textlen,
      enum parse_what what, struct errs *es)
{
	unsigned int before = es->count;
	struct bnl_draft d;
	struct bnl *b;
	int rc = -1;

	if (bnl_draft_init(&d, es) != 0)
		goto nomem;
	/* The list that they join says which network and prefixes there are. */
	d.nodes_only = d.network_spoilt = d.prefix_spoilt = what == PARSE_NODES;
	d.any_format = what == PARSE_ANY_FORMAT;
	read_text(&d, (struct span){ raw, textlen });
	if (d.too_new.line != 0)
		report_too_new(&d);
	if (d.nomem)
		goto nomem;
	if (es->count != before) {
		sort_errors(es, before);
		goto out;
	}
	d.list->rawlen = rawlen;
	d.list->raw = arena_strndup(&d.list->arena, raw, rawlen);
	if (d.list->raw == NULL || (b = bnl_draft_take(&d)) == NULL)
		goto nomem;
	*out = b;
	rc = 0;
	goto out;
nomem:
	bnl_draft_error(&d, (struct place){ 0, 0 }, ERR_NOMEM, "out of memory");
out:
	bnl_draft_free(&d);
	return rc;
}

int
bnl_parse_part(struct bnl **out, const char *raw, size_t rawlen, size_t textlen,
	       struct errs *es)
{
	return parse(out, raw, rawlen, textlen, PARSE_LIST, es);
}

int
bnl_parse_any(struct bnl **out, const char *raw, size_t rawlen, size_t textlen,
	      struct errs *es)
{
	return parse(out, raw, rawlen, textlen, PARSE_ANY_FORMAT, es);
}

int
bnl_parse_nodes(struct bnl **out, const char *text, size_t len, struct errs *es)
{
	return parse(out, text, len, len, PARSE_NODES, es);
}

int
bnl_parse(struct bnl **out, const char *text, size_t len, struct errs *es)
{
	return bnl_parse_part(out, text, len, len, es);
}
