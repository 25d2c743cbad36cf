/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cluevpnctl rotate-ca: another CA, where the list admits all nodes by their
 * keys. The list that revokes the old CA is installed first, then the files are
 * replaced in an order in which the daemon could start after each of them. The
 * old key is not needed: this is also the way when it is lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "home.h"
#include "lib/conffile.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/options.h"
#include "lib/output.h"
#include "lib/receipts.h"
#include "list/edit_cmd.h"
#include "mesh_cmds.h"
#include "sys/clock.h"

#define WAIT_S 30
#define WAIT_MAX_S 86400
#define DAYS_MAX 36500
#define NAMES_SHOWN 5
#define KEY_MODE 0600
#define PUBLIC_MODE 0644

struct rotate {
	struct edit_args list;
	const char *ca_dir;
	uint64_t days, wait_s;
	struct conf *conf;
	char *ca_path, *key_path; /* in ca_dir */
	char *old;		  /* certificates of now, PEM */
	uint8_t old_key[FINGERPRINT_LEN];
	/* PEM, with a head: */
	char *ca, *key, *node;
};

/* --- the new files -------------------------------------------------------- */

static int
check_nodes(const struct bnl *b, struct err *e)
{
	char names[NAMES_SHOWN * (NODE_NAME_MAX + 2) + 8] = "";
	unsigned int n = 0;

	if (!b->admit_pinned)
		return err_set(
			e, ERR_CONFLICT,
			"the list does not say \"admit pinned\", so each "
			"node needs a certificate of a CA that all "
			"others trust: pin all nodes (\"bnl-sign pin "
			"--all\") and add that line, or replace the CA "
			"by hand");
	for (uint32_t i = 0; i < b->nnodes; i++) {
		if (b->nodes[i].pinned)
			continue;
		if (n < NAMES_SHOWN)
			snprintf(names + strlen(names),
				 sizeof(names) - strlen(names), "%s%s",
				 n == 0 ? "" : ", ", b->nodes[i].name);
		n++;
	}
	if (n == 0)
		return 0;
	return err_set(
		e, ERR_CONFLICT,
		"the list has no key of %s%s, which would be cut off by "
		"another CA: \"bnl-sign pin --all\" pins those that have "
		"shown one",
		names, n > NAMES_SHOWN ? " and others" : "");
}

static int
load_files(struct rotate *r, struct err *e)
{
	char *dir = r->ca_dir != NULL ? strdup(r->ca_dir) :
					file_dir(r->list.run.sign.self.conf);
	struct key *k = NULL;
	size_t len;

	r->ca_path = dir == NULL ? NULL : file_join(dir, "ca.pem");
	r->key_path = dir == NULL ? NULL : file_join(dir, "ca.key");
	free(dir);
	if (conffile_read(&r->conf, r->list.run.sign.self.conf, e) != 0)
		return e->code == ERR_NOTFOUND ?
			       err_prefix(e, "this host is no node of a "
					     "network") :
			       -1;
	if (r->conf->cacert.n != 1)
		return err_set(e, ERR_CONFLICT,
			       "the configuration has %u cacert lines: "
			       "expected one, for the CA that is replaced",
			       r->conf->cacert.n);
	if (r->ca_path == NULL || r->key_path == NULL)
		return err_nomem(e);
	if (file_read(&r->old, &len, r->conf->cacert.v[0], FILE_PEM_MAX, e) !=
	    0)
		return -1;
	if (cert_read_key(&k, r->old, len, e) != 0)
		return err_in_file(e, r->conf->cacert.v[0]);
	key_fingerprint(r->old_key, k);
	key_free(k);
	return 0;
}

/* Takes pem. */
static int
keep_pem(char **out, const char *head, char *pem, struct err *e)
{
	int rc = home_head(out, head, pem, e);

	file_free_secret(pem, strlen(pem));
	return rc;
}

/* The certificate of this node by the new CA, for the key that it has. */
static int
make_node(struct rotate *r, const char *ca, const struct key *ca_key,
	  struct err *e)
{
	const struct rng rng = rng_system();
	struct key *k = NULL;
	struct cert_info info;
	char *cert, *pem;
	size_t len;
	int rc = -1;

	if (file_read(&cert, &len, r->conf->cert, FILE_PEM_MAX, e) != 0)
		return -1;
	if (cert_read_info(&info, cert, len, 0, e) != 0 ||
	    cert_read_key(&k, cert, len, e) != 0)
		err_in_file(e, r->conf->cert);
	else if (cert_make_node(&pem, k, info.cn, info.ou, ca, strlen(ca),
				ca_key, clock_wall(), HOME_NODE_DAYS, &rng,
				e) == 0)
		rc = keep_pem(&r->node, HOME_HEAD_NODE, pem, e);
	key_free(k);
	free(cert);
	return rc;
}

static int
make_files(struct rotate *r, struct err *e)
{
	const struct rng rng = rng_system();
	struct cert_info old;
	struct key *k = NULL;
	char *pem, *ca = NULL;
	int rc = -1;

	if (cert_read_info(&old, r->old, strlen(r->old), 1, e) != 0)
		return err_in_file(e, r->conf->cacert.v[0]);
	if (key_generate(&k, KEY_EC_P256, e) == 0 &&
	    cert_make_ca(&ca, k, old.cn, clock_wall(), (unsigned int)r->days,
			 &rng, e) == 0 &&
	    make_node(r, ca, k, e) == 0 && key_write_private(&pem, k, e) == 0 &&
	    keep_pem(&r->key, HOME_HEAD_CA_KEY, pem, e) == 0)
		rc = home_head(&r->ca, HOME_HEAD_CA, ca, e);
	free(ca);
	key_free(k);
	return rc;
}

/* Revokes the old CA in the list. */
static int
revoke_old(struct edit_args *cmd, struct bnl_edit *ed, void *ctx, struct err *e)
{
	struct rotate *r = ctx;
	struct bnl_revoke old = { .node = "" };
	size_t added;

	(void)cmd;
	if (check_nodes(bnl_edit_list(ed), e) != 0 || load_files(r, e) != 0 ||
	    make_files(r, e) != 0)
		return -1;
	memcpy(old.fp, r->old_key, sizeof(old.fp));
	return bnl_edit_revoke(ed, &old, 1, &added, e);
}

/* --- installing ----------------------------------------------------------- */

static int
replace(const char *path, mode_t mode, const char *text, struct err *e)
{
	return file_replace(path, mode, text, strlen(text), e);
}

/* While both CAs are there, this node's certificate may be of either. */
static int
install_files(const struct rotate *r, struct err *e)
{
	const char *trusted = r->conf->cacert.v[0];
	char *both;
	int rc;

	if (asprintf(&both, "%s\n%s", r->ca, r->old) < 0)
		return err_nomem(e);
	rc = replace(trusted, PUBLIC_MODE, both, e);
	free(both);
	if (rc != 0 || replace(r->key_path, KEY_MODE, r->key, e) != 0 ||
	    replace(r->conf->cert, PUBLIC_MODE, r->node, e) != 0 ||
	    replace(trusted, PUBLIC_MODE, r->ca, e) != 0)
		return -1;
	return strcmp(trusted, r->ca_path) == 0 ?
		       0 :
		       replace(r->ca_path, PUBLIC_MODE, r->ca, e);
}

static int
reload_daemon(const char *socket)
{
	json_t *answer = NULL;
	enum ctl_exit rc = client_ask(&answer, socket, "reload");

	json_decref(answer);
	return (int)rc;
}

static int
finish(const struct rotate *r)
{
	struct err e;
	int rc;

	if (install_files(r, &e) != 0) {
		output_err(NULL, &e);
		fputs("cluevpnctl: the list revokes the old CA already; mend "
		      "this and say \"cluevpnctl rotate-ca\" again\n",
		      stderr);
		return EXIT_FAILED;
	}
	printf("wrote %s, %s and %s: the new CA, its key, and this node's "
	       "certificate by it\n"
	       "keep a copy of the key in place of the old one, in a safe "
	       "place and nowhere else;\nno other host needs anything\n",
	       r->conf->cacert.v[0], r->key_path, r->conf->cert);
	fflush(stdout);
	rc = reload_daemon(r->list.socket);
	return rc != 0 ? rc : (int)receipts_wait(r->list.socket, r->wait_s);
}

/* -1: continue; else the exit code. */
static int
read_options(struct rotate *r, int argc, char **argv)
{
	struct edit_args *a = &r->list;
	const struct option_row rows[] = {
		{ 'c', "config", "DIR",
		  "the configuration (" DEFAULT_CONF_DIR ")",
		  .text = &a->run.conf },
		{ 0, "ca", "DIR",
		  "where ca.pem and ca.key are (that of the configuration)",
		  .text = &r->ca_dir },
		{ 0, "days", "N", "how long the new CA is valid (3650)",
		  .number = &r->days, .min = 1, .max = DAYS_MAX },
		{ 'k', "key", "KEY", SIGN_SESSION_KEY_HELP,
		  .text = &a->run.key },
		{ 'l', "list", "FILE", "the list (" DEFAULT_LIST ")",
		  .text = &a->run.sign.in },
		{ 's', "socket", "SOCKET", "the daemon's (" DEFAULT_SOCKET ")",
		  .text = &a->socket },
		{ 0, "wait", "SECONDS", "how long, at most (30)",
		  .number = &r->wait_s, .max = WAIT_MAX_S },
		{ 'y', "yes", NULL, "do not ask", .flag = &a->run.sign.yes },
		{ .name = NULL },
	};
	struct options o = {
		.command = "rotate-ca",
		.usage = "cluevpnctl rotate-ca [OPTION]...",
		.about = "Makes another CA, and this node's certificate by it; "
			 "revokes the old CA in the list, signs and installs "
			 "that, offers it to all nodes, and waits until they "
			 "have it. For lists that admit all nodes by their "
			 "keys.",
		.rows = rows,
	};
	int rc = options_parse(&o, argc, argv);

	a->run.sign.out = a->run.sign.in;
	return rc;
}

int
mesh_rotate_ca(int argc, char **argv)
{
	struct rotate r = { .days = HOME_CA_DAYS, .wait_s = WAIT_S };
	int rc;

	edit_args_init(&r.list, EDIT_REVOKE);
	rc = read_options(&r, argc, argv);
	if (rc < 0) {
		rc = edit_cmd_by(&r.list, revoke_old, &r);
		fflush(stdout);
		if (rc == EXIT_OK && r.node != NULL)
			rc = finish(&r);
	}
	edit_args_free(&r.list);
	conf_free(r.conf);
	free(r.ca_path);
	free(r.key_path);
	free(r.old);
	free(r.ca);
	free(r.node);
	if (r.key != NULL)
		file_free_secret(r.key, strlen(r.key));
	return rc;
}
