/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys of a association are wiped before their memory goes back to the heap. */
#include "assoc_world.h"

#define WATCHED 3

static struct watched {
	const void *volatile p;
	size_t len;
	bool freed, wiped;
} watched[WATCHED];

void __real_free(void *p);
void __wrap_free(void *p);

void
__wrap_free(void *p)
{
	for (size_t i = 0; p != NULL && i < WATCHED; i++)
		if (watched[i].p == p) {
			watched[i].freed = true;
			watched[i].wiped = bytes_all_zero_ct(p, watched[i].len);
			watched[i].p = NULL;
		}
	__real_free(p);
}

static void
watch(size_t i, const void *p, size_t len)
{
	assert_non_null(p);
	assert_false(bytes_all_zero_ct(p, len));
	watched[i] = (struct watched){ .p = p, .len = len };
}

/* A session, an INIT that waits for its answer, and a pair. */
static void
watch_all(struct world *w)
{
	struct assoc *l;

	world_default(w, 1);
	l = w->n[A].l;
	world_connect(w);
	for (int i = 0; i < 2; i++)
		w->n[i].env.now.mono = mono_add_ms(w->n[i].env.now.mono, 1000);
	assoc_step(l, &w->n[A].env, RESUME_RENEW);
	world_drain(w, A);
	watch(0, world_current(w, A), sizeof(struct session));
	watch(1, l->pending[0], sizeof(struct handshake));
	watch(2, l->pairs[0], sizeof(struct assoc_pair));
}

static void
assert_wiped(void)
{
	for (size_t i = 0; i < WATCHED; i++) {
		assert_true(watched[i].freed);
		assert_true(watched[i].wiped);
	}
}

static void
test_reset(void **state)
{
	struct world w;

	(void)state;
	watch_all(&w);
	assoc_reset(w.n[A].l);
	assert_wiped();
	world_free(&w);
}

static void
test_end(void **state)
{
	struct world w;

	(void)state;
	watch_all(&w);
	world_free(&w);
	assert_wiped();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
