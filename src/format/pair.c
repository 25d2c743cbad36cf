/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pair record: the stored state of a peer. */
#include "format/pair.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "crypto/kdf.h"
#include "format/tail.h"

/*
 * magic 7, version 1, name length 1, name, number of pairs 1, the pairs,
 * SHA-256 32 of all before it. A pair: id 16, secret 32, generation 4, flags 1,
 * cipher 1, compressor 1, level 1, peer's static key 32, own static key 32,
 * fingerprint of the peer's certificate 32, made 8, certificates' end 8, list
 * version 40, length of the tail 2, the tail. Integers are big endian. The tail
 * has entries {type 2, length 2, bytes}, in ascending order of the types.
 * Entries of unknown types below 0x8000 are skipped; types 1 and 2 are
 * required. Without type 3 both certificates end as the pair does.
 */
static const char magic[7] = "CVPAIR\n";
#define RECORD_VERSION 2
#define FLAG_LOWER_DIALLED 0x01
#define FLAG_PROVEN 0x02
#define FLAGS (FLAG_LOWER_DIALLED | FLAG_PROVEN)
#define TIME_MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

enum tail_type {
	TAIL_ABOVE = 1, /* fingerprints of the CAs, the nearest first */
	TAIL_RUN = 2,	/* u64: running time of this node as it was made */
	TAIL_ENDS = 3,	/* u64, u64: end of our certificate, of the peer's */
};

/* A pair that ends with the earlier of both certificates gains nothing by the
 * later one. */
static bool
ends_differ(const struct pair *p)
{
	return p->cert_end.s !=
	       (p->self_end.s < p->peer_end.s ? p->self_end.s : p->peer_end.s);
}

static void
tail_write(struct wcur *w, const struct pair *p)
{
	const size_t above = p->above.n * (size_t)FINGERPRINT_LEN;
	const size_t ends = ends_differ(p) ? 2 + 2 + 8 + 8 : 0;

	wcur_be16(w, (uint16_t)(2 + 2 + above + 2 + 2 + 8 + ends));
	wcur_be16(w, TAIL_ABOVE);
	wcur_be16(w, (uint16_t)above);
	wcur_bytes(w, p->above.key, above);
	wcur_be16(w, TAIL_RUN);
	wcur_be16(w, 8);
	wcur_be64(w, (uint64_t)p->made_run_s);
	if (ends == 0)
		return;
	wcur_be16(w, TAIL_ENDS);
	wcur_be16(w, 16);
	wcur_be64(w, (uint64_t)p->self_end.s);
	wcur_be64(w, (uint64_t)p->peer_end.s);
}

static void
pair_write(struct wcur *w, const struct pair *p)
{
	wcur_bytes(w, p->id, sizeof(p->id));
	wcur_bytes(w, p->secret, sizeof(p->secret));
	wcur_be32(w, p->generation);
	wcur_u8(w, (uint8_t)((p->lower_dialled ? FLAG_LOWER_DIALLED : 0) |
			     (p->proven ? FLAG_PROVEN : 0)));
	wcur_u8(w, (uint8_t)p->cipher);
	wcur_u8(w, (uint8_t)p->comp);
	wcur_u8(w, p->level);
	wcur_bytes(w, p->peer_static, sizeof(p->peer_static));
	wcur_bytes(w, p->self_static, sizeof(p->self_static));
	wcur_bytes(w, p->peer_key, sizeof(p->peer_key));
	wcur_be64(w, (uint64_t)p->made.s);
	wcur_be64(w, (uint64_t)p->cert_end.s);
	wcur_be64(w, (uint64_t)p->list.timestamp.s);
	wcur_bytes(w, p->list.digest, sizeof(p->list.digest));
	tail_write(w, p);
}

size_t
pair_record_encode(uint8_t out[PAIR_RECORD_MAX], const struct pair_record *r)
{
	size_t namelen = strlen(r->peer);
	uint8_t sum[SHA256_LEN];
	struct wcur w;

	assert(r->n <= PAIR_HELD_MAX);
	assert(namelen <= NODE_NAME_MAX);
	wcur_init(&w, out, PAIR_RECORD_MAX);
	wcur_bytes(&w, magic, sizeof(magic));
	wcur_u8(&w, RECORD_VERSION);
	wcur_u8(&w, (uint8_t)namelen);
	wcur_bytes(&w, r->peer, namelen);
	wcur_u8(&w, (uint8_t)r->n);
	for (unsigned int i = 0; i < r->n; i++)
		pair_write(&w, &r->pairs[i]);
	sha256(sum, out, w.len);
	wcur_bytes(&w, sum, sizeof(sum));
	assert(!w.bad);
	return w.len;
}

static int
time_read(struct walltime *t, struct rcur *c)
{
	uint64_t s = rcur_be64(c);

	if (s > (uint64_t)TIME_MAX_S)
		return -1;
	t->s = (int64_t)s;
	return 0;
}

static int
run_read(int64_t *run_s, struct rcur *c)
{
	uint64_t s = rcur_be64(c);

	if (s > (uint64_t)TIME_MAX_S)
		return -1;
	*run_s = (int64_t)s;
	return 0;
}

static int
above_read(struct cert_above *above, struct rcur *c)
{
	size_t n = c->left / FINGERPRINT_LEN;

	if (n > CERT_ABOVE_MAX)
		return -1;
	above->n = (uint8_t)n;
	rcur_bytes(c, above->key, n * FINGERPRINT_LEN);
	return 0;
}

/* Reads an entry of the tail. */
static int
entry_read(struct pair *p, unsigned int type, struct rcur *c)
{
	switch (type) {
	case TAIL_ABOVE:
		return above_read(&p->above, c);
	case TAIL_RUN:
		return run_read(&p->made_run_s, c);
	default:
		return time_read(&p->self_end, c) != 0 ||
				       time_read(&p->peer_end, c) != 0 ?
			       -1 :
			       0;
	}
}

static int
tail_entry_read(struct pair *p, unsigned int type, struct rcur *c,
		struct err *e)
{
	if (type > TAIL_ENDS)
		return tail_unknown(type, e);
	if (entry_read(p, type, c) != 0 || !rcur_done(c))
		return err_set(e, ERR_RANGE, "entry %u is out of range", type);
	return 0;
}

static int
tail_read(struct pair *p, struct rcur *c, struct err *e)
{
	size_t len = rcur_be16(c);
	const uint8_t *bytes = rcur_view(c, len);
	unsigned int type, known = 0;
	struct rcur entry;
	struct tail t;
	int rc;

	if (bytes == NULL)
		return err_set(e, ERR_SYNTAX, "the record is too short");
	tail_init(&t, bytes, len);
	while ((rc = tail_next(&t, &type, &entry, e)) == 1) {
		if (tail_entry_read(p, type, &entry, e) != 0)
			return -1;
		known += type == TAIL_ABOVE || type == TAIL_RUN;
	}
	if (rc < 0)
		return -1;
	if (known != 2)
		return err_set(e, ERR_SYNTAX, "an entry is missing");
	return 0;
}

static int
pair_read(struct pair *p, struct rcur *c, struct err *e)
{
	uint8_t flags, cipher, comp;

	rcur_bytes(c, p->id, sizeof(p->id));
	rcur_bytes(c, p->secret, sizeof(p->secret));
	p->generation = rcur_be32(c);
	flags = rcur_u8(c);
	cipher = rcur_u8(c);
	comp = rcur_u8(c);
	p->level = rcur_u8(c);
	rcur_bytes(c, p->peer_static, sizeof(p->peer_static));
	rcur_bytes(c, p->self_static, sizeof(p->self_static));
	rcur_bytes(c, p->peer_key, sizeof(p->peer_key));
	if (time_read(&p->made, c) != 0 || time_read(&p->cert_end, c) != 0 ||
	    time_read(&p->list.timestamp, c) != 0)
		return err_set(e, ERR_RANGE, "a time out of range");
	rcur_bytes(c, p->list.digest, sizeof(p->list.digest));
	if (c->bad)
		return err_set(e, ERR_SYNTAX, "the record is too short");
	if ((flags & ~FLAGS) != 0)
		return err_set(e, ERR_RANGE, "unknown flags 0x%02x", flags);
	if (cipher == AEAD_NONE || cipher >= AEAD_ALGS)
		return err_set(e, ERR_RANGE, "unknown cipher %u", cipher);
	if (comp >= COMP_ALGS)
		return err_set(e, ERR_RANGE, "unknown compressor %u", comp);
	p->lower_dialled = (flags & FLAG_LOWER_DIALLED) != 0;
	p->proven = (flags & FLAG_PROVEN) != 0;
	p->cipher = (enum aead_alg)cipher;
	p->comp = (enum comp_alg)comp;
	if (p->level < comp_level_min(p->comp) ||
	    p->level > comp_level_max(p->comp))
		return err_set(e, ERR_RANGE, "level %u of %s is out of range",
			       p->level, comp_name(p->comp));
	p->self_end = p->peer_end = p->cert_end;
	return tail_read(p, c, e);
}

static int
name_read(char peer[NODE_NAME_MAX + 1], struct rcur *c, struct err *e)
{
	size_t len = rcur_u8(c);
	const uint8_t *name = rcur_view(c, len);

	if (name == NULL || len > NODE_NAME_MAX ||
	    !text_is_node_name((struct span){ (const char *)name, len }))
		return err_set(e, ERR_RANGE, "the peer's name is no node name");
	memcpy(peer, name, len);
	peer[len] = '\0';
	return 0;
}

static int
record_read(struct pair_record *r, struct rcur *c, struct err *e)
{
	if (name_read(r->peer, c, e) != 0)
		return -1;
	r->n = rcur_u8(c);
	if (r->n > PAIR_HELD_MAX)
		return err_set(e, ERR_RANGE, "%u pairs; at most %d are held",
			       r->n, PAIR_HELD_MAX);
	for (unsigned int i = 0; i < r->n; i++) {
		if (pair_read(&r->pairs[i], c, e) != 0)
			return -1;
		for (unsigned int j = 0; j < i; j++)
			if (memcmp(r->pairs[i].id, r->pairs[j].id,
				   PAIR_ID_LEN) == 0)
				return err_set(e, ERR_DUPLICATE,
					       "two pairs have the same id");
	}
	if (!rcur_done(c))
		return err_set(e, ERR_SYNTAX, "the record has a wrong length");
	return 0;
}

int
pair_record_decode(struct pair_record *out, const uint8_t *in, size_t len,
		   struct err *e)
{
	struct pair_record r = { .n = 0 };
	uint8_t sum[SHA256_LEN];
	struct rcur c;
	uint8_t version;
	int ret;

	if (len < sizeof(magic) + 1 + sizeof(sum) || len > PAIR_RECORD_MAX ||
	    memcmp(in, magic, sizeof(magic)) != 0)
		return err_set(e, ERR_SYNTAX, "not a pair record");
	rcur_init(&c, in + sizeof(magic), len - sizeof(magic) - sizeof(sum));
	version = rcur_u8(&c);
	if (version != RECORD_VERSION)
		return err_set(e, ERR_SYNTAX,
			       "version %u of a pair record; "
			       "this program knows version %d",
			       version, RECORD_VERSION);
	sha256(sum, in, len - sizeof(sum));
	if (!bytes_equal_ct(sum, in + len - sizeof(sum), sizeof(sum)))
		return err_set(e, ERR_SYNTAX, "the checksum does not match");
	ret = record_read(&r, &c, e);
	if (ret == 0)
		*out = r;
	pair_record_wipe(&r);
	return ret;
}

void
pair_record_wipe(struct pair_record *r)
{
	bytes_wipe(r, sizeof(*r));
}
