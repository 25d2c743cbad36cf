/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why lists are refused. */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include "base/err.h"

struct core_env;

#define REFUSAL_TEXT_MAX 512

enum refusal {
	REFUSAL_OLDER,	     /* than the one in force, or one before */
	REFUSAL_SAME_TIME,   /* dated as the one in force, which wins */
	REFUSAL_SIGNER,	     /* signed by a key that is not trusted */
	REFUSAL_SIGNATURE,   /* missing, or it does not verify */
	REFUSAL_SYNTAX,	     /* not readable as a list */
	REFUSAL_CONFLICT,    /* overlaps, subnets outside the prefixes ... */
	REFUSAL_SIZE,	     /* nothing, too large, too many */
	REFUSAL_DATE,	     /* too far ahead of a clock that is sane */
	REFUSAL_NETWORK,     /* from another network than this node's */
	REFUSAL_OTHER,	     /* not the version that was announced */
	REFUSAL_UNDELIVERED, /* announced, and it did not come */
	REFUSAL_FILE,	     /* the file cannot be read */
	REFUSAL_MEMORY,
	REFUSALS
};

/* Stable word: "older", "same-time", ... */
const char *refusal_name(enum refusal r);
/* Counts it in env and queues its event; peer: "" or NULL for the disk, of
 * whose list env keeps the reason. */
void refusal_tell(struct core_env *env, enum refusal why, const char *peer,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The refusal for a list that cannot be read, verified or built for that. */
enum refusal refusal_of(enum err_code code);

#endif
