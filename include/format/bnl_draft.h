/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list while it is parsed: the statements, and their places in the file. */
#ifndef FORMAT_BNL_DRAFT_H
#define FORMAT_BNL_DRAFT_H

#include "base/err.h"
#include "format/bnl.h"

struct place {
	uint32_t line;
	uint32_t column;
};

struct draft_prefix {
	struct prefix p;
	struct place at;
};

struct draft_address {
	struct bnl_address a;
	struct place at;
};

struct draft_key { /* a revoked key */
	uint8_t fp[FINGERPRINT_LEN];
	struct place at;
};

/* Subnets and addresses are runs of the draft's arrays. */
struct draft_node {
	const char *name;
	struct place at;
	size_t subnet0, nsubnets;
	size_t address0, naddresses;
	bool pinned;
	struct draft_key pin;
};

/* A growing array of equal items. */
struct vec {
	void *mem;
	size_t n;
	size_t cap;
};

/* A zeroed new item at the end; NULL when memory is out. */
void *vec_push(struct vec *v, size_t size);

struct bnl_draft {
	struct bnl *list; /* network, timestamp, history; its arena */
	struct errs *es;
	struct vec prefixes;  /* struct draft_prefix */
	struct vec nodes;     /* struct draft_node */
	struct vec subnets;   /* struct draft_prefix, in the file's order */
	struct vec addresses; /* struct draft_address, in the file's order */
	struct vec revoked;   /* struct draft_key */
	bool prefix_spoilt;   /* a prefix statement had an error */
	bool network_spoilt;
	bool nodes_only;      /* no list, but nodes to be added to one */
	bool any_format;      /* a list of a later format is read as far as that
			  * can be */
	struct place too_new; /* else: where it says so; line 0: nowhere */
	uint32_t held_nodes;  /* of such a list */
	bool nomem;
};

/* es must outlive the draft. 0 or -1 (memory). */
int bnl_draft_init(struct bnl_draft *d, struct errs *es);
/* Frees everything, the list too unless it was taken. */
void bnl_draft_free(struct bnl_draft *d);
/* Adds an error; line and column 0 when it concerns the whole file. */
void bnl_draft_error(struct bnl_draft *d, struct place at, enum err_code code,
		     const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Returns the finished list, which the caller frees; NULL when memory is
 * out. */
struct bnl *bnl_draft_take(struct bnl_draft *d);

#endif
