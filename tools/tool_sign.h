/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signing a list file: what it follows, what changes, installing it. */
#ifndef TOOL_SIGN_H
#define TOOL_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "tool_bnl.h"
#include "tool_care.h"
#include "tool_diff.h"

enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_BAD_LIST = 2 };

struct tool_sign {
	/* the caller's part */
	const char *in;			/* the list to sign */
	const char *out;		/* where it goes; may be the same */
	struct key *key;		/* private */
	const char *key_path;		/* remembers beside it; NULL: nothing */
	bool go_back;			/* whatever is remembered there */
	struct tool_keys trusted;	/* whose lists may be followed */
	bool first;			/* there is none to follow */
	bool reset_time;
	bool force;			/* sign what has not changed */
	bool dry_run;
	bool yes;			/* do not ask */
	bool quiet;			/* do not show what changes */
	struct tool_self self;		/* owned */
	bool *installed;		/* set to true by tool_sign_install();
					 * NULL: nobody asks */
	/* tool_sign_begin()'s part */
	char *out_prev;			/* the copy of what was signed last */
	char *base_path;
	struct tool_list file;		/* at in; may be missing when first */
	struct tool_list base;		/* at base_path: what it came from */
	const struct bnl *previous;	/* one of the two; NULL: first */
};

/* A list that was signed in memory. */
struct tool_made {
	char *p;
	size_t len;
	struct bnl *bnl;
	struct tool_diff diff;
	bool grave;			/* not to be signed unasked */
};

/*
 * Reads the files and finds the list that the new one is to follow; fails,
 * and says how to go on, when the file at hand did not come from it. Prints
 * its errors. TOOL_OK, TOOL_FAILED or TOOL_BAD_LIST.
 */
int tool_sign_begin(struct tool_sign *s);
void tool_sign_end(struct tool_sign *s);
/* True when the file is a valid list as it is, by this key. */
bool tool_sign_unchanged(const struct tool_sign *s);
/*
 * Signs text, called name in errors, and shows on standard output what
 * changes. Prints its errors and returns as tool_sign_begin() does.
 */
int tool_sign_make(const struct tool_sign *s, const char *name,
		   const char *text, size_t len, struct tool_made *made);
void tool_made_free(struct tool_made *m);
/*
 * Asks whether to sign a list that takes away, unless -y spared the question.
 * With nobody there to be asked, a grave one is not confirmed. Says so.
 */
bool tool_sign_confirmed(const struct tool_sign *s, const struct tool_made *m);
/*
 * Puts bytes where they belong, and the copy beside them. ERR_CONFLICT, and
 * nothing done, when the file there is no longer the one that was read.
 */
int tool_sign_install(const struct tool_sign *s, const char *p, size_t len,
		      struct err *e);
/* Shows, asks, signs and installs: this text, called s->in in errors; or the
 * file as it is. Both print and return as tool_sign_begin(). */
int tool_sign_text(const struct tool_sign *s, const char *text, size_t len);
int tool_sign_file(const struct tool_sign *s);

#endif
