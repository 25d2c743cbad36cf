/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The law of pair secrets: once both nodes of a pair had a secret in common
 * on their disks, there is one in common at every later moment. What a list
 * takes away, or age, is told with EVENT_PAIR_GONE and ends the law for them
 * until they have one in common again.
 */
#ifndef SIM_SECRETS_H
#define SIM_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/pair.h"

struct world;

struct secrets {
	bool *common;	/* i * n + j: had one */
	bool *outlawed; /* nodes that a list removes */
	uint64_t checks;
	unsigned int most; /* secrets ever held with one peer */
};

void secrets_init(struct world *w);
void secrets_free(struct world *w);
/* Node i's record of j was written or erased. */
void secrets_check(struct world *w, size_t i, size_t j);
/* Says on stderr what i holds of j, when SIM_LOG is set. */
void secrets_tell(struct world *w, size_t i, size_t j);
/* i and j may lose each other now: a disk was lost. */
void secrets_forget(struct world *w, size_t i, size_t j);
/* A list without node i is on its way, or one with it again. */
void secrets_outlaw(struct world *w, size_t i, bool on);
/* One that is on both disks; NULL: there is none. */
const struct pair *secrets_common(const struct world *w, size_t i, size_t j);
/* The greatest that i holds of j; NULL: none. */
const struct pair *secrets_newest(const struct world *w, size_t i, size_t j);

#endif
