/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema of cluevpn.conf. cluevpn.conf(5) documents every line of it. */
#include "format/conf_schema.h"

#include <string.h>

#include "base/log.h"
#include "crypto/cert.h"
#include "format/proto.h"

#define NODE_NAME "a node name, as in the list"
#define PATH "a file name"
#define PATH_MAX_LEN 4095
#define SOCKET_MAX_LEN 107 /* the capacity of a Unix socket's address */
#define COMMAND "a shell command"
#define COMMAND_MAX_LEN 4095
#define ACCOUNT_MAX_LEN 32
#define MS_H INT64_C(3600000)

static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const levels[] = { "error", "warn", "info", "debug", NULL };
static const char *const methods[] = { "syslog", "file", "stderr", NULL };

_Static_assert(LOG_LVL_ERROR == 0 && LOG_LVL_WARN == 1 && LOG_LVL_INFO == 2 &&
		       LOG_LVL_DEBUG == 3,
	       "levels stand in their own order");
_Static_assert(CONF_LOG_SYSLOG == 0 && CONF_LOG_FILE == 1 &&
		       CONF_LOG_STDERR == 2,
	       "methods stand in their own order");
_Static_assert(sizeof(enum conf_log) == sizeof(int),
	       "a choice is stored as an int");

#define KEY(word, what, member, ...)                                 \
	{                                                            \
		.name = word, .kind = CONF_KIND_##what,              \
		.offset = offsetof(struct conf, member), __VA_ARGS__ \
	}
/* A change takes effect at a reload, or only at the next start. */
#define LIVE .restart = false
#define AT_START .restart = true
#define TEXT_KEY(word, member, limit, says, when) \
	KEY(word, TEXT, member, .max = limit, .expects = says, when)
#define HOOK(word, when) TEXT_KEY(#word, word, COMMAND_MAX_LEN, COMMAND, when)
#define PATH_KEY(word, limit, standard, when)                                  \
	KEY(#word, PATH, word, .max = limit, .def = standard, .expects = PATH, \
	    when)
#define PATHS_KEY(word, standard)                                     \
	KEY(#word, PATHS, word, .max = PATH_MAX_LEN, .def = standard, \
	    .expects = PATH)
#define BOOL_KEY(word, standard, when)                             \
	KEY(#word, BOOL, word, .choices = yes_no, .def = standard, \
	    .expects = "yes or no", when)
/* Intervals may be shortened, mainly for tests, and lengthened. */
#define TIMER(word, member, standard)                            \
	KEY(word, MS, timers.member, .min = 1, .max = 24 * MS_H, \
	    .def = standard, .expects = "a time, 1ms..24h")
/* The lifetime of a key, in time and packets, has an upper bound. */
#define KEY_AGE(word, member, standard)                                      \
	KEY(word, MS, timers.member, .min = 1, .max = MS_H, .def = standard, \
	    .expects = "a time, 1ms..1h")
#define KEY_USES(word, member, standard)                                  \
	KEY(word, U64, timers.member, .min = 1, .max = UINT64_C(1) << 28, \
	    .def = standard, .expects = "1..268435456")

const struct conf_key conf_keys[] = {
	{ .name = "node", .kind = CONF_KIND_NODE, .expects = NODE_NAME },
	KEY("name", NAME, name, .expects = NODE_NAME, AT_START),
	KEY("network", NAME, network, LIVE,
	    .expects = "a network's name, as in the list"),
	KEY("devname", DEVICE, devname, .def = "cluevpn0", AT_START,
	    .expects = "an interface name of at most 15 bytes, without "
		       "blanks, '/', ':' and '%'"),
	PATH_KEY(cert, PATH_MAX_LEN, "node.pem", LIVE),
	PATH_KEY(privkey, PATH_MAX_LEN, "node.key", LIVE),
	PATHS_KEY(cacert, "ca.pem"),
	TEXT_KEY("restrictouname", restrictouname, CERT_OU_MAX,
		 "an organisational unit of at most 64 bytes", LIVE),
	KEY("port", U16, port, .min = 1, .max = 65535, .def = "3406", AT_START,
	    .expects = "1..65535"),
	KEY("listen", ADDRESSES, listen, AT_START,
	    .expects = "an IPv4 or IPv6 address of this host"),
	BOOL_KEY(disableipv6, "no", AT_START),
	BOOL_KEY(preferipv6, "no", LIVE),
	PATH_KEY(bnl, PATH_MAX_LEN, NULL,
		 AT_START), /* network.bnl in statedir */
	PATHS_KEY(bnlpubkey, "bnl-pub.pem"),
	PATH_KEY(statedir, PATH_MAX_LEN, "/var/lib/cluevpn", AT_START),
	KEY("cryptalgos", CIPHERS, algos,
	    .def = "aes-256-gcm:100 chacha20-poly1305:80 aes-128-gcm:60",
	    /* High enough to win over the default of the other side. */
	    .slow_aes = "chacha20-poly1305:200 aes-256-gcm:100 aes-128-gcm:60",
	    .expects = "words ALGORITHM:PREFERENCE"),
	KEY("compalgos", COMPS, algos, .def = "none:100",
	    .expects = "words ALGORITHM:LEVEL:PREFERENCE"),
	KEY("mtu", U32, mtu, .min = INNER_MTU_MIN, .max = INNER_MTU_MAX,
	    .def = "1420", .expects = "1280..9000"),
	KEY("offload", OFFLOAD, offload, .def = "auto", AT_START,
	    .expects = "auto, off, or some of no-tun-csum, no-tun-tso, "
		       "no-tun-uso, no-udp-gso and no-udp-gro"),
	BOOL_KEY(dscp, "no", LIVE),
	BOOL_KEY(ecn, "yes", LIVE),
	KEY("keepalive", SECONDS, keepalive, .min = 0, .max = 3600, .def = "0",
	    .expects = "a time in whole seconds, 0s..1h"),
	KEY("pullinterval", SECONDS, pullinterval, .min = 1, .max = 86400,
	    .def = "5min", .expects = "a time in whole seconds, 1s..24h"),
	KEY("maxconnections", U32, maxconnections, .min = 4, .max = 4096,
	    .def = "64", .expects = "4..4096"),
	KEY("listmaxage", SECONDS, listmaxage, .min = 0, .max = 366 * 86400,
	    .def = "0", .expects = "a time in whole seconds, 0s..8784h"),
	KEY("loglevel", CHOICE, loglevel, .choices = levels, .def = "info",
	    .expects = "error, warn, info or debug"),
	KEY("logmethod", CHOICE, logmethod, .choices = methods, .def = "syslog",
	    .expects = "syslog, file or stderr", AT_START),
	PATH_KEY(logfile, PATH_MAX_LEN, NULL, AT_START),
	TEXT_KEY("user", user, ACCOUNT_MAX_LEN, "a user's name", AT_START),
	TEXT_KEY("group", group, ACCOUNT_MAX_LEN, "a group's name", AT_START),
	HOOK(upcmd, AT_START),
	HOOK(downcmd, LIVE),
	HOOK(subnetupcmd, LIVE),
	HOOK(subnetdowncmd, LIVE),
	HOOK(mysubnetupcmd, LIVE),
	HOOK(mysubnetdowncmd, LIVE),
	HOOK(nodeupcmd, LIVE),
	HOOK(nodedowncmd, LIVE),
	HOOK(changecmd, LIVE),
	BOOL_KEY(autoconf, "yes", LIVE),
	BOOL_KEY(realtime, "yes", AT_START),
	PATH_KEY(ctlsocket, SOCKET_MAX_LEN, "/run/cluevpn/ctl", AT_START),
	TEXT_KEY("ctlgroup", ctlgroup, ACCOUNT_MAX_LEN, "a group's name",
		 AT_START),
	KEY_AGE("rekey", rekey_after, "120s"),
	KEY_AGE("rekeyresponder", rekey_after_responder, "150s"),
	KEY_AGE("reject", reject_after, "180s"),
	KEY_USES("rekeypackets", rekey_packets, "67108864"),
	KEY_USES("rejectpackets", reject_packets, "268435456"),
	TIMER("initretry", init_retry, "1s"),
	TIMER("initgiveup", init_give_up, "5min"),
	TIMER("initretryslow", init_retry_slow, "30s"),
	TIMER("answer", answer_after, "1s"),
	TIMER("silence", silence_after, "3s"),
	TIMER("unanswered", unanswered, "60s"),
	TIMER("negotiategap", negotiate_gap, "30s"),
	TIMER("negotiatebackoff", negotiate_backoff, "5min"),
	TIMER("cookierotate", cookie_rotate, "120s"),
	TIMER("channelhandshake", channel_handshake, "10s"),
	TIMER("channelidle", channel_idle, "10s"),
	TIMER("mturaise", mtu_raise, "10min"),
};

const size_t conf_nkeys = sizeof(conf_keys) / sizeof(conf_keys[0]);
_Static_assert(sizeof(conf_keys) / sizeof(conf_keys[0]) <= CONF_KEYS_MAX,
	       "CONF_KEYS_MAX is too small");

size_t
conf_key_find(struct span name)
{
	size_t i;

	for (i = 0; i < conf_nkeys; i++)
		if (span_is(name, conf_keys[i].name))
			break;
	return i;
}

bool
conf_key_is_many(const struct conf_key *k)
{
	return k->kind == CONF_KIND_PATHS || k->kind == CONF_KIND_ADDRESSES;
}

const char *
conf_key_name(size_t i)
{
	return i < conf_nkeys ? conf_keys[i].name : NULL;
}

const char *
conf_key_expects(size_t i)
{
	return i < conf_nkeys ? conf_keys[i].expects : NULL;
}
