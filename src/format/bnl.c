/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries on a finished list, and the comparison of two lists. */
#include "format/bnl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define YEAR_9999_END INT64_C(253402300799)
#define DIGEST_SHOWN 4 /* bytes of a digest shown to people */

int
bnl_version_cmp(const struct bnl_version *a, const struct bnl_version *b)
{
	if (a->timestamp.s != b->timestamp.s)
		return a->timestamp.s < b->timestamp.s ? -1 : 1;
	return memcmp(a->digest, b->digest, SHA256_LEN);
}

char *
bnl_version_format(char out[BNL_VERSION_TEXT_MAX], const struct bnl_version *v)
{
	char time[TEXT_TIME_MAX] = "no time";
	char digest[2 * DIGEST_SHOWN + 1];

	/* A version from the wire may hold any number. */
	if (v->timestamp.s > 0 && v->timestamp.s <= YEAR_9999_END)
		text_time_format(time, v->timestamp);
	hex_encode(digest, v->digest, DIGEST_SHOWN);
	snprintf(out, BNL_VERSION_TEXT_MAX, "%s (%s)", time, digest);
	return out;
}

void
bnl_version_write(uint8_t out[BNL_VERSION_WIRE_LEN],
		  const struct bnl_version *v)
{
	put_be64(out, (uint64_t)v->timestamp.s);
	memcpy(out + 8, v->digest, SHA256_LEN);
}

void
bnl_version_read(struct bnl_version *v, const uint8_t in[BNL_VERSION_WIRE_LEN])
{
	v->timestamp.s = (int64_t)get_be64(in);
	memcpy(v->digest, in + 8, SHA256_LEN);
}

void
bnl_free(struct bnl *b)
{
	if (b == NULL)
		return;
	arena_free(&b->arena);
	free(b);
}

int
bnl_too_new(const struct bnl *b, struct err *e)
{
	return err_set(e, ERR_FORMAT,
		       "the list has format %u, and this program knows formats "
		       "up to %u: a later version of ClueVPN is needed",
		       b->format, BNL_FORMAT);
}

int
bnl_check_whole(const struct bnl *b, struct err *e)
{
	if (b->held)
		return bnl_too_new(b, e);
	if (b->unknown_line == 0)
		return 0;
	return err_at(e, ERR_FORMAT, b->unknown_line, 1,
		      "skip names a statement that this program does not know, "
		      "so it neither edits nor signs the list: a later version "
		      "of ClueVPN is needed");
}

static int
name_and_node(const void *name, const void *node)
{
	return strcmp(name, ((const struct bnl_node *)node)->name);
}

const struct bnl_node *
bnl_find(const struct bnl *b, const char *name)
{
	if (b->nnodes == 0)
		return NULL;
	return bsearch(name, b->nodes, b->nnodes, sizeof(*b->nodes),
		       name_and_node);
}

static const struct prefix *
find_covering(const struct bnl *b, const struct prefix *subnet)
{
	for (uint32_t i = 0; i < b->nprefixes; i++)
		if (prefix_covers(&b->prefixes[i], subnet))
			return &b->prefixes[i];
	return NULL;
}

uint8_t
bnl_covering_len(const struct bnl *b, const struct prefix *subnet)
{
	const struct prefix *p = find_covering(b, subnet);

	return p == NULL ? subnet->len : p->len;
}

bool
bnl_covers(const struct bnl *b, const struct prefix *subnet)
{
	return find_covering(b, subnet) != NULL;
}

bool
bnl_is_inside(const struct bnl *b, const struct ipaddr *a)
{
	const struct prefix host = { *a, (uint8_t)ipaddr_bits(a) };

	return bnl_covers(b, &host);
}

/* RFC 3021: a /31 has none; a /32 is a host. */
static bool
ends_with(const struct prefix *p, const struct ipaddr *a)
{
	const struct ipaddr last = prefix_last(p);

	return p->addr.family == IP_V4 && p->len <= 30 &&
	       ipaddr_equal(&last, a);
}

bool
bnl_is_broadcast(const struct bnl *b, const struct bnl_node *node,
		 const struct ipaddr *a)
{
	static const struct prefix all = { .addr = { .family = IP_V4 } };

	if (ends_with(&all, a))
		return true;
	for (uint32_t i = 0; i < b->nprefixes; i++)
		if (ends_with(&b->prefixes[i], a))
			return true;
	for (uint32_t i = 0; node != NULL && i < node->nsubnets; i++)
		if (ends_with(&node->subnets[i], a))
			return true;
	return false;
}

static int
two_fingerprints(const void *a, const void *b)
{
	return memcmp(a, b, FINGERPRINT_LEN);
}

bool
bnl_is_revoked(const struct bnl *b, const uint8_t fp[FINGERPRINT_LEN])
{
	return b->nrevoked > 0 &&
	       bsearch(fp, b->revoked, b->nrevoked, sizeof(*b->revoked),
		       two_fingerprints) != NULL;
}

bool
bnl_pins_another(const struct bnl_node *node, const uint8_t fp[FINGERPRINT_LEN])
{
	return node->pinned && memcmp(node->pin, fp, FINGERPRINT_LEN) != 0;
}

bool
bnl_admits_by_key(const struct bnl *b, const char *name,
		  const uint8_t fp[FINGERPRINT_LEN])
{
	const struct bnl_node *node =
		b->admit_pinned ? bnl_find(b, name) : NULL;

	return node != NULL && node->pinned &&
	       memcmp(node->pin, fp, FINGERPRINT_LEN) == 0 &&
	       !bnl_is_revoked(b, fp);
}

bool
bnl_may_be_at(const struct bnl_node *node, const struct endpoint *at)
{
	for (uint32_t i = 0; i < node->naddresses; i++) {
		const struct bnl_address *a = &node->addresses[i];

		if (a->ep.port == at->port &&
		    (a->host != NULL || ipaddr_equal(&a->ep.addr, &at->addr)))
			return true;
	}
	return false;
}

const uint8_t *
bnl_revoked_above(const struct bnl *b, const struct cert_above *above)
{
	for (unsigned int i = 0; i < above->n; i++)
		if (bnl_is_revoked(b, above->key[i]))
			return above->key[i];
	return NULL;
}

bool
bnl_allows(const struct bnl *b, const char *name,
	   const uint8_t fp[FINGERPRINT_LEN], const struct cert_above *above)
{
	const struct bnl_node *node = bnl_find(b, name);

	return node != NULL && !bnl_is_revoked(b, fp) &&
	       !bnl_pins_another(node, fp) &&
	       (bnl_admits_by_key(b, name, fp) ||
		bnl_revoked_above(b, above) == NULL);
}

bool
bnl_descends_from(const struct bnl *b, const struct bnl_version *v)
{
	if (bnl_version_cmp(&b->version, v) == 0)
		return true;
	for (uint32_t i = 0; i < b->nhistory; i++)
		if (bnl_version_cmp(&b->history[i], v) == 0)
			return true;
	return false;
}

bool
bnl_misses(const struct bnl *b, const struct bnl_version *older)
{
	/* A list with the timestamp of the older one cannot be its
	 * successor. */
	bool reaches = b->version.timestamp.s == older->timestamp.s;

	for (uint32_t i = 0; i < b->nhistory; i++)
		if (b->history[i].timestamp.s <= older->timestamp.s)
			reaches = true;
	return reaches && !bnl_descends_from(b, older);
}

/* A list that was dated back on purpose names the newer one in its history. */
static bool
is_forked(const struct bnl *newer, const struct bnl *older)
{
	return bnl_misses(newer, &older->version) &&
	       !bnl_descends_from(older, &newer->version);
}

enum bnl_order
bnl_compare(const struct bnl *in_force, const struct bnl *other)
{
	int c = bnl_version_cmp(&other->version, &in_force->version);

	if (c == 0)
		return BNL_SAME;
	if (c > 0)
		return is_forked(other, in_force) ? BNL_NEWER_FORK : BNL_NEWER;
	return is_forked(in_force, other) ? BNL_OLDER_FORK : BNL_OLDER;
}
