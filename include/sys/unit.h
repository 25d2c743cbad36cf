/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of a systemd unit that determine the daemon's user and
 * directories: systemd.exec(5). */
#ifndef SYS_UNIT_H
#define SYS_UNIT_H

#include <stdbool.h>

#include "base/err.h"
#include "sys/privs.h"

#define UNIT_TEXT_MAX 256

struct unit {
	char path[UNIT_TEXT_MAX];
	char user[UNIT_TEXT_MAX], group[UNIT_TEXT_MAX]; /* "": root's */
	/* Directories that systemd gives to the user: "" for none. */
	char state[UNIT_TEXT_MAX], runtime[UNIT_TEXT_MAX];
	char chowned[UNIT_TEXT_MAX]; /* chowned by ExecStartPre */
};

/* Reads NAME.service and its drop-ins, from below root ("" for the host's own),
 * in the directories of systemd.unit(5). false: the unit does not exist. */
bool unit_read(struct unit *u, const char *root, const char *name);
/* True when systemd manages this host: sd_booted(3). */
bool unit_booted(void);
/* Changes to that user permanently, with the user's groups, and without any
 * capability. */
int unit_become(const char *user, const struct privs_ids *ids, struct err *e);

#endif
