/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker thread: gets jobs from the core, and gives it their results. */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include "base/err.h"
#include "core/action.h"
#include "daemon/unsaved.h"
#include "sys/work.h"

struct identity;

struct worker {
	struct work *work;
	bool stuck; /* the thread still uses the daemon's memory */
	struct unsaved unsaved;
	struct loop_timer retry; /* of unsaved writes */
	struct monotime moved;	 /* last progress */
	/* The list on the disk is newer than the one that was to replace it. */
	void (*disk_is_newer)(struct daemon *d);
};

int worker_open(struct daemon *d, void (*disk_is_newer)(struct daemon *d),
		struct err *e);
/* Retries unsaved writes a last time, and lets the thread finish. State files
 * are always complete, so a slow disk does not delay this: then the worker is
 * stuck, and the thread continues with its memory until the process ends. */
void worker_close(struct daemon *d);

/* Jobs of the core's actions. */
void worker_store_pair(struct daemon *d, struct action *a);
void worker_store_list(struct daemon *d, const struct action *a);
void worker_store_held(struct daemon *d, const struct action *a);
void worker_store_known(struct daemon *d, struct action *a);
void worker_store_run(struct daemon *d, const struct action *a);
void worker_build_list(struct daemon *d, const struct action *a);
void worker_discard(struct daemon *d, struct action *a);
/* Frees it once every job submitted before has ended. */
void worker_retire_identity(struct daemon *d, struct identity *id);

/* Retries all unsaved writes now. */
void worker_retry(struct daemon *d);
/* Appends a warning for each kind of file that cannot be written, and for a
 * disk that does not answer. */
void worker_warnings(const struct daemon *d, json_t *array);

#endif
