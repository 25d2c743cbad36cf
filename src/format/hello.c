/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HELLO frame. */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "format/ctlmsg.h"
#include "format/tail.h"

#define HELLO_FLAGS HELLO_NEGOTIATE

static void
name_write(struct wcur *w, const char *name)
{
	size_t len = strlen(name);

	wcur_u8(w, (uint8_t)len);
	wcur_bytes(w, name, len);
}

static void
tail_write(struct wcur *w, const struct hello *h)
{
	uint8_t version[BNL_VERSION_WIRE_LEN];

	if (h->features != 0) {
		tail_put(w, HELLO_TAIL_FEATURES, 4);
		wcur_be32(w, h->features);
	}
	if (h->format > BNL_FORMAT_FIRST) {
		tail_put(w, HELLO_TAIL_FORMAT, 2);
		wcur_be16(w, h->format);
	}
	if (h->why != IN_FORCE_SERVED) {
		bnl_version_write(version, &h->in_force);
		tail_put(w, HELLO_TAIL_IN_FORCE, HELLO_IN_FORCE_LEN);
		wcur_bytes(w, version, sizeof(version));
		wcur_u8(w, h->why);
	}
}

size_t
hello_encode(uint8_t out[FRAME_HELLO_MAX], const struct hello *h)
{
	uint8_t version[BNL_VERSION_WIRE_LEN];
	struct wcur w;

	bnl_version_write(version, &h->list);
	wcur_init(&w, out, FRAME_HELLO_MAX);
	wcur_be16(&w, PROTO_VERSION);
	name_write(&w, h->from);
	name_write(&w, h->to);
	wcur_u8(&w, h->negotiate ? HELLO_NEGOTIATE : 0);
	wcur_bytes(&w, h->random, sizeof(h->random));
	wcur_bytes(&w, h->static_key, sizeof(h->static_key));
	wcur_bytes(&w, version, sizeof(version));
	wcur_u8(&w, h->algos.nciphers);
	for (unsigned int i = 0; i < h->algos.nciphers; i++) {
		wcur_u8(&w, (uint8_t)h->algos.ciphers[i].alg);
		wcur_be16(&w, h->algos.ciphers[i].preference);
	}
	wcur_u8(&w, h->algos.ncomps);
	for (unsigned int i = 0; i < h->algos.ncomps; i++) {
		wcur_u8(&w, (uint8_t)h->algos.comps[i].alg);
		wcur_u8(&w, h->algos.comps[i].level);
		wcur_be16(&w, h->algos.comps[i].preference);
	}
	wcur_u8(&w, h->nheld);
	for (unsigned int i = 0; i < h->nheld; i++) {
		wcur_bytes(&w, h->held[i].id, sizeof(h->held[i].id));
		wcur_be32(&w, h->held[i].generation);
	}
	tail_write(&w, h);
	assert(!w.bad);
	return w.len;
}

static int
tail_entry_read(struct hello *h, unsigned int type, struct rcur *c,
		struct err *e)
{
	uint8_t version[BNL_VERSION_WIRE_LEN];

	switch (type) {
	case HELLO_TAIL_FEATURES:
		h->features = rcur_be32(c);
		break;
	case HELLO_TAIL_FORMAT:
		h->format = rcur_be16(c);
		break;
	case HELLO_TAIL_IN_FORCE:
		rcur_bytes(c, version, sizeof(version));
		bnl_version_read(&h->in_force, version);
		h->why = rcur_u8(c);
		break;
	default:
		return tail_unknown(type, e);
	}
	if (!c->bad && h->format != 0)
		return 0;
	return err_set(e, ERR_PROTO, "entry %u is malformed", type);
}

static int
tail_read(struct hello *h, struct rcur *c, struct err *e)
{
	const size_t len = c->left;
	const uint8_t *bytes = rcur_view(c, len);
	struct rcur entry;
	unsigned int type;
	struct tail t;
	int rc;

	h->format = BNL_FORMAT_FIRST;
	h->in_force = h->list;
	tail_init(&t, bytes, len);
	while ((rc = tail_next(&t, &type, &entry, e)) == 1)
		if (tail_entry_read(h, type, &entry, e) < 0)
			return -1;
	return rc;
}

static int
name_read(char name[NODE_NAME_MAX + 1], struct rcur *c, struct err *e)
{
	size_t len = rcur_u8(c);
	const uint8_t *p = rcur_view(c, len);

	if (p == NULL || len > NODE_NAME_MAX ||
	    !text_is_node_name((struct span){ (const char *)p, len }))
		return err_set(e, ERR_PROTO,
			       "a name in a hello is no node name");
	memcpy(name, p, len);
	name[len] = '\0';
	return 0;
}

/* Leaves out unknown numbers: they belong to later versions. */
static int
ciphers_read(struct conf_algos *a, struct rcur *c, struct err *e)
{
	bool seen[UINT8_MAX + 1] = { false };
	unsigned int n = rcur_u8(c);

	for (unsigned int i = 0; i < n && !c->bad; i++) {
		uint8_t alg = rcur_u8(c);
		uint16_t preference = rcur_be16(c);

		if (alg == AEAD_NONE)
			return err_set(e, ERR_PROTO, "the null cipher");
		if (seen[alg])
			return err_set(e, ERR_PROTO, "cipher %u twice", alg);
		seen[alg] = true;
		if (alg < AEAD_ALGS && a->nciphers < AEAD_ALGS)
			a->ciphers[a->nciphers++] =
				(struct conf_cipher){ (enum aead_alg)alg,
						      preference };
	}
	return 0;
}

static int
comps_read(struct conf_algos *a, struct rcur *c, struct err *e)
{
	bool seen[UINT8_MAX + 1] = { false };
	unsigned int n = rcur_u8(c);

	for (unsigned int i = 0; i < n && !c->bad; i++) {
		uint8_t number = rcur_u8(c);
		uint8_t level = rcur_u8(c);
		uint16_t preference = rcur_be16(c);
		enum comp_alg alg = (enum comp_alg)number;

		if (seen[number])
			return err_set(e, ERR_PROTO, "compressor %u twice",
				       number);
		seen[number] = true;
		if (number >= COMP_ALGS || a->ncomps == COMP_ALGS)
			continue;
		if (level < comp_level_min(alg) || level > comp_level_max(alg))
			return err_set(e, ERR_PROTO, "level %u of %s", level,
				       comp_name(alg));
		a->comps[a->ncomps++] =
			(struct conf_comp){ alg, level, preference };
	}
	return 0;
}

static int
held_read(struct hello *h, struct rcur *c, struct err *e)
{
	h->nheld = rcur_u8(c);
	if (h->nheld > PAIR_HELD_MAX)
		return err_set(e, ERR_PROTO, "%u pairs held", h->nheld);
	for (unsigned int i = 0; i < h->nheld; i++) {
		struct hello_held *p = &h->held[i];

		rcur_bytes(c, p->id, sizeof(p->id));
		p->generation = rcur_be32(c);
		if (p->generation >= HELLO_GENERATION_MAX)
			return err_set(e, ERR_PROTO, "pair generation %u",
				       p->generation);
		for (unsigned int j = 0; j < i; j++)
			if (memcmp(p->id, h->held[j].id, PAIR_ID_LEN) == 0)
				return err_set(e, ERR_PROTO, "a pair twice");
	}
	return 0;
}

int
hello_decode(struct hello *out, const uint8_t *in, size_t len, struct err *e)
{
	struct hello h = { .nheld = 0 };
	uint8_t version[BNL_VERSION_WIRE_LEN];
	struct err why;
	uint8_t flags;
	struct rcur c;

	rcur_init(&c, in, len);
	rcur_be16(&c);
	if (name_read(h.from, &c, e) < 0 || name_read(h.to, &c, e) < 0)
		return -1;
	flags = rcur_u8(&c);
	rcur_bytes(&c, h.random, sizeof(h.random));
	rcur_bytes(&c, h.static_key, sizeof(h.static_key));
	rcur_bytes(&c, version, sizeof(version));
	if (ciphers_read(&h.algos, &c, e) < 0 ||
	    comps_read(&h.algos, &c, e) < 0 || held_read(&h, &c, e) < 0)
		return -1;
	bnl_version_read(&h.list, version);
	if (c.bad)
		return err_set(e, ERR_PROTO, "a hello of a wrong length");
	if (tail_read(&h, &c, &why) < 0)
		return err_set(e, ERR_PROTO, "a hello's tail: %s", why.text);
	if ((flags & ~HELLO_FLAGS) != 0)
		return err_set(e, ERR_PROTO, "hello flags 0x%02x", flags);
	h.negotiate = (flags & HELLO_NEGOTIATE) != 0;
	*out = h;
	return 0;
}

uint16_t
hello_version(const uint8_t *in, size_t len)
{
	return len < 2 ? 0 : get_be16(in);
}
