/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The environment of a hook: exactly these variables, in every process. */
#ifndef DAEMON_HOOKENV_H
#define DAEMON_HOOKENV_H

#include "base/buf.h"
#include "base/ipaddr.h"

#define HOOKENV_MAX 7
#define HOOKENV_TEXT 128

struct hookenv {
	char text[HOOKENV_MAX][HOOKENV_TEXT];
	const char *list[HOOKENV_MAX + 1]; /* "NAME=value", NULL last */
	int n;
};

/* PATH and TUNDEV; for every hook. */
void hookenv_init(struct hookenv *env, const char *tundev);
void hookenv_node(struct hookenv *env, const char *name);
void hookenv_subnet(struct hookenv *env, const struct prefix *p);

#define HOOKENV_LINES_MAX ((size_t)64 * 1024 * 1024) /* bytes for a hook */

/*
 * The input of the hook for changes: a line for each of the changes
 * (format/monitormsg.h), "WORD NODE", or "WORD NODE SUBNET"; a word is the name
 * of the key for that hook without its "cmd". 0, or -1: no room, or malformed
 * changes.
 */
int hookenv_lines(struct buf *out, const uint8_t *changes, size_t len);

#endif
