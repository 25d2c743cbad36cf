/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SipHash-2-4 (Aumasson, Bernstein: "SipHash", 2012): a seeded hash that
 * outsiders cannot make collide. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SEED_LEN 16

uint64_t hash_bytes(const uint8_t seed[HASH_SEED_LEN], const void *data,
		    size_t len);

#endif
