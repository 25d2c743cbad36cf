/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one table of the names of other nodes. An entry holds what each folder
 * knows of a node; each folder makes and frees its own part, and reads those of
 * others through their headers. An entry lives as long as any part of it, so
 * that names that are not in the list leave nothing behind.
 */
#ifndef CORE_DIRECTORY_NAMES_H
#define CORE_DIRECTORY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "base/text.h"

struct peer;
struct standing;
struct secret_set;
struct conn_heard;
struct history_entry;

struct entry {
	char name[NODE_NAME_MAX + 1];
	struct peer *peer;	       /* peer/: the list in force names it */
	struct standing *standing;     /* list/: how it delivers lists */
	struct secret_set *secrets;    /* secrets/ */
	struct conn_heard *heard;      /* conn/: its limits, its log lines */
	struct history_entry *history; /* directory/: how contacts ended */
};

struct names { /* all zero: empty, with a known seed, as tests want it */
	struct table table;
};

void names_init(struct names *ns, const uint8_t seed[HASH_SEED_LEN]);
/* NULL: nothing is known of that name. */
struct entry *names_find(const struct names *ns, const char *name);
/* Makes the entry if there is none; its caller puts a part into it, or drops
 * it. NULL: memory is out, or it is no name, being empty or too long. */
struct entry *names_get(struct names *ns, const char *name);
/* Frees an entry that has no part any more. true: it is gone. */
bool names_drop(struct names *ns, struct entry *e);
/* All entries: start with *pos = 0; NULL at the end. After names_drop() of the
 * entry just returned *pos goes back by one, since another may have taken its
 * place; apart from that the table must not change. */
struct entry *names_next(const struct names *ns, size_t *pos);

#endif
