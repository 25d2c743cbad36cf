/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: what is needed of this host, and the tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "sys/clock.h"
#include "tool_file.h"
#include "tool_invite.h"
#include "tool_key.h"
#include "tool_out.h"

#define CONF_MAX ((size_t)1 << 20)

static int
load_conf(struct invite *in, struct err *e)
{
	char *path = tool_path_join(in->dir, "cluevpn.conf");
	struct errs es = {0};
	char *text = NULL;
	size_t len;
	int rc = -1;

	if (path == NULL)
		return err_nomem(e);
	if (tool_read_file(&text, &len, path, CONF_MAX, e) != 0) {
		err_prefix(e, "this host is no node of a network");
	} else if (conf_parse(&in->conf, text, len, in->dir, &es) != 0) {
		*e = es.e[0];
		err_in_file(e, path);
	} else {
		rc = 0;
	}
	free(text);
	free(path);
	return rc;
}

/* Without what stands around the certificates; text is shortened in place. */
static void
only_pem(char *text)
{
	struct span rest = {text, strlen(text)}, line;
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
		if (tool_read_file(&one, &len, in->conf->cacert.v[i],
				   TOOL_PEM_MAX, e) != 0) {
			free(all);
			return -1;
		}
		/* A last line may have no end. */
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

	/* Now rather than when the first guest has come. */
	if (tool_read_private_key(&k, path, e) != 0)
		return -1;
	key_free(k);
	for (unsigned int i = 0; rc == 0 && i < in->conf->bnlpubkey.n; i++) {
		rc = tool_read_verify_key(&k, in->conf->bnlpubkey.v[i], e);
		if (rc != 0)
			break;
		rc = key_write_public(&in->pubs[in->npubs], k, e);
		in->npubs += rc == 0;
		key_free(k);
	}
	return rc;
}

static int
load_tls(struct invite *in, struct err *e)
{
	const struct pem ca = {in->cas, strlen(in->cas)};
	char *cert = NULL, *key = NULL;
	size_t certlen, keylen = 0;
	int rc = -1;

	if (tool_read_file(&cert, &certlen, in->conf->cert, TOOL_PEM_MAX,
			   e) == 0 &&
	    tool_read_secret(&key, &keylen, in->conf->privkey, TOOL_PEM_MAX,
			     e) == 0)
		rc = tls_ctx_new_host(&in->tls, (struct pem){cert, certlen},
				      (struct pem){key, keylen}, &ca, 1, e);
	free(cert);
	tool_free_secret(key, keylen);
	return rc;
}

static void
ca_fingerprint(const struct invite *in, uint8_t fp[FINGERPRINT_LEN])
{
	key_fingerprint(fp, in->ca.key);
}

/* A guest that sees this host, in memory: it would find out too late that
 * this host's certificate is of another CA, or has expired. */
static int
check_tls(struct invite *in, struct err *e)
{
	struct tls_provider host = tls_ctx_provider(in->tls), guest;
	uint8_t fp[FINGERPRINT_LEN], piece[16384];
	struct tls_ctx *c = NULL;
	struct tls *h, *g = NULL;
	enum tls_status st = TLS_AGAIN;
	size_t n;
	int rc = -1;

	ca_fingerprint(in, fp);
	h = host.ops->open(host.ctx, false, clock_wall(), e);
	if (h == NULL || tls_ctx_new_guest(&c, fp, e) != 0)
		goto out;
	guest = tls_ctx_provider(c);
	g = guest.ops->open(guest.ctx, true, clock_wall(), e);
	if (g == NULL)
		goto out;
	for (int i = 0; i < 4 && st == TLS_AGAIN; i++) {
		st = guest.ops->handshake(g);
		while ((n = guest.ops->drain(g, piece, sizeof(piece))) > 0)
			host.ops->feed(h, piece, n);
		host.ops->handshake(h);
		while ((n = host.ops->drain(h, piece, sizeof(piece))) > 0)
			guest.ops->feed(g, piece, n);
	}
	if (st == TLS_OK)
		rc = 0;
	else
		err_set(e, ERR_CONFLICT,
			"%s is not what a guest could trust by the CA that "
			"signs for it: %s",
			in->conf->cert, guest.ops->reason(g));
out:
	host.ops->close(g);
	host.ops->close(h);
	tls_ctx_free(c);
	return rc;
}

int
tool_invite_load(struct invite *in, struct err *e)
{
	if (load_conf(in, e) != 0 || load_keys(in, e) != 0 ||
	    load_cas(in, e) != 0 || load_tls(in, e) != 0 ||
	    tool_ca_find(&in->ca, in->ca_dir, NULL, NULL, true, e) != 1)
		return -1;
	return check_tls(in, e);
}

void
tool_invite_unload(struct invite *in)
{
	tls_ctx_free(in->tls);
	tool_ca_free(&in->ca);
	conf_free(in->conf);
	free(in->cas);
	for (unsigned int i = 0; i < in->npubs; i++)
		free(in->pubs[i]);
	if (in->guests != NULL)
		tool_free_secret((char *)in->guests,
				 in->nguests * sizeof(*in->guests));
}

/* --- tokens -------------------------------------------------------------------- */

static int
find_way(struct invite *in, const struct bnl *b, struct err *e)
{
	const struct bnl_node *self = bnl_find(b, in->conf->name);

	for (unsigned int i = 0; i < in->nvia; i++) {
		struct endpoint *ep = &in->at[in->nat++];

		if (ipaddr_parse(&ep->addr, in->via[i],
				 strlen(in->via[i])) != 0)
			return err_set(e, ERR_USAGE,
				       "--via \"%s\": expected an IPv4 or IPv6 "
				       "address",
				       in->via[i]);
		ep->port = in->port;
	}
	for (uint32_t i = 0; in->nvia == 0 && self != NULL &&
			     i < self->naddresses &&
			     in->nat < TOKEN_ENDPOINTS_MAX;
	     i++) {
		const struct endpoint *ep = &self->addresses[i].ep;

		if (ep->addr.family != IP_NONE)
			in->at[in->nat++] =
			    (struct endpoint){ep->addr, in->port};
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

	if (!text_is_node_name((struct span){name, strlen(name)}))
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
			return err_set(e, ERR_USAGE, "%s is named twice",
				       name);
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
tool_invite_names(struct invite *in, char **names, unsigned int n,
		  struct err *e)
{
	struct tool_keys keys = {.n = 0};
	struct tool_list list = {.raw = NULL};
	int rc = -1;

	in->guests = calloc(n, sizeof(*in->guests));
	if (in->guests == NULL)
		return err_nomem(e);
	for (unsigned int i = 0; i < in->conf->bnlpubkey.n; i++)
		if (tool_keys_add(&keys, in->conf->bnlpubkey.v[i], e) != 0)
			goto out;
	if (tool_list_read(&list, in->conf->bnl, &keys) != 0 ||
	    list.bnl == NULL) {
		*e = list.why;
		err_in_file(e, in->conf->bnl);
		goto out;
	}
	rc = find_way(in, list.bnl, e);
	for (unsigned int i = 0; rc == 0 && i < n; i++)
		rc = add_guest(in, list.bnl, names[i], e);
out:
	tool_list_free(&list);
	tool_keys_free(&keys);
	return rc;
}
