/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A clock, medians, settings. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t
bench_cpu(void)
{
	struct timespec t;

	/* Of this thread: what else runs on the machine does not count. */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

double
bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

double
bench_least(const double *v, size_t n)
{
	double least = v[0];

	for (size_t i = 1; i < n; i++)
		if (v[i] < least)
			least = v[i];
	return least;
}

size_t
bench_env(const char *name, size_t otherwise)
{
	const char *text = getenv(name);
	char *end;
	unsigned long long n;

	if (text == NULL || *text == '\0')
		return otherwise;
	n = strtoull(text, &end, 10);
	if (*end != '\0') {
		fprintf(stderr, "%s=%s: expected a number\n", name, text);
		exit(2);
	}
	return (size_t)n;
}

void
bench_die(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(1);
}

void *
bench_alloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		bench_die("no memory");
	return p;
}
