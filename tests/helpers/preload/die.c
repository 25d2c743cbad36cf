/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A death at the n-th step, by LD_PRELOAD. While the file that ARMED names is
 * there, with a number in it, the steps that change a file below the directory
 * WITHIN are counted; before that one, the process is killed.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int steps;

/* ISO C knows no conversion of objects to functions: POSIX has them alike. */
#define NEXT(fn, name)                             \
	do {                                       \
		void *p_ = dlsym(RTLD_NEXT, name); \
		memcpy(&(fn), &p_, sizeof(fn));    \
	} while (0)

static int
within(const char *path)
{
	const char *dir = getenv("WITHIN");

	return dir != NULL && strncmp(path, dir, strlen(dir)) == 0;
}

static void
step(const char *path)
{
	const char *armed = getenv("ARMED");
	FILE *f = armed == NULL || !within(path) ? NULL : fopen(armed, "r");
	int n;

	if (f == NULL)
		return;
	if (fscanf(f, "%d", &n) == 1 && ++steps == n)
		kill(getpid(), SIGKILL);
	fclose(f);
}

static void
step_fd(int fd)
{
	char assoc[64], path[4096];
	ssize_t n;

	snprintf(assoc, sizeof(assoc), "/proc/self/fd/%d", fd);
	n = readlink(assoc, path, sizeof(path) - 1);
	if (n <= 0)
		return;
	path[n] = '\0';
	step(path);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (real == NULL)
		NEXT(real, "write");
	step_fd(fd);
	return real(fd, p, n);
}

int
fsync(int fd)
{
	static int (*real)(int);

	if (real == NULL)
		NEXT(real, "fsync");
	step_fd(fd);
	return real(fd);
}

int
rename(const char *a, const char *b)
{
	static int (*real)(const char *, const char *);

	if (real == NULL)
		NEXT(real, "rename");
	step(b);
	return real(a, b);
}

int
renameat(int d, const char *a, int e, const char *b)
{
	static int (*real)(int, const char *, int, const char *);

	if (real == NULL)
		NEXT(real, "renameat");
	step_fd(e);
	return real(d, a, e, b);
}
