/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl join: verifies and installs the files that the host gave. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "crypto/tls.h"
#include "format/bnl_sign.h"
#include "format/conf.h"
#include "host_net.h"
#include "join.h"
#include "lib/client.h"
#include "lib/conffile.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/keyfile.h"
#include "lib/lock.h"
#include "list/list_file.h"
#include "service.h"
#include "sys/clock.h"

#define LIST_MODE 0644
#define KEPT_MAX 8 /* copies kept of replaced lists */

enum { F_KEY, F_CERT, F_CA, F_CONF, F_LIST, F_PUB };
enum { FILES = F_PUB + JOIN_KEYS_MAX };

static const char key_head[] =
	"# This node's key, which never leaves it. \"cluevpnctl invite "
	"--replace\" makes another.";
static const char cert_head[] =
	"# This node's certificate: \"cluevpnctl invite --replace\" or \"keygen "
	"sign\" renews it.";
static const char ca_head[] = "# The certificate of the network's CA.";
static const char pub_head[] = "# The key that verifies the list.";

/* --- before --------------------------------------------------------------- */

/* True when this node trusts the CA that would sign its certificate. */
static bool
trusts_ca(const struct conf *conf, const struct token *t)
{
	bool found = false;

	for (unsigned int i = 0; !found && i < conf->cacert.n; i++) {
		uint8_t fp[FINGERPRINT_LEN];
		struct key *k = NULL;
		struct err e;

		if (keyfile_public(&k, conf->cacert.v[i], &e) != 0)
			continue;
		key_fingerprint(fp, k);
		found = memcmp(fp, t->ca, sizeof(fp)) == 0;
		key_free(k);
	}
	return found;
}

/* True when the network may have another CA now: in a list that admits nodes by
 * their keys, the inviting host is a node, and so is this one. The list that it
 * gives must then be signed by a key that this node trusts. */
static bool
may_have_other_ca(const struct conf *conf, const struct token *t)
{
	struct trusted_keys keys = { .n = 0 };
	struct list_file list = { .raw = NULL };
	bool may = strcmp(conf->name, t->guest) == 0;
	struct err e;

	for (unsigned int i = 0; may && i < conf->bnlpubkey.n; i++)
		may = trusted_keys_add(&keys, conf->bnlpubkey.v[i], &e) == 0;
	may = may && list_file_read(&list, conf->bnl, &keys) == 0 &&
	      list.bnl != NULL && list.bnl->admit_pinned &&
	      bnl_find(list.bnl, t->host) != NULL;
	list_file_free(&list);
	trusted_keys_free(&keys);
	return may;
}

/* Detects a token that is used on the wrong host. */
static int
check_member(const struct conf *conf, const char *conf_path,
	     const struct token *t, struct err *e)
{
	const char *name = conf->name;

	if (!trusts_ca(conf, t) && !may_have_other_ca(conf, t))
		return err_set(e, ERR_CONFLICT,
			       "this host is a node already: %s, by %s, of "
			       "another network than that of %s. Nothing is "
			       "done; the token is for %s, and \"cluevpnctl "
			       "leave\" takes this host out of its network",
			       name, conf_path, t->host, t->guest);
	if (strcmp(name, t->host) == 0)
		return err_set(e, ERR_CONFLICT,
			       "this host is a node already: %s, by %s, which "
			       "made the token. Nothing is done; type it on "
			       "%s, for which it is",
			       name, conf_path, t->guest);
	if (strcmp(name, t->guest) != 0)
		return err_set(e, ERR_CONFLICT,
			       "this host is a node already: %s, by %s. "
			       "Nothing is done; type the token on %s, for "
			       "which it is",
			       name, conf_path, t->guest);
	return 0;
}

static int
is_member(struct join *j, const char *conf_path, struct err *e)
{
	struct conf *conf;
	int rc;

	if (conffile_read(&conf, conf_path, e) != 0)
		return -1;
	rc = check_member(conf, conf_path, &j->token, e);
	if (rc == 0) {
		/* "invite" makes a token for a new node only if the list does
		 * not name it: so this node was removed. */
		j->again = !j->token.replace;
		j->other_ca = !trusts_ca(conf, &j->token);
		if (j->again && j->home.port == PROTO_PORT)
			j->home.port = conf->port;
		j->member = true;
		j->socket = strdup(conf->ctlsocket);
		j->list = strdup(conf->bnl);
		if (conf->network != NULL)
			j->network = strdup(conf->network);
		if (j->socket == NULL || j->list == NULL ||
		    (conf->network != NULL && j->network == NULL))
			rc = err_nomem(e);
	}
	conf_free(conf);
	return rc;
}

int
join_check(struct join *j, struct err *e)
{
	static const char *const names[] = { "node.key", "node.pem", "ca.pem",
					     "bnl-pub.pem" };
	char *path = home_file(&j->home, DEFAULT_CONF_NAME);
	int rc = 0;

	if (path == NULL)
		return err_nomem(e);
	if (file_exists(path)) {
		rc = is_member(j, path, e);
		free(path);
		return rc;
	}
	free(path);
	for (size_t i = 0; rc == 0 && i < 5; i++) {
		path = i < 4 ? home_file(&j->home, names[i]) :
			       home_list(&j->home);
		if (path == NULL)
			rc = err_nomem(e);
		else if (file_exists(path))
			rc = err_set(e, ERR_EXISTS,
				     "%s exists already, from an earlier "
				     "network of this host. Nothing is done; "
				     "move it away, or remove all of that "
				     "network with \"cluevpnctl leave\"",
				     path);
		free(path);
	}
	return rc;
}

/* --- the host's answer ---------------------------------------------------- */

/* Checks that certificate, key and CAs fit together, and that the name is
 * ours. */
static int
verify_cert(const struct join *j, const char *key, struct err *e)
{
	const struct join_give *g = &j->give;
	const struct pem ca = { g->ca.p, g->ca.len };
	struct tls_ctx *c;
	int rc = 0;

	if (tls_ctx_new(&c, (struct pem){ g->cert.p, g->cert.len },
			(struct pem){ key, strlen(key) }, &ca, 1, e) != 0)
		return -1;
	if (strcmp(tls_ctx_self(c)->cn, j->token.guest) != 0)
		rc = err_set(e, ERR_CONFLICT, "the certificate is not of %s",
			     j->token.guest);
	tls_ctx_free(c);
	return rc;
}

/* The list is signed by a key that this node has trusted before. */
static int
verify_signer(const struct join *j, struct err *e)
{
	struct trusted_keys keys = { .n = 0 };
	char *pub = home_file(&j->home, "bnl-pub.pem");
	struct bnl *b = NULL;
	int rc = pub == NULL ? err_nomem(e) : trusted_keys_add(&keys, pub, e);

	if (rc == 0)
		rc = bnl_open(&b, j->give.list.p, j->give.list.len,
			      (const struct key *const *)keys.k, keys.n, e);
	if (rc != 0)
		err_prefix(e, "the network has another CA than this node "
			      "knows, and so its list must be signed by the "
			      "key in bnl-pub.pem");
	bnl_free(b);
	trusted_keys_free(&keys);
	free(pub);
	return rc;
}

/* Checks that the keys verify the list, and that this node is in it with our
 * key. */
static int
verify_list(struct bnl **out, const struct join *j, struct err *e)
{
	const struct join_give *g = &j->give;
	struct key *keys[JOIN_KEYS_MAX] = { NULL };
	uint8_t fp[FINGERPRINT_LEN];
	const struct bnl_node *n;
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < g->nkeys; i++)
		rc = key_read_public_alone(&keys[i], g->keys[i].p,
					   g->keys[i].len, e);
	if (rc == 0)
		rc = bnl_open(out, g->list.p, g->list.len,
			      (const struct key *const *)keys, g->nkeys, e);
	for (unsigned int i = 0; i < g->nkeys; i++)
		key_free(keys[i]);
	if (rc != 0)
		return -1;
	if (j->other_ca && verify_signer(j, e) != 0) {
		bnl_free(*out);
		return -1;
	}
	if (j->network != NULL &&
	    bnl_check_network(*out, j->network, "the configuration", e) != 0) {
		bnl_free(*out);
		return -1;
	}
	key_fingerprint(fp, j->key);
	n = bnl_find(*out, j->token.guest);
	if (n != NULL && n->pinned && memcmp(n->pin, fp, sizeof(fp)) == 0)
		return 0;
	bnl_free(*out);
	return err_set(e, ERR_CONFLICT,
		       "the list does not have %s with the "
		       "key that was made here",
		       j->token.guest);
}

static int
write_key(char **out, const struct join *j, struct err *e)
{
	char *pem;
	int rc;

	if (key_write_private(&pem, j->key, e) != 0)
		return -1;
	rc = verify_cert(j, pem, e);
	if (rc == 0)
		rc = home_head(out, key_head, pem, e);
	file_free_secret(pem, strlen(pem));
	return rc;
}

static int
add_head(struct outfile *f, const char *text, struct span pem, struct err *e)
{
	char *s = span_dup(pem);
	int rc = s == NULL ? err_nomem(e) : home_head(&f->data, text, s, e);

	free(s);
	return rc;
}

/* --- a new node ----------------------------------------------------------- */

static int
fill_files(struct outfile *f, const struct join *j, const struct bnl *b,
	   struct err *e)
{
	const struct join_give *g = &j->give;
	const struct bnl_node *self = bnl_find(b, j->token.guest);
	char name[HOME_PUB_NAME_MAX];

	f[F_KEY].path = home_file(&j->home, "node.key");
	f[F_KEY].secret = true;
	f[F_CERT].path = home_file(&j->home, "node.pem");
	f[F_CA].path = home_file(&j->home, "ca.pem");
	f[F_CONF].path = home_file(&j->home, DEFAULT_CONF_NAME);
	f[F_LIST].path = home_list(&j->home);
	f[F_LIST].data = span_dup(g->list);
	if (f[F_LIST].data == NULL)
		return err_nomem(e);
	for (unsigned int i = 0; i < g->nkeys; i++) {
		f[F_PUB + i].path = home_file(&j->home, home_pub(name, i));
		if (add_head(&f[F_PUB + i], pub_head, g->keys[i], e) != 0)
			return -1;
	}
	for (unsigned int i = 0; i < F_PUB + g->nkeys; i++)
		if (f[i].path == NULL)
			return err_nomem(e);
	return add_head(&f[F_CERT], cert_head, g->cert, e) != 0 ||
			       add_head(&f[F_CA], ca_head, g->ca, e) != 0 ||
			       write_key(&f[F_KEY].data, j, e) != 0 ?
		       -1 :
		       home_conf(&f[F_CONF].data, &j->home, "join",
				 j->token.guest, b->network, g->nkeys,
				 self->naddresses == 0, e);
}

static int
install_new(struct join *j, const struct bnl *b, struct err *e)
{
	struct outfile f[FILES] = { { .path = NULL } };
	int rc = fill_files(f, j, b, e);

	if (rc == 0)
		rc = home_write(&j->home, f, F_PUB + j->give.nkeys, e);
	outfiles_free(f, FILES);
	return rc;
}

/* --- another key for a node that is there --------------------------------- */

/* Keeps a copy of an old list that is no ancestor of the new one: it has
 * somebody's changes. */
static int
keep_work(struct store *dir, const char *path, const struct list_file *old,
	  const struct bnl *b, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char kept[STORE_NAME_MAX];

	if (old->raw == NULL ||
	    (old->bnl != NULL && bnl_compare(old->bnl, b) != BNL_NEWER_FORK))
		return 0;
	if (store_keep(dir, slash == NULL ? path : slash + 1, clock_wall(),
		       KEPT_MAX, kept, e) != 0)
		return -1;
	printf("%s was never in force: it is kept as %s\n", path, kept);
	return 0;
}

/* Skips this when the daemon already has the list, or a newer one. */
static int
install_list(const struct join *j, const struct bnl *b, struct err *e)
{
	struct trusted_keys keys = { .n = 0 };
	struct list_file old = { .raw = NULL };
	struct store dir;
	char *pub = home_file(&j->home, "bnl-pub.pem");
	bool newer;
	int rc = -1;

	if (pub == NULL)
		return err_nomem(e);
	if (trusted_keys_add(&keys, pub, e) == 0 &&
	    lock_store(&dir, j->list, e) == 0) {
		list_file_read(&old, j->list, &keys);
		newer = old.bnl != NULL &&
			bnl_version_cmp(&old.bnl->version, &b->version) >= 0;
		rc = newer ? 0 : keep_work(&dir, j->list, &old, b, e);
		if (rc == 0 && !newer)
			rc = file_replace(j->list, LIST_MODE, j->give.list.p,
					  j->give.list.len, e);
		store_close(&dir);
	}
	list_file_free(&old);
	trusted_keys_free(&keys);
	free(pub);
	return rc;
}

/* Replaces both or neither: a key is useless without its certificate. */
static int
replace_both(const char *key_path, const char *key, const char *cert_path,
	     const char *cert, struct err *e)
{
	struct err ignored;
	char *old = NULL;
	size_t len = 0;
	bool had = file_exists(key_path);
	int rc;

	if (had && file_read_secret(&old, &len, key_path, FILE_PEM_MAX, e) != 0)
		return -1;
	rc = file_replace(key_path, 0600, key, strlen(key), e);
	if (rc == 0) {
		rc = file_replace(cert_path, 0644, cert, strlen(cert), e);
		if (rc != 0 && had)
			(void)file_replace(key_path, 0600, old, len, &ignored);
		else if (rc != 0)
			unlink(key_path);
	}
	file_free_secret(old, len);
	return rc;
}

/* For a node that returns: the list-signing keys may have changed. */
static int
install_pubs(const struct join *j, struct err *e)
{
	const struct join_give *g = &j->give;
	char name[HOME_PUB_NAME_MAX];
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && j->again && i < g->nkeys; i++) {
		struct outfile f = { .path = home_file(&j->home,
						       home_pub(name, i)) };

		rc = f.path == NULL ? err_nomem(e) :
				      add_head(&f, pub_head, g->keys[i], e);
		if (rc == 0)
			rc = file_replace(f.path, 0644, f.data, strlen(f.data),
					  e);
		outfiles_free(&f, 1);
	}
	return rc;
}

/* Puts the CA into its file, behind it the one of before as long as this node's
 * certificate is by that. */
static int
install_ca(const struct join *j, bool both, struct err *e)
{
	struct outfile f = { .path = home_file(&j->home, "ca.pem") };
	char *old = NULL, *text = NULL;
	size_t len;
	int rc = -1;

	if (!j->other_ca) {
		rc = 0;
	} else if (f.path == NULL) {
		err_nomem(e);
	} else if (add_head(&f, ca_head, j->give.ca, e) == 0 &&
		   (!both ||
		    file_read(&old, &len, f.path, FILE_PEM_MAX, e) == 0)) {
		if (asprintf(&text, "%s%s", f.data, both ? old : "") < 0)
			err_nomem(e);
		else
			rc = file_replace(f.path, 0644, text, strlen(text), e);
		free(text);
	}
	free(old);
	outfiles_free(&f, 1);
	return rc;
}

static int
install_again(struct join *j, const struct bnl *b, struct err *e)
{
	char *key_path = home_file(&j->home, "node.key");
	char *cert_path = home_file(&j->home, "node.pem");
	struct outfile cert = { .path = NULL };
	char *key = NULL;
	int rc = -1;

	if (key_path == NULL || cert_path == NULL)
		err_nomem(e);
	else if (write_key(&key, j, e) == 0 &&
		 add_head(&cert, cert_head, j->give.cert, e) == 0 &&
		 install_ca(j, true, e) == 0 && install_pubs(j, e) == 0 &&
		 install_list(j, b, e) == 0 &&
		 replace_both(key_path, key, cert_path, cert.data, e) == 0)
		rc = install_ca(j, false, e);
	if (key != NULL)
		file_free_secret(key, strlen(key));
	free(cert.data);
	free(key_path);
	free(cert_path);
	return rc;
}

int
join_install(struct join *j, struct err *e)
{
	struct bnl *b;
	int rc;

	if (verify_list(&b, j, e) != 0)
		return err_prefix(e, "what %s gave is not right",
				  j->token.host);
	rc = j->member ? install_again(j, b, e) : install_new(j, b, e);
	if (rc == 0) {
		const struct bnl_node *n = bnl_find(b, j->token.guest);
		char text[IPADDR_TEXT_MAX];

		if (j->again)
			printf("this host was %s before: its key, its "
			       "certificate and the list are replaced,\nand "
			       "its configuration stays\n",
			       n->name);
		printf("%s is a node of %s now:", n->name, b->network);
		for (uint32_t i = 0; i < n->nsubnets; i++) {
			struct ipaddr a = prefix_first_host(&n->subnets[i]);

			printf(" %s", ipaddr_format(text, &a));
		}
		putchar('\n');
		if (!j->member)
			host_net_tell_overlaps(b, n->name);
	}
	bnl_free(b);
	return rc;
}

int
join_start(const struct join *j, struct err *e)
{
	json_t *answer;

	/* A running daemon reloads the new key. */
	if (j->member && access(j->socket, F_OK) == 0 &&
	    client_ask(&answer, j->socket, "reload") == CTL_OK) {
		json_decref(answer);
		puts("cluevpnd goes on with the new key");
		return 0;
	}
	return service_start(&j->home, e);
}
