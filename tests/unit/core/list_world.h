/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two hosts, of which alpha has the newer list, and what they then have. */
#ifndef TESTS_CORE_LIST_WORLD_H
#define TESTS_CORE_LIST_WORLD_H

#include "conn_world.h"

#define BOTH "alpha beta"
#define MINUTE_MS (60 * 1000)
#define HOUR_MS (3600 * 1000)
#define T0 (WORLD_START - 1000)

extern struct host *a, *b;
extern struct bnl *v1, *v2;

/* A body that makes a list long. */
char *padding(size_t len);
struct bnl *copy_of(const struct bnl *l);
bool has(const struct host *h, const struct bnl *l);
void give(struct host *h, const struct bnl *l);

/* From the start with that list, as if it never had another. */
void begin_with(struct host *h, const struct bnl *l);
void quiet_end(void);

/* alpha has the newer list. */
int setup_sized(size_t extra);
int setup(void **state);
int setup_large(void **state);
int teardown(void **state);

#endif
