/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cutting an IPv4 packet that may be cut, inside its memory. */
#ifndef CORE_DATA_FRAGMENT_H
#define CORE_DATA_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fragment {
	uint8_t *p; /* the packet */
	size_t len;
	size_t at;   /* bytes of payload handed out */
	size_t most; /* ... at a time */
	uint8_t header[20];
};

/* A well-formed IPv4 packet; its checksums must be complete. false: it may not
 * be cut, or cannot. */
bool fragment_start(struct fragment *f, uint8_t *p, size_t len, size_t mtu);
/* The next piece, written over the ones before; NULL at the end. */
uint8_t *fragment_next(struct fragment *f, size_t *len);

#endif
