/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Another time for one program, by LD_PRELOAD: its wall clock is so many
 * seconds off, and its machine has slept for so many more than the clock that
 * counts sleep knows of. CLOCK_OFFSETS names the file with both numbers, which
 * may be changed at any time, in place (it is mapped):
 *
 *	printf '%-20d %-20d\n' 86400 0 1<>FILE
 *
 * CLOCK_MONOTONIC stays as it is. A timer descriptor on CLOCK_BOOTTIME that
 * was set before a jump fires no sooner for it, other than after a true sleep:
 * send the program something, so that it looks at its clock.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FILE_LEN 42 /* two numbers, as above */
#define FDS 1024

struct offsets {
	long wall, boot;
};

static const char *file;
static bool counts_sleep[FDS]; /* timer descriptors on CLOCK_BOOTTIME */
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_create)(int, int);
static int (*real_settime)(int, int, const struct itimerspec *,
			   struct itimerspec *);

static _Noreturn void
fail(const char *what)
{
	perror(what);
	_exit(EXIT_FAILURE);
}

static void *
next(const char *name)
{
	void *fn = dlsym(RTLD_NEXT, name);

	if (fn == NULL)
		fail(name);
	return fn;
}

/* ISO C knows no conversion of objects to functions: POSIX has them alike. */
#define NEXT(fn, name)                          \
	do {                                    \
		void *p_ = next(name);          \
		memcpy(&(fn), &p_, sizeof(fn)); \
	} while (0)

static void __attribute__((constructor)) setup(void)
{
	const char *path = getenv("CLOCK_OFFSETS");
	void *p;
	int fd;

	if (real_gettime != NULL)
		return;
	NEXT(real_create, "timerfd_create");
	NEXT(real_settime, "timerfd_settime");
	NEXT(real_gettime, "clock_gettime");
	if (path == NULL)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || lseek(fd, 0, SEEK_END) < FILE_LEN)
		fail(path);
	p = mmap(NULL, FILE_LEN, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		fail(path);
	close(fd);
	file = p;
}

/* Not while it is being written: read twice alike. */
static struct offsets
offsets(void)
{
	char text[FILE_LEN + 1], again[FILE_LEN];
	struct offsets o = { 0, 0 };
	char *end;

	setup();
	if (file == NULL)
		return o;
	do {
		memcpy(text, file, FILE_LEN);
		__asm__ volatile("" ::: "memory");
		memcpy(again, file, FILE_LEN);
	} while (memcmp(text, again, FILE_LEN) != 0);
	text[FILE_LEN] = '\0';
	o.wall = strtol(text, &end, 10);
	o.boot = strtol(end, NULL, 10);
	return o;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	struct offsets o = offsets();
	int rc = real_gettime(id, ts);

	if (rc != 0)
		return rc;
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		ts->tv_sec += o.wall;
	else if (id == CLOCK_BOOTTIME)
		ts->tv_sec += o.boot;
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

int
timerfd_create(clockid_t id, int flags)
{
	int fd;

	setup();
	fd = real_create(id, flags);
	if (fd >= 0 && fd < FDS)
		counts_sleep[fd] = id == CLOCK_BOOTTIME;
	return fd;
}

/* The kernel's clock has no offset. */
int
timerfd_settime(int fd, int flags, const struct itimerspec *new,
		struct itimerspec *old)
{
	struct itimerspec its = *new;
	struct timespec *at = &its.it_value;
	bool set = at->tv_sec != 0 || at->tv_nsec != 0;

	if (set && fd >= 0 && fd < FDS && counts_sleep[fd] &&
	    (flags & TFD_TIMER_ABSTIME) != 0) {
		at->tv_sec -= offsets().boot;
		if (at->tv_sec < 0)
			*at = (struct timespec){ .tv_nsec = 1 }; /* at once */
	}
	return real_settime(fd, flags, &its, old);
}
