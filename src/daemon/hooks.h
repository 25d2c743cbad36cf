/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the hooks of the configuration. */
#ifndef DAEMON_HOOKS_H
#define DAEMON_HOOKS_H

#include "base/buf.h"
#include "core/action.h"
#include "format/monitormsg.h"
#include "sys/hook.h"

struct daemon;

struct hooks {
	struct hook_queue *queue; /* those that the daemon itself runs */
	bool confined;		  /* can start no process any more */
	struct hook_changes {	  /* for changecmd */
		struct buf row;	  /* see format/monitormsg.h */
		bool any;	  /* changes since it ran last */
		bool lost;	  /* no room for some changes */
	} changes;
};

void hooks_run(struct daemon *d, const struct action *a);
/* Runs changecmd once for all that hooks_run() was given since the last
 * time. */
void hooks_flush(struct daemon *d);
bool hooks_any(const struct conf *c); /* a hook is configured */
/* True when hooks can run; else configured hooks need a restart. */
bool hooks_can_run(const struct daemon *d);
size_t hooks_pending(const struct daemon *d); /* hooks that have not ended */
/* Runs the hook of MONITOR_UP or MONITOR_DOWN and waits for it. 0 when there is
 * none or it succeeded. Other pending hooks are dropped. */
int hooks_wait(struct daemon *d, enum monitor_hook hook);

#endif
