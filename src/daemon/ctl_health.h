/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Warnings, and the reason why a node cannot be reached. */
#ifndef DAEMON_CTL_HEALTH_H
#define DAEMON_CTL_HEALTH_H

#include <jansson.h>

struct daemon;

/* Returns the warnings of this node, followed by a copy of the peers'. */
json_t *ctl_health_warnings(struct daemon *d, json_t *of_peers);
/* Appends the warnings of peer i. */
void ctl_health_peer_warnings(struct daemon *d, size_t i, json_t *array);
json_t *ctl_health_why(struct daemon *d, const char *name);

#endif
