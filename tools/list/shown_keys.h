/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys that nodes have shown: this one in its certificate, the others to
 * its daemon, which has verified them. */
#ifndef TOOLS_SHOWN_KEYS_H
#define TOOLS_SHOWN_KEYS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "crypto/key.h"

struct shown_keys {
	json_t *peers;
	char self[NODE_NAME_MAX + 1]; /* "": not known */
	uint8_t own[FINGERPRINT_LEN];
};

/* conf: the configuration's path. -1 when the daemon does not answer, which it
 * has then said. */
int shown_keys_read(struct shown_keys *k, const char *socket, const char *conf,
		    struct err *e);
/* False when the node has shown none. */
bool shown_keys_find(uint8_t fp[FINGERPRINT_LEN], const struct shown_keys *k,
		     const char *node);
void shown_keys_free(struct shown_keys *k);

#endif
