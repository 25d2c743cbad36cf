/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of the start, and the reverse order of the stop. */
#include "daemon/daemon.h"
#include "daemon/firstlist.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "daemon/ctl_requests.h"
#include "daemon/datapath.h"
#include "daemon/device.h"
#include "daemon/hostnet.h"
#include "daemon/listdisk.h"
#include "daemon/monitor.h"
#include "sys/clock.h"
#include "sys/confine.h"
#include "sys/guarded.h"
#include "sys/privs.h"
#include "sys/realtime.h"

#define HOOKS_END_MS 35000 /* time for pending hooks at the end */
#define CTL_MODE 0660

static void
on_signal(void *ctx, int signo)
{
	struct daemon *d = ctx;

	switch (signo) {
	case SIGHUP:
		(void)reload_all(d);
		break;
	case SIGUSR1:
		(void)reload_push(d);
		break;
	case SIGUSR2:
		ctl_stream_log(d);
		break;
	case SIGXCPU:
		sched_step_back(d);
		break;
	case SIGTERM:
	case SIGINT:
		log_info("stopping: got signal %d", signo);
		loop_stop(d->loop);
		break;
	default:
		break;
	}
}

static void
on_alive(void *ctx)
{
	struct daemon *d = ctx;

	notify_alive(&d->notify);
	loop_timer_set(&d->alive,
		       mono_add_ms(clock_mono(), d->notify.watchdog_ms));
}

static int
start_loop(struct daemon *d, struct err *e)
{
	uint8_t seed[HASH_SEED_LEN];

	rng_fill(&d->rng, seed, sizeof(seed));
	table_init(&d->streams.conns, seed);
	d->streams.files = tcp_allow();
	if (loop_new(&d->loop, e) < 0 ||
	    sigwatch_open(&d->signals, d->loop, on_signal, d, e) < 0 ||
	    giveback_open(d, e) < 0 ||
	    hook_queue_open(&d->hooks.queue, d->loop, e) < 0 ||
	    (d->monitor != NULL &&
	     monitor_link_watch(d->monitor, d->loop, e) < 0) ||
	    notify_open(&d->notify, e) < 0)
		return -1;
	return 0;
}

/* Opens UDP and TCP on one address to listen on. */
static int
listen_on(struct daemon *d, const struct ipaddr *addr, struct err *e)
{
	uint8_t bits = d->offload.wanted;
	struct udp_opts opts = { .gso = (bits & CONF_UDP_GSO) != 0,
				 .gro = (bits & CONF_UDP_GRO) != 0 };
	struct endpoint local = { .addr = *addr, .port = d->id->conf->port };

	if (udp_open(&d->udp[d->nudp], &local, &opts, e) < 0)
		return -1;
	d->nudp++;
	if (tcp_listen(&d->tcp[d->ntcp], d->loop, &local, streams_accept, d,
		       e) < 0)
		return -1;
	d->ntcp++;
	return 0;
}

static int
start_sockets(struct daemon *d, struct err *e)
{
	const struct conf *c = d->id->conf;
	const struct ipaddr any4 = { .family = IP_V4 };
	const struct ipaddr any6 = { .family = IP_V6 };

	for (unsigned int i = 0; i < c->nlisten; i++)
		if (listen_on(d, &c->listen[i], e) < 0)
			return -1;
	if (c->nlisten > 0)
		return 0;
	if (listen_on(d, &any4, e) < 0)
		return -1;
	if (c->disableipv6 || listen_on(d, &any6, e) == 0)
		return 0;
	if (e->code == ERR_EXISTS)
		return -1;
	/* A missing IPv6 stack is no error. */
	log_warn("IPv6 is left out: %s", e->text);
	return 0;
}

static int
start_device(struct daemon *d, struct err *e)
{
	const struct conf *c = d->id->conf;

	if (tun_open(&d->tun, c->devname, offload_tun_level(c), e) < 0)
		return err_prefix(e, "%s", c->devname);
	/* A kernel that does not send super-packets does not accept them. */
	d->offload.write_tcp = tun_level(d->tun) >= TUN_TSO;
	d->offload.write_udp = tun_level(d->tun) >= TUN_USO;
	if (d->monitor != NULL &&
	    monitor_link_device(d->monitor, tun_ifindex(d->tun), e) < 0)
		return -1;
	return device_open(d, e) < 0 ? -1 : hostnet_open(d, e);
}

struct monitor_start {
	struct daemon *daemon;
	struct monitor_setup setup;
};

/* In the new process: frees everything but the configuration, above all the
 * keys. */
static void
serve_monitor(void *ctx, int fd)
{
	struct monitor_start *s = ctx;
	struct daemon *d = s->daemon;

	d->id->conf = NULL;
	identity_free(d->id);
	s->setup.fd = fd;
	monitor_serve(&s->setup);
}

/* Called before the process has anything secret to copy. If the user could
 * change the configuration, a hook in it would make that user root. */
static int
start_monitor(struct daemon *d, struct err *e)
{
	const struct conf *c = d->id->conf;
	struct monitor_start s = {
		.daemon = d,
		.setup = { .path = d->options->conf, .conf = d->id->conf },
	};
	int fd;

	if (c->user == NULL || geteuid() != 0)
		return 0;
	if (privs_lookup(&s.setup.user, c->user, c->group, e) < 0)
		return -1;
	fd = guarded_open(s.setup.path, &s.setup.user, e);
	if (fd < 0)
		return err_prefix(e, "hooks run as root, so \"user\" must not "
				     "be able to change the configuration");
	close(fd);
	d->id->monitor_conf = 1;
	return monitor_link_start(&d->monitor, c, serve_monitor, &s, e);
}

/* Drops the privileges that are not needed once everything is open. */
static int
drop_privileges(struct daemon *d, struct err *e)
{
	const struct conf *c = d->id->conf;
	struct privs_ids ids;

	suspend_open(d);
	if (privs_lock_memory(e) < 0)
		log_info("memory that holds keys may be swapped out: %s",
			 e->text);
	if (c->realtime)
		realtime_allow();
	if (c->user != NULL && geteuid() == 0 &&
	    (privs_lookup(&ids, c->user, c->group, e) < 0 ||
	     state_give(&d->state, ids.uid, ids.gid, e) < 0 ||
	     privs_drop(&ids, true, e) < 0))
		return -1;
	return privs_harden(e);
}

static int
start_core(struct daemon *d, struct err *e)
{
	uint8_t secret[X25519_LEN];
	struct bnl_version mark;
	struct core_init in = {
		.conf = d->id->conf,
		.tls = tls_ctx_provider(d->id->tls),
		.cert = tls_ctx_self(d->id->tls),
		.static_secret = secret,
		.rng = d->rng,
		.clock = clock_mono,
		.built = { BUILD_TIME }, /* set by the Makefile */
		.mark = &mark,
		.no_tcp_gro = !d->offload.write_tcp,
		.no_udp_gro = !d->offload.write_udp,
		.no_csum = tun_level(d->tun) < TUN_CSUM,
	};
	struct err no_list;
	bool list;
	int rc;

	if (state_mark(&d->state, &mark, e) < 0 ||
	    state_static_key(&d->state, secret, &d->rng, e) < 0)
		return -1;
	list = firstlist_read(d, &in, &no_list) == 0;
	in.run_s = state_run(&d->state, clock_wall());
	rc = core_new(&d->core, &in, clock_now(), e);
	bytes_wipe(secret, sizeof(secret));
	if (rc < 0) {
		generation_free(in.list);
		bnl_free(in.held);
		return -1;
	}
	if (!list && no_list.code == ERR_NOTFOUND)
		log_warn("%s: starting without a list", no_list.text);
	else if (!list)
		core_list_refuse(d->core, clock_now(), &no_list);
	state_load_known(&d->state, d->core);
	state_load_pairs(&d->state, d->core);
	return 0;
}

static void
on_newer_list(struct daemon *d)
{
	(void)reload_push(d);
}

static int
start_work(struct daemon *d, struct err *e)
{
	if (worker_open(d, on_newer_list, e) < 0 || lookup_open(d, e) < 0 ||
	    datapath_open(d, e) < 0)
		return -1;
	if (hooks_wait(d, MONITOR_UP) < 0)
		return err_set(e, ERR_IO, "upcmd failed: not starting");
	loop_own(d->loop, actions_of_loop(d));
	core_start(d->core, clock_now());
	actions_drain_all(d);
	device_follow(d);
	device_settle(d);
	if (suspend_watch(d, e) < 0 || ctl_stream_open(d, e) < 0)
		return -1;
	return sched_open(d, e);
}

/* A daemon without hooks, or with a monitor that runs them, needs few system
 * calls. */
static void
confine_daemon(struct daemon *d)
{
	struct err e;
	int rc;

	if (d->monitor == NULL && hooks_any(d->id->conf))
		return;
	rc = confine(&e);
	if (rc < 0)
		log_warn("seccomp filter not installed: %s", e.text);
	d->hooks.confined = rc == 0;
}

static int
start_daemon(struct daemon *d, struct err *e)
{
	const struct conf *c = d->id->conf;

	gid_t group = (gid_t)-1;

	if (c->ctlgroup != NULL && privs_group(&group, c->ctlgroup, e) < 0)
		return err_prefix(e, "ctlgroup");
	if (start_monitor(d, e) < 0 || start_loop(d, e) < 0 ||
	    state_open(&d->state, c, e) < 0 || listdisk_open(d, e) < 0 ||
	    pidfile_open(&d->pidfile, d->options->pidfile, e) < 0 ||
	    start_sockets(d, e) < 0 || start_device(d, e) < 0 ||
	    ctlsock_open(&d->ctl, d->loop, c->ctlsocket, CTL_MODE, group,
			 ctl_requests_handle, d, e) < 0 ||
	    drop_privileges(d, e) < 0 || logsink_start(d->log, e) < 0 ||
	    start_core(d, e) < 0 || start_work(d, e) < 0)
		return -1;
	if (d->notify.watchdog_ms > 0) {
		if (loop_timer_init(&d->alive, d->loop, on_alive, d, e) < 0)
			return -1;
		on_alive(d);
	}
	confine_daemon(d);
	return 0;
}

/* Waits for down hooks; no other event is handled meanwhile. */
static void
stop_hooks(struct daemon *d)
{
	struct monotime end = mono_add_ms(clock_mono(), HOOKS_END_MS);
	struct err e;

	loop_own(d->loop, (struct loop_owner){ 0 });
	while (hooks_pending(d) > 0 && mono_before(clock_mono(), end))
		if (loop_turn(d->loop, end, &e) < 0)
			break;
	(void)hooks_wait(d, MONITOR_DOWN);
}

/* Stops the sources of requests first, so that no new work begins; then lets
 * the worker finish. */
static void
stop_daemon(struct daemon *d, bool started)
{
	notify_stopping(&d->notify);
	sigwatch_close(d->signals);
	ctlsock_close(d->ctl);
	ctl_stream_close(d);
	suspend_close(d);
	d->events.nfollowers = 0;
	datapath_close(d);
	for (size_t i = 0; i < d->ntcp; i++)
		tcp_listener_close(d->tcp[i]);
	if (started) {
		core_stop(d->core, clock_now());
		actions_drain_all(d);
		device_stop(d);
	}
	lookup_close(d);
	worker_close(d);
	if (started && !d->worker.stuck)
		actions_drain_all(d);
	streams_close_all(d);
	if (started)
		stop_hooks(d);
	loop_timer_fini(&d->alive);
	sched_close(d);
	if (!d->worker.stuck)
		core_free(d->core);
	hostnet_close(d);
	device_close(d);
	tun_close(d->tun);
	for (size_t i = 0; i < d->nudp; i++)
		udp_close(d->udp[i]);
	pidfile_close(&d->pidfile);
	listdisk_close(d);
	if (!d->worker.stuck)
		state_close(&d->state);
	events_free(d);
	giveback_close(d);
	hook_queue_close(d->hooks.queue);
	monitor_link_close(d->monitor);
	notify_close(&d->notify);
	loop_free(d->loop);
}

int
daemon_run(struct identity *id, const struct options *o, struct logsink *log,
	   void (*ready)(void *ctx), void *ctx)
{
	struct daemon *d = malloc(sizeof(*d));
	struct err e;
	bool started;
	int status;

	if (d == NULL) {
		log_error("out of memory");
		identity_free(id);
		return EXIT_FAILED;
	}
	*d = (struct daemon){
		.options = o,
		.id = id,
		.reload.first = id->conf,
		.offload.wanted = id->conf->offload,
		.log = log,
		.notify = { .fd = -1 },
		.suspend.vmfork = -1,
		.pidfile = { .fd = -1 },
		.state = { .dir.dirfd = -1,
			   .pairs.dirfd = -1,
			   .list.dirfd = -1 },
		.rng = rng_system(),
	};
	started = start_daemon(d, &e) == 0;
	if (!started) {
		log_error("%s", e.text);
		d->status = EXIT_FAILED;
	} else {
		log_info("cluevpnd " VERSION ": %s on %s", d->id->conf->name,
			 tun_name(d->tun));
		offload_log(d);
		notify_ready(&d->notify);
		ready(ctx);
		if (loop_run(d->loop, &e) < 0) {
			log_error("%s", e.text);
			d->status = EXIT_FAILED;
		}
	}
	stop_daemon(d, started);
	status = d->status;
	if (d->worker.stuck)
		return status;
	if (d->id->conf != d->reload.first)
		conf_free(d->reload.first);
	identity_free(d->id);
	free(d);
	return status;
}
