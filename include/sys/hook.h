/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shell commands of the administrator. Each runs in a process group of its
 * own, in /, with exactly the environment given, standard input null or some
 * bytes, no inherited descriptor, signals at their defaults, 30 s at most; then
 * the group gets SIGTERM, and SIGKILL 2 s later.
 */
#ifndef SYS_HOOK_H
#define SYS_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "sys/loop.h"

#define HOOK_LIMIT_MS 30000
#define HOOK_KILL_MS 2000
#define HOOK_OUTPUT_MAX 4096
#define HOOK_QUEUE_MAX 262144 /* commands waiting */

struct hook_result {
	int exit_status; /* -1 when it did not exit by itself */
	int signal;	 /* signal that ended it, else 0 */
	int errnum;	 /* why it did not start; else 0 */
	bool timed_out;
	size_t discarded; /* bytes of output beyond HOOK_OUTPUT_MAX */
	size_t len;
	char output[HOOK_OUTPUT_MAX + 1]; /* raw stdout and stderr, and a NUL */
};

bool hook_ok(const struct hook_result *r);
#define HOOK_TEXT_MAX 96
/* "exit status 3", "killed by signal 15, because it took too long", ... */
char *hook_result_text(char out[HOOK_TEXT_MAX], const struct hook_result *r);

typedef void (*hook_done_fn)(void *ctx, const char *command,
			     const struct hook_result *r);

struct hook_queue;

/* Commands run one after the other in the order they were given. */
int hook_queue_open(struct hook_queue **out, struct loop *l, struct err *e);
/* Kills the running command and drops those waiting; no done is called. Not
 * from within done. NULL is fine. */
void hook_queue_close(struct hook_queue *h);
void hook_queue_limit(struct hook_queue *h, int64_t limit_ms); /* for tests */
/* env: "NAME=value" strings, NULL last. Both are copied. done may be NULL
 * and may queue more; it is called from the loop. */
int hook_queue_run(struct hook_queue *h, const char *command,
		   const char *const *env, hook_done_fn done, void *ctx,
		   struct err *e);
/* The same; the bytes, which are copied, are its standard input. */
int hook_queue_run_input(struct hook_queue *h, const char *command,
			 const char *const *env, struct span input,
			 hook_done_fn done, void *ctx, struct err *e);
size_t hook_queue_pending(const struct hook_queue *h); /* waiting and running */

/* Waits for the command: for up and down, outside the loop. 0 when it was
 * started: then r describes its end. */
int hook_run_wait(const char *command, const char *const *env, int64_t limit_ms,
		  struct hook_result *r, struct err *e);

#endif
