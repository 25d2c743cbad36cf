/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the programs that measure share: a clock and medians. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of processor time that this thread has used. */
int64_t bench_cpu(void);
/* Sorts v; there must be one value at least. */
double bench_median(double *v, size_t n);
/* The least of them: what other programs do to the caches only adds. */
double bench_least(const double *v, size_t n);
/* An environment variable that is a number, or what it is without it. */
size_t bench_env(const char *name, size_t otherwise);
/* The end, for want of memory or for any other reason. */
void bench_die(const char *why) __attribute__((noreturn));
void *bench_alloc(size_t n, size_t size);

#endif
