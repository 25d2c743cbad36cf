/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The protocol's one page of constants: every size, layout, label and limit
 * on a wire or in a state file. cluevpn-protocol(7) explains them.
 */
#ifndef FORMAT_PROTO_H
#define FORMAT_PROTO_H

#define PROTO_VERSION 1
#define PROTO_PORT 3406
#define PROTO_ALPN "cluevpn/1"

/* --- labels ------------------------------------------------------------ */
#define LABEL_BNL "cluevpn bnl 1\n" /* namespace of signatures */
#define LABEL_TLS_EXPORT "EXPORTER-cluevpn-1-pair"
#define LABEL_PAIR_SECRET "cluevpn 1 pair secret"
#define LABEL_PAIR_ID "cluevpn 1 pair id"
#define LABEL_CONFIRM_KEY "cluevpn 1 confirm key"
#define LABEL_CONFIRM_DIALLER "dialler"
#define LABEL_CONFIRM_LISTENER "listener"
#define LABEL_PSK "cluevpn 1 psk"
#define LABEL_MAC1 "cluevpn 1 mac1"
#define LABEL_COOKIE "cluevpn 1 cookie"
#define LABEL_PROLOGUE "cluevpn 1 resume"

/* --- sizes ------------------------------------------------------------- */
#define PAIR_ID_LEN 16
#define PAIR_SECRET_LEN 32
#define PROTO_RANDOM_LEN 32
#define PROTO_CONFIRM_LEN 32
#define PROTO_MAC_LEN 16	/* mac1, mac2, cookie */
#define BNL_VERSION_WIRE_LEN 40 /* timestamp 8, digest 32 */

/* --- tails: format/tail.h ------------------------------------------------ */
#define TAIL_REFUSED 0x8000 /* unknown types from here on are refused */
enum hello_tail {
	HELLO_TAIL_FEATURES = 1, /* 4: bits of what the sender can do */
	HELLO_TAIL_FORMAT = 2,	 /* 2: list format that it applies */
	HELLO_TAIL_IN_FORCE = 3, /* version 40, why 1 */
};
#define HELLO_IN_FORCE_LEN 41
/* Why the list in force is not the one that is served. */
#define IN_FORCE_SERVED 0
#define IN_FORCE_FORMAT 1 /* that one is of a later format */

/* --- UDP: the first byte is the type ----------------------------------- */
enum dgram_type {
	DGRAM_INIT = 1,
	DGRAM_RESP = 2,
	DGRAM_COOKIE = 3,
	DGRAM_DATA = 4
};

/* INIT  type 1, zero 3, sender index 4, pair id 16, noise message 1
 *       (e 32, sealed payload 48 + 16), mac1 16, mac2 16		= 152
 * RESP  type 1, zero 3, sender index 4, receiver index 4, noise message 2
 *       (e 32, sealed payload 48 + 16), mac1 16, mac2 16		= 140
 * COOKIE type 1, zero 3, receiver index 4, nonce 12, sealed cookie 16 + 16 = 52
 * DATA  type 1, flags 1, zero 2, receiver index 4, counter 8, ciphertext,
 *       tag 16
 * handshake payload: list version 40, wall clock in seconds 8		= 48 */
#define DGRAM_PAYLOAD_LEN 48
#define DGRAM_NOISE_LEN (32 + DGRAM_PAYLOAD_LEN + 16)
#define DGRAM_INIT_LEN (4 + 4 + 16 + DGRAM_NOISE_LEN + 16 + 16)
#define DGRAM_RESP_LEN (4 + 4 + 4 + DGRAM_NOISE_LEN + 16 + 16)
#define DGRAM_COOKIE_LEN (4 + 4 + 12 + 16 + 16)
#define DGRAM_DATA_HEADER_LEN 16
#define DGRAM_DATA_OVERHEAD (DGRAM_DATA_HEADER_LEN + 16)

/* Limits of the configured MTU (cluevpn.conf(5), mtu). Every node takes packets
 * of the largest one, whatever its own MTU is. */
#define INNER_MTU_MIN 1280
#define INNER_MTU_MAX 9000

#define DATA_COMPRESSED 0x01 /* plaintext is one compressed packet */
#define DATA_CSUM_PARTIAL \
	0x02		  /* transport checksum holds the pseudo-header sum */
#define DATA_CONTROL 0x04 /* plaintext is control records, not a packet */
#define DATA_FLAGS (DATA_COMPRESSED | DATA_CSUM_PARTIAL | DATA_CONTROL)

/* Control records inside a DATA_CONTROL packet: type 1, length 2, value. */
enum record_type {
	/* send time 8 (opaque), wall clock 8, list version 40, padding */
	RECORD_PING = 1,
	/* the same fields; send time echoed; never longer than the PING */
	RECORD_PONG = 2,
	RECORD_LIST_NEWS = 3, /* list version 40 */
	RECORD_BYE = 4,	      /* the sender stops in order; empty */
	RECORD_ASK = 5, /* tag 8, name of a node, zero bytes up to the length */
	/* tag echoed 8, answer 1, seconds since it was heard 4 */
	RECORD_TELL = 6,
};
#define RECORD_HEADER_LEN 3
#define RECORD_TAG_LEN 8
#define RECORD_ASK_LEN (RECORD_TAG_LEN + 64)
#define RECORD_TELL_LEN (RECORD_TAG_LEN + 5)
/* Answers of TELL. */
#define TELL_UNKNOWN 0	   /* unknown: not in my list */
#define TELL_DOWN 1	   /* no session with that node */
#define TELL_UP 2	   /* a session; heard as stated */
#define RECORD_PING_LEN 56 /* without padding */

/* --- TCP: frames on the TLS connection ------------------------------------ */
/* type 1, zero 1, payload length 2, payload */
#define FRAME_HEADER_LEN 4
enum frame_type {
	FRAME_HELLO = 1,
	FRAME_CONFIRM = 2,    /* MAC over transcript and selection */
	FRAME_READY = 3,      /* the new pair is on disk here; empty */
	FRAME_REFUSE = 4,     /* why, in one message, before the close */
	FRAME_LIST_QUERY = 5, /* my version: do you have a newer one? */
	/* my version and its length: answer, offer or receipt */
	FRAME_LIST_HAVE = 6,
	FRAME_LIST_GET = 7,  /* send me that version; this one I have */
	FRAME_LIST_DATA = 8, /* next piece of it */
	FRAME_LIST_DIFF = 9, /* a difference of so many bytes comes instead */
	FRAME_TYPES
};
#define FRAME_HELLO_MAX 8192
#define FRAME_REFUSE_MAX 256
#define FRAME_LIST_DATA_MAX 16384
#define FRAME_PAYLOAD_MAX FRAME_LIST_DATA_MAX
/* A difference leads from the text of one list, without its signature block, to
 * the whole of a later one (format/list_diff.h). */
#define LIST_DIFF_MAX 65536u /* bytes; a longer one is not sent, nor taken */
#define LIST_DIFFS 16	     /* kept by a node, each from another list */

enum refuse_code {
	REFUSE_VERSION = 1,    /* other protocol version */
	REFUSE_NOT_LISTED = 2, /* not in list version V */
	REFUSE_REVOKED = 3,
	REFUSE_PIN = 4, /* the list pins another key */
	REFUSE_OU = 5,
	REFUSE_WRONG_NAME = 6, /* I am not the one you dialled */
	REFUSE_NOTHING_IN_COMMON = 7,
	REFUSE_BUSY = 8,
	REFUSE_PROTOCOL = 9 /* broke the protocol */
};

/* --- invitations -------------------------------------------------------- */
#define JOIN_PORT 3407
#define JOIN_VERSION 1
#define JOIN_ALPN "cluevpn-join/1"
#define TOKEN_PREFIX "cluevpn1-"
#define TOKEN_SECRET_LEN 16
#define TOKEN_ID_LEN 8
#define TOKEN_CHECK_LEN 4
#define TOKEN_ENDPOINTS_MAX 4
#define TOKEN_REPLACE 0x01 /* flag: the name is in the list already */

#define LABEL_TOKEN_CHECK "cluevpn 1 token"
#define LABEL_TOKEN_ID "cluevpn 1 token id"
#define LABEL_JOIN_KEY "cluevpn 1 join key"
#define LABEL_JOIN_EXPORT "EXPORTER-cluevpn-1-join"
#define LABEL_JOIN_GUEST "guest"
#define LABEL_JOIN_HOST "host"

/* type 1, payload length 3, payload */
#define JOIN_HEADER_LEN 4
enum join_type {
	JOIN_ASK = 1,	 /* guest: identity and request */
	JOIN_GIVE = 2,	 /* host: certificate, CAs, keys, list */
	JOIN_REFUSE = 3, /* host: why not */
	JOIN_DONE = 4,	 /* guest: all of it is in its place; empty */
	JOIN_TYPES
};
#define JOIN_PROOF_LEN 32
#define JOIN_ASK_MAX 8192
#define JOIN_ASK_ID_AT 2 /* offset of the token's id */
#define JOIN_GIVE_MAX (BNL_BYTES_MAX + 1048576u)
#define JOIN_REFUSE_MAX 256
#define JOIN_ADDRESSES_MAX 8
#define JOIN_KEYS_MAX 16
#define JOIN_NO_ADDRESS 0x01 /* flag: name none in the list */

enum join_code {
	JOIN_UNKNOWN = 1, /* no such invitation here */
	JOIN_PROOF = 2,	  /* does not know the secret */
	JOIN_USED = 3,
	JOIN_EXPIRED = 4,
	JOIN_NAME = 5,	  /* the request is for another name */
	JOIN_REQUEST = 6, /* the request has an error */
	JOIN_FAILED = 7,  /* the host could not */
	JOIN_ADDRESS = 8  /* an address that is not shown to be the
			   * guest's, or is another node's */
};

/* --- dialling ---------------------------------------------------------- */
#define CONNECT_NEXT_MS \
	250		/* from one address to the next: Connection
			 * Attempt Delay of RFC 8305, section 5 */
#define CONNECT_MS 2500 /* for TCP: a SYN, and one more after a second */

/* --- the list ---------------------------------------------------------- */
/* Limits that can never change: each version of the program applies them before
 * it knows which version wrote the list. */
#define BNL_BYTES_MAX (8u << 20)     /* the whole file */
#define BNL_BEHIND_MAX (256u << 10)  /* the part of it behind the text */
#define BNL_SIGNATURE_MAX (8u << 10) /* one signature */
#define BNL_NODES_MAX 65536u
#define BNL_LINE_MAX 8192u
#define BNL_HISTORY_MAX 64u
#define BNL_SKIP_MAX 64u /* words of `skip` */
#define BNL_WORD_MAX 32u /* bytes of a statement's word */

#define BNL_FORMAT_FIRST 1u /* of a list that does not say it */
#define BNL_FORMAT 1u	    /* the latest one that this program applies */
#define BNL_FUTURE_MAX_S (48 * 3600) /* a list dated further ahead is refused */
#define BNL_SIGN_AHEAD_MAX_S \
	3600 /* bnl-sign refuses a previous one further ahead */

/* --- pairs ------------------------------------------------------------- */
#define PAIR_HELD_MAX 3 /* proven one, newest unproven one of each dialler */
#define PAIR_AGE_REFRESH_S (24 * 3600)
#define PAIR_AGE_HARD_S (30 * 24 * 3600)

/* --- sessions ---------------------------------------------------------- */
#define REPLAY_WINDOW 8192u

#endif
