/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state that core/bnlround and core/bnlpass share. */
#ifndef CORE_BNLROUND_IMPL_H
#define CORE_BNLROUND_IMPL_H

#include "base/timerq.h"
#include "core/bnlround.h"

struct bnlround {
	struct core_env *env;
	struct bnlpeers *peers;
	struct timerq retries;
	struct bnlpeer *ready, **ready_tail;
	struct monotime next_pull;
	bool hurry;
	char cursor[NODE_NAME_MAX + 1];	    /* last one asked in a round */
	size_t ask, visit;		    /* left in this round */
	char pass_after[NODE_NAME_MAX + 1]; /* the one after this is next */
	bool pass_next;
	unsigned int pass_random; /* others still to be asked */
	unsigned int pass_spare;  /* replacements left */
	unsigned int passes;	  /* passes of this list so far */
	struct monotime pass_at;  /* the next one */
	struct monotime news_at;  /* earliest time of the next pull by news */
};

/* Between three quarters and five quarters of it. */
int64_t bnlround_jittered(struct bnlround *r, int64_t ms);
/* The node is known to have the list in force, or a newer one. */
bool bnlround_has_ours(const struct bnlround *r, const struct bnlpeer *p);
bool bnlround_is_self(const struct bnlround *r, const char *name);

/* --- bnlpass.c ------------------------------------------------------------ */
/* The first node of the list behind that name; NULL: there is none. */
const struct bnl_node *bnlround_first_after(const struct bnl *b,
					    const char *name);
/* Passes the list in force on, once more. */
void bnlround_pass_again(struct bnlround *r);
/* Another node takes the place of this one, if it was one of those. */
void bnlround_pass_instead(struct bnlround *r, struct bnlpeer *p);
/* The next node to pass the list on to; NULL: there is none. */
const char *bnlround_next_pass(struct bnlround *r);

#endif
