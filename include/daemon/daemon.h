/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of the running daemon, in the order of its start. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "base/buf.h"
#include "base/table.h"
#include "core/core.h"
#include "daemon/identity.h"
#include "daemon/options.h"
#include "daemon/state.h"
#include "daemon/warden.h"
#include "sys/ctlsock.h"
#include "sys/hook.h"
#include "sys/logsink.h"
#include "sys/loop.h"
#include "sys/notify.h"
#include "sys/pidfile.h"
#include "sys/sigwatch.h"
#include "sys/tcp.h"
#include "sys/tun.h"
#include "sys/udp.h"
#include "sys/work.h"

#define DAEMON_SOCKETS_MAX CONF_MANY_MAX

#define EVENTS_KEPT 256		/* most recent ones, for later requests */
#define EVENTS_FOLLOWERS 8	/* clients of the control socket */

struct event_record {
	uint64_t number;		/* counts from 1 */
	struct walltime at;
	enum event_level level;
	enum event_kind kind;
	char peer[NODE_NAME_MAX + 1];	/* "": none */
	char *text;
};

/* Log lines about peers, of one kind of event, in a minute. */
struct event_lines {
	struct monotime since;		/* MONO_NONE: no recent line */
	unsigned int logged, more;	/* more: were not */
	enum event_level level;		/* the gravest of these */
};

struct events {
	struct event_record ring[EVENTS_KEPT];
	uint64_t last;			/* number of the latest */
	struct event_lines lines[EVENTS];
	struct monotime tell_at;	/* end of a minute; MONO_NONE: none */
	uint64_t followers[EVENTS_FOLLOWERS];	/* clients */
	size_t nfollowers;
};

#define UNSAVED_KINDS 4		/* pairs, list, addresses, running time */

struct script_changes {		/* for changecmd */
	struct buf row;			/* see format/wardenmsg.h */
	bool any;			/* changes since it ran last */
	bool lost;			/* no room for some changes */
};

struct job;

struct unsaved {
	struct job *first;		/* writes that failed */
	struct loop_timer again;
	struct monotime moved;		/* last progress of the worker */
	struct unsaved_fault {		/* error of the last write of a kind */
		bool is_set;
		struct walltime since;
		char text[ERR_TEXT_MAX];	/* with path and errno */
	} faults[UNSAVED_KINDS];
};

struct daemon {
	const struct options *options;
	struct identity *id;
	struct conf *first;		/* at the start; id's until a reload */
	uint64_t restart;		/* keys that need one, a bit each */
	struct logsink *log;
	struct notify notify;
	struct pidfile pidfile;
	struct state state;
	struct listdisk *disk;		/* state of the list's file */
	struct rng rng;
	struct loop *loop;
	struct work *work;
	bool stuck;			/* a thread still uses all this */
	struct unsaved unsaved;
	struct work *hosts_file;	/* host names: those in the file, */
	struct work *lookups;		/* and others, which may take long */
	struct lookup *looking;		/* look-ups under way */
	struct sigwatch *signals;
	struct hooks *hooks;
	struct warden *warden;		/* NULL: root stays, or never was */
	bool confined;			/* can start no process any more */
	struct script_changes changes;
	struct ctlsock *ctl;
	uint8_t offload;		/* enum conf_offload, as at the start */
	bool write_tcp, write_udp;	/* super-packets go to the device */
	struct events events;
	struct tun *tun;
	struct loop_fd *tun_place;
	struct device *device;		/* the device, and the host's network */
	struct hostnet *hostnet;	/* conflicts with the host's network */
	struct udp *udp[DAEMON_SOCKETS_MAX];
	struct loop_fd *udp_place[DAEMON_SOCKETS_MAX];
	size_t nudp;
	struct tcp_listener *tcp[DAEMON_SOCKETS_MAX];
	size_t ntcp;
	struct core *core;
	struct loop_timer alive;	/* watchdog of the service manager */
	struct loop_timer ahead;	/* after a step back */
	bool realtime;			/* runs ahead of ordinary programs */
	uint64_t steps_back;		/* number of SIGXCPU */
	int64_t slept_ns;		/* time suspended, at the last check */
	int vmfork;			/* detects copies of it; -1: cannot */
	struct loop_fd *vmfork_place;
	struct table conns;		/* by connection id */
	struct stream *lingering;	/* closed by the core, still sending */
	struct streams_share {		/* limits of a turn for all
					 * connections */
		int64_t ns;		/* time spent reading in this turn */
		uint64_t round;		/* each is read once per round */
		bool waits;		/* some wait for the next turn */
	} share;
	struct datapath *data;
	bool draining;			/* actions are being performed */
	bool undrained;			/* some are left for the next turn */
	struct telling *tellings;	/* long answers in progress */
	struct telling *awaiting;	/* answers that wait for the list */
	struct loop_timer telling;	/* time of the next piece */
	struct loop_timer giveback;	/* frees memory after a burst */
	unsigned int freed;		/* things of the burst, so far */
	int status;			/* the process's exit status */
};

/*
 * Starts everything, runs until a signal stops it, stops everything in
 * reverse. Takes id over; log is borrowed. ready is called once the daemon carries traffic (it tells a waiting
 * parent). Returns the exit status.
 */
int daemon_run(struct identity *id, const struct options *o,
	       struct logsink *log, void (*ready)(void *ctx), void *ctx);

#endif
