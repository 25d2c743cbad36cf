/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits a list's text and leaves every other byte unchanged. The caller parses
 * the result again: conflicts with the rest of the list, such as an overlap,
 * are found only there, with their place.
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

/* A value of such a statement, in canonical form. */
struct bnl_value {
	char text[BNL_VALUE_MAX];
	struct prefix p; /* a subnet; of an address, its own prefix */
};

/* text: a value as in a list; errors are those of a list, without a place. 0 or
 * -1. */
int bnl_value_read(struct bnl_value *out, enum bnl_own own, const char *text,
		   struct err *e);

/* The statements that a node is to have. A vec is used only when given is
 * set. */
struct bnl_change {
	struct vec v[BNL_OWNS]; /* struct bnl_value */
	bool given[BNL_OWNS];
};

int bnl_change_add(struct bnl_change *c, enum bnl_own own, const char *text,
		   struct err *e);
void bnl_change_free(struct bnl_change *c); /* zeroed is fine */

struct bnl_edit;

/* text is the list without its block and must outlive the edit. Errors as of
 * bnl_parse(). */
int bnl_edit_new(struct bnl_edit **out, const char *text, size_t len,
		 struct errs *es);
void bnl_edit_free(struct bnl_edit *ed); /* NULL is fine */
/* The list as it was before the edit. */
const struct bnl *bnl_edit_list(const struct bnl_edit *ed);

/*
 * A node can be changed once in one edit. ERR_EXISTS or ERR_NOTFOUND when the
 * node already exists or does not; ERR_CONFLICT for a name whose key was
 * revoked and that is added without a key.
 */
int bnl_edit_add(struct bnl_edit *ed, const char *node,
		 const struct bnl_change *c, struct err *e);
/* Adds all nodes of a text that bnl_parse_nodes() has read. The errors have the
 * lines of that text; there is one for each node that cannot be added. */
int bnl_edit_add_all(struct bnl_edit *ed, const struct bnl *nodes,
		     struct errs *es);
int bnl_edit_set(struct bnl_edit *ed, const char *node,
		 const struct bnl_change *c, struct err *e);
/* Removes the node's statements, the comments between them, and indented
 * comments after them. */
int bnl_edit_remove(struct bnl_edit *ed, const char *node, struct err *e);

struct bnl_revoke {
	uint8_t fp[FINGERPRINT_LEN];
	char node[NODE_NAME_MAX + 1]; /* name of its owner; "": not known */
};

/* Skips keys that are already revoked; added: the number of the others. Call
 * once. */
int bnl_edit_revoke(struct bnl_edit *ed, const struct bnl_revoke *keys,
		    size_t n, size_t *added, struct err *e);
/* Finds the next line, from *line on (begin with 0), of a revoke statement that
 * names the owner of the key; *line is then its number. False at the end. */
bool bnl_edit_revoked(const struct bnl_edit *ed, size_t *line,
		      struct span *name);
/* Reads lines of a fingerprint and optionally a node's name after a '#'. The
 * items of out are struct bnl_revoke. */
int bnl_revoke_read(struct vec *out, const char *text, size_t len,
		    struct errs *es);

/* Writes the new text to out; ERR_LIMIT when it does not fit. */
int bnl_edit_write(const struct bnl_edit *ed, struct buf *out, struct err *e);

#endif
