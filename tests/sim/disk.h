/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node's state directory, and the one worker that writes to it. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/action.h"
#include "format/pair.h"

struct node;

struct disk_pair {
	uint8_t *data; /* NULL: no such file */
	size_t len;
	struct pair_record record; /* decoded; n 0: no file */
};

struct job;

enum disk_crash { CRASH_NEVER, CRASH_BEFORE, CRASH_AFTER, CRASH_ANSWERED };

struct disk {
	char *list;
	size_t listlen;
	uint8_t mark[BNL_VERSION_WIRE_LEN];
	bool has_mark;
	uint8_t static_key[X25519_LEN];
	uint8_t *known; /* addresses; NULL: no such file */
	size_t knownlen;
	int64_t run_s;		      /* running time */
	struct disk_pair *pairs;      /* by node */
	struct job *jobs, **tail;     /* waiting; the first is being done */
	int64_t delay_min, delay_max; /* of each step, ns */
	uint32_t fails;		      /* of 10,000 writes */
	unsigned int steps;	      /* writes that were to be done so far */
	unsigned int crash_step;      /* the node crashes at this one */
	enum disk_crash crash;
	int64_t crash_rest; /* and starts again so much later, */
	int64_t restart;    /* then; 0: it did not crash so far */
};

void disk_init(struct node *n);
void disk_free(struct node *n);
/* STORE_PAIR, STORE_LIST, BUILD_LIST. Takes a->data. */
void disk_job(struct node *n, struct action *a);
/* STORE_KNOWN: written at once. */
void disk_known(struct node *n, struct action *a);
/* The node went: what waits is done at once, or never. */
void disk_gone(struct node *n, bool orderly);
/* Loads everything into a fresh core. */
void disk_load_pairs(struct node *n);
void disk_load_known(struct node *n);
void disk_erase_pairs(struct node *n);

#endif
