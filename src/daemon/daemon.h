/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The running daemon: the objects that its modules share, and the struct of
 * each module. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "core/core.h"
#include "daemon/actions.h"
#include "daemon/ctl_stream.h"
#include "daemon/events.h"
#include "daemon/giveback.h"
#include "daemon/hooks.h"
#include "daemon/identity.h"
#include "daemon/lookup.h"
#include "daemon/monitor_link.h"
#include "daemon/offload.h"
#include "daemon/options.h"
#include "daemon/reload.h"
#include "daemon/sched.h"
#include "daemon/state.h"
#include "daemon/streams.h"
#include "daemon/suspend.h"
#include "daemon/worker.h"
#include "sys/ctlsock.h"
#include "sys/logsink.h"
#include "sys/notify.h"
#include "sys/pidfile.h"
#include "sys/sigwatch.h"
#include "sys/tcp.h"
#include "sys/udp.h"

#define DAEMON_SOCKETS_MAX CONF_MANY_MAX

struct daemon {
	const struct options *options;
	struct identity *id;
	struct logsink *log;
	struct notify notify;
	struct pidfile pidfile;
	struct state state;
	struct rng rng;
	struct loop *loop;
	struct sigwatch *signals;
	struct monitor_link *monitor; /* NULL: root stays, or never was */
	struct ctlsock *ctl;
	struct tun *tun;
	struct udp *udp[DAEMON_SOCKETS_MAX];
	size_t nudp;
	struct tcp_listener *tcp[DAEMON_SOCKETS_MAX];
	size_t ntcp;
	struct core *core;
	struct loop_timer alive; /* watchdog of the service manager */
	int status;		 /* the process's exit status */

	/* The modules: each uses its own struct only. */
	struct drain drain;
	struct ctl_stream ctl_stream;
	struct datapath *datapath;
	struct device *device;
	struct events events;
	struct giveback giveback;
	struct hooks hooks;
	struct hostnet *hostnet;
	struct listdisk *listdisk;
	struct lookups lookups;
	struct offload offload;
	struct reload reload;
	struct sched sched;
	struct streams streams;
	struct suspend suspend;
	struct worker worker;
};

/*
 * Starts everything, runs until a signal stops it, stops everything in
 * reverse. Takes id over; log is borrowed. ready is called once the daemon
 * carries traffic (it tells a waiting parent). Returns the exit status.
 */
int daemon_run(struct identity *id, const struct options *o,
	       struct logsink *log, void (*ready)(void *ctx), void *ctx);

#endif
