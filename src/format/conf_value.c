/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks, converts and stores a value of cluevpn.conf. */
#include "format/conf_value.h"

#include <string.h>

#define DEVICE_MAX_LEN 15 /* IFNAMSIZ less the NUL */
#define MS_PER_S 1000

char *
conf_quote(char out[CONF_QUOTE_MAX], struct span s)
{
	return text_escape(out, CONF_QUOTE_MAX, s.p, s.len);
}

int
conf_value_bad(const struct conf_key *k, const struct conf_value *v,
	       struct err *e)
{
	char found[CONF_QUOTE_MAX];

	return err_at(e, ERR_RANGE, v->line, v->column,
		      "%s is \"%s\", expected %s", k->name,
		      conf_quote(found, v->text), k->expects);
}

/* "120s", "500ms", "5min", "24h"; a bare number counts seconds. 0 or -1. */
static int
time_parse(int64_t *ms, struct span text)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "", MS_PER_S },
		      { "s", MS_PER_S },
		      { "ms", 1 },
		      { "min", UINT64_C(60) * MS_PER_S },
		      { "h", UINT64_C(3600) * MS_PER_S } };
	struct span number = text, unit;
	uint64_t n;

	while (number.len != 0 && (number.p[number.len - 1] < '0' ||
				   number.p[number.len - 1] > '9'))
		number.len--;
	unit = span_trim(
		(struct span){ text.p + number.len, text.len - number.len });
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!span_is(unit, units[i].name))
			continue;
		if (text_u64(&n, number, 0,
			     (uint64_t)INT64_MAX / units[i].ms) != 0)
			return -1;
		*ms = (int64_t)(n * units[i].ms);
		return 0;
	}
	return -1;
}

static bool
is_device_name(struct span s)
{
	if (s.len > DEVICE_MAX_LEN || span_is(s, ".") || span_is(s, ".."))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '/' ||
		    s.p[i] == ':' || s.p[i] == '%')
			return false;
	return true;
}

static int
text_set(const char **out, struct arena *a, struct span s, struct err *e)
{
	const char *copy = arena_strndup(a, s.p, s.len);

	if (copy == NULL)
		return err_nomem(e);
	*out = copy;
	return 0;
}

/* Stores an absolute path as it is, else the path inside dir. */
static int
path_set(const char **out, struct arena *a, const struct conf_key *k,
	 const struct conf_value *v, const char *dir, struct err *e)
{
	bool absolute = v->text.p[0] == '/';
	size_t dirlen = strlen(dir), len = v->text.len;
	char *path;

	while (dirlen > 0 && dir[dirlen - 1] == '/')
		dirlen--;
	if (!absolute)
		len += dirlen + 1;
	if (len > k->max)
		return err_at(e, ERR_LIMIT, v->line, v->column,
			      "%s: the file name is longer than %u bytes",
			      k->name, (unsigned int)k->max);
	if (absolute)
		return text_set(out, a, v->text, e);
	path = arena_alloc(a, len + 1);
	if (path == NULL)
		return err_nomem(e);
	memcpy(path, dir, dirlen);
	path[dirlen] = '/';
	memcpy(path + dirlen + 1, v->text.p, v->text.len);
	*out = path;
	return 0;
}

static int
too_many(const struct conf_key *k, const struct conf_value *v, struct err *e)
{
	return err_at(e, ERR_LIMIT, v->line, v->column,
		      "%s may be given %d times at most", k->name,
		      CONF_MANY_MAX);
}

static int
value_twice(const struct conf_key *k, const struct conf_value *v, struct err *e)
{
	char found[CONF_QUOTE_MAX];

	return err_at(e, ERR_DUPLICATE, v->line, v->column,
		      "%s: \"%s\" is given twice", k->name,
		      conf_quote(found, v->text));
}

static int
paths_add(struct conf_many *m, struct arena *a, const struct conf_key *k,
	  const struct conf_value *v, const char *dir, struct err *e)
{
	const char *path;

	if (m->n == CONF_MANY_MAX)
		return too_many(k, v, e);
	if (path_set(&path, a, k, v, dir, e) != 0)
		return -1;
	for (unsigned int i = 0; i < m->n; i++)
		if (strcmp(m->v[i], path) == 0)
			return value_twice(k, v, e);
	m->v[m->n++] = path;
	return 0;
}

static int
address_add(struct conf *c, const struct conf_key *k,
	    const struct conf_value *v, struct err *e)
{
	struct ipaddr a;

	if (ipaddr_parse(&a, v->text.p, v->text.len) != 0 ||
	    ipaddr_is_multicast(&a))
		return conf_value_bad(k, v, e);
	if (c->nlisten == CONF_MANY_MAX)
		return too_many(k, v, e);
	for (unsigned int i = 0; i < c->nlisten; i++)
		if (ipaddr_equal(&c->listen[i], &a))
			return value_twice(k, v, e);
	c->listen_line[c->nlisten] = v->line;
	c->listen[c->nlisten++] = a;
	return 0;
}

static int
choice_find(int *out, const struct conf_key *k, struct span s)
{
	for (int i = 0; k->choices[i] != NULL; i++)
		if (span_is(s, k->choices[i])) {
			*out = i;
			return 0;
		}
	return -1;
}

/* Reads a number in the key's own unit: a plain number, seconds or
 * milliseconds. */
static int
number_read(uint64_t *out, const struct conf_key *k, struct span s)
{
	uint64_t n;
	int64_t ms;

	switch (k->kind) {
	case CONF_KIND_MS:
		if (time_parse(&ms, s) != 0)
			return -1;
		n = (uint64_t)ms;
		break;
	case CONF_KIND_SECONDS:
		if (time_parse(&ms, s) != 0 || ms % MS_PER_S != 0)
			return -1;
		n = (uint64_t)ms / MS_PER_S;
		break;
	default:
		if (text_u64(&n, s, 0, UINT64_MAX) != 0)
			return -1;
	}
	if (n < k->min || n > k->max)
		return -1;
	*out = n;
	return 0;
}

static int
number_set(void *at, const struct conf_key *k, const struct conf_value *v,
	   struct err *e)
{
	uint64_t n;

	if (number_read(&n, k, v->text) != 0)
		return conf_value_bad(k, v, e);
	switch (k->kind) {
	case CONF_KIND_U16:
		*(uint16_t *)at = (uint16_t)n;
		break;
	case CONF_KIND_U64:
		*(uint64_t *)at = n;
		break;
	case CONF_KIND_MS:
		*(int64_t *)at = (int64_t)n;
		break;
	default:
		*(uint32_t *)at = (uint32_t)n;
	}
	return 0;
}

int
conf_value_set(struct conf *c, const struct conf_key *k,
	       const struct conf_value *v, const char *dir, struct err *e)
{
	void *at = (char *)c + k->offset;
	int choice;

	switch (k->kind) {
	case CONF_KIND_NAME:
		if (!text_is_node_name(v->text))
			return conf_value_bad(k, v, e);
		return text_set(at, &c->arena, v->text, e);
	case CONF_KIND_DEVICE:
		if (!is_device_name(v->text))
			return conf_value_bad(k, v, e);
		return text_set(at, &c->arena, v->text, e);
	case CONF_KIND_TEXT:
		if (v->text.len > k->max)
			return conf_value_bad(k, v, e);
		return text_set(at, &c->arena, v->text, e);
	case CONF_KIND_PATH:
		return path_set(at, &c->arena, k, v, dir, e);
	case CONF_KIND_PATHS:
		return paths_add(at, &c->arena, k, v, dir, e);
	case CONF_KIND_ADDRESSES:
		return address_add(c, k, v, e);
	case CONF_KIND_BOOL:
		if (choice_find(&choice, k, v->text) != 0)
			return conf_value_bad(k, v, e);
		*(bool *)at = choice != 0;
		return 0;
	case CONF_KIND_CHOICE:
		if (choice_find(&choice, k, v->text) != 0)
			return conf_value_bad(k, v, e);
		*(int *)at = choice;
		return 0;
	case CONF_KIND_U16:
	case CONF_KIND_U32:
	case CONF_KIND_U64:
	case CONF_KIND_SECONDS:
	case CONF_KIND_MS:
		return number_set(at, k, v, e);
	case CONF_KIND_OFFLOAD:
	case CONF_KIND_NODE:
	case CONF_KIND_CIPHERS:
	case CONF_KIND_COMPS:
		break;
	}
	return conf_value_bad(k, v, e);
}
