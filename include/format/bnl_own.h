/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node's statements as words and values, for bnl_edit. */
#ifndef FORMAT_BNL_OWN_H
#define FORMAT_BNL_OWN_H

#include "format/bnl_edit.h"
#include "format/bnl_value.h"

const char *bnl_own_word(enum bnl_own own);
/* BNL_OWNS for any other word. */
enum bnl_own bnl_own_of(struct span word);
uint32_t bnl_own_count(const struct bnl_node *n, enum bnl_own own);
void bnl_own_value(struct bnl_value *out, const struct bnl_node *n,
		   enum bnl_own own, uint32_t i);
int bnl_name_check(const char *node, struct err *e);

#endif
