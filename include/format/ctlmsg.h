/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frames on the TLS connection: encoders and decoders. */
#ifndef FORMAT_CTLMSG_H
#define FORMAT_CTLMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "crypto/key.h"
#include "format/bnl.h"
#include "format/conf.h"
#include "format/proto.h"

struct frame_header {
	enum frame_type type;
	uint16_t len; /* bytes of the payload */
};

/* The longest whole frame. */
#define FRAME_MAX (FRAME_HEADER_LEN + FRAME_PAYLOAD_MAX)

/* Unknown type, the zero byte set, or a length that no frame of this type has:
 * -1, and nothing more can be read from this connection. */
int frame_header_read(struct frame_header *out,
		      const uint8_t in[FRAME_HEADER_LEN], struct err *e);
void frame_header_write(uint8_t out[FRAME_HEADER_LEN], enum frame_type type,
			size_t len);
const char *frame_name(enum frame_type type); /* "hello", "list-have" */

/* Flags of a HELLO. */
#define HELLO_NEGOTIATE 0x01 /* dialler: this connection negotiates a pair */

/* A pair that the sender holds on its disk. */
struct hello_held {
	uint8_t id[PAIR_ID_LEN];
	uint32_t generation;
};

/*
 * version 2, length 1 and name of the sender, length 1 and name of the intended
 * receiver, flags 1, random 32, static key 32, list version 40, count 1 of
 * ciphers {number 1, preference 2}, count 1 of compressors {number 1, level 1,
 * preference 2}, count 1 of held pairs {id 16, generation 4}, a tail
 * (format/tail.h) of enum hello_tail; an entry that would say what holds
 * without it is left out
 */
struct hello {
	char from[NODE_NAME_MAX + 1];
	char to[NODE_NAME_MAX + 1];
	bool negotiate;
	uint8_t random[PROTO_RANDOM_LEN];
	uint8_t static_key[X25519_LEN];
	struct bnl_version list; /* zero: no list */
	struct conf_algos algos; /* unknown numbers are left out */
	struct hello_held held[PAIR_HELD_MAX];
	uint8_t nheld;
	uint32_t features;	     /* 0 */
	uint16_t format;	     /* BNL_FORMAT_FIRST */
	struct bnl_version in_force; /* list */
	uint8_t why;		     /* IN_FORCE_SERVED */
};

/* Generations stay below this, so that a next one always exists. */
#define HELLO_GENERATION_MAX 0x80000000u

/* Returns the length of the payload. */
size_t hello_encode(uint8_t out[FRAME_HELLO_MAX], const struct hello *h);
/* 0 or -1; out unchanged on -1. Refused: short, long, unknown flags, invalid
 * names, the null cipher, an algorithm or pair named twice, more than three
 * pairs, a generation of HELLO_GENERATION_MAX or more, a malformed tail. Does
 * not check the version: call hello_version() first. */
int hello_decode(struct hello *out, const uint8_t *in, size_t len,
		 struct err *e);
/* The protocol version of a HELLO of any version; 0 when it is too short. */
uint16_t hello_version(const uint8_t *in, size_t len);

/* code 1, list version 40, length 1 and text (UTF-8, for people) */
struct refuse {
	uint8_t code;		 /* enum refuse_code, or a future one */
	struct bnl_version list; /* the sender's own list */
	char text[192];		 /* not escaped: sent by a peer */
};

size_t refuse_encode(uint8_t out[FRAME_REFUSE_MAX], const struct refuse *r);
int refuse_decode(struct refuse *out, const uint8_t *in, size_t len,
		  struct err *e);
/* "not in its list", "revoked key", ...: never NULL. */
const char *refuse_name(uint8_t code);

/* LIST_QUERY: a version. LIST_HAVE: a version and the length of the whole list,
 * 4; length 0 with the zero version: no list. LIST_GET: the version wanted, and
 * the one from which a difference is of use; zero: none. LIST_DIFF: the length
 * of the difference, 4. */
#define LIST_ASK_LEN BNL_VERSION_WIRE_LEN
#define LIST_HAVE_LEN (BNL_VERSION_WIRE_LEN + 4)
#define LIST_GET_LEN (2 * BNL_VERSION_WIRE_LEN)
#define LIST_DIFF_LEN 4

struct list_have {
	struct bnl_version version;
	uint32_t len;
};

void list_have_encode(uint8_t out[LIST_HAVE_LEN], const struct list_have *h);
void list_have_decode(struct list_have *out, const uint8_t in[LIST_HAVE_LEN]);

#endif
