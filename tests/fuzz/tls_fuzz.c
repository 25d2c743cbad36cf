/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two real TLS engines, and somebody between them who changes, leaves out and
 * puts in bytes. What one reads is what the other wrote, from its beginning,
 * and who is believed to be there is. The input is a script.
 */
#include "fuzz.h"
#include "tls_memo.h"
#include "../unit/crypto/tls_rig.h"

#define STEPS_MAX 100
#define LEAK_RUNS 8

static struct side {
	struct id id;
	struct tls_ctx *ctx;
	const char *name;
	struct end end;
	struct buf wire; /* on its way to the other */
	struct buf said; /* what was written */
} sides[2] = { { .name = "alpha" }, { .name = "beta" } };

static void
begin_once(void)
{
	struct id ca;

	memo_begin();
	ca = id_ca("ca");
	for (int i = 0; i < 2; i++) {
		sides[i].id = id_node(sides[i].name, "ou", &ca);
		sides[i].ctx = ctx_of(&sides[i].id, ca.pem);
	}
	id_free(&ca);
}

/* What the engine has to say goes onto the wire. */
static void
drain(struct side *d)
{
	uint8_t mem[RIG_CHUNK];
	size_t n;

	while ((n = end_drain(&d->end, mem, sizeof(mem))) > 0)
		assert_int_equal(buf_put(&d->wire, mem, n), 0);
}

static void
check(const struct side *d, const struct side *other)
{
	const struct end *e = &d->end;

	assert_true(buf_len(&e->got) <= buf_len(&other->said));
	if (buf_len(&e->got) > 0)
		assert_memory_equal(buf_data(&e->got), buf_data(&other->said),
				    buf_len(&e->got));
	if (e->up)
		assert_string_equal(e->ops->peer(e->t)->cn, other->name);
}

static void
deliver(struct side *from, struct side *to, const uint8_t *p, size_t len)
{
	if (to->end.st != TLS_FAILED && to->end.st != TLS_CLOSED)
		end_feed(&to->end, p, len);
	drain(to);
	drain(from);
	check(to, from);
}

/* So many bytes of what is on the wire, maybe bent. */
static void
move(struct side *from, struct side *to, size_t len, uint8_t by, uint8_t at)
{
	uint8_t mem[RIG_CHUNK];

	if (len > buf_len(&from->wire))
		len = buf_len(&from->wire);
	if (len == 0)
		return;
	memcpy(mem, buf_data(&from->wire), len);
	buf_consume(&from->wire, len);
	mem[at % len] ^= by;
	deliver(from, to, mem, len);
}

static void
step(struct script *s)
{
	uint8_t op = next(s), mem[256];
	struct side *from = &sides[op >> 7], *to = &sides[!(op >> 7)];
	size_t len;

	switch (op & 7) {
	case 0:
	case 1:
	case 2:
		move(from, to, RIG_CHUNK, 0, 0);
		break;
	case 3:
		move(from, to, next(s), 0, 0);
		break;
	case 4:
		len = op & 64 ? RIG_CHUNK : next(s);
		move(from, to, len, next(s), next(s));
		break;
	case 5: /* nobody said that */
		len = next(s);
		for (size_t i = 0; i < len; i++)
			mem[i] = next(s);
		deliver(from, to, mem, len);
		break;
	case 6:
		if (!from->end.up || from->end.st == TLS_FAILED)
			break;
		len = next(s);
		memset(mem, op, sizeof(mem));
		if (from->end.ops->write(from->end.t, mem, len) == TLS_OK)
			assert_int_equal(buf_put(&from->said, mem, len), 0);
		drain(from);
		break;
	default:
		from->end.ops->shutdown(from->end.t);
		drain(from);
	}
}

static void
run(struct script s)
{
	memo_start();
	for (int i = 0; i < 2; i++) {
		struct side *d = &sides[i];

		d->end = end_open(d->ctx, i == 0, TEST_NOW);
		buf_init(&d->wire, RIG_GOT_MAX);
		buf_init(&d->said, RIG_GOT_MAX);
		end_go(&d->end);
		drain(d);
	}
	for (int i = 0; i < STEPS_MAX && s.left > 0; i++)
		step(&s);
	for (int i = 0; i < 2; i++) {
		end_close(&sides[i].end);
		buf_free(&sides[i].wire);
		buf_free(&sides[i].said);
	}
	memo_stop();
}

/* The library takes once whatever it keeps for itself: a heap that grows at
 * each repetition of the same input is a leak. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t before;
	int grown = 0;

	if (sides[0].ctx == NULL)
		begin_once();
	do {
		before = heap_count;
		run((struct script){ data, len });
	} while (heap_count > before && ++grown < LEAK_RUNS);
	require(grown < LEAK_RUNS);
	return 0;
}
