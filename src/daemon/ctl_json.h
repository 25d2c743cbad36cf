/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON values that several answers of the control socket have. */
#ifndef DAEMON_CTL_JSON_H
#define DAEMON_CTL_JSON_H

#include <jansson.h>

#include "format/bnl.h"

/* New references, for the caller to json_decref(); NULL: out of memory. */
/* Untrusted text, escaped; NULL becomes null. */
json_t *ctl_json_text(const char *text);
json_t *ctl_json_version(const struct bnl_version *v); /* null: no list */
/* Appends the warning of that name, such as event_name(), to an array. peer:
 * NULL for none. */
void ctl_json_warn(json_t *array, const char *name, const char *peer,
		   const char *text);

#endif
