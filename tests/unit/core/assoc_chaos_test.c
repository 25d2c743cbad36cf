/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two nodes on a wire that loses, doubles and reorders, each now and then
 * restarted with nothing but its stored pairs. No key ever seals two packets
 * under one counter, no packet arrives twice, and calm brings them together.
 */
#include "assoc_world.h"

#define SEEDS 300
#define STEPS 600
#define SEALED_MAX 20000
#define PRINT_LEN 16

/* All packets have the same content, so the same key and counter would make
 * the same ciphertext (and for empty ones the same tag). */
struct prints {
	size_t count;
	uint8_t of[SEALED_MAX][PRINT_LEN];
};

struct record {
	struct prints sent, taken;
};

static void
note(struct prints *p, const struct wired *d)
{
	assert_true(p->count < SEALED_MAX);
	memcpy(p->of[p->count++], d->bytes + DGRAM_DATA_HEADER_LEN, PRINT_LEN);
}

static void
on_send(struct world *w, int from, const struct wired *d)
{
	struct record *r = w->ctx;

	(void)from;
	if (d->bytes[0] == DGRAM_DATA)
		note(&r->sent, d);
}

static void
on_data(struct world *w, int to, const struct wired *d)
{
	struct record *r = w->ctx;

	(void)to;
	note(&r->taken, d);
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, PRINT_LEN);
}

static void
check_unique(struct prints *p, uint64_t seed, const char *what)
{
	qsort(p->of, p->count, PRINT_LEN, by_bytes);
	for (size_t i = 1; i < p->count; i++)
		if (memcmp(p->of[i - 1], p->of[i], PRINT_LEN) == 0)
			fail_msg("seed %d: %s twice", (int)seed, what);
}

static void
short_timers(struct conf_timers *t)
{
	t->rekey_after = 5000;
	t->rekey_after_responder = 6500;
	t->reject_after = 8000;
	t->init_retry = 200;
	t->init_give_up = 20000;
	t->init_retry_slow = 3000;
	t->answer_after = 200;
	t->silence_after = 600;
	t->unanswered = 4000;
	t->cookie_rotate = 3000;
	t->rekey_packets = 40;
	t->reject_packets = 90;
}

static void
pass_ms(struct world *w, int64_t ms)
{
	for (int i = 0; i < 2; i++)
		w->n[i].env.now.mono = mono_add_ms(w->n[i].env.now.mono, ms);
	world_serve(w, A, 0);
	world_serve(w, B, 0);
}

static void
restart(struct world *w, int i)
{
	world_stop(w, i);
	world_start(w, i);
	assoc_resume(w->n[i].l, &w->n[i].env);
	world_drain(w, i);
}

static void
one_step(struct world *w, struct rng *rng)
{
	uint32_t what = rng_below(rng, 1000);
	uint32_t i;

	if (w->count > WIRE_MAX - 20)
		what = 400;
	if (what < 300) {
		world_send(w, (int)(what % 2));
	} else if (what < 380) {
		pass_ms(w, rng_below(rng, what < 310 ? 1500 : 100));
	} else if (what < 383) {
		restart(w, (int)(what % 2));
	} else if (what < 386) {
		w->n[what % 2].waiting = 0;
		assoc_unwant(w->n[what % 2].l, &w->n[what % 2].env);
	} else if (w->count > 0) {
		i = rng_below(rng, (uint32_t)w->count);
		if (what < 480)
			world_take(w, i);
		else if (what < 560 && w->count < WIRE_MAX - 20)
			w->wire[w->count++] = w->wire[i];
		else
			world_deliver(w, i);
	}
}

static void
run(uint64_t seed, struct record *r)
{
	struct rng_seeded s;
	struct rng rng = rng_seeded(&s, seed);
	struct world w;

	r->sent.count = r->taken.count = 0;
	world_init(&w, seed);
	world_add_pair(&w, 1,
		       seed % 2 ? AEAD_CHACHA20_POLY1305 : AEAD_AES_128_GCM);
	for (int i = 0; i < 2; i++)
		short_timers(&w.n[i].conf.timers);
	world_start(&w, A);
	world_start(&w, B);
	w.on_send = on_send;
	w.on_data = on_data;
	w.ctx = r;
	for (int i = 0; i < STEPS; i++)
		one_step(&w, &rng);
	/* Calm, with a little traffic. */
	for (int i = 0; i < 120; i++) {
		world_send(&w, A);
		world_send(&w, B);
		world_wait(&w, 50, true);
	}
	if (!world_up(&w, A) || !world_up(&w, B))
		fail_msg("seed %d: no session", (int)seed);
	if (!world_agree(&w))
		fail_msg("seed %d: two minds", (int)seed);
	assert_int_equal(w.n[A].waiting + w.n[B].waiting, 0);
	check_unique(&r->sent, seed, "a key and counter used");
	check_unique(&r->taken, seed, "a packet taken");
	assert_true(r->taken.count > 100);
	/* Nothing is left behind in the tables. */
	for (int i = 0; i < 2; i++) {
		size_t pending = 0;

		for (int k = 0; k < ASSOC_PENDING; k++)
			pending += w.n[i].l->pending[k] != NULL;
		assert_int_equal(w.n[i].ls->index.count,
				 keyring_count(&w.n[i].l->keys) + pending);
		assert_int_equal(w.n[i].ls->pairs.count, 1);
	}
	world_free(&w);
}

static void
test_chaos(void **state)
{
	struct record *r = malloc(sizeof(*r));

	(void)state;
	assert_non_null(r);
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed, r);
	print_message("# seeds 1 to %d\n", SEEDS);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chaos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
