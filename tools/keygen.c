/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keygen: list-signing keys, the network's CA, the nodes' certificates. */
#include <getopt.h>
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
#include "lib/outfiles.h"
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
	unsigned int days;	/* 0: the default */
	bool force;
	char **words;
	int nwords;
};

static const char usage_text[] =
"usage: keygen bnl [-t dsa|ed25519] [-o KEYFILE] [-f]\n"
"       keygen ca [-n NAME] [-d DIR] [--days N] [-f]\n"
"       keygen node NAME [-d DIR] [--ou OU] [--ca DIR] [--ca-cert FILE]\n"
"                   [--ca-key FILE] [--days N] [-f]\n"
"       keygen sign REQUEST [-o CERT] [-n NAME] [--ou OU] [--ca DIR]\n"
"                   [--ca-cert FILE] [--ca-key FILE] [--days N] [-f]\n"
"       keygen fingerprint FILE ...\n"
"       keygen -h | -V\n"
"\n"
"  -t, --type TYPE     kind of the key that signs lists: dsa (default) or\n"
"                      ed25519\n"
"  -o, --out FILE      the private key (bnl), the certificate (sign)\n"
"  -n, --name NAME     the CA's name (ca); the name that the request must\n"
"                      have (sign)\n"
"  -d, --dir DIR       where the files go; default: the current directory\n"
"      --ou OU         Organizational Unit of the node; of sign, in the place\n"
"                      of the request's, and '' for none\n"
"      --ca DIR        where ca.pem and ca.key are\n"
"      --ca-cert FILE  the CA's certificate\n"
"      --ca-key FILE   the CA's private key\n"
"      --days N        how long the certificate is valid\n"
"  -f, --force         replace public files that exist; keys never are\n"
"  -h, --help          show this and exit\n"
"  -V, --version       show the version and exit\n";

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
	       "wrote %s: for every node, as bnlpubkey\n", f[0].path,
	       key_type_name(a->type), f[1].path);
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
	unsigned int days = a->days != 0 ? a->days : CA_DAYS;
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
	       "wrote %s: for every node, as cacert\n", f[0].path, f[1].path);
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
	return ca_find(ca, a->ca_dir != NULL ? a->ca_dir : dir,
		       a->ca_cert, a->ca_key, must, e);
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
	       "wrote %s: the request for a certificate\n", f[0].path,
	       f[1].path);
	if (has_cert) {
		printf("wrote %s: the certificate of %s\n", f[2].path, name);
		show_end(f[2].data, end);
		printf("next: name %s in the list, see bnl-sign(8)\n", name);
		return;
	}
	printf("next, where the CA is: keygen sign %s; the certificate "
	       "comes back as %s\n", f[1].path, f[2].path);
}

static int
run_node(const struct args *a, struct err *e)
{
	const struct walltime now = clock_wall();
	unsigned int days = a->days != 0 ? a->days : NODE_DAYS;
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

static int
read_request(char name[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
	     struct key **k, const char *path, struct err *e)
{
	char shown[4 * CERT_OU_MAX + 1];

	if (keyfile_request(name, ou, k, path, e) != 0)
		return -1;
	printf("request of %s", name);
	if (ou[0] != '\0')
		printf(", OU \"%s\"", text_escape(shown, sizeof(shown), ou,
						  strlen(ou)));
	putchar('\n');
	show_key(*k);
	return 0;
}

static int
run_sign(const struct args *a, struct err *e)
{
	const struct walltime now = clock_wall();
	unsigned int days = a->days != 0 ? a->days : NODE_DAYS;
	struct outfile f = {
		.path = a->out != NULL ? strdup(a->out) :
			file_ending(a->words[0], ".csr", ".pem")
	};
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	struct ca ca = { 0 };
	struct key *k = NULL;
	int rc = -1;

	if (read_request(name, ou, &k, a->words[0], e) != 0)
		goto out;
	if (a->name != NULL && strcmp(a->name, name) != 0) {
		err_set(e, ERR_CONFLICT, "the request is of %s, not of %s: "
			"nothing signed", name, a->name);
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

struct command {
	const char *name;
	const char *opts;	/* letters of the options it accepts */
	int min, max;		/* number of arguments */
	int (*run)(const struct args *a, struct err *e);
};

static const struct command commands[] = {
	{ "bnl", "tof", 0, 0, run_bnl },
	{ "ca", "ndyf", 0, 0, run_ca },
	{ "node", "duCckyf", 1, 1, run_node },
	{ "sign", "onuCckyf", 1, 1, run_sign },
	{ "fingerprint", "", 1, 1 << 20, run_fingerprint },
	{ NULL, NULL, 0, 0, NULL }
};

/* Letters that are not in the short options have only a long form. */
static const struct option options[] = {
	{ "type", required_argument, NULL, 't' },
	{ "out", required_argument, NULL, 'o' },
	{ "name", required_argument, NULL, 'n' },
	{ "dir", required_argument, NULL, 'd' },
	{ "ou", required_argument, NULL, 'u' },
	{ "ca", required_argument, NULL, 'C' },
	{ "ca-cert", required_argument, NULL, 'c' },
	{ "ca-key", required_argument, NULL, 'k' },
	{ "days", required_argument, NULL, 'y' },
	{ "force", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static int
take_value(struct args *a, int opt, const char *v, struct err *e)
{
	uint64_t days;

	switch (opt) {
	case 't':
		if (strcmp(v, "dsa") != 0 && strcmp(v, "ed25519") != 0)
			return err_set(e, ERR_USAGE, "--type %s: dsa or "
				       "ed25519 is expected", v);
		a->type = strcmp(v, "dsa") == 0 ? KEY_DSA : KEY_ED25519;
		break;
	case 'y':
		if (text_u64(&days, (struct span){ v, strlen(v) }, 1,
			     DAYS_MAX) != 0)
			return err_set(e, ERR_USAGE, "--days %s: a number "
				       "from 1 to %d is expected", v,
				       DAYS_MAX);
		a->days = (unsigned int)days;
		break;
	case 'o':
		a->out = v;
		break;
	case 'n':
		a->name = v;
		break;
	case 'd':
		a->dir = v;
		break;
	case 'u':
		a->ou = v;
		break;
	case 'C':
		a->ca_dir = v;
		break;
	case 'c':
		a->ca_cert = v;
		break;
	case 'k':
		a->ca_key = v;
		break;
	case 'f':
		a->force = true;
		break;
	}
	return 0;
}

static const char *
option_name(int opt)
{
	const struct option *o = options;

	while (o->val != opt)
		o++;
	return o->name;
}

/* 0, or -1 with ERR_USAGE, or 1 when help or version was shown. */
static int
parse_args(struct args *a, const struct command *cmd, int argc, char **argv,
	   struct err *e)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "t:o:n:d:fhV", options,
				  NULL)) != -1) {
		switch (opt) {
		case '?':	/* getopt_long() has reported the error */
			return err_set(e, ERR_USAGE, "%s", "");
		case 'h':
			fputs(usage_text, stdout);
			return 1;
		case 'V':
			puts("keygen (ClueVPN) " VERSION);
			return 1;
		}
		if (cmd == NULL)
			return err_set(e, ERR_USAGE, "the command comes "
				       "before --%s", option_name(opt));
		if (strchr(cmd->opts, opt) == NULL)
			return err_set(e, ERR_USAGE, "%s takes no --%s",
				       cmd->name, option_name(opt));
		if (take_value(a, opt, optarg, e) != 0)
			return -1;
	}
	a->words = argv + optind;
	a->nwords = argc - optind;
	return 0;
}

static const struct command *
find_command(const char *name)
{
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static int
run_keygen(int argc, char **argv, struct err *e)
{
	static char program[] = "keygen";
	struct args a = { .type = KEY_DSA };
	const struct command *cmd = argc > 1 ? find_command(argv[1]) : NULL;
	int rc;

	crypto_setup();
	/* Puts the program's name where the command was, as getopt_long()
	 * expects it. */
	if (cmd != NULL) {
		*++argv = program;
		argc--;
	}
	rc = parse_args(&a, cmd, argc, argv, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (cmd == NULL && a.nwords > 0)
		return err_set(e, ERR_USAGE, "unknown command \"%s\"",
			       a.words[0]);
	if (cmd == NULL)
		return err_set(e, ERR_USAGE, "which command?");
	if (a.nwords < cmd->min)
		return err_set(e, ERR_USAGE, "%s: something is missing",
			       cmd->name);
	if (a.nwords > cmd->max)
		return err_set(e, ERR_USAGE, "%s: what is \"%s\" for?",
			       cmd->name, a.words[cmd->max]);
	return cmd->run(&a, e);
}

int
main(int argc, char **argv)
{
	struct err e = { .code = ERR_NONE };
	int rc = run_keygen(argc, argv, &e);

	if (rc == 0 && fflush(stdout) != 0)
		rc = err_set(&e, ERR_IO, "cannot write to standard output");
	if (rc == 0)
		return 0;
	if (e.text[0] != '\0')
		fprintf(stderr, "keygen: %s\n", e.text);
	if (e.code != ERR_USAGE)
		return EXIT_FAILED;
	fputs("keygen -h shows what there is\n", stderr);
	return EXIT_USAGE;
}
