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
#include "lib/output.h"
#include "list/list_file.h"
#include "list/list_json.h"

enum { EXIT_INVALID = EXIT_FAILED, EXIT_OUTSIDE = 3 };
enum { OPT_JSON = 256, OPT_PRINT, OPT_INSIDE };
enum show { SHOW_TEXT, SHOW_JSON, SHOW_LIST, SHOW_INSIDE };

struct args {
	struct trusted_keys keys;
	enum show show;
	struct ipaddr inside;	/* of SHOW_INSIDE */
};

static void
print_usage(FILE *f)
{
	fprintf(f, "usage: bnl-verify [-k PUBKEY]... [--json | --print |\n"
		   "                  --inside ADDRESS] [FILE]\n"
		   "Verifies a signed node list and shows what is in it.\n"
		   "  -k, --key PUBKEY  a trusted key (" DEFAULT_VERIFY_KEY ")\n"
		   "      --json        for programs\n"
		   "      --print       the list itself, if it is valid\n"
		   "      --inside ADDRESS\n"
		   "                    the prefix that the address lies in;\n"
		   "                    exit status 3 where there is none\n"
		   "  -h, --help\n"
		   "  -V, --version\n"
		   "FILE is " DEFAULT_LIST " when it is not given.\n");
}

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
	printf("nodes    %u, with %zu addresses and %zu subnets\n", b->nnodes,
	       addresses, subnets);
	printf("history  %u\nrevoked  %u\n", b->nhistory, b->nrevoked);
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
	return json_pack("{s:b, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "valid", 1,
			 "network", b->network, "version",
			 list_json_version(&b->version), "signer",
			 fingerprint_format(fp, b->signer), "prefixes",
			 list_json_prefixes(b->prefixes, b->nprefixes), "nodes",
			 nodes, "history", history, "revoked", revoked);
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
	if (show == SHOW_JSON && output_json(l.bnl != NULL ? list_json(l.bnl)
					     : error_json(&l.why)) != 0)
		rc = EXIT_INVALID;
	list_file_free(&l);
	if (fflush(stdout) != 0)
		rc = EXIT_INVALID;
	return rc;
}

/* -1: the program goes on; otherwise its exit status. */
static int
parse_args(struct args *a, int argc, char **argv)
{
	static const struct option options[] = {
	    {"key", required_argument, NULL, 'k'},
	    {"json", no_argument, NULL, OPT_JSON},
	    {"print", no_argument, NULL, OPT_PRINT},
	    {"inside", required_argument, NULL, OPT_INSIDE},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	struct err e;
	int c;

	while ((c = getopt_long(argc, argv, "k:hV", options, NULL)) != -1)
		switch (c) {
		case 'k':
			if (trusted_keys_add(&a->keys, optarg, &e) == 0)
				break;
			output_err(NULL, &e);
			return EXIT_USAGE;
		case OPT_JSON:
			a->show = SHOW_JSON;
			break;
		case OPT_PRINT:
			a->show = SHOW_LIST;
			break;
		case OPT_INSIDE:
			a->show = SHOW_INSIDE;
			if (ipaddr_parse(&a->inside, optarg, strlen(optarg)) ==
			    0)
				break;
			fprintf(stderr, "bnl-verify: --inside %s: an IPv4 or "
				"IPv6 address is expected\n", optarg);
			return EXIT_USAGE;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("bnl-verify %s\n", VERSION);
			return EXIT_SUCCESS;
		default:
			print_usage(stderr);
			return EXIT_USAGE;
		}
	if (argc - optind > 1) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	return -1;
}

int
main(int argc, char **argv)
{
	struct args a = {.show = SHOW_TEXT};
	struct err e;
	int rc;

	crypto_setup();
	rc = parse_args(&a, argc, argv);
	if (rc < 0 && a.keys.n == 0 &&
	    trusted_keys_add(&a.keys, DEFAULT_VERIFY_KEY, &e) != 0) {
		output_err(NULL, &e);
		rc = EXIT_USAGE;
	}
	if (rc < 0)
		rc = verify_list(optind < argc ? argv[optind] : DEFAULT_LIST,
				 &a);
	trusted_keys_free(&a.keys);
	return rc;
}
