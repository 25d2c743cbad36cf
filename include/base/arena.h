/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An arena: memory that is freed all at once, as for a parsed list. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t total; /* bytes handed out so far */
};

void arena_init(struct arena *a);
void arena_free(struct arena *a);
/* Zeroed, aligned for any type; NULL when memory is out. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);
/* A NUL-terminated copy of len bytes; NULL when memory is out. */
char *arena_strndup(struct arena *a, const char *s, size_t len);

#endif
