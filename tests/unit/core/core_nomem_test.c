/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without memory: a list that cannot be put into force, an INIT that cannot be
 * answered. */
#include "core_rig.h"

#include "core/session/assoc_impl.h"

#define BOTH                                                        \
	"prefix 10.156.0.0/16\n"                                    \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n" \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"

static struct rig_node a, b;
static struct rig_out out;
static bool fail; /* the next calloc() */
static unsigned int failed;

/* In the place of the library's. volatile: or a compiler makes a calloc() of
 * malloc() and memset(). */
__attribute__((noinline)) void *
calloc(size_t n, size_t size)
{
	volatile uint8_t *p;

	if (fail || (size > 0 && n > SIZE_MAX / size)) {
		failed += fail;
		fail = false;
		return NULL;
	}
	p = malloc(n * size);
	for (size_t i = 0; p != NULL && i < n * size; i++)
		p[i] = 0;
	return (void *)(uintptr_t)p;
}

/* All that is asked for, but applying the next list fails. */
static void
drain_without_memory(void)
{
	struct action act;

	while (core_next_action(a.core, &act)) {
		fail = act.kind == ACTION_STORE_LIST;
		rig_act(&a, &act);
		fail = false;
		action_done(&act);
	}
}

static void
test_next_list_is_taken(void **state)
{
	size_t len;
	char *raw;

	(void)state;
	rig_begin();
	rig_node_init(&a, "alpha", "");
	rig_new(&a, NULL, NULL);
	rig_start(&a);
	raw = rig_sign(BOTH, RIG_START, &len);
	core_list_offer(a.core, rig.now, raw, len);
	free(raw);
	drain_without_memory();
	assert_int_equal(failed, 1);
	assert_int_equal(a.events[EVENT_LIST_REFUSED], 1);
	assert_null(core_list(a.core));
	rig_offer(&a, BOTH, RIG_START + 1);
	assert_non_null(core_list(a.core));
	assert_int_equal(core_peer_count(a.core), 1);
	rig_free(&a);
	rig_end();
}

/* The table of receive indices is full to the point where it is to grow. */
static void
fill_indices(struct rig_node *n, const char *peer)
{
	struct rxindex *x = &n->core->assocs->index;

	while (2 * (x->count + 1) <= x->cap)
		rxindex_add(x, &rig.rng, rig_peer(n, peer)->assoc);
}

/* Its session gets no receive index; that of the next INIT does. */
static void
test_next_init_is_answered(void **state)
{
	struct pair p;
	size_t n;

	(void)state;
	rig_begin();
	rig_node_init(&a, "alpha", "");
	rig_node_init(&b, "beta", "");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_new(&b, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
	rig_start(&a);
	rig_start(&b);
	fill_indices(&b, "alpha");
	n = b.nsent;
	rig_send_hello(&a, rig_out(&out));
	assert_int_equal(a.nsent, 1);
	failed = 0;
	fail = true;
	rig_carry(&a, 0, &b, rig_out(&out));
	assert_int_equal(failed, 1);
	assert_int_equal(rig_peer(&b, "alpha")->drops[DROP_STATE], 1);
	assert_int_equal(b.nsent, n);
	rig_pass(&a, 2000);
	assert_true(a.nsent > 1);
	rig_carry(&a, a.nsent - 1, &b, rig_out(&out));
	assert_int_equal(b.nsent, n + 1);
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_list_is_taken),
		cmocka_unit_test(test_next_init_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
