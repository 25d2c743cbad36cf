/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job of the worker thread. */
#ifndef DAEMON_JOB_H
#define DAEMON_JOB_H

#include "core/generation.h"
#include "daemon/unsaved.h"
#include "format/bnl.h"
#include "sys/store.h"
#include "sys/work.h"

struct identity;

/* The first kinds write to the state directory. */
enum job_kind {
	JOB_STORE_PAIR,
	JOB_STORE_LIST,
	JOB_STORE_HELD,
	JOB_STORE_KNOWN,
	JOB_STORE_RUN,
	JOB_STORES,
	JOB_BUILD_LIST = JOB_STORES,
	JOB_RETIRE,
	JOB_DISCARD
};

struct job {
	struct work_job work;
	struct daemon *daemon;
	enum job_kind kind;
	uint32_t ticket;
	char peer[NODE_NAME_MAX + 1];
	uint8_t *data; /* owned */
	size_t len;
	const uint8_t *view; /* the core's until the answer */
	size_t viewlen;
	struct bnl_source source; /* BUILD_LIST: likewise */
	/* STORE_LIST: likewise; NULL once the core has its answer. */
	const struct bnl *list, *in_force;
	uint8_t mark[BNL_VERSION_WIRE_LEN];
	int64_t run_s;	     /* STORE_RUN */
	struct identity *id; /* has the keys; RETIRE: to be freed */
	struct generation *built;
	void *discarded; /* DISCARD: to be freed by discard() */
	void (*discard)(void *discarded);
	bool ok;
	bool newer;		   /* STORE_LIST: the disk's is kept */
	char kept[STORE_NAME_MAX]; /* STORE_LIST: where the replaced
				    * list is kept; "": nowhere */
	struct bnl_version fork;   /* version of that list if signed */
	bool kept_told;
	struct err why;
	bool again;	  /* failed before: the core went on */
	struct job *next; /* next failed job */
};

_Static_assert(JOB_STORES == UNSAVED_KINDS, "one fault each");

void job_free(struct job *j);
/* Runs the job in the worker thread; ctx: the job. */
void job_run(void *ctx);

#endif
