/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpn.conf: lines, sections, defaults. */
#include "format/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "format/conf_check.h"
#include "format/conf_schema.h"
#include "format/conf_value.h"

#define CONF_BYTES_MAX (1u << 20)
#define DEFAULT_LIST "network.bnl" /* in statedir */

struct section {
	struct conf_node node;
	unsigned int line;
	unsigned int said[CONF_KEYS_MAX]; /* lines, as in conf_said */
	struct section *next;
};

struct parser {
	struct conf *conf;
	const char *dir;
	const struct conf_host *host;
	struct errs *errs;
	unsigned int line;
	struct span whole;		      /* the current line */
	struct conf_said said[CONF_KEYS_MAX]; /* outside the sections */
	struct section *section; /* the current one; newest in the chain */
	struct table names;	 /* names of the sections */
};

static unsigned int
column_of(const struct parser *p, const char *at)
{
	return (unsigned int)(at - p->whole.p) + 1;
}

static struct span
strip_quotes(struct span s)
{
	const char *end;

	if (s.len < 2 || s.p[0] != '"')
		return s;
	end = memchr(s.p + 1, '"', s.len - 1);
	if (end != s.p + s.len - 1)
		return s;
	return (struct span){ s.p + 1, s.len - 2 };
}

/*
 * Cuts off a comment: # at the start or after a blank, but not between double
 * quotes. A backslash escapes a quote, as in the shell that gets a command.
 */
static int
cut_comment(struct parser *p, struct span *s, struct err *e)
{
	const char *quote = NULL;
	size_t i;

	for (i = 0; i < s->len; i++) {
		char c = s->p[i];

		if (c == '\\' && i + 1 < s->len)
			i++;
		else if (c == '"')
			quote = quote == NULL ? s->p + i : NULL;
		else if (c == '#' && quote == NULL &&
			 (i == 0 || s->p[i - 1] == ' ' || s->p[i - 1] == '\t'))
			break;
	}
	if (quote != NULL)
		return err_at(e, ERR_SYNTAX, p->line, column_of(p, quote),
			      "this quote is never closed");
	s->len = i < s->len ? i : s->len;
	return 0;
}

static int
check_bytes(struct parser *p, struct err *e)
{
	for (size_t i = 0; i < p->whole.len; i++) {
		uint8_t c = (uint8_t)p->whole.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return err_at(e, ERR_SYNTAX, p->line,
				      column_of(p, p->whole.p + i),
				      "control byte 0x%02x%s", c,
				      c == '\r' ? " (lines end with LF alone)" :
						  "");
	}
	if (!text_is_utf8(p->whole.p, p->whole.len))
		return err_at(e, ERR_SYNTAX, p->line, 1,
			      "this line is not UTF-8");
	if (p->line == 1 && p->whole.len >= 3 &&
	    memcmp(p->whole.p, "\xef\xbb\xbf", 3) == 0)
		return err_at(e, ERR_SYNTAX, 1, 1,
			      "the file begins with a byte order mark");
	return 0;
}

static int
unknown_key(struct parser *p, struct span word, struct err *e)
{
	const char *names[CONF_KEYS_MAX + 1];
	char found[CONF_QUOTE_MAX];
	const char *near;
	size_t i;

	for (i = 0; i < conf_nkeys; i++)
		names[i] = conf_keys[i].name;
	names[i] = NULL;
	near = text_nearest(word, names);
	return err_at(e, ERR_SYNTAX, p->line, column_of(p, word.p),
		      "unknown key \"%s\"%s%s%s", conf_quote(found, word),
		      near != NULL ? ", did you mean \"" : "",
		      near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static int
section_open(struct parser *p, const struct conf_key *k,
	     const struct conf_value *v, struct err *e)
{
	struct arena *a = &p->conf->arena;
	struct section *s = arena_alloc(a, sizeof(*s));
	const struct section *old;

	if (s == NULL)
		return err_nomem(e);
	s->node.name = arena_strndup(a, v->text.p, v->text.len);
	if (s->node.name == NULL)
		return err_nomem(e);
	/* Opened even when the name is refused, so that the following keys are
	 * not assigned to the section before. */
	s->line = v->line;
	s->next = p->section;
	p->section = s;
	p->conf->nnodes++;
	if (!text_is_node_name(v->text))
		return conf_value_bad(k, v, e);
	old = table_get(&p->names, v->text.p, v->text.len);
	if (old != NULL)
		return err_at(e, ERR_DUPLICATE, v->line, v->column,
			      "node %s already has a section in line %u",
			      old->node.name, old->line);
	if (table_put(&p->names, s->node.name, v->text.len, s) != 0)
		return err_nomem(e);
	return 0;
}

/* Remembers where a key was first given; -1 when the key must not be
 * repeated. */
static int
note_key(struct parser *p, size_t key, struct span word, struct err *e)
{
	const struct conf_key *k = &conf_keys[key];
	unsigned int *line = p->section != NULL ? &p->section->said[key] :
						  &p->said[key].line;

	if (p->section != NULL && k->kind != CONF_KIND_CIPHERS &&
	    k->kind != CONF_KIND_COMPS)
		return err_at(e, ERR_SYNTAX, p->line, column_of(p, word.p),
			      "%s does not belong in a node section: write "
			      "it before line %u",
			      k->name, p->section->line);
	if (*line != 0 && !conf_key_is_many(k))
		return err_at(e, ERR_DUPLICATE, p->line, column_of(p, word.p),
			      "%s was already given in line %u", k->name,
			      *line);
	if (*line == 0)
		*line = p->line;
	return 0;
}

static int
store_value(struct parser *p, const struct conf_key *k,
	    const struct conf_value *v, struct err *e)
{
	struct conf_algos *algos =
		p->section != NULL ? &p->section->node.algos : &p->conf->algos;

	if (k->kind == CONF_KIND_CIPHERS)
		return conf_ciphers_set(algos, v, e);
	if (k->kind == CONF_KIND_COMPS)
		return conf_comps_set(algos, v, e);
	if (k->kind == CONF_KIND_OFFLOAD)
		return conf_offload_set(&p->conf->offload, k, v, e);
	return conf_value_set(p->conf, k, v, p->dir, e);
}

static int
read_statement(struct parser *p, struct span word, struct span value,
	       struct err *e)
{
	size_t key = conf_key_find(word);
	const struct conf_key *k = &conf_keys[key];
	struct conf_value v = { .line = p->line };
	int ret;

	if (key == conf_nkeys)
		return unknown_key(p, word, e);
	v.text = strip_quotes(value);
	v.column = column_of(p, v.text.p);
	if (k->kind == CONF_KIND_NODE)
		return section_open(p, k, &v, e);
	if (note_key(p, key, word, e) != 0)
		return -1;
	if (v.text.len == 0)
		ret = err_at(e, ERR_SYNTAX, p->line, column_of(p, value.p),
			     "%s has no value, expected %s", k->name,
			     k->expects);
	else
		ret = store_value(p, k, &v, e);
	if (ret != 0 && p->section == NULL)
		p->said[key].bad = true;
	return ret;
}

static int
parse_line(struct parser *p, struct err *e)
{
	struct span s = p->whole;
	struct span word, value;
	const char *equals;

	if (check_bytes(p, e) != 0 || cut_comment(p, &s, e) != 0)
		return -1;
	s = span_trim(s);
	if (s.len == 0)
		return 0;
	equals = memchr(s.p, '=', s.len);
	if (equals == NULL || equals == s.p)
		return err_at(e, ERR_SYNTAX, p->line, column_of(p, s.p),
			      "expected key = value");
	word = span_trim((struct span){ s.p, (size_t)(equals - s.p) });
	value.p = equals + 1;
	value.len = s.len - (size_t)(value.p - s.p);
	return read_statement(p, word, span_trim(value), e);
}

static void
parse_lines(struct parser *p, struct span rest)
{
	struct err e;

	while (span_line(&rest, &p->whole)) {
		p->line++;
		if (parse_line(p, &e) != 0)
			errs_add(p->errs, &e);
	}
}

/* Every key that was not given gets the schema's default. */
static int
set_defaults(struct parser *p, struct err *e)
{
	struct conf *c = p->conf;

	p->section = NULL;
	for (size_t i = 0; i < conf_nkeys; i++) {
		const struct conf_key *k = &conf_keys[i];
		struct conf_value v = { .line = 0 };
		const char *def = k->def;

		if (p->host->slow_aes && k->slow_aes != NULL)
			def = k->slow_aes;
		if (def == NULL || p->said[i].line != 0)
			continue;
		v.text = (struct span){ def, strlen(def) };
		if (store_value(p, k, &v, e) != 0)
			return -1;
	}
	if (c->bnl == NULL && c->statedir != NULL) {
		size_t len = strlen(c->statedir);
		char *path =
			arena_alloc(&c->arena, len + 1 + sizeof(DEFAULT_LIST));

		if (path == NULL)
			return err_nomem(e);
		memcpy(path, c->statedir, len);
		path[len] = '/';
		memcpy(path + len + 1, DEFAULT_LIST, sizeof(DEFAULT_LIST));
		c->bnl = path;
	}
	return 0;
}

static int
node_cmp(const void *a, const void *b)
{
	const struct conf_node *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Makes a sorted array of the sections; a section inherits the general lists
 * that it does not set. */
static int
set_nodes(struct conf *c, const struct section *s, struct err *e)
{
	size_t n = 0;

	if (c->nnodes == 0)
		return 0;
	c->nodes = arena_array(&c->arena, c->nnodes, sizeof(*c->nodes));
	if (c->nodes == NULL)
		return err_nomem(e);
	for (; s != NULL; s = s->next) {
		struct conf_algos algos = c->algos;

		if (s->node.algos.nciphers != 0) {
			memcpy(algos.ciphers, s->node.algos.ciphers,
			       sizeof(algos.ciphers));
			algos.nciphers = s->node.algos.nciphers;
		}
		if (s->node.algos.ncomps != 0) {
			memcpy(algos.comps, s->node.algos.comps,
			       sizeof(algos.comps));
			algos.ncomps = s->node.algos.ncomps;
		}
		c->nodes[n++] = (struct conf_node){ s->node.name, algos };
	}
	qsort(c->nodes, c->nnodes, sizeof(*c->nodes), node_cmp);
	return 0;
}

int
conf_parse(struct conf **out, const char *text, size_t len, const char *dir,
	   struct errs *es)
{
	static const struct conf_host usual;

	return conf_parse_on(out, &usual, text, len, dir, es);
}

int
conf_parse_on(struct conf **out, const struct conf_host *host, const char *text,
	      size_t len, const char *dir, struct errs *es)
{
	static const uint8_t seed[HASH_SEED_LEN]; /* only the administrator's */
	struct conf *c = calloc(1, sizeof(*c));
	struct parser p = { .conf = c, .dir = dir, .host = host, .errs = es };
	unsigned int before = es->count;
	const struct section *sections;
	struct err e;

	if (c == NULL) {
		err_nomem(&e);
		errs_add(es, &e);
		return -1;
	}
	arena_init(&c->arena);
	table_init(&p.names, seed);
	if (len > CONF_BYTES_MAX) {
		err_set(&e, ERR_LIMIT, "longer than %u bytes", CONF_BYTES_MAX);
		errs_add(es, &e);
		goto out;
	}
	parse_lines(&p, (struct span){ text, len });
	sections = p.section;
	if (set_defaults(&p, &e) != 0 || set_nodes(c, sections, &e) != 0) {
		errs_add(es, &e);
		goto out;
	}
	conf_check(c, p.said, es);
	for (size_t i = 0; i < conf_nkeys; i++)
		c->line[i] = p.said[i].line;
out:
	table_free(&p.names);
	if (es->count != before) {
		conf_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	arena_free(&c->arena);
	free(c);
}

unsigned int
conf_line(const struct conf *c, const char *key)
{
	size_t i = conf_key_find((struct span){ key, strlen(key) });

	return i < conf_nkeys ? c->line[i] : 0;
}

static int
name_cmp(const void *name, const void *node)
{
	return strcmp(name, ((const struct conf_node *)node)->name);
}

const struct conf_algos *
conf_algos_for(const struct conf *c, const char *peer)
{
	const struct conf_node *n = NULL;

	if (c->nnodes != 0)
		n = bsearch(peer, c->nodes, c->nnodes, sizeof(*c->nodes),
			    name_cmp);
	return n != NULL ? &n->algos : &c->algos;
}
