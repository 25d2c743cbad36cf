/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of the start, and the reverse order of the stop. */
#include "daemon/daemon.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "daemon/device.h"
#include "daemon/hostnet.h"
#include "daemon/plumb.h"
#include "daemon/unsaved.h"
#include "sys/clock.h"
#include "sys/confine.h"
#include "sys/guarded.h"
#include "sys/privs.h"
#include "sys/realtime.h"

#define WORK_END_MS 4000	/* time for unfinished writes at the end */
#define HOOKS_END_MS 35000	/* time for pending hooks at the end */
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
		telling_log(d);
		break;
	case SIGXCPU:
		turn_step_back(d);
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
	loop_timer_set(&d->alive, mono_add_ms(clock_mono(),
					      d->notify.watchdog_ms));
}

static int
start_loop(struct daemon *d, struct err *e)
{
	uint8_t seed[HASH_SEED_LEN];

	rng_fill(&d->rng, seed, sizeof(seed));
	table_init(&d->conns, seed);
	if (loop_new(&d->loop, e) < 0 ||
	    sigwatch_open(&d->signals, d->loop, on_signal, d, e) < 0 ||
	    giveback_open(d, e) < 0 || hooks_open(&d->hooks, d->loop, e) < 0 ||
	    (d->warden != NULL && warden_watch(d->warden, d->loop, e) < 0) ||
	    notify_open(&d->notify, e) < 0)
		return -1;
	return 0;
}

/* Opens UDP and TCP on one address to listen on. */
static int
listen_on(struct daemon *d, const struct ipaddr *addr, struct err *e)
{
	struct udp_opts opts = { .gso = (d->offload & CONF_UDP_GSO) != 0,
				 .gro = (d->offload & CONF_UDP_GRO) != 0 };
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
	d->write_tcp = tun_level(d->tun) >= TUN_TSO;
	d->write_udp = tun_level(d->tun) >= TUN_USO;
	if (d->warden != NULL &&
	    warden_device(d->warden, tun_ifindex(d->tun), e) < 0)
		return -1;
	return device_open(d, e) < 0 ? -1 : hostnet_open(d, e);
}

/* Frees everything in the warden but the configuration; above all the keys. */
static void
forget_secrets(void *ctx)
{
	struct daemon *d = ctx;

	d->id->conf = NULL;
	identity_free(d->id);
}

/* Called before the process has anything secret to copy. If the user could
 * change the configuration, a hook in it would make that user root. */
static int
start_warden(struct daemon *d, struct err *e)
{
	const struct conf *c = d->id->conf;
	struct warden_setup s = { .path = d->options->conf,
				  .conf = d->id->conf };
	int fd;

	if (c->user == NULL || geteuid() != 0)
		return 0;
	if (privs_lookup(&s.user, c->user, c->group, e) < 0)
		return -1;
	fd = guarded_open(s.path, &s.user, e);
	if (fd < 0)
		return err_prefix(e, "hooks run as root, so \"user\" must not "
				  "be able to change the configuration");
	close(fd);
	d->id->warden_conf = 1;
	return warden_start(&d->warden, &s, forget_secrets, d, e);
}

/* Drops the privileges that are not needed once everything is open. */
static int
give_up_privileges(struct daemon *d, struct err *e)
{
	const struct conf *c = d->id->conf;
	struct privs_ids ids;

	slept_open(d);
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

/* Reads the list on disk. A damaged or foreign list does not keep the daemon
 * from starting: peers have a better one. 0, or -1 with the reason. */
static int
read_list(struct daemon *d, struct generation **out, struct err *e)
{
	uint8_t *raw;
	size_t len;
	int rc;

	if (state_read_list(&d->state, &raw, &len, e) < 0)
		return -1;
	rc = generation_build(out, raw, len,
			      (const struct key *const *)d->id->bnlkeys,
			      d->id->nbnlkeys, e);
	free(raw);
	return rc;
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
		.built = { BUILD_TIME },	/* set by the Makefile */
		.mark = &mark,
		.no_tcp_gro = !d->write_tcp,
		.no_udp_gro = !d->write_udp,
		.no_csum = tun_level(d->tun) < TUN_CSUM,
	};
	struct err no_list;
	bool list;
	int rc;

	if (state_mark(&d->state, &mark, e) < 0 ||
	    state_static_key(&d->state, secret, &d->rng, e) < 0)
		return -1;
	list = read_list(d, &in.list, &no_list) == 0;
	in.run_s = state_run(&d->state, clock_wall());
	rc = core_new(&d->core, &in, clock_now(), e);
	bytes_wipe(secret, sizeof(secret));
	if (rc < 0) {
		generation_free(in.list);
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

static int
start_work(struct daemon *d, struct err *e)
{
	if (work_open(&d->work, d->loop, 1, e) < 0 || lookup_open(d, e) < 0 ||
	    unsaved_open(d, e) < 0 || datapath_open(d, e) < 0)
		return -1;
	if (script_wait(d, WARDEN_UP) < 0)
		return err_set(e, ERR_IO, "upcmd failed: not starting");
	loop_owner(d->loop, plumb_before_sleep, plumb_deadline, d);
	core_start(d->core, clock_now());
	plumb_drain_all(d);
	device_follow(d);
	device_settle(d);
	if (slept_watch(d, e) < 0 || telling_open(d, e) < 0)
		return -1;
	return turn_open(d, e);
}

/* A daemon without hooks, or with a warden for them, needs few system calls. */
static void
shut_in(struct daemon *d)
{
	struct err e;
	int rc;

	if (d->warden == NULL && script_any(d->id->conf))
		return;
	rc = confine(&e);
	if (rc < 0)
		log_warn("all system calls stay allowed: %s", e.text);
	d->confined = rc == 0;
}

static int
start_daemon(struct daemon *d, struct err *e)
{
	const struct conf *c = d->id->conf;

	gid_t group = (gid_t)-1;

	if (c->ctlgroup != NULL && privs_group(&group, c->ctlgroup, e) < 0)
		return err_prefix(e, "ctlgroup");
	if (start_warden(d, e) < 0 || start_loop(d, e) < 0 ||
	    state_open(&d->state, c, e) < 0 ||
	    listdisk_open(d, e) < 0 ||
	    pidfile_open(&d->pidfile, d->options->pidfile, e) < 0 ||
	    start_sockets(d, e) < 0 || start_device(d, e) < 0 ||
	    ctlsock_open(&d->ctl, d->loop, c->ctlsocket, CTL_MODE,
			 group, control_request, d, e) < 0 ||
	    give_up_privileges(d, e) < 0 || logsink_start(d->log, e) < 0 ||
	    start_core(d, e) < 0 ||
	    start_work(d, e) < 0)
		return -1;
	if (d->notify.watchdog_ms > 0) {
		if (loop_timer_init(&d->alive, d->loop, on_alive, d, e) < 0)
			return -1;
		on_alive(d);
	}
	shut_in(d);
	return 0;
}

/* Waits for down hooks; no other event is handled meanwhile. */
static void
stop_hooks(struct daemon *d)
{
	struct monotime end = mono_add_ms(clock_mono(), HOOKS_END_MS);
	struct err e;

	loop_owner(d->loop, NULL, NULL, NULL);
	while (script_pending(d) > 0 && mono_before(clock_mono(), end))
		if (loop_turn(d->loop, end, &e) < 0)
			break;
	(void)script_wait(d, WARDEN_DOWN);
}

/* State files are always complete, so a slow disk does not delay the stop. The
 * thread continues with its memory until the process ends. */
static void
stop_work(struct daemon *d)
{
	if (d->work == NULL)
		return;
	unsaved_retry(d);
	d->stuck = !work_wait(d->work, WORK_END_MS);
	if (d->stuck) {
		log_warn("the disk has not answered for %d s: %zu jobs are "
			 "given up", WORK_END_MS / 1000,
			 work_pending(d->work));
		work_abandon(d->work);
	} else {
		work_close(d->work);
	}
	unsaved_close(d);
}

/* Stops the sources of requests first, so that no new work begins; then lets
 * the worker finish. */
static void
stop_daemon(struct daemon *d, bool started)
{
	notify_stopping(&d->notify);
	sigwatch_close(d->signals);
	ctlsock_close(d->ctl);
	telling_close(d);
	slept_close(d);
	d->events.nfollowers = 0;
	datapath_close(d);
	for (size_t i = 0; i < d->ntcp; i++)
		tcp_listener_close(d->tcp[i]);
	if (started) {
		core_stop(d->core, clock_now());
		plumb_drain_all(d);
		device_stop(d);
	}
	lookup_close(d);
	stop_work(d);
	if (started && !d->stuck)
		plumb_drain_all(d);
	streams_close_all(d);
	if (started)
		stop_hooks(d);
	loop_timer_fini(&d->alive);
	turn_close(d);
	if (!d->stuck)
		core_free(d->core);
	hostnet_close(d);
	device_close(d);
	tun_close(d->tun);
	for (size_t i = 0; i < d->nudp; i++)
		udp_close(d->udp[i]);
	pidfile_close(&d->pidfile);
	listdisk_close(d);
	if (!d->stuck)
		state_close(&d->state);
	events_free(d);
	giveback_close(d);
	hooks_close(d->hooks);
	warden_close(d->warden);
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
		.first = id->conf,
		.offload = id->conf->offload,
		.log = log,
		.notify = { .fd = -1 },
		.vmfork = -1,
		.pidfile = { .fd = -1 },
		.state = { .dir.dirfd = -1, .pairs.dirfd = -1,
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
	if (d->stuck)
		return status;
	if (d->id->conf != d->first)
		conf_free(d->first);
	identity_free(d->id);
	free(d);
	return status;
}
