/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs a list file: finds the previous list, shows the changes, installs the
 * signed list. */
#ifndef TOOLS_LIST_SIGN_H
#define TOOLS_LIST_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "list_changes.h"
#include "list_file.h"
#include "node_self.h"

struct list_sign {
	/* set by the caller */
	const char *in;		     /* the list to sign */
	const char *out;	     /* the destination; may be the same */
	struct key *key;	     /* private */
	const char *key_path;	     /* memory is beside it; NULL: none */
	bool go_back;		     /* do not check the memory */
	struct trusted_keys trusted; /* keys of lists that may be followed */
	bool first;		     /* there is no list to follow */
	bool reset_time;
	bool force; /* sign an unchanged list */
	bool dry_run;
	bool yes;	       /* do not ask */
	bool quiet;	       /* do not show the changes */
	struct node_self self; /* owned */
	bool *installed;       /* set to true by list_sign_install();
				* NULL: not needed */
	/* set by list_sign_begin() */
	char *out_prev; /* path of the copy of the last list */
	char *base_path;
	struct list_file file;	    /* at in; may be missing when first */
	struct list_file base;	    /* at base_path: the edit's origin */
	const struct bnl *previous; /* file's or base's list; NULL: first */
};

/* A list that was signed in memory. */
struct signed_list {
	char *p;
	size_t len;
	struct bnl *bnl;
	struct list_changes diff;
	bool grave; /* needs a confirmation */
};

/*
 * Reads the files and finds the list that the new one follows; fails, and
 * prints how to continue, when the file was not made from that list. Prints its
 * errors. EXIT_OK, EXIT_FAILED or EXIT_BAD_LIST.
 */
int list_sign_begin(struct list_sign *s);
void list_sign_end(struct list_sign *s);
/* True when the file is valid as it is, signed by this key. */
bool list_sign_unchanged(const struct list_sign *s);
/*
 * Signs text, called name in errors, and prints the changes on standard output.
 * Prints its errors and returns as list_sign_begin() does.
 */
int list_sign_make(const struct list_sign *s, const char *name,
		   const char *text, size_t len, struct signed_list *made);
void signed_list_free(struct signed_list *m);
/*
 * Asks for a confirmation of a list that removes something, unless -y is given.
 * Without a terminal, a grave change is not confirmed; prints that.
 */
bool list_sign_confirmed(const struct list_sign *s,
			 const struct signed_list *m);
/*
 * Installs the bytes and their copy. ERR_CONFLICT, and nothing done, when the
 * file there has changed since it was read.
 */
int list_sign_install(const struct list_sign *s, const char *p, size_t len,
		      struct err *e);
/* Shows, asks, signs and installs: this text, called s->in in errors; or the
 * file as it is. Both functions print and return as list_sign_begin() does. */
int list_sign_text(const struct list_sign *s, const char *text, size_t len);
int list_sign_file(const struct list_sign *s);

#endif
