/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What connections may take of a turn of the loop. The loop, the sockets and
 * the order of a turn are the real ones; the core is one that does half a
 * millisecond of public-key work for whatever it is given, on a clock that
 * nothing else moves.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "daemon/daemon.h"
#include "sys/clock.h"

#define WORK_NS (NS_PER_MS / 2) /* of a piece */
#define SHARE 2			/* pieces: the share of a turn */
#define MANY 40			/* with the packets: one batch */
#define FEW 4
#define MOST MANY

struct end { /* of who sends, and what came of it */
	int fd;
	uint32_t id;
	unsigned int said, pieces; /* and what the core was given of it */
	unsigned int goes_on;	   /* sends so many more by itself */
};

static struct daemon d;
static struct end ends[MOST];
static size_t nends;
static int64_t clock_ns;
static unsigned int pieces;  /* of this turn */
static unsigned int packets; /* turns in which some were served */
static int packet_fd;
static struct loop_fd *packet_place;
static bool ending;	   /* one is to end in order */
static bool starved;	   /* one is to find no descriptor */
static unsigned int trims; /* memory was given back */

int __wrap_malloc_trim(size_t pad);
struct monotime __wrap_clock_mono(void);
struct monotime __wrap_core_deadline(const struct core *c);
bool __wrap_core_next_action(struct core *c, struct action *a);
uint32_t __wrap_core_stream_accepted(struct core *c, struct now now,
				     const struct endpoint *remote);
void __wrap_core_stream_in(struct core *c, struct now now, uint32_t conn,
			   const uint8_t *bytes, size_t len);
size_t __wrap_core_stream_drain(struct core *c, struct now now, uint32_t conn,
				uint8_t *out, size_t cap);
void __wrap_core_stream_closed(struct core *c, struct now now, uint32_t conn,
			       enum close_reason reason, const char *why);

int
__wrap_malloc_trim(size_t pad)
{
	assert_int_equal(pad, 0);
	trims++;
	return 1;
}

struct monotime
__wrap_clock_mono(void)
{
	return (struct monotime){ clock_ns };
}

struct monotime
__wrap_core_deadline(const struct core *c)
{
	(void)c;
	return MONO_NEVER;
}

bool
__wrap_core_next_action(struct core *c, struct action *a)
{
	(void)c;
	(void)a;
	return false;
}

uint32_t
__wrap_core_stream_accepted(struct core *c, struct now now,
			    const struct endpoint *remote)
{
	(void)c;
	(void)now;
	(void)remote;
	return ends[nends].id;
}

static void
say(struct end *e)
{
	assert_int_equal(write(e->fd, "x", 1), 1);
	e->said++;
}

void
__wrap_core_stream_in(struct core *c, struct now now, uint32_t conn,
		      const uint8_t *bytes, size_t len)
{
	struct end *e = &ends[conn - 1];

	(void)c;
	(void)now;
	assert_int_equal(len, 1);
	assert_int_equal(bytes[0], 'x');
	clock_ns += WORK_NS;
	pieces++;
	e->pieces++;
	if (e->goes_on == 0)
		return;
	e->goes_on--;
	say(e);
}

size_t
__wrap_core_stream_drain(struct core *c, struct now now, uint32_t conn,
			 uint8_t *out, size_t cap)
{
	(void)c;
	(void)now;
	(void)conn;
	(void)out;
	(void)cap;
	return 0;
}

void
__wrap_core_stream_closed(struct core *c, struct now now, uint32_t conn,
			  enum close_reason reason, const char *why)
{
	(void)c;
	(void)now;
	if (ending && reason == CLOSE_ORDERLY) {
		ending = false;
		return;
	}
	if (starved && reason == CLOSE_BROKEN &&
	    strstr(why, "LimitNOFILE") != NULL) {
		starved = false;
		return;
	}
	fail_msg("connection %u: %s", conn, why == NULL ? "its end" : why);
}

static void
on_packet(void *ctx, unsigned int events)
{
	(void)ctx;
	assert_int_equal(events, LOOP_IN);
	packets++;
}

static int
setup(void **state)
{
	static const uint8_t seed[HASH_SEED_LEN];

	(void)state;
	memset(&d, 0, sizeof(d));
	memset(ends, 0, sizeof(ends));
	nends = 0;
	packets = 0;
	clock_ns = NS_PER_S;
	table_init(&d.streams.conns, seed);
	assert_int_equal(loop_new(&d.loop, NULL), 0);
	d.suspend.vmfork = -1;
	trims = 0;
	assert_int_equal(giveback_open(&d, NULL), 0);
	assert_int_equal(suspend_watch(&d, NULL), 0);
	loop_own(d.loop, actions_of_loop(&d));
	/* Packets are always there. */
	packet_fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(packet_fd >= 0);
	return loop_add(&packet_place, d.loop, packet_fd, LOOP_IN, on_packet,
			NULL, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	streams_close_all(&d);
	giveback_close(&d);
	while (nends > 0)
		close(ends[--nends].fd);
	loop_remove(packet_place);
	close(packet_fd);
	loop_free(d.loop);
	return 0;
}

/* Somebody connects, and has said something. */
static struct end *
connects(void)
{
	struct endpoint nowhere = { 0 };
	struct end *e = &ends[nends];
	int fd[2];

	assert_true(nends < MOST);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	e->fd = fd[0];
	e->id = (uint32_t)nends + 1;
	streams_accept(&d, fd[1], &nowhere, &nowhere);
	nends++;
	say(e);
	return e;
}

static void
many_connect(void)
{
	for (int i = 0; i < MANY; i++)
		connects();
}

static void
turn(void)
{
	pieces = 0;
	assert_int_equal(loop_turn(d.loop, MONO_NONE, NULL), 0);
}

static void
packets_wait_for_the_share_of_a_turn(void **state)
{
	unsigned int turns = 0;

	(void)state;
	many_connect();
	for (unsigned int done = 0; done < MANY; done += pieces) {
		turn();
		turns++;
		/* Neither more, nor is there a turn for nothing. */
		assert_int_equal(pieces, SHARE);
		assert_int_equal(packets, turns);
	}
	for (size_t i = 0; i < nends; i++)
		assert_int_equal(ends[i].pieces, 1);
	turn();
	assert_int_equal(pieces, 0);
}

/* Each of the first n has something to say, always. */
static void
all_say(size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ends[i].said == ends[i].pieces)
			say(&ends[i]);
}

static void
nobody_comes_twice_before_all_have_come_once(void **state)
{
	(void)state;
	many_connect();
	for (unsigned int n = SHARE; n < 3 * MANY; n += SHARE) {
		unsigned int rounds = n / MANY;

		turn();
		assert_int_equal(pieces, SHARE);
		for (size_t i = 0; i < nends; i++)
			assert_in_range(ends[i].pieces, rounds, rounds + 1);
		all_say(nends);
	}
}

static void
one_that_never_ends_has_a_piece_a_turn(void **state)
{
	struct end *e, *other;

	(void)state;
	e = connects();
	e->goes_on = 10;
	other = connects();
	for (unsigned int n = 1; n <= 10; n++) {
		turn();
		assert_int_equal(e->pieces, n);
		assert_int_equal(other->pieces, 1);
		assert_int_equal(packets, n);
	}
}

/* More of them come in each turn than it has room for. */
static void
new_ones_do_not_keep_the_others_waiting(void **state)
{
	const int once = FEW / SHARE;
	const int twice = once + (FEW + once * (SHARE + 1)) / SHARE;

	(void)state;
	for (int i = 0; i < FEW; i++)
		connects();
	/* Once through the first, then through these and the later ones. */
	for (int n = 0; n < twice; n++) {
		turn();
		assert_int_equal(pieces, SHARE);
		for (int i = 0; i <= SHARE; i++)
			connects();
		all_say(FEW);
	}
	for (int i = 0; i < FEW; i++)
		assert_int_equal(ends[i].pieces, 2);
}

/* All is said, and the other side does not hang up. */
static void
one_that_lingers_has_little_time(void **state)
{
	struct end *e;

	(void)state;
	e = connects();
	turn();
	ending = true;
	streams_close(&d, e->id);
	assert_false(ending);
	assert_non_null(d.streams.lingering);
	clock_ns += 2000 * NS_PER_MS - 1;
	turn();
	assert_non_null(d.streams.lingering);
	clock_ns++;
	turn();
	assert_null(d.streams.lingering);
}

/* n connections come and go. */
static void
come_and_go(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t conn = connects()->id;

		turn();
		ending = true;
		streams_close(&d, conn);
		clock_ns += 2000 * NS_PER_MS;
		turn();
		assert_null(d.streams.lingering);
	}
}

static void
memory_is_given_back_after_a_burst(void **state)
{
	(void)state;
	come_and_go(7);
	clock_ns += 20 * NS_PER_S;
	turn();
	assert_int_equal(trims, 0);
	come_and_go(1);
	clock_ns += 15000 * NS_PER_MS - 1;
	turn();
	assert_int_equal(trims, 0);
	come_and_go(3); /* of the same burst */
	assert_int_equal(trims, 1);
	clock_ns += 60 * NS_PER_S;
	turn();
	assert_int_equal(trims, 1);
	come_and_go(8);
	clock_ns += 15 * NS_PER_S;
	turn();
	assert_int_equal(trims, 2);
}

/* Dials leave some descriptors to everything else. */
static void
dials_do_not_take_all_descriptors(void **state)
{
	struct action a = { .kind = ACTION_CONNECT, .conn = 1000 };
	const uint8_t loopback[4] = { 127, 0, 0, 1 };

	(void)state;
	a.to = (struct endpoint){ .addr.family = IP_V4, .port = 9 };
	memcpy(a.to.addr.b, loopback, sizeof(loopback));
	many_connect();
	d.streams.files = MANY + 128;
	starved = true;
	streams_connect(&d, &a);
	assert_false(starved);
	assert_int_equal(d.streams.conns.count, MANY);
	d.streams.files++;
	streams_connect(&d, &a);
	assert_int_equal(d.streams.conns.count, MANY + 1);
	ending = true;
	streams_close(&d, a.conn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			dials_do_not_take_all_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(
			packets_wait_for_the_share_of_a_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nobody_comes_twice_before_all_have_come_once, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			one_that_never_ends_has_a_piece_a_turn, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			new_ones_do_not_keep_the_others_waiting, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			one_that_lingers_has_little_time, setup, teardown),
		cmocka_unit_test_setup_teardown(
			memory_is_given_back_after_a_burst, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
