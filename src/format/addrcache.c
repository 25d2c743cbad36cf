/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of the addresses at which nodes were reached. */
#include "format/addrcache.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/kdf.h"

/*
 * magic 7, version 1, the nodes, SHA-256 32 of all before it. A node: name
 * length 1, name, number of addresses 1, the addresses: family 1 (4 or 6),
 * address 4 or 16, port 2.
 */
static const char magic[7] = "CVADDR\n";
#define FILE_VERSION 1
#define V4_LEN 4
#define V6_LEN 16

bool
addrcache_is_usable(const struct endpoint *ep)
{
	return (ep->addr.family == IP_V4 || ep->addr.family == IP_V6) &&
	       ep->port != 0 && ep->addr.scope == 0 &&
	       !ipaddr_is_linklocal(&ep->addr) &&
	       !ipaddr_is_multicast(&ep->addr) &&
	       !ipaddr_is_v4mapped(&ep->addr) &&
	       !ipaddr_is_unspecified(&ep->addr);
}

int
addrcache_file_begin(struct buf *b)
{
	const uint8_t version = FILE_VERSION;

	return buf_put(b, magic, sizeof(magic)) < 0 ? -1 :
						      buf_put(b, &version, 1);
}

int
addrcache_file_add(struct buf *b, const struct addrcache_node *k)
{
	uint8_t out[ADDRCACHE_NODE_MAX];
	size_t len = strlen(k->name);
	struct wcur w;

	assert(k->n > 0 && k->n <= ADDRCACHE_EACH);
	wcur_init(&w, out, sizeof(out));
	wcur_u8(&w, (uint8_t)len);
	wcur_bytes(&w, k->name, len);
	wcur_u8(&w, (uint8_t)k->n);
	for (unsigned int i = 0; i < k->n; i++) {
		const struct ipaddr *a = &k->at[i].addr;

		wcur_u8(&w, a->family);
		wcur_bytes(&w, a->b, a->family == IP_V4 ? V4_LEN : V6_LEN);
		wcur_be16(&w, k->at[i].port);
	}
	assert(!w.bad);
	return buf_put(b, out, w.len);
}

int
addrcache_file_end(struct buf *b)
{
	uint8_t sum[SHA256_LEN];

	sha256(sum, buf_data(b), buf_len(b));
	return buf_put(b, sum, sizeof(sum));
}

int
addrcache_file_open(struct rcur *r, const uint8_t *in, size_t len,
		    struct err *e)
{
	const size_t around = sizeof(magic) + 1 + SHA256_LEN;
	uint8_t sum[SHA256_LEN];

	if (len < around || len > ADDRCACHE_BYTES_MAX ||
	    memcmp(in, magic, sizeof(magic)) != 0)
		return err_set(e, ERR_SYNTAX, "not a file of addresses");
	if (in[sizeof(magic)] != FILE_VERSION)
		return err_set(e, ERR_SYNTAX,
			       "version %u of a file of addresses; this "
			       "program knows version %d",
			       in[sizeof(magic)], FILE_VERSION);
	sha256(sum, in, len - SHA256_LEN);
	if (!bytes_equal_ct(sum, in + len - SHA256_LEN, SHA256_LEN))
		return err_set(e, ERR_SYNTAX, "the checksum does not match");
	rcur_init(r, in + sizeof(magic) + 1, len - around);
	return 0;
}

static void
read_endpoint(struct endpoint *ep, struct rcur *r)
{
	memset(ep, 0, sizeof(*ep));
	ep->addr.family = rcur_u8(r);
	if (ep->addr.family == IP_V4)
		rcur_bytes(r, ep->addr.b, V4_LEN);
	else if (ep->addr.family == IP_V6)
		rcur_bytes(r, ep->addr.b, V6_LEN);
	ep->port = rcur_be16(r);
}

int
addrcache_file_next(struct rcur *r, struct addrcache_node *out,
		    const char *last, struct err *e)
{
	struct addrcache_node k = { .n = 0 };
	const uint8_t *name;
	size_t len;

	if (r->left == 0)
		return 0;
	len = rcur_u8(r);
	name = rcur_view(r, len);
	if (name == NULL || len > NODE_NAME_MAX ||
	    !text_is_node_name((struct span){ (const char *)name, len }))
		return err_set(e, ERR_SYNTAX, "a name that is no node's");
	memcpy(k.name, name, len);
	if (last != NULL && strcmp(last, k.name) >= 0)
		return err_set(e, ERR_SYNTAX, "%s is out of order", k.name);
	k.n = rcur_u8(r);
	if (k.n == 0 || k.n > ADDRCACHE_EACH)
		return err_set(e, ERR_SYNTAX, "%s has %u addresses", k.name,
			       k.n);
	for (unsigned int i = 0; i < k.n; i++) {
		read_endpoint(&k.at[i], r);
		if (r->bad || !addrcache_is_usable(&k.at[i]))
			return err_set(e, ERR_SYNTAX,
				       "an address of %s is none", k.name);
	}
	*out = k;
	return 1;
}
