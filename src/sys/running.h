/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A shell command that runs in a process group of its own, for hook.c. */
#ifndef SYS_RUNNING_H
#define SYS_RUNNING_H

#include <stdbool.h>
#include <sys/types.h>

#include "sys/hook.h"

struct running {
	pid_t pid;   /* shell's pid; 0: none, or the shell has ended */
	pid_t group; /* process group; 0: none */
	int pidfd;
	int out; /* read end of its output pipe */
	struct hook_result result;
};

/* in: its standard input; -1: null. 0 or an errno. */
int running_start(struct running *r, const char *command, char *const *env,
		  int in);
/* Keeps the beginning, counts the rest. false: the output has ended. */
bool running_read(struct running *r);
void running_kill(const struct running *r, int signo); /* the whole group */
/* True while the shell has left processes behind. Their process group exists
 * until the last of them is gone. In a container this process may be their new
 * parent. */
bool running_left(const struct running *r);
/* The shell has ended: takes its status and the rest of its output. */
void running_reap(struct running *r);

#endif
