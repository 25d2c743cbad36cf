/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules between the statements of a list. */
#ifndef FORMAT_BNL_CHECK_H
#define FORMAT_BNL_CHECK_H

#include "format/bnl_draft.h"

/*
 * Sorts the draft's nodes by name and makes the checks that need several
 * statements: names, addresses and keys given twice, subnets outside the
 * prefixes, overlapping, or covering an address, and addresses inside a prefix.
 * Each fault becomes an error of the draft. O(n log n).
 */
void bnl_check(struct bnl_draft *d);

#endif
