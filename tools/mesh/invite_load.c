/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: reads the files of this host, and makes the tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/tls.h"
#include "invite.h"
#include "lib/conffile.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/keyfile.h"
#include "list/list_file.h"
#include "list/trusted_keys.h"
#include "sys/clock.h"

#define DAY_S 86400
/* Even a guest whose clock is a day ahead then gets the error that the token,
 * not the certificate, has expired. */
#define CERT_DAYS_MORE 2

static int
load_conf(struct invite *in, struct err *e)
{
	char *path = file_join(in->dir, DEFAULT_CONF_NAME);
	int rc;

	if (path == NULL)
		return err_nomem(e);
	rc = conffile_read(&in->conf, path, e);
	free(path);
	if (rc != 0 && e->code == ERR_NOTFOUND)
		err_prefix(e, "this host is no node of a network");
	return rc;
}

/* Removes text around the certificates; shortens text in place. */
static void
only_pem(char *text)
{
	struct span rest = { text, strlen(text) }, line;
	char *to = text;
	bool inside = false;

	while (span_line(&rest, &line)) {
		if (line.len > 10 && memcmp(line.p, "-----BEGIN", 10) == 0)
			inside = true;
		if (inside) {
			memmove(to, line.p, line.len);
			to += line.len;
			*to++ = '\n';
		}
		if (line.len > 8 && memcmp(line.p, "-----END", 8) == 0)
			inside = false;
	}
	*to = '\0';
}

static int
load_cas(struct invite *in, struct err *e)
{
	char *all = calloc(1, 1), *one, *more;
	size_t len;

	for (unsigned int i = 0; all != NULL && i < in->conf->cacert.n; i++) {
		if (file_read(&one, &len, in->conf->cacert.v[i], FILE_PEM_MAX,
			      e) != 0) {
			free(all);
			return -1;
		}
		/* The last line may lack its LF. */
		len = strlen(all) + len + 2;
		more = realloc(all, len);
		if (more != NULL) {
			strncat(more, one, len - strlen(more) - 1);
			strncat(more, "\n", len - strlen(more) - 1);
			only_pem(more);
		} else {
			free(all);
		}
		all = more;
		free(one);
	}
	in->cas = all;
	return all == NULL ? err_nomem(e) : 0;
}

static int
load_keys(struct invite *in, struct err *e)
{
	const char *path = in->key;
	struct key *k = NULL;
	int rc = 0;

	/* Reads the key now, so that errors show before the first guest
	 * comes. */
	if (keyfile_private(&k, path, e) != 0)
		return -1;
	key_free(k);
	for (unsigned int i = 0; rc == 0 && i < in->conf->bnlpubkey.n; i++) {
		rc = keyfile_verify(&k, in->conf->bnlpubkey.v[i], e);
		if (rc != 0)
			break;
		rc = key_write_public(&in->pubs[in->npubs], k, e);
		in->npubs += rc == 0;
		key_free(k);
	}
	return rc;
}

/* The certificate that guests see is made for this run, and no node accepts it
 * as a node's: so the network process needs no key of this node. */
static int
make_cert(struct invite *in, struct err *e)
{
	const struct rng rng = rng_system();
	struct key *k = NULL;
	int rc = -1;

	if (key_generate(&k, KEY_EC_P256, e) == 0 &&
	    key_write_private(&in->cert_key, k, e) == 0)
		rc = cert_make_host(&in->cert, k, in->conf->name, in->ca.pem,
				    in->ca.len, in->ca.key, clock_wall(),
				    (unsigned int)(in->seconds / DAY_S) +
					    CERT_DAYS_MORE,
				    &rng, e);
	key_free(k);
	return rc;
}

static int
load_self(struct invite *in, struct err *e)
{
	char *cert;
	size_t len;
	int rc;

	if (file_read(&cert, &len, in->conf->cert, FILE_PEM_MAX, e) != 0)
		return -1;
	rc = cert_read_info(&in->self, cert, len, 0, e);
	free(cert);
	if (rc != 0)
		return err_in_file(e, in->conf->cert);
	if (in->ou == NULL)
		in->ou = in->self.ou;
	return 0;
}

static void
ca_fingerprint(const struct invite *in, uint8_t fp[FINGERPRINT_LEN])
{
	key_fingerprint(fp, in->ca.key);
}

/* Tries the handshake with a guest, in memory: 0 when it succeeds. */
static int
try_guest(struct tls_provider host, struct tls_provider guest, struct err *e)
{
	struct tls *h = host.ops->open(host.ctx, false, clock_wall(), NULL, e);
	struct tls *g = guest.ops->open(guest.ctx, true, clock_wall(), NULL, e);
	enum tls_status st = TLS_AGAIN;
	uint8_t piece[16384];
	size_t n;
	int rc = -1;

	for (int i = 0; h != NULL && g != NULL && i < 4 && st == TLS_AGAIN;
	     i++) {
		st = guest.ops->handshake(g);
		while ((n = guest.ops->drain(g, piece, sizeof(piece))) > 0)
			host.ops->feed(h, piece, n);
		host.ops->handshake(h);
		while ((n = host.ops->drain(h, piece, sizeof(piece))) > 0)
			guest.ops->feed(g, piece, n);
	}
	if (st == TLS_OK)
		rc = 0;
	else if (h != NULL && g != NULL)
		err_set(e, ERR_CONFLICT, "%s", guest.ops->reason(g));
	host.ops->close(g);
	host.ops->close(h);
	return rc;
}

/* Otherwise a guest would find out too late that the signing CA is not one of
 * the network's, or has expired. */
static int
check_cert(struct invite *in, struct err *e)
{
	const struct pem ca = { in->cas, strlen(in->cas) };
	const struct pem cert = { in->cert, strlen(in->cert) };
	const struct pem key = { in->cert_key, strlen(in->cert_key) };
	struct tls_ctx *host = NULL, *guest = NULL;
	uint8_t fp[FINGERPRINT_LEN];
	int rc = -1;

	ca_fingerprint(in, fp);
	if (tls_ctx_new_host(&host, cert, key, &ca, 1, e) == 0 &&
	    tls_ctx_new_guest(&guest, fp, e) == 0)
		rc = try_guest(tls_ctx_provider(host), tls_ctx_provider(guest),
			       e);
	tls_ctx_free(host);
	tls_ctx_free(guest);
	return rc == 0 ? 0 :
			 err_prefix(e,
				    "the CA in %s is not one that this "
				    "network trusts (cacert in %s)",
				    in->ca_dir, in->dir);
}

int
invite_load(struct invite *in, struct err *e)
{
	if (load_conf(in, e) != 0 || load_self(in, e) != 0 ||
	    load_keys(in, e) != 0 || load_cas(in, e) != 0 ||
	    ca_find(&in->ca, in->ca_dir, NULL, NULL, true, e) != 1)
		return -1;
	return make_cert(in, e) != 0 ? -1 : check_cert(in, e);
}

void
invite_unload(struct invite *in)
{
	ca_free(&in->ca);
	free(in->cert);
	if (in->cert_key != NULL)
		file_free_secret(in->cert_key, strlen(in->cert_key));
	conf_free(in->conf);
	for (unsigned int i = 0; i < in->nwords; i++)
		free(in->words[i]);
	free(in->cas);
	for (unsigned int i = 0; i < in->npubs; i++)
		free(in->pubs[i]);
	if (in->guests != NULL)
		file_free_secret((char *)in->guests,
				 in->nguests * sizeof(*in->guests));
}

/* --- tokens --------------------------------------------------------------- */

static int
find_way(struct invite *in, const struct bnl *b, struct err *e)
{
	const struct bnl_node *self = bnl_find(b, in->conf->name);

	for (size_t i = 0; i < in->via.n; i++) {
		struct endpoint *ep = &in->at[in->nat++];

		if (ipaddr_parse(&ep->addr, in->via.v[i],
				 strlen(in->via.v[i])) != 0)
			return err_set(e, ERR_USAGE,
				       "--via \"%s\": expected an IPv4 or IPv6 "
				       "address",
				       in->via.v[i]);
		if (bnl_is_inside(b, &ep->addr))
			return err_set(e, ERR_USAGE,
				       "--via %s: an address inside the VPN, "
				       "which a host reaches only when it is a "
				       "node: expected one outside every "
				       "prefix of the list",
				       in->via.v[i]);
		ep->port = (uint16_t)in->port;
	}
	for (uint32_t i = 0;
	     in->via.n == 0 && self != NULL && i < self->naddresses &&
	     in->nat < TOKEN_ENDPOINTS_MAX;
	     i++) {
		const struct endpoint *ep = &self->addresses[i].ep;

		if (ep->addr.family != IP_NONE)
			in->at[in->nat++] =
				(struct endpoint){ ep->addr,
						   (uint16_t)in->port };
	}
	if (in->nat > 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "the list has no address of %s: say with --via where "
		       "this host is reached",
		       in->conf->name);
}

static int
check_name(const struct invite *in, const struct bnl *b, const char *name,
	   struct err *e)
{
	bool known = bnl_find(b, name) != NULL;

	if (!text_is_node_name((struct span){ name, strlen(name) }))
		return err_set(e, ERR_USAGE,
			       "\"%s\" is no name for a node: a-z, 0-9, \".\", "
			       "\"-\" and \"_\", at most %d, a letter or digit "
			       "first",
			       name, NODE_NAME_MAX);
	if (strcmp(name, in->conf->name) == 0)
		return err_set(e, ERR_USAGE,
			       "%s is this host itself: its key is replaced "
			       "with keygen(1) and \"bnl-sign set --key\"",
			       name);
	for (unsigned int i = 0; i < in->nguests; i++)
		if (strcmp(in->guests[i].token.guest, name) == 0)
			return err_set(e, ERR_USAGE, "%s is named twice", name);
	if (known && !in->replace)
		return err_set(e, ERR_EXISTS,
			       "%s is in the list already: \"invite --replace "
			       "%s\" gives it a new key",
			       name, name);
	if (!known && in->replace)
		return err_set(e, ERR_NOTFOUND,
			       "%s is not in the list, so there is nothing to "
			       "replace",
			       name);
	return 0;
}

static int
add_guest(struct invite *in, const struct bnl *b, const char *name,
	  struct err *e)
{
	const struct rng rng = rng_system();
	struct guest *g = &in->guests[in->nguests];

	if (check_name(in, b, name, e) != 0)
		return -1;
	g->known = in->replace;
	g->token.replace = in->replace;
	rng_fill(&rng, g->token.secret, sizeof(g->token.secret));
	ca_fingerprint(in, g->token.ca);
	g->token.expires.s = clock_wall().s + in->seconds;
	snprintf(g->token.guest, sizeof(g->token.guest), "%s", name);
	snprintf(g->token.host, sizeof(g->token.host), "%s", in->conf->name);
	memcpy(g->token.at, in->at, sizeof(in->at));
	g->token.nat = in->nat;
	token_keys(&g->keys, &g->token);
	in->nguests++;
	return 0;
}

int
invite_names(struct invite *in, char **names, unsigned int n, struct err *e)
{
	struct trusted_keys keys = { .n = 0 };
	struct list_file list = { .raw = NULL };
	int rc = -1;

	in->guests = calloc(n, sizeof(*in->guests));
	if (in->guests == NULL)
		return err_nomem(e);
	for (unsigned int i = 0; i < in->conf->bnlpubkey.n; i++)
		if (trusted_keys_add(&keys, in->conf->bnlpubkey.v[i], e) != 0)
			goto out;
	if (list_file_read(&list, in->conf->bnl, &keys) != 0 ||
	    list.bnl == NULL) {
		*e = list.why;
		err_in_file(e, in->conf->bnl);
		goto out;
	}
	rc = find_way(in, list.bnl, e);
	for (unsigned int i = 0; rc == 0 && i < n; i++)
		rc = add_guest(in, list.bnl, names[i], e);
out:
	list_file_free(&list);
	trusted_keys_free(&keys);
	return rc;
}
