/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two hosts whose connections are bent: frames are changed, left out, doubled
 * and put in, of a peer whose certificate is good or another's, while lists
 * and the disk do as they like. The input is a script. All connections end,
 * and no list comes into force that its signer did not sign.
 */
#include "fuzz.h"
#include "../unit/core/conn_world.h"
#include "core/conn/conn.h"

#define LISTS 3
#define DIALS_MAX 20
#define STEPS_MAX 100
#define CHUNK 3000
#define CHUNK_SMALL 60 /* most pieces end within a frame */
#define T0 (WORLD_START - 1000)

static struct {		      /* signed once */
	char *raw[LISTS + 1]; /* ... the last one by somebody else */
	size_t len[LISTS + 1];
	struct bnl_version version[LISTS + 1];
	struct key *key, *other;
} made;

static struct { /* what happens to the next frame */
	uint8_t how, value;
	uint16_t at;
} bent;

static unsigned int dials;

/* --- frames ----------------------------------------------------------------------- */

static void
bend(uint8_t *frame, size_t *len)
{
	size_t n = *len;

	switch (bent.how & 7) {
	case 0:
		return;
	case 1:
		frame[bent.at % n] ^= bent.value;
		break;
	case 2: /* shorter, and it says so */
		n -= bent.value % n;
		if (n < FRAME_HEADER_LEN)
			break;
		put_be16(frame + 2, (uint16_t)(n - FRAME_HEADER_LEN));
		*len = n;
		break;
	case 3: /* longer */
		memset(frame + n, bent.value, 40);
		*len = n + 40;
		put_be16(frame + 2, (uint16_t)(*len - FRAME_HEADER_LEN));
		break;
	case 4: /* twice */
		if (n > 8192)
			break;
		memcpy(frame + n, frame, n);
		*len = 2 * n;
		break;
	case 5:
		*len = 0;
		break;
	case 6:
		frame[0] = bent.value;
		break;
	default: /* what is behind it says another length */
		put_be16(frame + 2, (uint16_t)(bent.value << 4));
	}
	bent.how = 0;
}

static struct side *
side_at(const struct host *h, uint8_t which)
{
	for (int i = 0; i < WIRES_MAX; i++)
		for (int k = 0; k < 2; k++) {
			struct side *s = &w.wires[i].s[k];

			if (w.wires[i].used && !s->gone && &w.h[s->host] == h &&
			    which-- == 0)
				return s;
		}
	return NULL;
}

/* A frame that the host never thought of, of any type. */
static void
put_in(struct script *s)
{
	static const uint16_t lengths[] = { 0, 40, 44, 32, 80, 4, 200, 256 };
	uint8_t frame[FRAME_HEADER_LEN + 4096], how = next(s);
	struct host *h = &w.h[how & 1];
	struct side *side = side_at(h, how >> 1 & 3);
	size_t len = lengths[how >> 3 & 7], n;
	uint8_t version = next(s);
	struct conn *ch;

	if (side == NULL)
		return;
	for (ch = h->cs->all; ch != NULL && ch->id != side->id; ch = ch->next)
		;
	if (ch == NULL || !ch->stream.secure)
		return;
	frame[0] = next(s) % 12;
	frame[1] = next(s) == 255;
	put_be16(frame + 2, (uint16_t)len);
	memset(frame + FRAME_HEADER_LEN, next(s), len);
	n = next(s) % 64u;
	for (size_t i = 0; i < n && i < len; i++)
		frame[FRAME_HEADER_LEN + i] = next(s);
	if (len >= BNL_VERSION_WIRE_LEN && version <= LISTS)
		bnl_version_write(frame + FRAME_HEADER_LEN,
				  &made.version[version]);
	if (len == LIST_HAVE_LEN && (how & 0x80) != 0)
		put_be32(frame + FRAME_HEADER_LEN + BNL_VERSION_WIRE_LEN,
			 (uint32_t)made.len[version % (LISTS + 1)]);
	ch->stream.ops->write(ch->stream.tls, frame, FRAME_HEADER_LEN + len);
	side->ready = true;
}

/* A whole list, in pieces, offered and sent unasked. */
static void
put_list(struct script *s)
{
	uint8_t how = next(s), frame[FRAME_MAX];
	struct side *side = side_at(&w.h[how & 1], how >> 4 & 3);
	size_t len = made.len[how >> 1 & 3], at = 0;
	const char *raw = made.raw[how >> 1 & 3];
	struct conn *ch;

	if (side == NULL)
		return;
	for (ch = w.h[how & 1].cs->all; ch != NULL && ch->id != side->id;
	     ch = ch->next)
		;
	if (ch == NULL || !ch->stream.secure)
		return;
	if ((how & 8) != 0) {
		struct list_have have = { made.version[how >> 1 & 3],
					  (uint32_t)len };

		frame_header_write(frame, FRAME_LIST_HAVE, LIST_HAVE_LEN);
		list_have_encode(frame + FRAME_HEADER_LEN, &have);
		ch->stream.ops->write(ch->stream.tls, frame,
				      FRAME_HEADER_LEN + LIST_HAVE_LEN);
	}
	while (at < len) {
		size_t n = s->left > 0 ? 1 + next(s) * 8u : len;

		n = n < len - at ? n : len - at;
		frame_header_write(frame, FRAME_LIST_DATA, n);
		memcpy(frame + FRAME_HEADER_LEN, raw + at, n);
		ch->stream.ops->write(ch->stream.tls, frame,
				      FRAME_HEADER_LEN + n);
		at += n;
	}
	side->ready = true;
}

/* --- the world ---------------------------------------------------------------------- */

static void
sign_once(void)
{
	static const char *const nodes[LISTS + 1] = { "alpha beta",
						      "alpha beta gamma",
						      "alpha", "alpha beta" };
	struct bnl *previous = NULL;

	world_begin(1);
	made.key = w.key;
	made.other = w.other_key;
	for (int i = 0; i <= LISTS; i++) {
		struct bnl *b;

		sign_list(&made.raw[i], &made.len[i], previous,
			  i == LISTS ? w.other_key : w.key, T0 + 10 * i,
			  nodes[i], "");
		b = open_list(made.raw[i], made.len[i]);
		made.version[i] = b->version;
		bnl_free(previous);
		previous = b;
	}
	bnl_free(previous);
}

/* With keys that are there. */
static void
begin(uint8_t how)
{
	world_reset(how);
	w.chunk = how & 0x10 ? CHUNK_SMALL : CHUNK;
	w.key = made.key;
	w.other_key = made.other;
	for (int i = 0; i < 2; i++) {
		int list = how >> (2 * i) & 3;
		struct host *h = host_add(
			i == 0 ? "alpha" : "beta",
			list == 3 ? NULL :
				    open_list(made.raw[list], made.len[list]));

		h->plain.tamper = i == 1 ? bend : NULL;
		h->follow_wants = (how & 0x20) != 0;
	}
	if ((how & 0x40) != 0)
		w.h[1].conf.algos.ciphers[0].alg = AEAD_AES_128_GCM;
	if ((how & 0x80) != 0)
		w.h[1].conf.algos.nciphers = 1;
	host_start(&w.h[0]);
	host_start(&w.h[1]);
	memset(&bent, 0, sizeof(bent));
	dials = 0;
}

static void
end(void)
{
	memset(&bent, 0, sizeof(bent));
	w.chunk = CHUNK;
	for (int i = 0; i < 2; i++)
		w.h[i].disk_stuck = w.h[i].follow_wants = false;
	world_run();
	world_pass(60000);
	for (int i = 0; i < 2; i++) {
		struct host *h = &w.h[i];

		assert_int_equal(conns_count(h->cs), 0);
		assert_false(h->bnl != NULL &&
			     bnl_version_cmp(&h->bnl->version,
					     &made.version[LISTS]) == 0);
	}
	world_clear();
}

/* Another certificate that the CA might have signed as well. */
static void
disguise(uint8_t v)
{
	static const char *const names[] = { "beta", "alpha", "gamma",
					     "delta" };
	struct plain_ctx *c = &w.h[1].plain;

	snprintf(c->cert.cn, sizeof(c->cert.cn), "%s", names[v & 3]);
	c->cert.fingerprint[0] ^= v & 4;
	c->untrusted = (v & 24) == 24;
	c->cert.not_after.s = WORLD_START + (v & 32 ? 60 : 365 * 86400);
}

static void
host_does(struct script *s)
{
	uint8_t v = next(s);
	struct host *h = &w.h[v & 1];
	int list = v >> 1 & 3;

	h->env.now = w.now;
	switch (v >> 3 & 7) {
	case 0:
		lists_offer(h->lists, made.raw[list], made.len[list]);
		break;
	case 1:
		lists_push(h->lists);
		break;
	case 2:
		h->disk_fails = !h->disk_fails;
		break;
	case 3:
		h->disk_stuck = !h->disk_stuck;
		break;
	case 4:
		lists_news(h->lists, w.h[!(v & 1)].name, &made.version[list]);
		break;
	case 5:
		lists_mark_reset(h->lists);
		h->env.stale = false;
		break;
	case 6:
		h->down = !h->down;
		break;
	default:
		disguise(next(s));
	}
	collect(h);
}

/* The disk catches up before the world has no room for more. */
static void
spare_disk(struct host *h)
{
	size_t n = 0;

	for (int k = 0; k < TASKS_MAX; k++)
		n += h->tasks[k].used;
	if (n <= TASKS_MAX / 2)
		return;
	h->disk_stuck = false;
	world_run();
}

static void
step(struct script *s)
{
	uint8_t op = next(s);
	int from = op >> 7;

	spare_disk(&w.h[0]);
	spare_disk(&w.h[1]);
	switch (op & 7) {
	case 0:
		if (dials++ < DIALS_MAX)
			dial(&w.h[from], w.h[!from].name,
			     1 + (op >> 3 & 15u) % 15u);
		break;
	case 1:
	case 2:
		for (int i = 0; i < 1 + (op >> 3); i++)
			if (!world_step())
				break;
		break;
	case 3:
		bent.how = next(s);
		bent.value = next(s);
		bent.at = (uint16_t)(next(s) << (op >> 6 & 1) * 2);
		break;
	case 4:
		put_in(s);
		break;
	case 5:
		put_list(s);
		break;
	case 6:
		host_does(s);
		break;
	default:
		world_pass((int64_t)(op >> 3) * next(s) * 10);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct script s = { data, len };

	if (made.key == NULL)
		sign_once();
	if (len == 0)
		return 0;
	begin(next(&s));
	for (int i = 0; i < STEPS_MAX && s.left > 0; i++)
		step(&s);
	end();
	return 0;
}
