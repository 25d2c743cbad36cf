/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What targets take for granted of functions that they do not look at: each reads
 * the bytes that it is told of, and no other. */
#ifndef CONTRACTS_H
#define CONTRACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/text.h"

/* No target shows these yet. */
/*@ requires s.len == 0 || \valid_read(s.p + (0 .. s.len - 1));
    assigns \result \from s.p[0 .. s.len - 1], s.len;
    ensures \result == 0 || \result == 1; */
bool text_is_node_name(struct span s);
/*@ requires len == 0 || \valid_read(p + (0 .. len - 1));
    assigns \result \from p[0 .. len - 1], len;
    ensures \result == 0 || \result == 1; */
bool text_is_utf8(const char *p, size_t len);
/*@ requires s.len == 0 || \valid_read(s.p + (0 .. s.len - 1));
    requires \valid(out);
    assigns \result, *out \from s.p[0 .. s.len - 1], s.len, min, max;
    ensures \result == -1 || (\result == 0 && \initialized(out) &&
	min <= *out <= max); */
int text_u64(uint64_t *out, struct span s, uint64_t min, uint64_t max);
/*@ requires s.len == 0 || \valid_read(s.p + (0 .. s.len - 1));
    requires \valid(out);
    assigns \result, *out \from s.p[0 .. s.len - 1], s.len;
    ensures \result == -1 || (\result == 0 && \initialized(&out->s)); */
int text_time_parse(struct walltime *out, struct span s);

/* Target ipsum shows this. */
/*@ requires len == 0 || \valid_read(p + (0 .. len - 1));
    assigns \result \from start, p[0 .. len - 1], len; */
uint64_t ippkt_sum(uint64_t start, const uint8_t *p, size_t len);

#endif
