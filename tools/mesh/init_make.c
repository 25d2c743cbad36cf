/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl init: the keys, the list and the configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "format/bnl_own.h"
#include "format/bnl_parse.h"
#include "format/bnl_sign.h"
#include "init.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "sys/clock.h"

#define CA_NAME_MAX 64

enum {
	F_CA_KEY,
	F_CA,
	F_BNL_KEY,
	F_BNL_PUB,
	F_NODE_KEY,
	F_NODE,
	F_CONF,
	F_LIST,
	F_LIST_PREV, /* as bnl-sign(8) keeps it */
	FILES
};

static const struct {
	const char *name;
	bool secret;
	const char *head;
} files[FILES] = {
	[F_CA_KEY] = { "ca.key", true, HOME_HEAD_CA_KEY },
	[F_CA] = { "ca.pem", false, HOME_HEAD_CA },
	[F_BNL_KEY] = { "bnl.key", true,
			"# The key that signs the list: \"cluevpnctl invite\", "
			"\"cluevpnctl remove\" and\n"
			"# \"bnl-sign\" use it. Keep a copy in a safe place, and "
			"nowhere else." },
	[F_BNL_PUB] = { "bnl-pub.pem", false,
			"# The key that verifies lists: the public half of "
			"bnl.key. \"keygen bnl\" makes\n# another." },
	[F_NODE_KEY] = { "node.key", true,
			 "# This node's key, which never leaves it. \"cluevpnctl "
			 "invite --replace\" and\n"
			 "# \"keygen node\" make another." },
	[F_NODE] = { "node.pem", false, HOME_HEAD_NODE },
	[F_CONF] = { DEFAULT_CONF_NAME, false, NULL },
};

static int
name_files(struct outfile f[FILES], const struct init *in, struct err *e)
{
	memset(f, 0, FILES * sizeof(*f));
	for (int i = 0; i < F_LIST; i++) {
		f[i].path = home_file(&in->home, files[i].name);
		f[i].secret = files[i].secret;
	}
	f[F_LIST].path = home_list(&in->home);
	f[F_LIST_PREV].path = file_join(in->home.state, "network.bnl.prev");
	for (int i = 0; i < FILES; i++)
		if (f[i].path == NULL)
			return err_nomem(e);
	return 0;
}

int
init_check(const struct init *in, struct err *e)
{
	struct outfile f[FILES];
	int rc = name_files(f, in, e);

	for (int i = 0; rc == 0 && i < FILES; i++)
		if (file_exists(f[i].path))
			rc = err_set(e, ERR_EXISTS,
				     "%s exists already, so nothing is done: "
				     "to found another network on this host, "
				     "move away the files in %s and %s",
				     f[i].path, in->home.dir, in->home.state);
	outfiles_free(f, FILES);
	return rc;
}

static int
put_pem(struct outfile *f, int which, char *pem, struct err *e)
{
	int rc = home_head(&f[which].data, files[which].head, pem, e);

	file_free_secret(pem, strlen(pem));
	return rc;
}

static int
put_key(struct outfile *f, int which, const struct key *k, struct err *e)
{
	char *pem;

	if (key_write_private(&pem, k, e) != 0)
		return -1;
	return put_pem(f, which, pem, e);
}

/* The CA, and this node's certificate signed by it. */
static int
make_certs(struct outfile *f, const struct init *in, const struct key *node,
	   struct err *e)
{
	const struct rng rng = rng_system();
	const struct walltime now = clock_wall();
	char cn[CA_NAME_MAX + 1], *pem = NULL, *node_pem = NULL;
	struct key *ca = NULL;
	int rc = -1;

	snprintf(cn, sizeof(cn), "ClueVPN CA %.50s", in->network);
	if (key_generate(&ca, KEY_EC_P256, e) == 0 &&
	    cert_make_ca(&pem, ca, cn, now, HOME_CA_DAYS, &rng, e) == 0 &&
	    cert_make_node(&node_pem, node, in->name, NULL, pem, strlen(pem),
			   ca, now, HOME_NODE_DAYS, &rng, e) == 0 &&
	    put_key(f, F_CA_KEY, ca, e) == 0)
		rc = put_pem(f, F_NODE, node_pem, e);
	else
		free(node_pem);
	if (rc == 0)
		rc = put_pem(f, F_CA, pem, e);
	else
		free(pem);
	key_free(ca);
	return rc;
}

static void
print_address(FILE *f, const struct init *in, const char *arg)
{
	struct bnl_value v;

	/* The options have been checked. */
	(void)bnl_value_read(&v, BNL_ADDRESS, arg, NULL);
	fprintf(f, "  address %s", v.text);
	if (in->home.port != PROTO_PORT && strchr(v.text, ' ') == NULL)
		fprintf(f, " port %u", (unsigned int)in->home.port);
	fputc('\n', f);
}

/* key: NULL while it does not exist yet. */
static char *
list_text(const struct init *in, const char *key, size_t *len, struct err *e)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (f == NULL) {
		err_nomem(e);
		return NULL;
	}
	fputs("# The nodes of the network. \"cluevpnctl invite\" and "
	      "\"cluevpnctl remove\" change it;\n"
	      "# \"bnl-sign -e\" is for all else. Any other change is "
	      "not signed.\n",
	      f);
	fprintf(f, "network   %s\n", in->network);
	for (size_t i = 0; i < in->prefixes.n; i++)
		fprintf(f, "prefix    %s\n", in->prefixes.v[i]);
	fputs("admit     pinned\n", f);
	fprintf(f, "\nnode %s\n", in->name);
	for (size_t i = 0; i < in->addresses.n; i++)
		print_address(f, in, in->addresses.v[i]);
	for (size_t i = 0; i < in->subnets.n; i++)
		fprintf(f, "  subnet  %s\n", in->subnets.v[i]);
	if (key != NULL)
		fprintf(f, "  key     %s\n", key);
	if (fclose(f) == 0)
		return text;
	free(text);
	err_nomem(e);
	return NULL;
}

static int
bad_list(const struct errs *es, struct err *e)
{
	return err_set(e, ERR_USAGE, "the list with these would be wrong: %s",
		       es->e[0].text);
}

int
init_plan(const struct init *in, struct err *e)
{
	char *conf = NULL, *text;
	struct errs es = { 0 };
	struct bnl *b = NULL;
	size_t len;
	int rc = -1;

	if (home_conf(&conf, &in->home, "init", in->name, in->network, 1,
		      in->no_address, e) != 0 ||
	    home_fit(&in->home, e) != 0)
		goto out;
	text = list_text(in, NULL, &len, e);
	if (text == NULL)
		goto out;
	rc = bnl_parse(&b, text, len, &es) == 0 ? 0 : bad_list(&es, e);
	free(text);
	bnl_free(b);
out:
	free(conf);
	return rc;
}

static int
make_list(struct outfile *f, const struct init *in, const struct key *node,
	  const struct key *signer, struct err *e)
{
	struct bnl_sign_in sign = { .key = signer, .now = clock_wall() };
	struct errs es = { 0 };
	char fp_text[FINGERPRINT_TEXT_MAX], *text, *made = NULL;
	uint8_t fp[FINGERPRINT_LEN];
	size_t len = 0, madelen;
	int rc = -1;

	key_fingerprint(fp, node);
	text = list_text(in, fingerprint_format(fp_text, fp), &len, e);
	if (text == NULL)
		return -1;
	sign.text = text;
	sign.len = len;
	if (bnl_sign(&made, &madelen, &sign, &es) != 0) {
		bad_list(&es, e);
		goto out;
	}
	/* A list contains no NUL. */
	f[F_LIST].data = span_dup((struct span){ made, madelen });
	f[F_LIST_PREV].data = span_dup((struct span){ made, madelen });
	rc = f[F_LIST].data == NULL || f[F_LIST_PREV].data == NULL ?
		     err_nomem(e) :
		     0;
out:
	free(made);
	free(text);
	return rc;
}

static int
make_signer(struct key **out, struct outfile *f, const struct init *in,
	    struct err *e)
{
	bool tell = in->type == KEY_DSA && isatty(STDERR_FILENO);
	char *pem;

	if (tell)
		fputs("generating a DSA key, which takes some seconds ...\n",
		      stderr);
	if (key_generate(out, in->type, e) != 0 ||
	    put_key(f, F_BNL_KEY, *out, e) != 0 ||
	    key_write_public(&pem, *out, e) != 0)
		return -1;
	return put_pem(f, F_BNL_PUB, pem, e);
}

int
init_make(const struct init *in, struct err *e)
{
	struct key *node = NULL, *signer = NULL;
	struct outfile f[FILES];
	int rc = -1;

	if (name_files(f, in, e) == 0 &&
	    home_conf(&f[F_CONF].data, &in->home, "init", in->name, in->network,
		      1, in->no_address, e) == 0 &&
	    key_generate(&node, KEY_EC_P256, e) == 0 &&
	    put_key(f, F_NODE_KEY, node, e) == 0 &&
	    make_certs(f, in, node, e) == 0 &&
	    make_signer(&signer, f, in, e) == 0 &&
	    make_list(f, in, node, signer, e) == 0)
		rc = home_write(&in->home, f, FILES, e);
	if (rc == 0)
		printf("wrote %s and %s\n"
		       "ca.key and bnl.key in the first are the network: keep "
		       "copies in a safe place,\nand nowhere else\n",
		       in->home.dir, f[F_LIST].path);
	outfiles_free(f, FILES);
	key_free(node);
	key_free(signer);
	return rc;
}
