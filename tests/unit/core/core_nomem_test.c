/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list that cannot be put into force for want of memory. */
#include "core_rig.h"

#define BOTH                                                                   \
	"prefix 10.156.0.0/16\n"                                               \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n"            \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"

static struct rig_node a;
static bool fail;		/* the next calloc() */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_list_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
