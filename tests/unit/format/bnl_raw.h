/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs whatever it is given: lists that break a rule, with any date. */
#ifndef TESTS_BNL_RAW_H
#define TESTS_BNL_RAW_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/key.h"

#define RAW_BLOCK_MAX 2048

/* The signed list, malloc'd; NULL: it cannot be signed. */
char *raw_sign(const struct key *k, const char *text, size_t len,
	       size_t *outlen);

#endif
