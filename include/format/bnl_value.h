/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads words and values of one statement of a list. */
#ifndef FORMAT_BNL_VALUE_H
#define FORMAT_BNL_VALUE_H

#include "base/text.h"
#include "format/bnl_draft.h"

/* The part of the file that `address`, `subnet` and `key` belong to. */
enum bnl_section {
	BNL_IN_HEADER,
	BNL_IN_NODE,
	BNL_IN_BAD_NODE, /* the node statement had an error */
	BNL_IN_NOTHING
};

/* The reader's position. */
struct bnl_reader {
	struct bnl_draft *d;
	enum bnl_section section;
	struct span line; /* the statement, without its comment */
	uint32_t number;
	struct span rest;      /* words not yet read */
	uint32_t nth;	       /* number of the statement, from 1 */
	const char *statement; /* first word of the statement */
	struct place at;       /* place of the word read last */
	struct place network_at, timestamp_at, admit_at;
	bool cr_told;
	struct span skip[BNL_SKIP_MAX]; /* words, as `skip` names them */
	size_t nskip;
};

#define BNL_COMPLAIN(r, code, ...) \
	bnl_draft_error((r)->d, (r)->at, code, __VA_ARGS__)

#define BNL_QUOTED_MAX 96 /* bytes of a word in an error */
const char *bnl_quote(char out[BNL_QUOTED_MAX], struct span w);

/* Each of these sets r->at to the word it read. false: an error was reported
 * (except by bnl_next_word(), where it means the end). */
bool bnl_next_word(struct bnl_reader *r, struct span *w);
bool bnl_need_word(struct bnl_reader *r, const char *expected, struct span *w);
bool bnl_need_end(struct bnl_reader *r);

bool bnl_read_name(struct bnl_reader *r, struct span *name);
bool bnl_read_time(struct bnl_reader *r, struct walltime *t);
/* A key or a digest: both are written sha256:HEX. */
bool bnl_read_sha256(struct bnl_reader *r, uint8_t out[SHA256_LEN]);
bool bnl_read_prefix(struct bnl_reader *r, struct prefix *p);
/* Reads the address or host name, without the port. */
bool bnl_read_address(struct bnl_reader *r, struct bnl_address *a);
/* Explains why a valid address is probably a mistake, since it means another
 * host on each host; NULL if it is fine. */
const char *bnl_address_doubt(const struct ipaddr *a);
/* Reads `port N` and the end, or the end alone. */
bool bnl_read_port(struct bnl_reader *r, uint16_t *port);

#endif
