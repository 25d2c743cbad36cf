/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What makes keys anew, and that the generators are renewed before. */
#include <string.h>
#include <sys/eventfd.h>

#include "../unit.h"
#include "daemon/daemon.h"
#include "sys/vmfork.h"

static struct daemon d;
static int64_t slept_ns;      /* of the machine, in its life */
static enum vmfork_news news; /* what the next uevent says */
static unsigned int renewed, anew;
static char said[128];

int64_t __wrap_clock_slept_ns(void);
enum vmfork_news __wrap_vmfork_read(int fd);
void __wrap_rng_renew(void);
void __wrap_core_slept(struct core *c, struct now now, const char *why);
bool __wrap_core_next_action(struct core *c, struct action *a);

int64_t
__wrap_clock_slept_ns(void)
{
	return slept_ns;
}

enum vmfork_news
__wrap_vmfork_read(int fd)
{
	assert_int_equal(fd, d.suspend.vmfork);
	return news;
}

void
__wrap_rng_renew(void)
{
	assert_int_equal(renewed, anew);
	renewed++;
}

void
__wrap_core_slept(struct core *c, struct now now, const char *why)
{
	(void)c;
	(void)now;
	anew++;
	/* Nothing has been drawn in between. */
	assert_int_equal(renewed, anew);
	strncpy(said, why, sizeof(said) - 1);
}

bool
__wrap_core_next_action(struct core *c, struct action *a)
{
	(void)c;
	(void)a;
	return false;
}

static int
setup(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	memset(said, 0, sizeof(said));
	renewed = anew = 0;
	slept_ns = 5 * NS_PER_S; /* before this daemon was started */
	d.suspend.vmfork = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(d.suspend.vmfork >= 0);
	assert_int_equal(loop_new(&d.loop, NULL), 0);
	return suspend_watch(&d, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	suspend_close(&d);
	loop_free(d.loop);
	return 0;
}

static void
sleep_does(void **state)
{
	(void)state;
	suspend_check(&d);
	slept_ns += NS_PER_S - 1; /* two clocks, not read at once */
	suspend_check(&d);
	assert_int_equal(anew, 0);
	slept_ns += 60 * NS_PER_S;
	suspend_check(&d);
	assert_int_equal(anew, 1);
	assert_string_equal(said, "the machine slept for 61 s");
	suspend_check(&d);
	assert_int_equal(anew, 1);
}

static void
hear(enum vmfork_news what)
{
	news = what;
	assert_int_equal(loop_turn(d.loop, MONO_NONE, NULL), 0);
}

static void
copies_do(void **state)
{
	(void)state;
	hear(VMFORK_NONE);
	assert_int_equal(anew, 0);
	hear(VMFORK_COPIED);
	assert_int_equal(anew, 1);
	assert_string_equal(said, "the machine was copied or went back to a "
				  "snapshot");
	hear(VMFORK_LOST);
	assert_int_equal(anew, 2);
	assert_string_equal(said, "events of the kernel were lost, and the "
				  "machine may have been copied");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sleep_does, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_do, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
