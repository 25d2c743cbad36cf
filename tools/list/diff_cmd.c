/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command that compares two lists: diff. */
#include "diff_cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/bnl_parse.h"
#include "format/bnl_routes.h"
#include "format/bnl_sign.h"
#include "lib/file.h"
#include "lib/options.h"
#include "lib/output.h"
#include "list_changes.h"
#include "list_json.h"

enum { SAME = 0, DIFFERENT = 1, TROUBLE = 2 };

static int
parse_list(struct bnl **out, const char *path, const char *raw, size_t len)
{
	struct bnl_blocks block;
	struct errs es = { 0 };
	struct err e;

	if (bnl_blocks_read(&block, raw, len, &e) != 0)
		errs_add(&es, &e);
	else if (bnl_parse_part(out, raw, len, block.signedlen, &es) == 0) {
		bnl_digest((*out)->version.digest, raw, block.signedlen);
		return 0;
	}
	output_errs(path, &es);
	return -1;
}

static struct bnl *
read_list(const char *path)
{
	struct bnl *b = NULL;
	struct err e;
	size_t len;
	char *raw;

	if (file_read(&raw, &len, strcmp(path, "-") == 0 ? "/dev/stdin" : path,
		      BNL_BYTES_MAX, &e) != 0) {
		output_err(NULL, &e);
		return NULL;
	}
	if (parse_list(&b, path, raw, len) != 0)
		b = NULL;
	free(raw);
	return b;
}

/* --- for people ----------------------------------------------------------- */

static void
print_route(const struct bnl_route *r)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(text, &r->p);
	if (r->from == NULL)
		printf("+ route %s to %s\n", text, r->to->name);
	else if (r->to == NULL)
		printf("- route %s from %s\n", text, r->from->name);
	else
		printf("~ route %s from %s to %s\n", text, r->from->name,
		       r->to->name);
}

static int
print_text(const struct bnl *a, const struct bnl *b, const struct vec *routes)
{
	const struct bnl_route *r = routes->mem;
	struct list_changes sum;

	for (size_t i = 0; i < routes->n; i++)
		print_route(&r[i]);
	if (list_changes_print(stdout, a, b, &sum) != 0)
		return TROUBLE;
	return sum.added + sum.removed + sum.changed + sum.header > 0 ?
		       DIFFERENT :
		       SAME;
}

/* --- for programs --------------------------------------------------------- */

/* The strings of a that are not in b. */
static json_t *
only_in(json_t *a, json_t *b)
{
	json_t *seen = json_object(), *out = json_array(), *value;
	size_t i;

	json_array_foreach(b, i, value) json_object_set_new(
		seen, json_string_value(value), json_true());
	json_array_foreach(
		a, i,
		value) if (json_object_get(seen, json_string_value(value)) ==
			   NULL) json_array_append(out, value);
	json_decref(seen);
	return out;
}

/* Takes over both references. */
static json_t *
two_ways(json_t *before, json_t *after)
{
	json_t *o = json_pack("{s:o, s:o}", "added", only_in(after, before),
			      "removed", only_in(before, after));

	json_decref(before);
	json_decref(after);
	return o;
}

static json_t *
revoked_json(const struct bnl *b)
{
	char text[FINGERPRINT_TEXT_MAX];
	json_t *o = json_array();

	for (uint32_t i = 0; i < b->nrevoked; i++)
		json_array_append_new(o, json_string(fingerprint_format(
						 text, b->revoked[i])));
	return o;
}

static json_t *
nodes_json(const struct bnl *a, const struct bnl *b)
{
	json_t *added = json_array(), *removed = json_array();
	json_t *changed = json_array();

	for (uint32_t i = 0; i < a->nnodes; i++) {
		const struct bnl_node *old = &a->nodes[i];
		const struct bnl_node *new = bnl_find(b, old->name);

		if (new == NULL)
			json_array_append_new(removed, list_json_node(old));
		else if (list_changes_node(old, new) != 0)
			json_array_append_new(
				changed,
				json_pack("{s:s, s:o, s:o}", "name", old->name,
					  "old", list_json_node(old), "new",
					  list_json_node(new)));
	}
	for (uint32_t i = 0; i < b->nnodes; i++)
		if (bnl_find(a, b->nodes[i].name) == NULL)
			json_array_append_new(added,
					      list_json_node(&b->nodes[i]));
	return json_pack("{s:o, s:o, s:o}", "added", added, "removed", removed,
			 "changed", changed);
}

static json_t *
routes_json(const struct vec *routes)
{
	const struct bnl_route *r = routes->mem;
	char text[PREFIX_TEXT_MAX];
	json_t *o = json_array();

	for (size_t i = 0; i < routes->n; i++)
		json_array_append_new(
			o, json_pack("{s:s, s:s?, s:s?}", "subnet",
				     prefix_format(text, &r[i].p), "from",
				     r[i].from != NULL ? r[i].from->name : NULL,
				     "to",
				     r[i].to != NULL ? r[i].to->name : NULL));
	return o;
}

static json_t *
side_json(const struct bnl *b)
{
	json_t *o = list_json_version(&b->version);

	json_object_set_new(o, "network", json_string(b->network));
	if (b->version.timestamp.s == 0)
		json_object_set_new(o, "timestamp", json_null());
	return o;
}

static bool
is_empty(json_t *o, const char *key)
{
	json_t *part = json_object_get(o, key), *list;
	const char *name;

	json_object_foreach(part, name,
			    list) if (json_array_size(list) > 0) return false;
	return true;
}

static int
print_json(const struct bnl *a, const struct bnl *b, const struct vec *routes)
{
	json_t *o = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o}", "old", side_json(a), "new",
		side_json(b), "nodes", nodes_json(a, b), "prefixes",
		two_ways(list_json_prefixes(a->prefixes, a->nprefixes),
			 list_json_prefixes(b->prefixes, b->nprefixes)),
		"revoked", two_ways(revoked_json(a), revoked_json(b)), "routes",
		routes_json(routes));
	bool same;

	if (o == NULL)
		return TROUBLE;
	same = strcmp(a->network, b->network) == 0 && is_empty(o, "nodes") &&
	       is_empty(o, "prefixes") && is_empty(o, "revoked");
	json_object_set_new(o, "differ", json_boolean(!same));
	if (output_json(o) != 0)
		return TROUBLE;
	return same ? SAME : DIFFERENT;
}

/* --- both ----------------------------------------------------------------- */

static int
compare_lists(const char *old, const char *new, bool json)
{
	struct bnl *a = read_list(old), *b = read_list(new);
	struct vec routes = { 0 };
	int rc = TROUBLE;

	if (a == NULL || b == NULL)
		goto out;
	if (bnl_routes(&routes, a, b) == 0)
		rc = json ? print_json(a, b, &routes) :
			    print_text(a, b, &routes);
	if (fflush(stdout) != 0)
		rc = TROUBLE;
out:
	free(routes.mem);
	bnl_free(a);
	bnl_free(b);
	return rc;
}

int
diff_cmd(int argc, char **argv)
{
	bool json = false;
	const struct option_row rows[] = {
		{ 0, "json", NULL, "for programs", .flag = &json },
		{ .name = NULL },
	};
	struct options o = {
		.usage = "bnl-sign diff [--json] OLD NEW",
		.about =
			"Compares two lists, signed or not; their signatures do "
			"not matter.",
		.below =
			"Either may be -, standard input. The exit code is 0 "
			"when nothing differs, 1 when something does, 2 after an "
			"error.",
		.rows = rows,
		.min = 2,
		.max = 2,
	};
	int rc = options_parse(&o, argc, argv);

	if (rc >= 0)
		return rc;
	return compare_lists(argv[optind], argv[optind + 1], json);
}
