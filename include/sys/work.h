/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Worker threads, for work that would block the loop: writes that wait for the
 * disk, checking and building a list, name look-ups. First in, first out; each
 * thread runs one job at a time.
 */
#ifndef SYS_WORK_H
#define SYS_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sys/loop.h"

#define WORK_THREADS_MAX 16

struct work;

/* A job is part of its owner's struct; the owner must not touch it between
 * work_submit() and done. run executes in the thread alone and shares nothing
 * with the loop. */
struct work_job {
	void (*run)(void *ctx);	 /* in the thread */
	void (*done)(void *ctx); /* in the loop; may free the job */
	void (*drop)(void *ctx); /* work_abandon(): frees it, in either thread;
				  * may be NULL when that is never called */
	void *ctx;
	struct work_job *next; /* the queue's */
};

/* Starts the threads, that many or at least one, with every signal blocked:
 * call after the change of user, which does not reach other threads. */
int work_open(struct work **out, struct loop *l, unsigned int threads,
	      struct err *e);
/* Runs queued jobs, as work_close(), for that many milliseconds at most. false:
 * a job is left. */
bool work_wait(struct work *w, int64_t ms);
/* Runs queued jobs to the end, in order, with each done called here; also jobs
 * that a done submits. Then ends the threads. Not from within a done. NULL is
 * fine. */
void work_close(struct work *w);
/* For long jobs whose results are no longer needed: no further job is run or
 * answered, all are dropped; a job that is running is not waited for, and
 * dropped by its thread, which ends with it. NULL is fine. */
void work_abandon(struct work *w);
void work_submit(struct work *w, struct work_job *job);
/* Jobs submitted whose done has not been called. */
size_t work_pending(const struct work *w);

#endif
