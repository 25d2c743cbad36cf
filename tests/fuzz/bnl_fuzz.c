/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a list: refused with errors, or a list that keeps the rules. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "../unit/format/bnl_keys.h"
#include "format/bnl_parse.h"
#include "format/bnl_sign.h"

static void
check_node(const struct bnl *b, const struct bnl_node *n)
{
	require(text_is_node_name((struct span){ n->name, strlen(n->name) }));
	require(bnl_find(b, n->name) == n);
	require(!n->pinned || !bnl_is_revoked(b, n->pin));
	for (uint32_t i = 0; i < n->naddresses; i++) {
		const struct bnl_address *a = &n->addresses[i];

		require(a->ep.port != 0);
		require((a->host != NULL) == (a->ep.addr.family == IP_NONE));
	}
	for (uint32_t i = 0; i < n->nsubnets; i++) {
		unsigned int covered = 0;

		for (uint32_t j = 0; j < b->nprefixes; j++)
			covered +=
				prefix_covers(&b->prefixes[j], &n->subnets[i]);
		require(covered > 0);
	}
}

/* By comparing all with all: the check itself is a sweep. */
static void
check_pair(const struct bnl_node *a, const struct bnl_node *b)
{
	for (uint32_t i = 0; i < a->nsubnets; i++) {
		for (uint32_t j = 0; a != b && j < b->nsubnets; j++)
			require(!prefix_overlaps(&a->subnets[i],
						 &b->subnets[j]));
		for (uint32_t j = 0; j < b->naddresses; j++)
			require(b->addresses[j].host != NULL ||
				!prefix_contains(&a->subnets[i],
						 &b->addresses[j].ep.addr));
	}
	for (uint32_t i = 0; a != b && i < a->naddresses; i++)
		for (uint32_t j = 0; j < b->naddresses; j++)
			require(a->addresses[i].host != NULL ||
				!endpoint_equal(&a->addresses[i].ep,
						&b->addresses[j].ep));
	require(a == b || !a->pinned || !b->pinned ||
		memcmp(a->pin, b->pin, FINGERPRINT_LEN) != 0);
}

static void
check_list(const struct bnl *b)
{
	require(b->network != NULL && b->nhistory <= BNL_HISTORY_MAX);
	for (uint32_t i = 0; i < b->nnodes; i++) {
		check_node(b, &b->nodes[i]);
		require(i == 0 ||
			strcmp(b->nodes[i - 1].name, b->nodes[i].name) < 0);
		for (uint32_t j = 0; b->nnodes <= 256 && j < b->nnodes; j++)
			check_pair(&b->nodes[i], &b->nodes[j]);
	}
}

/* What can be signed can be opened again and is the same list; one altered
 * byte, and it cannot. */
static void
check_signed(const char *text, size_t len)
{
	static struct key *key;
	static struct errs es;
	struct bnl_sign_in in = { .text = text,
				  .len = len,
				  .now.s = 1800000000,
				  .reset_time = true };
	struct bnl *b = NULL;
	char *out;
	size_t outlen;
	struct err e;

	if (key == NULL)
		require(key_read_private(&key, PEM_ED_1, strlen(PEM_ED_1),
					 &e) == 0);
	in.key = key;
	es.count = 0;
	if (bnl_sign(&out, &outlen, &in, &es) < 0)
		return;
	require(bnl_open(&b, out, outlen, (const struct key *const *)&key, 1,
			 &e) == 0);
	require(b->version.timestamp.s == in.now.s);
	check_list(b);
	bnl_free(b);
	out[len / 2] ^= 1;
	require(bnl_open(&b, out, outlen, (const struct key *const *)&key, 1,
			 &e) < 0);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	static struct errs es;
	struct bnl_blocks block;
	struct bnl *b = NULL;
	struct err e;

	es.count = 0;
	if (bnl_blocks_read(&block, text, len, &e) == 0) {
		require(block.signedlen <= len);
		require(block.present || block.signedlen == len);
		require(block.nsigs <= BNL_SIGNATURES_MAX);
		for (unsigned int i = 0; i < block.nsigs; i++)
			require(block.sigs[i].siglen <= SIGN_MAX);
		len = block.signedlen;
	}
	if (bnl_parse_any(&b, text, len, len, &es) == 0) {
		bool held = b->held;

		require(es.count == 0 && b->network != NULL);
		require(held == (b->format > BNL_FORMAT));
		require(!held || (b->nnodes == 0 && b->nprefixes == 0));
		bnl_free(b);
		b = NULL;
		require((bnl_parse(&b, text, len, &es) == 0) == !held);
		require(!held || (es.count == 1 && es.e[0].code == ERR_FORMAT));
		bnl_free(b);
		b = NULL;
		es.count = 0;
	}
	if (bnl_parse(&b, text, len, &es) == 0) {
		require(es.count == 0);
		check_list(b);
		bnl_free(b);
		check_signed(text, len);
	} else {
		require(es.count != 0 && b == NULL);
	}
	return 0;
}
