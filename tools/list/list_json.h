/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists as JSON, for programs. */
#ifndef TOOLS_LIST_JSON_H
#define TOOLS_LIST_JSON_H

#include <jansson.h>

#include "format/bnl.h"

/* The caller frees these; NULL when memory is out. */
json_t *list_json_version(const struct bnl_version *v);
json_t *list_json_prefixes(const struct prefix *p, uint32_t n);
json_t *list_json_node(const struct bnl_node *n);

#endif
