/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's end of the monitor's socket (daemon/monitor.h). */
#ifndef DAEMON_MONITOR_LINK_H
#define DAEMON_MONITOR_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "format/monitormsg.h"
#include "sys/hook.h"
#include "sys/loop.h"

struct monitor_link;

/* Forks the monitor; before any thread is started and root is dropped. The new
 * process calls serve(ctx, fd), which does not return; fd is its end of the
 * socket. c: the configuration, whose number is 1. */
int monitor_link_start(struct monitor_link **out, const struct conf *c,
		       void (*serve)(void *ctx, int fd), void *ctx,
		       struct err *e);
int monitor_link_watch(struct monitor_link *w, struct loop *l, struct err *e);
/* Tells the interface index of the device: hooks get the current name of that
 * interface. The first call counts; before anything from the network is
 * read. */
int monitor_link_device(struct monitor_link *w, unsigned int index,
			struct err *e);
/* Waits a moment for the monitor to end; NULL is fine. */
void monitor_link_close(struct monitor_link *w);
/* False for NULL. */
bool monitor_link_lives(const struct monitor_link *w);

/* Hooks run one after the other in the order they were given. node and subnet
 * are NULL where the hook has none. done may be NULL and is called from the
 * loop, or from any call below. */
int monitor_link_run(struct monitor_link *w, enum monitor_hook hook,
		     const char *node, const struct prefix *subnet,
		     hook_done_fn done, void *ctx, struct err *e);
/* Sends at most MONITOR_CHANGES_MAX bytes of changes, which the next
 * MONITOR_CHANGE hook reads after those of earlier calls. */
int monitor_link_changes(struct monitor_link *w, const uint8_t *changes,
			 size_t len, struct err *e);
size_t monitor_link_pending(const struct monitor_link *w);
/* Waits until no hook is pending, or the monitor is gone. */
void monitor_link_wait(struct monitor_link *w);
/* Drops pending hooks; the next one, which is MONITOR_DOWN, kills the running
 * one. */
void monitor_link_drop(struct monitor_link *w);

/* Returns a descriptor, or -1. conf: from monitor_link_reread(), or 1, that of
 * the start; any for MONITOR_LOG. */
int monitor_link_open(struct monitor_link *w, uint32_t conf,
		      enum monitor_path path, unsigned int index,
		      struct err *e);
/* The monitor reads the configuration again. Returns the same file's
 * descriptor, or -1. */
int monitor_link_reread(struct monitor_link *w, uint32_t *conf, struct err *e);
/* Later hooks are those of conf, which must live until the next one is in
 * use. */
void monitor_link_use(struct monitor_link *w, uint32_t conf,
		      const struct conf *c);

#endif
