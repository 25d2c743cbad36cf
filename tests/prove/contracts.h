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
#include "crypto/key.h"

/* Target text shows these. */
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

/* No target shows these. */
/*@ requires cap > 0 && \valid(out + (0 .. cap - 1));
    requires len == 0 || \valid_read((char *)in + (0 .. len - 1));
    assigns out[0 .. cap - 1] \from ((char *)in)[0 .. len - 1], cap;
    assigns \result \from out;
    ensures \result == out && \initialized(out); */
char *text_escape(char *out, size_t cap, const void *in, size_t len);
/*@ requires len == 0 || \valid_read(text + (0 .. len - 1));
    requires \valid(out);
    assigns \result, *out \from text[0 .. len - 1], len;
    ensures \result == -1 || (\result == 0 && \initialized(out) &&
	(out->family == IP_V4 || out->family == IP_V6)); */
int ipaddr_parse(struct ipaddr *out, const char *text, size_t len);
/*@ requires len == 0 || \valid_read(text + (0 .. len - 1));
    requires \valid(out);
    assigns \result, *out \from text[0 .. len - 1], len;
    ensures \result == -1 || ((\result == 0 || \result == -2) &&
	\initialized(out)); */
int prefix_parse(struct prefix *out, const char *text, size_t len);
/*@ requires \valid(out + (0 .. PREFIX_TEXT_MAX - 1));
    requires \initialized(&p->addr.family) && \initialized(&p->len);
    assigns out[0 .. PREFIX_TEXT_MAX - 1] \from *p;
    assigns \result \from out;
    ensures \result == out && \initialized(out); */
char *prefix_format(char out[PREFIX_TEXT_MAX], const struct prefix *p);
/*@ requires len == 0 || \valid_read(text + (0 .. len - 1));
    requires \valid(out + (0 .. FINGERPRINT_LEN - 1));
    assigns \result, out[0 .. FINGERPRINT_LEN - 1]
	\from text[0 .. len - 1], len;
    ensures \result == -1 || \result == 0; */
int fingerprint_parse(uint8_t out[FINGERPRINT_LEN], const char *text,
		      size_t len);

/* Target ipsum shows this. */
/*@ requires len == 0 || \valid_read(p + (0 .. len - 1));
    assigns \result \from start, p[0 .. len - 1], len; */
uint64_t ippkt_sum(uint64_t start, const uint8_t *p, size_t len);

#endif
