/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Big-endian integers, wiping, constant-time comparison, hexadecimal. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t
get_be16(const uint8_t *p)
{
	return (uint16_t)((unsigned int)p[0] << 8 | p[1]);
}

static inline uint32_t
get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
get_be64(const uint8_t *p)
{
	return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

static inline void
put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}

static inline void
put_be64(uint8_t *p, uint64_t v)
{
	put_be32(p, (uint32_t)(v >> 32));
	put_be32(p + 4, (uint32_t)v);
}

/* Overwrites memory that held a secret; never optimised away. */
void bytes_wipe(void *p, size_t len);
/* True when equal; the time taken depends on len only. */
bool bytes_equal_ct(const void *a, const void *b, size_t len);
bool bytes_all_zero_ct(const void *p, size_t len);
/* Writes 2 * len lower-case digits and a NUL into out. */
void hex_encode(char *out, const uint8_t *in, size_t len);
/* Exactly 2 * len digits, either case, from text (need not be terminated).
 * 0 or -1; out untouched on -1. */
int hex_decode(uint8_t *out, size_t len, const char *text, size_t textlen);

#endif
