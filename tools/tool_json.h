/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists as JSON, for programs. */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <jansson.h>

#include "format/bnl.h"

/* The caller frees these; NULL when memory is out. */
json_t *tool_version_json(const struct bnl_version *v);
json_t *tool_prefixes_json(const struct prefix *p, uint32_t n);
json_t *tool_node_json(const struct bnl_node *n);

/* Prints o to standard output and releases it. 0 or -1. */
int tool_print_json(json_t *o);

#endif
