/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: a guest's certificate, and its place in the list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "format/bnl_free.h"
#include "invite.h"
#include "lib/defaults.h"
#include "lib/output.h"
#include "list/edit_cmd.h"
#include "sys/clock.h"

#define ADDRESS_MAX 256
#define ARGS_MAX (INVITE_WORDS_MAX + JOIN_ADDRESSES_MAX + 24)
#define V4_SUBNET_LEN 24 /* length where this node has no subnet */
#define V6_SUBNET_LEN 64

/* A request of a guest that is being granted. */
struct grant {
	struct invite *in;
	struct guest *guest;
	const struct join_ask *ask;
	const struct ipaddr *from;   /* source address of its connection */
	uint8_t fp[FINGERPRINT_LEN]; /* fingerprint of its key */
	char key[FINGERPRINT_TEXT_MAX + 8]; /* the same as an option */
	char addresses[JOIN_ADDRESSES_MAX][ADDRESS_MAX + 16];
	unsigned int naddresses;
};

static int
refuse_with(struct join_refuse *r, enum join_code code, const char *text)
{
	join_refuse_set(r, code, text);
	return -1;
}

/* Reads the current list. */
static int
read_list(struct list_file *list, const struct invite *in, struct err *e)
{
	struct trusted_keys keys = { .n = 0 };
	int rc = -1;

	for (unsigned int i = 0; i < in->npubs; i++) {
		if (key_read_public(&keys.k[keys.n], in->pubs[i],
				    strlen(in->pubs[i]), e) != 0)
			goto out;
		keys.n++;
	}
	if (list_file_read(list, in->conf->bnl, &keys) == 0 &&
	    list->bnl != NULL) {
		rc = 0;
	} else {
		*e = list->why;
		err_in_file(e, in->conf->bnl);
	}
out:
	trusted_keys_free(&keys);
	return rc;
}

/* --- the addresses of the guest ------------------------------------------- */

/* Notes a proven source address: a connection from there carried the proof that
 * the key's owner knows the token. No host connects from an address at which it
 * receives nothing. */
static void
note_source(struct grant *gr)
{
	struct guest *g = gr->guest;

	if (memcmp(g->asking, gr->fp, sizeof(gr->fp)) != 0) {
		memcpy(g->asking, gr->fp, sizeof(gr->fp));
		g->nshown = 0;
	}
	for (unsigned int i = 0; i < g->nshown; i++)
		if (ipaddr_equal(&g->shown[i], gr->from))
			return;
	if (g->nshown < JOIN_ADDRESSES_MAX)
		g->shown[g->nshown++] = *gr->from;
}

static int
check_shown(const struct grant *gr, const struct ipaddr *a,
	    struct join_refuse *r)
{
	const struct guest *g = gr->guest;
	char text[IPADDR_TEXT_MAX], from[IPADDR_TEXT_MAX];
	char why[JOIN_REFUSE_MAX];

	for (unsigned int i = 0; i < g->nshown; i++)
		if (ipaddr_equal(&g->shown[i], a))
			return 0;
	snprintf(why, sizeof(why),
		 "%s is not shown to be an address of this "
		 "host, whose connection comes from %s: name that one, or "
		 "none, or have \"invite --address\" say it",
		 ipaddr_format(text, a), ipaddr_format(from, gr->from));
	return refuse_with(r, JOIN_ADDRESS, why);
}

/* Compares places written as in a list: "ADDRESS" or "ADDRESS port PORT". */
static bool
same_place(const struct bnl_address *a, const struct bnl_value *v)
{
	const char *port = strstr(v->text, " port ");
	unsigned long n =
		port == NULL ? PROTO_PORT : strtoul(port + 6, NULL, 10);

	return ipaddr_equal(&a->ep.addr, &v->p.addr) && a->ep.port == n;
}

/* The node that has the address in the list, or NULL. */
static const char *
owner_of(const struct bnl *b, const struct bnl_value *v)
{
	for (uint32_t i = 0; i < b->nnodes; i++)
		for (uint32_t j = 0; j < b->nodes[i].naddresses; j++)
			if (same_place(&b->nodes[i].addresses[j], v))
				return b->nodes[i].name;
	return NULL;
}

/* An address that the list already has for this node needs no further check. */
static int
check_place(const struct grant *gr, const struct bnl *b,
	    const struct bnl_value *v, struct join_refuse *r)
{
	const char *owner = owner_of(b, v);
	char why[JOIN_REFUSE_MAX];

	if (owner == NULL)
		return check_shown(gr, &v->p.addr, r);
	if (strcmp(owner, gr->guest->token.guest) == 0)
		return 0;
	snprintf(why, sizeof(why),
		 "%.80s is the address of %.63s in the "
		 "list: name another with --address or --port, or "
		 "--no-address",
		 v->text, owner);
	return refuse_with(r, JOIN_ADDRESS, why);
}

static int
take_address(struct grant *gr, const struct bnl *b, struct span a,
	     struct join_refuse *r)
{
	char *out = gr->addresses[gr->naddresses];
	char text[ADDRESS_MAX];
	struct bnl_value v;
	struct err e;

	/* Must fit in one line of a list. */
	for (size_t i = 0; i < a.len; i++)
		if (a.p[i] < ' ' || a.p[i] > '~')
			return refuse_with(r, JOIN_REQUEST,
					   "an address that is no text");
	snprintf(text, sizeof(text), "%.*s", (int)a.len, a.p);
	if (bnl_value_read(&v, BNL_ADDRESS, text, &e) != 0)
		return refuse_with(r, JOIN_REQUEST, e.text);
	if (v.p.addr.family == IP_NONE)
		return refuse_with(r, JOIN_ADDRESS,
				   "a host name is not shown to be this "
				   "host's: name an IP address, or have "
				   "\"invite --address\" say the name");
	if (check_place(gr, b, &v, r) != 0)
		return -1;
	snprintf(out, sizeof(gr->addresses[0]), "--address=%s", text);
	gr->naddresses++;
	return 0;
}

/* Without a NAT in between, the node's address is its source address. */
static int
take_source(struct grant *gr, const struct bnl *b, struct join_refuse *r)
{
	const struct join_ask *ask = gr->ask;
	char text[ADDRESS_MAX], ip[IPADDR_TEXT_MAX];

	/* A node that is in the list has its address there. */
	if (gr->guest->known)
		return 0;
	if (!ipaddr_equal(gr->from, &ask->own)) {
		printf("%s comes from %s, which is not its own address (%s)",
		       gr->guest->token.guest, ipaddr_format(text, gr->from),
		       ipaddr_format(ip, &ask->own));
		puts(": a NAT, so it gets no address in the list");
		return 0;
	}
	snprintf(text, sizeof(text), "%s port %u", ipaddr_format(ip, gr->from),
		 (unsigned int)ask->port);
	if (ask->port == PROTO_PORT)
		ipaddr_format(text, gr->from);
	return take_address(gr, b, (struct span){ text, strlen(text) }, r);
}

/* Finds the addresses for the list: those given by the host's administrator;
 * else those given by the guest's, if the guest has shown that they are its
 * own; else the source address. */
static int
find_addresses(struct grant *gr, struct join_refuse *r)
{
	const struct join_ask *ask = gr->ask;
	struct list_file list = { .raw = NULL };
	struct err e;
	int rc = 0;

	if (gr->in->addresses || ask->no_address)
		return 0;
	if (read_list(&list, gr->in, &e) != 0) {
		output_err(NULL, &e);
		return refuse_with(r, JOIN_FAILED,
				   "the list could not be read");
	}
	for (unsigned int i = 0; rc == 0 && i < ask->naddresses; i++)
		rc = take_address(gr, list.bnl, ask->addresses[i], r);
	if (ask->naddresses == 0)
		rc = take_source(gr, list.bnl, r);
	list_file_free(&list);
	return rc;
}

static int
read_request(struct grant *gr, char **cert, struct join_refuse *r)
{
	const struct invite *in = gr->in;
	const struct rng rng = rng_system();
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	struct key *k = NULL;
	struct err e;
	int rc;

	if (cert_read_request(name, ou, &k, gr->ask->request.p,
			      gr->ask->request.len, &e) != 0)
		return refuse_with(r, JOIN_REQUEST, e.text);
	if (strcmp(name, gr->guest->token.guest) != 0) {
		key_free(k);
		return refuse_with(r, JOIN_NAME,
				   "the request is for a name that this "
				   "invitation is not for");
	}
	key_fingerprint(gr->fp, k);
	rc = cert_make_node(cert, k, name, in->ou, in->ca.pem, in->ca.len,
			    in->ca.key, clock_wall(), (unsigned int)in->days,
			    &rng, &e);
	key_free(k);
	if (rc == 0)
		return 0;
	output_err(NULL, &e);
	return refuse_with(r, JOIN_FAILED, "the certificate could not be made");
}

/* --- the guest's node in the list ----------------------------------------- */

/* As large as the inviting node's subnets; one for each family of the
 * network. */
static int
default_rooms(const struct grant *gr, struct edit_args *cmd,
	      const struct bnl *b, struct err *e)
{
	const struct bnl_node *self = bnl_find(b, gr->in->conf->name);
	bool has[2] = { false, false };

	for (uint32_t i = 0; i < b->nprefixes; i++) {
		bool six = b->prefixes[i].addr.family == IP_V6;
		struct bnl_room *room;

		if (has[six])
			continue;
		has[six] = true;
		room = vec_push(&cmd->rooms, sizeof(*room));
		if (room == NULL)
			return err_nomem(e);
		room->family = six ? IP_V6 : IP_V4;
		room->len = six ? V6_SUBNET_LEN : V4_SUBNET_LEN;
		for (uint32_t j = 0; self != NULL && j < self->nsubnets; j++)
			if (self->subnets[j].addr.family == room->family) {
				room->len = self->subnets[j].len;
				break;
			}
	}
	return 0;
}

static int
revoke_old(const struct grant *gr, struct bnl_edit *ed,
	   const struct bnl_node *n, struct err *e)
{
	struct bnl_revoke old;
	size_t added;

	if (!n->pinned) {
		fprintf(stderr,
			"cluevpnctl: the list had no key of %s, so "
			"none is revoked\n",
			n->name);
		return 0;
	}
	if (memcmp(n->pin, gr->fp, sizeof(gr->fp)) == 0)
		return 0;
	memcpy(old.fp, n->pin, sizeof(old.fp));
	snprintf(old.node, sizeof(old.node), "%s", n->name);
	return bnl_edit_revoke(ed, &old, 1, &added, e);
}

static int
change_node(struct edit_args *cmd, struct bnl_edit *ed, void *ctx,
	    struct err *e)
{
	const struct grant *gr = ctx;
	const char *name = gr->guest->token.guest;
	const struct bnl *b = bnl_edit_list(ed);
	const struct bnl_node *n = bnl_find(b, name);

	if (gr->guest->known) {
		if (n == NULL)
			return err_set(e, ERR_NOTFOUND,
				       "%s is no longer in "
				       "the list",
				       name);
		return bnl_edit_set(ed, name, &cmd->change, e) != 0 ?
			       -1 :
			       revoke_old(gr, ed, n, e);
	}
	if (!gr->in->rooms && default_rooms(gr, cmd, b, e) != 0)
		return -1;
	if (edit_cmd_rooms(cmd, b, e) != 0)
		return -1;
	return bnl_edit_add(ed, name, &cmd->change, e);
}

/* Changes the list by the options of bnl-sign add or set. dry: writes
 * nothing. */
static int
change_list(struct grant *gr, bool dry)
{
	static char add[] = "add", set[] = "set";
	static char yes[] = "-y", key[] = "-k", list[] = "-l", conf[] = "-c";
	const struct invite *in = gr->in;
	const char *argv[ARGS_MAX];
	char fp[FINGERPRINT_TEXT_MAX];
	struct edit_args cmd;
	int n = 0, rc;

	snprintf(gr->key, sizeof(gr->key), "--key=%s",
		 fingerprint_format(fp, gr->fp));
	argv[n++] = gr->guest->known ? set : add;
	argv[n++] = yes;
	argv[n++] = key;
	argv[n++] = in->key;
	argv[n++] = list;
	argv[n++] = in->conf->bnl;
	argv[n++] = conf;
	argv[n++] = in->dir;
	/* Statements of a new node; on a second try the node already has
	 * them. */
	for (unsigned int i = 0; i < in->nwords; i++)
		if (!gr->guest->known || in->replace)
			argv[n++] = in->words[i];
	for (unsigned int i = 0; i < gr->naddresses; i++)
		argv[n++] = gr->addresses[i];
	argv[n++] = gr->key;
	argv[n++] = gr->guest->token.guest;
	argv[n] = NULL;
	rc = edit_args_read(&cmd, n, (char **)(uintptr_t)argv);
	cmd.run.sign.quiet = true;
	cmd.run.sign.dry_run = dry;
	if (rc < 0)
		rc = edit_cmd_by(&cmd, change_node, gr);
	edit_args_free(&cmd);
	return rc;
}

/* The key does not exist yet, so a placeholder stands for it. */
int
invite_try(struct invite *in)
{
	struct grant gr = { .in = in, .guest = &in->guests[0], .fp = { 1 } };

	if (in->replace && in->nwords == 0)
		return EXIT_OK;
	return change_list(&gr, true);
}

/* --- the answer ----------------------------------------------------------- */

static void
say_where(struct guest *g, const struct bnl *b)
{
	const struct bnl_node *n = bnl_find(b, g->token.guest);
	char text[IPADDR_TEXT_MAX];
	struct ipaddr a;
	size_t len = 0;

	g->where[0] = '\0';
	for (uint32_t i = 0; n != NULL && i < n->nsubnets; i++) {
		if (len + sizeof(text) + 1 > sizeof(g->where))
			break;
		a = prefix_first_host(&n->subnets[i]);
		len += (size_t)snprintf(g->where + len, sizeof(g->where) - len,
					"%s%s", i == 0 ? "" : " ",
					ipaddr_format(text, &a));
	}
}

static int
write_answer(struct grant *gr, const char *cert, const uint8_t exported[32],
	     const uint8_t *asked, struct buf *out, struct err *e)
{
	const struct invite *in = gr->in;
	struct join_give give = {
		.cert = { cert, strlen(cert) },
		.ca = { in->cas, strlen(in->cas) },
		.nkeys = in->npubs,
	};
	struct list_file list = { .raw = NULL };
	int rc = read_list(&list, in, e);

	for (unsigned int i = 0; i < in->npubs; i++)
		give.keys[i] =
			(struct span){ in->pubs[i], strlen(in->pubs[i]) };
	if (rc == 0) {
		give.list = (struct span){ list.raw, list.len };
		say_where(gr->guest, list.bnl);
		rc = join_give_encode(out, &give, &gr->guest->keys, exported,
				      asked);
		if (rc != 0)
			err_set(e, ERR_LIMIT, "the answer is too long");
	}
	list_file_free(&list);
	return rc;
}

bool
invite_pinned(const struct invite *in, const struct guest *g)
{
	struct list_file list = { .raw = NULL };
	const struct bnl_node *n;
	bool pinned = false;
	struct err e;

	if (read_list(&list, in, &e) != 0) {
		output_err(NULL, &e);
	} else {
		n = bnl_find(list.bnl, g->token.guest);
		pinned = n != NULL && n->pinned &&
			 memcmp(n->pin, g->fp, sizeof(n->pin)) == 0;
	}
	list_file_free(&list);
	return pinned;
}

/* True for a guest that asks again with the key that it was given: its place in
 * the list exists already. */
static bool
has_place(const struct grant *gr)
{
	const struct guest *g = gr->guest;

	return g->state != GUEST_OPEN &&
	       memcmp(g->fp, gr->fp, sizeof(gr->fp)) == 0;
}

int
invite_grant(struct invite *in, struct guest *g, const struct join_ask *ask,
	     const struct ipaddr *from, const uint8_t exported[32],
	     const uint8_t *asked, struct buf *out, struct join_refuse *r)
{
	struct grant gr = { .in = in, .guest = g, .ask = ask, .from = from };
	char *cert = NULL;
	struct err e;
	int rc = -1;

	if (read_request(&gr, &cert, r) != 0)
		return -1;
	note_source(&gr);
	if (find_addresses(&gr, r) != 0)
		; /* r has the reason */
	else if (!has_place(&gr) && change_list(&gr, false) != EXIT_OK)
		refuse_with(r, JOIN_FAILED,
			    "the list could not be changed; the inviting host "
			    "says why");
	else if (write_answer(&gr, cert, exported, asked, out, &e) != 0) {
		output_err(NULL, &e);
		refuse_with(r, JOIN_FAILED, "the answer could not be made");
	} else {
		/* A later request with another key is then recognised as
		 * new. */
		g->known = true;
		memcpy(g->fp, gr.fp, sizeof(g->fp));
		rc = 0;
	}
	free(cert);
	return rc;
}
