/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seeded generator against RFC 8439, the bounds of both, and OpenSSL's
 * own ones in two copies of a machine. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "../unit.h"
#include "crypto/rng.h"
#include "test_hex.h"

/* RFC 8439 appendix A.1, vectors 1 and 2: key 0, blocks 0 and 1. */
static const char zero_stream[] =
	"76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
	"da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
	"9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
	"29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f";

static void
seed_zero_is_the_rfc_stream(void **state)
{
	struct rng_seeded s;
	struct rng r = rng_seeded(&s, 0);
	uint8_t out[128];

	(void)state;
	memset(out, 0xa5, sizeof(out));
	rng_fill(&r, out, sizeof(out));
	assert_hex(out, zero_stream);
}

static void
pieces_do_not_matter(void **state)
{
	struct rng_seeded s;
	struct rng r = rng_seeded(&s, 0);
	uint8_t out[128];
	size_t done = 0;

	(void)state;
	for (size_t n = 0; done < sizeof(out); n++) {
		if (n > sizeof(out) - done)
			n = sizeof(out) - done;
		rng_fill(&r, out + done, n);
		done += n;
	}
	assert_hex(out, zero_stream);
}

/* A piece of the stream is held: beyond its end, and back at its start. */
static void
long_requests_are_the_same_stream(void **state)
{
	struct rng_seeded s[2];
	struct rng a = rng_seeded(&s[0], 5), b = rng_seeded(&s[1], 5);
	uint8_t x[3000], y[3000];
	size_t done = 0, n = 500;

	(void)state;
	rng_fill(&a, x, sizeof(x));
	while (done < sizeof(y)) {
		n = n < sizeof(y) - done ? n : sizeof(y) - done;
		rng_fill(&b, y + done, n);
		done += n;
		n = n % 7 * 100 + 11;
	}
	assert_memory_equal(x, y, sizeof(x));
	/* No block of it comes twice. */
	for (size_t i = 64; i + 64 <= sizeof(x); i += 64)
		assert_memory_not_equal(x, x + i, 64);
	s[0].counter = 0;
	rng_fill(&a, y, 100);
	assert_memory_equal(x, y, 100);
}

static void
seeds_differ(void **state)
{
	struct rng_seeded s[3];
	struct rng a = rng_seeded(&s[0], 1);
	struct rng b = rng_seeded(&s[1], 1);
	struct rng c = rng_seeded(&s[2], 2);
	uint8_t x[32], y[32], z[32];

	(void)state;
	rng_fill(&a, x, sizeof(x));
	rng_fill(&b, y, sizeof(y));
	rng_fill(&c, z, sizeof(z));
	assert_memory_equal(x, y, sizeof(x));
	assert_memory_not_equal(x, z, sizeof(x));
}

static void
system_fills_all_of_it(void **state)
{
	static uint8_t a[100000], b[100000];
	struct rng r = rng_system();
	size_t same = 0;

	(void)state;
	rng_fill(&r, a, sizeof(a));
	rng_fill(&r, b, sizeof(b));
	for (size_t i = 0; i < sizeof(a); i++)
		same += a[i] == b[i];
	/* 391 are expected; 15 deviations more is never. */
	assert_true(same < 700);
	a[0] = 0x5a;
	rng_fill(&r, a, 0);
	assert_int_equal(a[0], 0x5a);
}

/* Gives the numbers of a list, big endian. */
struct script {
	const uint32_t *next;
};

static void
script_fill(void *ctx, void *out, size_t len)
{
	struct script *s = ctx;

	assert_int_equal(len, 4);
	put_be32(out, *s->next++);
}

static void
below_draws_again(void **state)
{
	/* 2^32 mod 3 = 1: the value 0 would make remainder 0 too likely. */
	static const uint32_t numbers[] = { 0, 0, 7, 1, UINT32_MAX, 5 };
	struct script s = { numbers };
	struct rng r = { script_fill, &s };

	(void)state;
	assert_int_equal(rng_below(&r, 3), 1);
	assert_ptr_equal(s.next, numbers + 3);
	assert_int_equal(rng_below(&r, 3), 1);
	assert_int_equal(rng_below(&r, UINT32_MAX), 0);
	assert_ptr_equal(s.next, numbers + 6 - 1);
	assert_int_equal(rng_u32(&r), 5);
}

static void
below_stays_below(void **state)
{
	struct rng_seeded s;
	struct rng r = rng_seeded(&s, 7);
	unsigned int seen[5] = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++) {
		uint32_t v = rng_below(&r, 5);

		assert_true(v < 5);
		seen[v]++;
	}
	for (int i = 0; i < 5; i++)
		assert_in_range(seen[i], 800, 1200);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rng_below(&r, 1), 0);
		assert_true(rng_below(&r, 1u << 31) < 1u << 31);
	}
}

/* OpenSSL knows by this that it is in the child of a fork, and seeds anew. A
 * copy of a machine cannot know it, nor can a fork of this test. */
pid_t
getpid(void)
{
	return 4711;
}

struct drawn {
	uint8_t public[32], private[32];
};

/* What another copy of this process draws. */
static struct drawn
draw_in_copy(bool renew)
{
	struct drawn d;
	int p[2], status;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (renew)
			rng_renew();
		if (RAND_bytes(d.public, sizeof(d.public)) != 1 ||
		    RAND_priv_bytes(d.private, sizeof(d.private)) != 1 ||
		    write(p[1], &d, sizeof(d)) != sizeof(d))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(p[0], &d, sizeof(d)), sizeof(d));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(p[0]);
	close(p[1]);
	return d;
}

static void
copies_draw_what_others_do_not(void **state)
{
	struct drawn a, b;

	(void)state;
	/* All generators are there before the copies are made. */
	assert_int_equal(RAND_bytes(a.public, sizeof(a.public)), 1);
	assert_int_equal(RAND_priv_bytes(a.private, sizeof(a.private)), 1);
	a = draw_in_copy(false);
	b = draw_in_copy(false);
	assert_memory_equal(&a, &b, sizeof(a));
	a = draw_in_copy(true);
	b = draw_in_copy(true);
	assert_memory_not_equal(a.public, b.public, sizeof(a.public));
	assert_memory_not_equal(a.private, b.private, sizeof(a.private));
}

/* How often this thread's generator was seeded. */
static unsigned int
seeded(void)
{
	unsigned int n = 0;
	OSSL_PARAM want[] = {
		OSSL_PARAM_uint(OSSL_DRBG_PARAM_RESEED_COUNTER, &n),
		OSSL_PARAM_END,
	};

	assert_int_equal(EVP_RAND_CTX_get_params(RAND_get0_public(NULL), want),
			 1);
	return n;
}

static void *
draw_twice(void *barrier)
{
	static unsigned int before, after;
	uint8_t b[1];

	RAND_bytes(b, sizeof(b));
	before = seeded();
	pthread_barrier_wait(barrier); /* and renew */
	pthread_barrier_wait(barrier);
	RAND_bytes(b, sizeof(b));
	after = seeded();
	return after == before ? NULL : &after;
}

static void
other_threads_notice(void **state)
{
	pthread_barrier_t barrier;
	pthread_t thread;
	void *changed;

	(void)state;
	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, draw_twice, &barrier),
			 0);
	pthread_barrier_wait(&barrier);
	rng_renew();
	pthread_barrier_wait(&barrier);
	assert_int_equal(pthread_join(thread, &changed), 0);
	assert_non_null(changed);
	pthread_barrier_destroy(&barrier);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seed_zero_is_the_rfc_stream),
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(long_requests_are_the_same_stream),
		cmocka_unit_test(seeds_differ),
		cmocka_unit_test(system_fills_all_of_it),
		cmocka_unit_test(below_draws_again),
		cmocka_unit_test(below_stays_below),
		cmocka_unit_test(copies_draw_what_others_do_not),
		cmocka_unit_test(other_threads_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
