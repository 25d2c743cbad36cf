/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams laid out in runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/batch.h"

static const struct endpoint a = { { IP_V4, { 192, 0, 2, 1 }, 0 }, 3406 };
static const struct endpoint b = { { IP_V4, { 192, 0, 2, 2 }, 0 }, 3406 };
static const struct ipaddr any = { IP_NONE, { 0 }, 0 };
static const struct ipaddr own = { IP_V4, { 192, 0, 2, 9 }, 0 };

struct fixture {
	struct core_out out;
	uint8_t mem[100];
	struct udp_run runs[3];
};

static void
fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->out.mem = f->mem;
	f->out.cap = sizeof(f->mem);
	f->out.runs = f->runs;
	f->out.maxruns = 3;
}

static void
add_tos(struct fixture *f, const struct endpoint *to,
	const struct ipaddr *local, uint8_t tos, size_t len)
{
	assert_non_null(batch_run_place(&f->out, len));
	batch_run_add(&f->out, to, local, tos, len);
}

static void
add(struct fixture *f, const struct endpoint *to, const struct ipaddr *local,
    size_t len)
{
	add_tos(f, to, local, 0, len);
}

static void
test_runs(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	add(&f, &a, &any, 10);
	add(&f, &a, &any, 10);
	add(&f, &a, &any, 4); /* shorter: the last of its run */
	assert_int_equal(f.out.nruns, 1);
	assert_int_equal(f.runs[0].segsize, 10);
	assert_int_equal(f.runs[0].len, 24);
	add(&f, &a, &any, 4);
	assert_int_equal(f.out.nruns, 2);
	assert_ptr_equal(f.runs[1].data, f.mem + 24);
	add(&f, &a, &any, 5); /* longer: a run of its own */
	assert_int_equal(f.out.nruns, 3);
	core_out_reset(&f.out);
	add(&f, &a, &any, 10);
	add(&f, &b, &any, 10);
	add(&f, &b, &own, 10);
	assert_int_equal(f.out.nruns, 3);
	assert_true(endpoint_equal(&f.runs[1].remote, &b));
	assert_true(ipaddr_equal(&f.runs[2].local, &own));
}

/* A datagram that may be fragmented is in no run with others. */
static void
test_fragments(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	add(&f, &a, &any, 10);
	assert_non_null(batch_run_place(&f.out, 10));
	batch_run_add_fragments(&f.out, &a, &any, 0, 10);
	add(&f, &a, &any, 10);
	assert_int_equal(f.out.nruns, 3);
	assert_false(f.runs[0].may_fragment || f.runs[2].may_fragment);
	assert_true(f.runs[1].may_fragment);
	assert_ptr_equal(f.runs[1].data, f.mem + 10);
	assert_int_equal(f.out.used, 30);
}

/* The kernel sends a run with one TOS. */
static void
test_tos(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	add_tos(&f, &a, &any, 2, 10);
	add_tos(&f, &a, &any, 2, 10);
	assert_int_equal(f.out.nruns, 1);
	add_tos(&f, &a, &any, 3, 10);
	add_tos(&f, &a, &any, 0, 10);
	assert_int_equal(f.out.nruns, 3);
	assert_int_equal(f.runs[0].tos, 2);
	assert_int_equal(f.runs[1].tos, 3);
	assert_int_equal(f.runs[2].tos, 0);
}

static void
test_full(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	assert_null(batch_run_place(&f.out, 101));
	assert_null(batch_alloc(&f.out, 101));
	assert_ptr_equal(batch_alloc(&f.out, 60), f.mem);
	assert_null(batch_run_place(&f.out, 41));
	assert_ptr_equal(batch_run_place(&f.out, 40), f.mem + 60);
	f.out.nruns = f.out.maxruns;
	assert_null(batch_run_place(&f.out, 1));
}

/* What was allocated in between keeps two datagrams from adjoining. */
static void
test_gap(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	add(&f, &a, &any, 10);
	assert_non_null(batch_alloc(&f.out, 3));
	add(&f, &a, &any, 10);
	assert_int_equal(f.out.nruns, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs), cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_tos),  cmocka_unit_test(test_full),
		cmocka_unit_test(test_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
