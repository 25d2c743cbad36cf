/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The warden: a small process that stays root when the daemon drops root. It
 * runs hooks and opens the files of the configuration, nothing else;
 * format/wardenmsg.h lists its requests. The warden ends when the daemon does.
 */
#ifndef DAEMON_WARDEN_H
#define DAEMON_WARDEN_H

#include <stdbool.h>
#include <stddef.h>

#include "format/wardenmsg.h"
#include "sys/hook.h"
#include "sys/loop.h"
#include "sys/privs.h"

/* --- warden.c: the process ------------------------------------------------ */

struct warden_setup {
	int fd;			/* to the daemon */
	const char *path;	/* the configuration, absolute */
	struct conf *conf;	/* as read at the start; taken over */
	struct privs_ids user;	/* the user that it does not trust */
};

/* Serves until the daemon's end is closed, or sends an invalid request. */
void warden_serve(const struct warden_setup *s) __attribute__((noreturn));

/* --- wardenlink.c: the daemon's end -------------------------------------------
 */

struct warden;

/* Forks the warden; before any thread is started and root is dropped. The new
 * process calls forget(ctx), which frees everything it does not need, and keeps
 * s->conf; s->fd is filled in. */
int warden_start(struct warden **out, struct warden_setup *s,
		 void (*forget)(void *ctx), void *ctx, struct err *e);
int warden_watch(struct warden *w, struct loop *l, struct err *e);
/* Tells the interface index of the device: hooks get the current name of that
 * interface. The first call counts; before anything from the network is
 * read. */
int warden_device(struct warden *w, unsigned int index, struct err *e);
/* Waits a moment for the warden to end; NULL is fine. */
void warden_close(struct warden *w);
/* False for NULL. */
bool warden_lives(const struct warden *w);

/* Hooks run one after the other in the order they were given. node and subnet
 * are NULL where the hook has none. done may be NULL and is called from the
 * loop, or from any call below. */
int warden_run(struct warden *w, enum warden_hook hook, const char *node,
	       const struct prefix *subnet, hook_done_fn done, void *ctx,
	       struct err *e);
/* Sends at most WARDEN_CHANGES_MAX bytes of changes, which the next
 * WARDEN_CHANGE hook reads after those of earlier calls. */
int warden_changes(struct warden *w, const uint8_t *changes, size_t len,
		   struct err *e);
size_t warden_pending(const struct warden *w);
/* Waits until no hook is pending, or the warden is gone. */
void warden_wait(struct warden *w);
/* Drops pending hooks; the next one, which is WARDEN_DOWN, kills the running
 * one. */
void warden_drop(struct warden *w);

/* Returns a descriptor, or -1. conf: from warden_reread(), or 1, that of the
 * start; any for WARDEN_LOG. */
int warden_open(struct warden *w, uint32_t conf, enum warden_path path,
		unsigned int index, struct err *e);
/* The warden reads the configuration again. Returns the same file's descriptor,
 * or -1. */
int warden_reread(struct warden *w, uint32_t *conf, struct err *e);
/* Later hooks are those of conf, which must live until the next one is in
 * use. */
void warden_use(struct warden *w, uint32_t conf, const struct conf *c);

#endif
