/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs a list file: finds the previous list, shows the changes, installs the
 * signed list. */
#ifndef TOOL_SIGN_H
#define TOOL_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "tool_bnl.h"
#include "tool_care.h"
#include "tool_diff.h"

enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_BAD_LIST = 2 };

struct tool_sign {
	/* set by the caller */
	const char *in;			/* the list to sign */
	const char *out;		/* the destination; may be the same */
	struct key *key;		/* private */
	const char *key_path;		/* memory is beside it; NULL: none */
	bool go_back;			/* do not check the memory */
	struct tool_keys trusted;	/* keys of lists that may be followed */
	bool first;			/* there is no list to follow */
	bool reset_time;
	bool force;			/* sign an unchanged list */
	bool dry_run;
	bool yes;			/* do not ask */
	bool quiet;			/* do not show the changes */
	struct tool_self self;		/* owned */
	bool *installed;		/* set to true by tool_sign_install();
					 * NULL: not needed */
	/* set by tool_sign_begin() */
	char *out_prev;			/* path of the copy of the last list */
	char *base_path;
	struct tool_list file;		/* at in; may be missing when first */
	struct tool_list base;		/* at base_path: the edit's origin */
	const struct bnl *previous;	/* file's or base's list; NULL: first */
};

/* A list that was signed in memory. */
struct tool_made {
	char *p;
	size_t len;
	struct bnl *bnl;
	struct tool_diff diff;
	bool grave;			/* needs a confirmation */
};

/*
 * Reads the files and finds the list that the new one follows; fails, and
 * prints how to continue, when the file was not made from that list. Prints its
 * errors. TOOL_OK, TOOL_FAILED or TOOL_BAD_LIST.
 */
int tool_sign_begin(struct tool_sign *s);
void tool_sign_end(struct tool_sign *s);
/* True when the file is valid as it is, signed by this key. */
bool tool_sign_unchanged(const struct tool_sign *s);
/*
 * Signs text, called name in errors, and prints the changes on standard output.
 * Prints its errors and returns as tool_sign_begin() does.
 */
int tool_sign_make(const struct tool_sign *s, const char *name,
		   const char *text, size_t len, struct tool_made *made);
void tool_made_free(struct tool_made *m);
/*
 * Asks for a confirmation of a list that removes something, unless -y is given.
 * Without a terminal, a grave change is not confirmed; prints that.
 */
bool tool_sign_confirmed(const struct tool_sign *s, const struct tool_made *m);
/*
 * Installs the bytes and their copy. ERR_CONFLICT, and nothing done, when the
 * file there has changed since it was read.
 */
int tool_sign_install(const struct tool_sign *s, const char *p, size_t len,
		      struct err *e);
/* Shows, asks, signs and installs: this text, called s->in in errors; or the
 * file as it is. Both functions print and return as tool_sign_begin() does. */
int tool_sign_text(const struct tool_sign *s, const char *text, size_t len);
int tool_sign_file(const struct tool_sign *s);

#endif
