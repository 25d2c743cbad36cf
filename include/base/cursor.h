/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes wire bytes; an error is remembered until the end. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read: every call past the end returns zeros and sets `bad`; so a decoder
 * reads all its fields and calls rcur_done() once.
 */
struct rcur {
	const uint8_t *end;
	size_t left; /* bytes not yet read, just before end */
	bool bad;
};

void rcur_init(struct rcur *c, const void *data, size_t len);
uint8_t rcur_u8(struct rcur *c);
uint16_t rcur_be16(struct rcur *c);
uint32_t rcur_be32(struct rcur *c);
uint64_t rcur_be64(struct rcur *c);
/* Copies len bytes into out; zeroes out when fewer are left. */
void rcur_bytes(struct rcur *c, void *out, size_t len);
/* Returns a view of len bytes inside the input; NULL when fewer are left. */
const uint8_t *rcur_view(struct rcur *c, size_t len);
/* True when no read failed and no byte is left over. */
bool rcur_done(const struct rcur *c);

/* Write: never past the end; `bad` is set when something did not fit. */
struct wcur {
	uint8_t *base;
	size_t cap;
	size_t len;
	bool bad;
};

void wcur_init(struct wcur *c, void *out, size_t cap);
void wcur_u8(struct wcur *c, uint8_t v);
void wcur_be16(struct wcur *c, uint16_t v);
void wcur_be32(struct wcur *c, uint32_t v);
void wcur_be64(struct wcur *c, uint64_t v);
void wcur_bytes(struct wcur *c, const void *in, size_t len);

#endif
