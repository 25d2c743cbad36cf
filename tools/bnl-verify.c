/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verifies a list and shows its content, or prints the list itself. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/setup.h"
#include "lib/defaults.h"
#include "lib/options.h"
#include "lib/output.h"
#include "list/list_file.h"
#include "list/list_json.h"

enum { EXIT_INVALID = EXIT_FAILED, EXIT_OUTSIDE = 3 };
enum show { SHOW_TEXT, SHOW_JSON, SHOW_LIST, SHOW_INSIDE };

struct args {
	struct option_values key_files;
	struct trusted_keys keys;
	enum show show;
	struct ipaddr inside; /* of SHOW_INSIDE */
};

static void
print_node(const struct bnl_node *n)
{
	char text[ENDPOINT_TEXT_MAX];

	printf("%-24s", n->name);
	for (uint32_t i = 0; i < n->naddresses; i++) {
		const struct bnl_address *a = &n->addresses[i];

		if (a->host != NULL)
			printf(" %s:%u", a->host, a->ep.port);
		else
			printf(" %s", endpoint_format(text, &a->ep));
	}
	printf("%s", n->naddresses == 0 ? " (no address)" : "");
	for (uint32_t i = 0; i < n->nsubnets; i++)
		printf(" %s", prefix_format(text, &n->subnets[i]));
	printf("%s\n", n->pinned ? " (key pinned)" : "");
}

static void
print_text(const struct bnl *b)
{
	char version[BNL_VERSION_TEXT_MAX], fp[FINGERPRINT_TEXT_MAX];
	char text[PREFIX_TEXT_MAX];
	size_t addresses = 0, subnets = 0;

	for (uint32_t i = 0; i < b->nnodes; i++) {
		addresses += b->nodes[i].naddresses;
		subnets += b->nodes[i].nsubnets;
	}
	printf("network  %s\nversion  %s\n", b->network,
	       bnl_version_format(version, &b->version));
	printf("signer   %s\n", fingerprint_format(fp, b->signer));
	for (uint32_t i = 0; i < b->nprefixes; i++)
		printf("prefix   %s\n", prefix_format(text, &b->prefixes[i]));
	if (b->admit_pinned)
		puts("admit    pinned");
	printf("nodes    %u, with %zu addresses and %zu subnets\n", b->nnodes,
	       addresses, subnets);
	printf("history  %u\nrevoked  %u\n", b->nhistory, b->nrevoked);
	if (b->nskipped > 0)
		printf("skipped  %u line%s, with statements that this program "
		       "does not know\n",
		       b->nskipped, b->nskipped == 1 ? "" : "s");
	for (uint32_t i = 0; i < b->nnodes; i++)
		print_node(&b->nodes[i]);
}

static json_t *
list_json(const struct bnl *b)
{
	json_t *nodes = json_array(), *history = json_array();
	json_t *revoked = json_array();
	char fp[FINGERPRINT_TEXT_MAX];

	for (uint32_t i = 0; i < b->nnodes; i++)
		json_array_append_new(nodes, list_json_node(&b->nodes[i]));
	for (uint32_t i = 0; i < b->nhistory; i++)
		json_array_append_new(history,
				      list_json_version(&b->history[i]));
	for (uint32_t i = 0; i < b->nrevoked; i++)
		json_array_append_new(revoked, json_string(fingerprint_format(
						       fp, b->revoked[i])));
	return json_pack("{s:b, s:i, s:i, s:s, s:o, s:s, s:o, s:b, s:o, s:o, "
			 "s:o}",
			 "valid", 1, "format", (int)b->format, "skipped",
			 (int)b->nskipped, "network", b->network, "version",
			 list_json_version(&b->version), "signer",
			 fingerprint_format(fp, b->signer), "prefixes",
			 list_json_prefixes(b->prefixes, b->nprefixes),
			 "admit_pinned", (int)b->admit_pinned, "nodes", nodes,
			 "history", history, "revoked", revoked);
}

static json_t *
error_json(const struct err *e)
{
	json_t *o = json_pack("{s:b, s:s, s:s}", "valid", 0, "error",
			      err_code_name(e->code), "text", e->text);

	if (e->line != 0)
		json_object_set_new(o, "line", json_integer(e->line));
	if (e->column != 0)
		json_object_set_new(o, "column", json_integer(e->column));
	return o;
}

static int
print_inside(const struct bnl *b, const struct ipaddr *a)
{
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < b->nprefixes; i++)
		if (prefix_contains(&b->prefixes[i], a)) {
			puts(prefix_format(text, &b->prefixes[i]));
			return EXIT_SUCCESS;
		}
	fputs("bnl-verify: the address lies in no prefix of the list\n",
	      stderr);
	return EXIT_OUTSIDE;
}

static int
verify_list(const char *path, const struct args *a)
{
	const enum show show = a->show;
	int rc = EXIT_INVALID;
	struct list_file l;

	if (list_file_read(&l, path, &a->keys) != 0)
		output_err(NULL, &l.why);
	else if (l.bnl == NULL)
		output_err(path, &l.why);
	else
		rc = EXIT_SUCCESS;
	if (rc == EXIT_SUCCESS && show == SHOW_TEXT)
		print_text(l.bnl);
	if (rc == EXIT_SUCCESS && show == SHOW_INSIDE)
		rc = print_inside(l.bnl, &a->inside);
	if (rc == EXIT_SUCCESS && show == SHOW_LIST &&
	    fwrite(l.raw, 1, l.len, stdout) != l.len)
		rc = EXIT_INVALID;
	if (show == SHOW_JSON &&
	    output_json(l.bnl != NULL ? list_json(l.bnl) :
					error_json(&l.why)) != 0)
		rc = EXIT_INVALID;
	list_file_free(&l);
	if (fflush(stdout) != 0)
		rc = EXIT_INVALID;
	return rc;
}

static int
take_inside(void *ctx, const struct option_row *row, const char *arg,
	    struct err *e)
{
	struct args *a = ctx;

	a->show = SHOW_INSIDE;
	if (ipaddr_parse(&a->inside, arg, strlen(arg)) == 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "--%s \"%s\": expected an IPv4 or IPv6 address",
		       row->name, arg);
}

static int
take_show(void *ctx, const struct option_row *row, const char *arg,
	  struct err *e)
{
	(void)arg;
	(void)e;
	((struct args *)ctx)->show =
		strcmp(row->name, "json") == 0 ? SHOW_JSON : SHOW_LIST;
	return 0;
}

/* -1: the program goes on; otherwise its exit status. */
static int
parse_args(struct args *a, int argc, char **argv)
{
	/* clang-format off */
	const struct option_row rows[] = {
	    {'k', "key", "PUBKEY", "a trusted key (" DEFAULT_VERIFY_KEY ")",
	     .values = &a->key_files},
	    {0, "json", NULL, "for programs", .take = take_show, .ctx = a},
	    {0, "print", NULL, "the list itself, if it is valid",
	     .take = take_show, .ctx = a},
	    {0, "inside", "ADDRESS", "the prefix that contains the address; "
	     "exit status 3 if there is none", .take = take_inside, .ctx = a},
	    {.name = NULL},
	};
	/* clang-format on */
	struct options o = {
		.usage = "bnl-verify [-k PUBKEY]... [--json | --print |\n"
			 "           --inside ADDRESS] [FILE]",
		.about = "Verifies a signed node list and shows its content.",
		.below = "FILE is " DEFAULT_LIST " when it is not given.",
		.version = "bnl-verify",
		.rows = rows,
		.max = 1,
	};

	return options_parse(&o, argc, argv);
}

static int
read_keys(struct args *a, struct err *e)
{
	if (a->key_files.n == 0)
		a->key_files.v[a->key_files.n++] = DEFAULT_VERIFY_KEY;
	return trusted_keys_add_all(&a->keys, &a->key_files, e);
}

int
main(int argc, char **argv)
{
	struct args a = { .show = SHOW_TEXT };
	struct err e;
	int rc;

	crypto_setup();
	rc = parse_args(&a, argc, argv);
	if (rc < 0 && read_keys(&a, &e) != 0) {
		output_err(NULL, &e);
		rc = EXIT_USAGE;
	}
	if (rc < 0)
		rc = verify_list(optind < argc ? argv[optind] : DEFAULT_LIST,
				 &a);
	trusted_keys_free(&a.keys);
	return rc;
}
