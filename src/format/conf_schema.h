/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema of cluevpn.conf: names, types and limits of the keys. */
#ifndef FORMAT_CONF_SCHEMA_H
#define FORMAT_CONF_SCHEMA_H

#include "format/conf.h"

enum conf_kind {
	CONF_KIND_NODE,	     /* opens a section */
	CONF_KIND_NAME,	     /* const char *: a node name */
	CONF_KIND_DEVICE,    /* const char *: a network interface's name */
	CONF_KIND_TEXT,	     /* const char *: max bytes at most */
	CONF_KIND_PATH,	     /* const char *: max bytes at most */
	CONF_KIND_PATHS,     /* struct conf_many; may be given several times */
	CONF_KIND_ADDRESSES, /* listen, nlisten; several times too */
	CONF_KIND_BOOL,	     /* bool */
	CONF_KIND_CHOICE,    /* int or enum: the index in choices */
	CONF_KIND_U16,	     /* uint16_t, min..max */
	CONF_KIND_U32,	     /* uint32_t, min..max */
	CONF_KIND_U64,	     /* uint64_t, min..max */
	CONF_KIND_SECONDS,   /* uint32_t, min..max seconds */
	CONF_KIND_MS,	     /* int64_t, min..max milliseconds */
	CONF_KIND_OFFLOAD,   /* uint8_t: bits of enum conf_offload */
	CONF_KIND_CIPHERS,   /* struct conf_algos, its ciphers */
	CONF_KIND_COMPS	     /* struct conf_algos, its compressors */
};

struct conf_key {
	const char *name;
	enum conf_kind kind;
	size_t offset; /* in struct conf */
	uint64_t min, max;
	const char *const *choices; /* ends with NULL */
	const char *def;	    /* the default's text; NULL: none */
	const char *slow_aes;	    /* default where AES is slow, or NULL */
	const char *expects;	    /* "yes or no", "1..65535" */
	bool restart;		    /* a change needs a restart */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_nkeys; /* at most CONF_KEYS_MAX */

/* The index of a key in conf_keys; conf_nkeys when the key is unknown. */
size_t conf_key_find(struct span name);
/* True for a key that may be given several times. */
bool conf_key_is_many(const struct conf_key *k);

#endif
