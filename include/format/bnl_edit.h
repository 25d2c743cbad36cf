/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes of a list's text that leave every other byte of it as it is. The
 * result is to be parsed again: what stands against the rest of the list, an
 * overlap for instance, is found only there, with its place.
 */
#ifndef FORMAT_BNL_EDIT_H
#define FORMAT_BNL_EDIT_H

#include "base/buf.h"
#include "base/err.h"
#include "format/bnl.h"
#include "format/bnl_draft.h"

/* A node's statements, in the order in which they are written. */
enum bnl_own { BNL_ADDRESS, BNL_SUBNET, BNL_KEY, BNL_OWNS };

#define BNL_VALUE_MAX 320

/* A value of one of them, in the one form in which we write it. */
struct bnl_value {
	char text[BNL_VALUE_MAX];
	struct prefix p;	/* a subnet; an address as one of its own */
};

/* text as it would stand in a list; the errors are those of a list, with no
 * place. 0 or -1. */
int bnl_value_read(struct bnl_value *out, enum bnl_own own, const char *text,
		   struct err *e);

/* What a node is to have. A vec counts for nothing unless given is set. */
struct bnl_change {
	struct vec v[BNL_OWNS];		/* struct bnl_value */
	bool given[BNL_OWNS];
};

int bnl_change_add(struct bnl_change *c, enum bnl_own own, const char *text,
		   struct err *e);
void bnl_change_free(struct bnl_change *c);	/* zeroed is fine */

struct bnl_edit;

/* text is the list without its block and must outlive the edit. Errors as of
 * bnl_parse(). */
int bnl_edit_new(struct bnl_edit **out, const char *text, size_t len,
		 struct errs *es);
void bnl_edit_free(struct bnl_edit *ed);	/* NULL is fine */
/* As it was before. */
const struct bnl *bnl_edit_list(const struct bnl_edit *ed);

/*
 * Each node is changed at most once in one edit. ERR_EXISTS or ERR_NOTFOUND
 * when it is there already or is not; ERR_CONFLICT for a name whose key was
 * revoked and that is added without a key.
 */
int bnl_edit_add(struct bnl_edit *ed, const char *node,
		 const struct bnl_change *c, struct err *e);
int bnl_edit_set(struct bnl_edit *ed, const char *node,
		 const struct bnl_change *c, struct err *e);
/* The statements go, with comments between them and with those that follow
 * them indented. */
int bnl_edit_remove(struct bnl_edit *ed, const char *node, struct err *e);

struct bnl_revoke {
	uint8_t fp[FINGERPRINT_LEN];
	char node[NODE_NAME_MAX + 1];	/* whose it was; "": not known */
};

/* Those that are revoked already are passed over; added: how many were not.
 * To be called once. */
int bnl_edit_revoke(struct bnl_edit *ed, const struct bnl_revoke *keys,
		    size_t n, size_t *added, struct err *e);
/* The next line, from *line on (begin with 0), of a revoke statement that
 * says whose the key was; *line is then its number. False: no more. */
bool bnl_edit_revoked(const struct bnl_edit *ed, size_t *line,
		      struct span *name);
/* Lines of a fingerprint, and perhaps a node's name behind a '#'. The items
 * of out are struct bnl_revoke. */
int bnl_revoke_read(struct vec *out, const char *text, size_t len,
		    struct errs *es);

/* The new text is put into out; ERR_LIMIT when it does not fit. */
int bnl_edit_write(const struct bnl_edit *ed, struct buf *out, struct err *e);

#endif
