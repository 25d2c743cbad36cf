/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keygen: list-signing keys, the network's CA, the nodes' certificates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/setup.h"
#include "lib/ca.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/keyfile.h"
#include "lib/options.h"
#include "lib/outfiles.h"
#include "lib/output.h"
#include "sys/clock.h"

#define CA_DAYS 3650
#define NODE_DAYS 825
#define DAYS_MAX 36500
#define CA_NAME "ClueVPN CA"
#define DAY_S 86400

struct args {
	enum key_type type;
	const char *out;
	const char *name;
	const char *dir;
	const char *ou;
	const char *ca_dir, *ca_cert, *ca_key;
	uint64_t days; /* 0: the default */
	bool force;
	char **words;
	int nwords;
};

static void
show_key(const struct key *k)
{
	char text[FINGERPRINT_TEXT_MAX];
	uint8_t fp[FINGERPRINT_LEN];

	key_fingerprint(fp, k);
	printf("key: %s\n", fingerprint_format(text, fp));
}

/* Prints the end of the certificate just made. */
static void
show_end(const char *pem, int64_t asked)
{
	char text[TEXT_TIME_MAX];
	struct cert_info info;
	struct err e;

	if (cert_read_info(&info, pem, strlen(pem), 1, &e) != 0)
		return;
	printf("valid until %s%s\n", text_time_format(text, info.not_after),
	       info.not_after.s < asked ? ", the end of the CA" : "");
}

static int
generate_key(struct key **out, enum key_type type, struct err *e)
{
	bool tell = type == KEY_DSA && isatty(STDERR_FILENO);
	int rc;

	if (tell)
		fputs("generating a DSA key, which takes some seconds ...",
		      stderr);
	rc = key_generate(out, type, e);
	if (tell)
		fputc('\n', stderr);
	return rc;
}

static int
run_bnl(const struct args *a, struct err *e)
{
	const char *out = a->out != NULL ? a->out : "bnl.key";
	struct outfile f[] = {
		{ .path = strdup(out), .secret = true },
		{ .path = file_ending(out, ".key", "-pub.pem") },
	};
	struct key *k = NULL;
	int rc = -1;

	if (outfiles_check(f, 2, a->force, e) != 0 ||
	    generate_key(&k, a->type, e) != 0 ||
	    key_write_private(&f[0].data, k, e) != 0 ||
	    key_write_public(&f[1].data, k, e) != 0 ||
	    outfiles_write(f, 2, a->force, e) != 0)
		goto out;
	printf("wrote %s: the %s key that signs the list; keep it secret\n"
	       "wrote %s: for every node, as bnlpubkey\n",
	       f[0].path, key_type_name(a->type), f[1].path);
	show_key(k);
	puts("next: sign the list with it, see bnl-sign(8)");
	rc = 0;
out:
	outfiles_free(f, 2);
	key_free(k);
	return rc;
}

static int
run_ca(const struct args *a, struct err *e)
{
	const struct walltime now = clock_wall();
	const struct rng rng = rng_system();
	const char *name = a->name != NULL ? a->name : CA_NAME;
	unsigned int days = a->days != 0 ? (unsigned int)a->days : CA_DAYS;
	struct outfile f[] = {
		{ .path = file_join(a->dir, "ca.key"), .secret = true },
		{ .path = file_join(a->dir, "ca.pem") },
	};
	struct key *k = NULL;
	int rc = -1;

	if (outfiles_check(f, 2, a->force, e) != 0 ||
	    generate_key(&k, KEY_EC_P256, e) != 0 ||
	    key_write_private(&f[0].data, k, e) != 0 ||
	    cert_make_ca(&f[1].data, k, name, now, days, &rng, e) != 0 ||
	    outfiles_write(f, 2, a->force, e) != 0)
		goto out;
	printf("wrote %s: the CA's key; keep it secret and off the nodes\n"
	       "wrote %s: for every node, as cacert\n",
	       f[0].path, f[1].path);
	show_end(f[1].data, now.s + (int64_t)days * DAY_S);
	puts("next, for each node: keygen node NAME");
	rc = 0;
out:
	outfiles_free(f, 2);
	key_free(k);
	return rc;
}

/* 1 and *ca, 0 when there is none and none is required, -1. */
static int
find_ca(struct ca *ca, const struct args *a, const char *dir, bool must,
	struct err *e)
{
	must = must || a->ca_dir != NULL || a->ca_cert != NULL ||
	       a->ca_key != NULL;
	return ca_find(ca, a->ca_dir != NULL ? a->ca_dir : dir, a->ca_cert,
		       a->ca_key, must, e);
}

static unsigned int
node_days(const struct args *a)
{
	return a->days != 0 ? (unsigned int)a->days : NODE_DAYS;
}

static int
make_node(char **pem, const struct ca *ca, const struct key *k,
	  const char *name, const char *ou, struct walltime now,
	  unsigned int days, struct err *e)
{
	const struct rng rng = rng_system();

	return cert_make_node(pem, k, name, ou, ca->pem, ca->len, ca->key, now,
			      days, &rng, e);
}

static void
show_node(const struct outfile *f, bool has_cert, const char *name, int64_t end)
{
	printf("wrote %s: the node's key; it stays on the node\n"
	       "wrote %s: the request for a certificate\n",
	       f[0].path, f[1].path);
	if (has_cert) {
		printf("wrote %s: the certificate of %s\n", f[2].path, name);
		show_end(f[2].data, end);
		printf("next: name %s in the list, see bnl-sign(8)\n", name);
		return;
	}
	printf("next, where the CA is: keygen sign %s; the certificate "
	       "comes back as %s\n",
	       f[1].path, f[2].path);
}

static int
run_node(const struct args *a, struct err *e)
{
	const struct walltime now = clock_wall();
	unsigned int days = node_days(a);
	const char *name = a->words[0];
	struct outfile f[] = {
		{ .path = file_join(a->dir, "node.key"), .secret = true },
		{ .path = file_join(a->dir, "node.csr") },
		{ .path = file_join(a->dir, "node.pem") },
	};
	struct ca ca = { 0 };
	struct key *k = NULL;
	size_t n;
	int rc = -1, has_ca = find_ca(&ca, a, a->dir, false, e);

	n = has_ca == 1 ? 3 : 2;
	if (has_ca < 0 || outfiles_check(f, n, a->force, e) != 0 ||
	    generate_key(&k, KEY_EC_P256, e) != 0 ||
	    key_write_private(&f[0].data, k, e) != 0 ||
	    cert_make_request(&f[1].data, k, name, a->ou, e) != 0)
		goto out;
	if (has_ca == 1 &&
	    make_node(&f[2].data, &ca, k, name, a->ou, now, days, e) != 0)
		goto out;
	if (outfiles_write(f, n, a->force, e) != 0)
		goto out;
	show_node(f, has_ca == 1, name, now.s + (int64_t)days * DAY_S);
	rc = 0;
out:
	outfiles_free(f, 3);
	ca_free(&ca);
	key_free(k);
	return rc;
}

/* A request for a key that exists. */
static int
run_request(const struct args *a, struct err *e)
{
	char *path = file_join(a->dir, "node.key");
	struct outfile f = { .path = file_join(a->dir, "node.csr") };
	struct key *k = NULL;
	int rc = -1;

	if (path == NULL) {
		err_nomem(e);
		goto out;
	}
	if (keyfile_private(&k, path, e) != 0 ||
	    outfiles_check(&f, 1, a->force, e) != 0 ||
	    cert_make_request(&f.data, k, a->words[0], a->ou, e) != 0 ||
	    outfiles_write(&f, 1, a->force, e) != 0)
		goto out;
	printf("wrote %s: the request for a certificate of the key in %s\n",
	       f.path, path);
	show_key(k);
	printf("next, where the CA is: keygen sign %s; the certificate comes "
	       "back as node.pem\n",
	       f.path);
	rc = 0;
out:
	outfiles_free(&f, 1);
	key_free(k);
	free(path);
	return rc;
}

static int
read_request(char name[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
	     struct key **k, const char *path, struct err *e)
{
	char shown[4 * CERT_OU_MAX + 1];

	if (keyfile_request(name, ou, k, path, e) != 0)
		return -1;
	printf("request of %s", name);
	if (ou[0] != '\0')
		printf(", OU \"%s\"",
		       text_escape(shown, sizeof(shown), ou, strlen(ou)));
	putchar('\n');
	show_key(*k);
	return 0;
}

static int
run_sign(const struct args *a, struct err *e)
{
	const struct walltime now = clock_wall();
	unsigned int days = node_days(a);
	struct outfile f = { .path = a->out != NULL ?
					     strdup(a->out) :
					     file_ending(a->words[0], ".csr",
							 ".pem") };
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	struct ca ca = { 0 };
	struct key *k = NULL;
	int rc = -1;

	if (read_request(name, ou, &k, a->words[0], e) != 0)
		goto out;
	if (a->name != NULL && strcmp(a->name, name) != 0) {
		err_set(e, ERR_CONFLICT,
			"the request is of %s, not of %s: "
			"nothing signed",
			name, a->name);
		goto out;
	}
	if (find_ca(&ca, a, NULL, true, e) != 1 ||
	    outfiles_check(&f, 1, a->force, e) != 0 ||
	    make_node(&f.data, &ca, k, name, a->ou != NULL ? a->ou : ou, now,
		      days, e) != 0 ||
	    outfiles_write(&f, 1, a->force, e) != 0)
		goto out;
	printf("wrote %s: the certificate of %s\n", f.path, name);
	show_end(f.data, now.s + (int64_t)days * DAY_S);
	puts("next: copy it to the node, as node.pem");
	rc = 0;
out:
	outfiles_free(&f, 1);
	ca_free(&ca);
	key_free(k);
	return rc;
}

/* For a single file: the bare value, ready for pasting. */
static int
run_fingerprint(const struct args *a, struct err *e)
{
	char text[FINGERPRINT_TEXT_MAX];
	uint8_t fp[FINGERPRINT_LEN];

	for (int i = 0; i < a->nwords; i++) {
		struct key *k = NULL;

		if (keyfile_lone(&k, a->words[i], e) != 0)
			return -1;
		key_fingerprint(fp, k);
		key_free(k);
		printf("%s%s%s\n", fingerprint_format(text, fp),
		       a->nwords > 1 ? "  " : "",
		       a->nwords > 1 ? a->words[i] : "");
	}
	return 0;
}

enum {
	BNL = 1,
	CA = 2,
	NODE = 4,
	SIGN = 8,
	FINGERPRINT = 16,
	REQUEST = 32,
	ALL = 63
};

static const struct command {
	const char *name;
	unsigned int bit;
	const char *usage;
	int min, max; /* number of arguments */
	int (*run)(const struct args *a, struct err *e);
} commands[] = {
	{ "bnl", BNL, "keygen bnl [-t dsa|ed25519] [-o KEYFILE] [-f]", 0, 0,
	  run_bnl },
	{ "ca", CA, "keygen ca [-n NAME] [-d DIR] [--days N] [-f]", 0, 0,
	  run_ca },
	{ "node", NODE,
	  "keygen node NAME [-d DIR] [--ou OU] [--ca DIR] "
	  "[--ca-cert FILE]\n            [--ca-key FILE] [--days N] [-f]",
	  1, 1, run_node },
	{ "request", REQUEST, "keygen request NAME [-d DIR] [--ou OU] [-f]", 1,
	  1, run_request },
	{ "sign", SIGN,
	  "keygen sign REQUEST [-o CERT] [-n NAME] [--ou OU] "
	  "[--ca DIR]\n            [--ca-cert FILE] [--ca-key FILE] "
	  "[--days N] [-f]",
	  1, 1, run_sign },
	{ "fingerprint", FINGERPRINT, "keygen fingerprint FILE ...", 1, 1 << 20,
	  run_fingerprint },
};
#define COMMANDS (sizeof(commands) / sizeof(*commands))

/* -1: continue; else the exit code. cmd: NULL when there is none. */
static int
parse_args(struct args *a, const struct command *cmd, int argc, char **argv)
{
	/* clang-format off */
	const struct option_row rows[] = {
		{ 't', "type", "TYPE", "kind of the key that signs lists: dsa "
		  "(default) or ed25519", BNL, .take = keyfile_type_option,
		  .ctx = &a->type },
		{ 'o', "out", "FILE", "the private key (bnl), the certificate "
		  "(sign)", BNL | SIGN, .text = &a->out },
		{ 'n', "name", "NAME", "the name of the CA (ca); the name "
		  "that the request must have (sign)", CA | SIGN,
		  .text = &a->name },
		{ 'd', "dir", "DIR", "where the files are; default: the "
		  "current directory", CA | NODE | REQUEST, .text = &a->dir },
		{ 0, "ou", "OU", "Organizational Unit of the node; of sign, "
		  "instead of the one in the request, '' for none",
		  NODE | REQUEST | SIGN, .text = &a->ou },
		{ 0, "ca", "DIR", "where ca.pem and ca.key are", NODE | SIGN,
		  .text = &a->ca_dir },
		{ 0, "ca-cert", "FILE", "the CA's certificate", NODE | SIGN,
		  .text = &a->ca_cert },
		{ 0, "ca-key", "FILE", "the CA's private key", NODE | SIGN,
		  .text = &a->ca_key },
		{ 0, "days", "N", "how long the certificate is valid",
		  CA | NODE | SIGN, .number = &a->days, .min = 1,
		  .max = DAYS_MAX },
		{ 'f', "force", NULL, "replace public files that exist; keys "
		  "never are", BNL | CA | NODE | REQUEST | SIGN, .flag = &a->force },
		{ .name = NULL },
	};
	/* clang-format on */
	char usage[1024] = "";
	struct options o = {
		.usage = cmd != NULL ? cmd->usage : usage,
		.version = "keygen (ClueVPN)",
		.rows = rows,
		.in = ALL,
		.stop = cmd == NULL,
	};
	int rc;

	for (size_t i = 0; i < COMMANDS; i++)
		snprintf(usage + strlen(usage), sizeof(usage) - strlen(usage),
			 "%s\n", commands[i].usage);
	if (cmd != NULL) {
		o.command = cmd->name;
		o.in = cmd->bit;
		o.min = cmd->min;
		o.max = cmd->max;
	}
	rc = options_parse(&o, argc, argv);
	a->words = argv + optind;
	a->nwords = argc - optind;
	if (rc >= 0 || cmd != NULL)
		return rc;
	if (o.seen != 0 || a->nwords == 0)
		return options_misused(&o, "expected a command first");
	return options_misused(&o, "unknown command \"%s\"", a->words[0]);
}

int
main(int argc, char **argv)
{
	struct err e = { .code = ERR_NONE };
	struct args a = { .type = KEY_DSA };
	const struct command *cmd = NULL;
	int rc;

	crypto_setup();
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			cmd = &commands[i];
	rc = cmd == NULL ? parse_args(&a, cmd, argc, argv) :
			   parse_args(&a, cmd, argc - 1, argv + 1);
	if (rc >= 0)
		return rc;
	rc = cmd->run(&a, &e);
	if (rc == 0 && fflush(stdout) != 0)
		rc = err_set(&e, ERR_IO, "cannot write to standard output");
	if (rc == 0)
		return EXIT_OK;
	output_err(NULL, &e);
	return e.code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
