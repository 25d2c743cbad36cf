/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpn.conf: one schema table, parsed into one struct. */
#ifndef FORMAT_CONF_H
#define FORMAT_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ipaddr.h"
#include "base/text.h"
#include "crypto/aead.h"
#include "format/compress.h"

struct conf_cipher {
	enum aead_alg alg;
	uint16_t preference;
};

struct conf_comp {
	enum comp_alg alg;
	uint8_t level; /* 0: the compressor has no levels */
	uint16_t preference;
};

/* The algorithms offered in a negotiation. `none` is always in comps. */
struct conf_algos {
	struct conf_cipher ciphers[AEAD_ALGS];
	struct conf_comp comps[COMP_ALGS];
	uint8_t nciphers;
	uint8_t ncomps;
};

struct conf_node { /* a `node = NAME` section */
	const char *name;
	struct conf_algos algos;
};

enum conf_log { CONF_LOG_SYSLOG, CONF_LOG_FILE, CONF_LOG_STDERR };

/* Offloads that may be used, if the kernel supports them. */
enum conf_offload {
	CONF_TUN_CSUM = 1, /* partial checksums, either way */
	CONF_TUN_TSO = 2,  /* TCP super-packets, either way; needs _CSUM */
	CONF_TUN_USO = 4,  /* UDP super-packets, either way; needs _TSO */
	CONF_UDP_GSO = 8,  /* many datagrams in one message, out */
	CONF_UDP_GRO = 16, /* the same for received datagrams */
	CONF_OFFLOAD_ALL = 31
};

#define CONF_OFFLOADS 5 /* number of these flags */
/* "tun-csum"; i from 0; NULL at the end. And its bit. */
const char *conf_offload_name(size_t i);
enum conf_offload conf_offload_bit(size_t i);

#define CONF_MANY_MAX 16 /* values of a key that may be given several times */
#define CONF_KEYS_MAX 64 /* the largest number of keys */

struct conf_many {
	const char *v[CONF_MANY_MAX];
	unsigned int n;
};

/* The timers of the protocol, in milliseconds; settable for tests. */
struct conf_timers {
	int64_t rekey_after;	       /* 120 s, by the session's initiator */
	int64_t rekey_after_responder; /* 150 s */
	int64_t reject_after;	       /* 180 s */
	int64_t init_retry;	       /* 1 s, then twice that, with jitter */
	int64_t init_give_up;	 /* 5 min of fast retries, then slow ones */
	int64_t init_retry_slow; /* 30 s */
	int64_t answer_after; /* 1 s: received data, sent nothing: empty DATA */
	int64_t silence_after; /* 3 s: sent data, heard nothing: INIT */
	int64_t unanswered;    /* 60 s of INITs: negotiate anew */
	int64_t negotiate_gap; /* 30 s between two negotiations with a node */
	int64_t negotiate_backoff; /* 5 min after nothing in common */
	int64_t cookie_rotate;	   /* 120 s */
	int64_t channel_handshake; /* 10 s for TLS and HELLO */
	int64_t channel_idle;	   /* 10 s */
	int64_t mtu_raise;	   /* 10 min: probes a larger path MTU */
	uint64_t rekey_packets;	   /* 2^26 */
	uint64_t reject_packets;   /* 2^28 */
};

struct conf {
	struct arena arena; /* owns all text below */
	const char *name;
	const char *network; /* NULL: that of the first list */
	const char *devname; /* "cluevpn0" */
	const char *cert, *privkey;
	struct conf_many cacert;
	const char *restrictouname;	     /* NULL: any */
	uint16_t port;			     /* 3406 */
	struct ipaddr listen[CONF_MANY_MAX]; /* empty: the wildcard */
	unsigned int nlisten;
	bool disableipv6;
	bool preferipv6;
	const char *bnl;
	struct conf_many bnlpubkey;
	const char *statedir;
	struct conf_algos algos;
	struct conf_node *nodes; /* sorted by name */
	unsigned int nnodes;
	uint32_t mtu;		 /* 1420; 1280..9000 */
	uint8_t offload;	 /* set of enum conf_offload */
	bool dscp;		 /* copy DSCP to the datagram */
	bool ecn;		 /* copy ECN to the datagram */
	uint32_t keepalive;	 /* seconds; 0: off */
	uint32_t pullinterval;	 /* seconds; 300 */
	uint32_t maxconnections; /* 64 */
	uint32_t listmaxage;	 /* seconds; 0: off */
	int loglevel;		 /* enum log_level */
	enum conf_log logmethod;
	const char *logfile;
	const char *user, *group;    /* NULL: do not change */
	const char *upcmd, *downcmd; /* hooks: NULL: none */
	const char *subnetupcmd, *subnetdowncmd;
	const char *mysubnetupcmd, *mysubnetdowncmd;
	const char *nodeupcmd, *nodedowncmd;
	const char *changecmd;
	bool autoconf;
	bool realtime;
	const char *ctlsocket;
	const char *ctlgroup; /* NULL: root alone */
	struct conf_timers timers;
	unsigned int line[CONF_KEYS_MAX]; /* where first given, or 0 */
	unsigned int listen_line[CONF_MANY_MAX];
};

/* Properties of the host that defaults depend on. All zero: a usual machine. */
struct conf_host {
	bool slow_aes; /* the processor has no instructions for AES */
};

/*
 * Parses text. dir: the folder of relative paths and of the defaults (ca.pem,
 * node.pem, node.key, bnl-pub.pem). All errors go to es with line and column.
 * *out is new and the caller's; unchanged on failure.
 */
int conf_parse(struct conf **out, const char *text, size_t len, const char *dir,
	       struct errs *es);
/* As conf_parse(), with the defaults for that host. */
int conf_parse_on(struct conf **out, const struct conf_host *host,
		  const char *text, size_t len, const char *dir,
		  struct errs *es);
void conf_free(struct conf *c); /* NULL is fine */
/* The algorithms offered to one peer: those of its section, or the general
 * ones. */
const struct conf_algos *conf_algos_for(const struct conf *c, const char *peer);

/* The schema, for the test that compares it with the man page and for -t: i
 * from 0; NULL at the end. */
const char *conf_key_name(size_t i);
/* The line where the key was first given; 0: not given. */
unsigned int conf_line(const struct conf *c, const char *key);
/* "yes or no", "1..65535", ...: describes valid values. */
const char *conf_key_expects(size_t i);
/* True when a change of the key needs a restart of the daemon. */
bool conf_key_restart(size_t i);
/* True when both have the same value of a key that needs a restart. */
bool conf_key_same(const struct conf *a, const struct conf *b, size_t i);

#endif
