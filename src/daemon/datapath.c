/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TUN and UDP, in batches: the packets of one read pass the core together and
 * leave in as few calls as the kernel allows. All memory is allocated here,
 * once.
 */
#include "daemon/datapath.h"

#include <stdlib.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/device_impl.h"
#include "daemon/hostnet.h"
#include "sys/clock.h"

#define TUN_MEM (1024 * 1024)
#define TUN_FRAMES 256
#define UDP_PIECES 16
#define OUT_MEM (1024 * 1024)
#define OUT_RUNS 4096
#define OUT_FRAMES 4096
#define OUT_SLICES 16384
#define ROUNDS 4    /* reads of one source in a turn: fairness */
#define WALL_MS 100 /* interval of wall clock readings, in s */

struct port { /* a socket and its owner */
	struct daemon *daemon;
	struct udp *udp;
	struct loop_fd *place;
};

struct datapath {
	struct loop_fd *tun_place;
	struct port ports[DAEMON_SOCKETS_MAX];
	uint8_t *tun_mem;
	uint8_t *udp_mem;
	struct tun_frame frames[TUN_FRAMES];
	struct udp_run runs[UDP_PIECES];
	struct core_out out;
	struct walltime wall;
	struct monotime wall_at; /* time of that reading */
};

/* The socket for a datagram to r: the one bound to its local address, else one
 * of its family. */
static struct udp *
socket_for(const struct daemon *d, const struct endpoint *remote,
	   const struct ipaddr *local)
{
	struct udp *found = NULL;

	for (size_t i = 0; i < d->nudp; i++) {
		struct endpoint bound = udp_local(d->udp[i]);

		if (bound.addr.family != remote->addr.family)
			continue;
		if (ipaddr_equal(&bound.addr, local))
			return d->udp[i];
		if (found == NULL)
			found = d->udp[i];
	}
	return found;
}

/* Sends all runs but those that would come back through our own device. */
static void
send_some(struct daemon *d, struct udp *u, const struct udp_run *runs, size_t n,
	  struct udp_result *res)
{
	size_t ready = 0;

	*res = (struct udp_result){ 0 };
	for (size_t i = 0; i < n; i++) {
		if (!hostnet_blocks(d, &runs[i].remote.addr))
			continue;
		if (i > ready)
			udp_send(u, runs + ready, i - ready, res);
		hostnet_blocked(d, 1);
		ready = i + 1;
	}
	if (n > ready)
		udp_send(u, runs + ready, n - ready, res);
}

static void
send_runs(struct daemon *d, const struct udp_run *runs, size_t n)
{
	struct udp_result res;
	size_t first = 0;

	while (first < n) {
		struct udp *u =
			socket_for(d, &runs[first].remote, &runs[first].local);
		size_t last = first + 1;

		while (last < n && socket_for(d, &runs[last].remote,
					      &runs[last].local) == u)
			last++;
		if (u != NULL)
			send_some(d, u, runs + first, last - first, &res);
		if (u != NULL && res.too_big)
			core_too_big(d->core, clock_now(), &res.too_big_to);
		first = last;
	}
}

static void
tun_is_gone(struct daemon *d)
{
	log_error("the device %s is gone: stopping", tun_name(d->tun));
	d->status = EXIT_FAILED;
	loop_stop(d->loop);
}

static void
write_frames(struct daemon *d, const struct core_out *out)
{
	bool dropped = false;

	for (unsigned int i = 0; i < out->nframes; i++) {
		enum tun_result r = tun_write(d->tun, &out->frames[i]);

		if (r == TUN_GONE) {
			tun_is_gone(d);
			return;
		}
		dropped = dropped || r == TUN_DROPPED;
	}
	if (dropped)
		offload_fall_back(d);
}

/* Sends the contents of out, and empties it. */
static void
out_flush(struct daemon *d, struct core_out *out)
{
	send_runs(d, out->runs, out->nruns);
	write_frames(d, out);
	core_out_reset(out);
}

/* The time for a batch. Reading the clock for each small batch would cost
 * much. */
static struct now
batch_now(struct datapath *p)
{
	struct now now = { .mono = clock_mono() };

	if (!mono_is_set(p->wall_at) ||
	    mono_ms(p->wall_at, now.mono) >= WALL_MS) {
		p->wall = clock_wall();
		p->wall_at = now.mono;
	}
	now.wall = p->wall;
	return now;
}

static void
tun_event(void *ctx, unsigned int events)
{
	struct daemon *d = ctx;
	struct datapath *p = d->datapath;

	(void)events;
	for (int round = 0; round < ROUNDS; round++) {
		int n = tun_read(d->tun, p->tun_mem, TUN_MEM, p->frames,
				 TUN_FRAMES);
		struct tun_frame *f = p->frames;

		if (n < 0) {
			tun_is_gone(d);
			return;
		}
		loop_packets(d->loop, (size_t)n);
		for (size_t left = (size_t)n; left > 0;) {
			size_t used = core_tun_in(d->core, batch_now(p), f,
						  left, &p->out);

			out_flush(d, &p->out);
			f += used;
			left -= used;
		}
		if (n < TUN_FRAMES)
			break;
	}
}

static void
udp_event(struct daemon *d, struct udp *u)
{
	struct datapath *p = d->datapath;

	for (int round = 0; round < ROUNDS; round++) {
		size_t n = udp_recv(u, p->udp_mem, UDP_PIECES * UDP_RECV_PIECE,
				    p->runs, UDP_PIECES);
		struct udp_run *r = p->runs;

		loop_packets(d->loop, n);
		for (size_t left = n; left > 0;) {
			size_t used = core_udp_in(d->core, batch_now(p), r,
						  left, &p->out);

			out_flush(d, &p->out);
			r += used;
			left -= used;
		}
		if (n < UDP_PIECES)
			break;
	}
}

static void
udp_events(void *ctx, unsigned int events)
{
	struct port *p = ctx;

	(void)events;
	udp_event(p->daemon, p->udp);
}

int
datapath_open(struct daemon *d, struct err *e)
{
	struct datapath *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_nomem(e);
	d->datapath = p;
	p->tun_mem = malloc(TUN_MEM);
	p->udp_mem = malloc(UDP_PIECES * UDP_RECV_PIECE);
	p->out = (struct core_out){
		.mem = malloc(OUT_MEM),
		.cap = OUT_MEM,
		.runs = calloc(OUT_RUNS, sizeof(struct udp_run)),
		.maxruns = OUT_RUNS,
		.frames = calloc(OUT_FRAMES, sizeof(struct tun_out)),
		.maxframes = OUT_FRAMES,
		.slices = calloc(OUT_SLICES, sizeof(struct slice)),
		.maxslices = OUT_SLICES,
	};
	if (p->tun_mem == NULL || p->udp_mem == NULL || p->out.mem == NULL ||
	    p->out.runs == NULL || p->out.frames == NULL ||
	    p->out.slices == NULL)
		return err_nomem(e);
	if (loop_add(&p->tun_place, d->loop, tun_fd(d->tun), LOOP_IN, tun_event,
		     d, e) < 0)
		return -1;
	for (size_t i = 0; i < d->nudp; i++) {
		p->ports[i] = (struct port){ .daemon = d, .udp = d->udp[i] };
		if (loop_add(&p->ports[i].place, d->loop, udp_fd(d->udp[i]),
			     LOOP_IN, udp_events, &p->ports[i], e) < 0)
			return -1;
	}
	return 0;
}

void
datapath_close(struct daemon *d)
{
	struct datapath *p = d->datapath;

	if (p == NULL)
		return;
	loop_remove(p->tun_place);
	for (size_t i = 0; i < d->nudp; i++)
		loop_remove(p->ports[i].place);
	free(p->tun_mem);
	free(p->udp_mem);
	free(p->out.mem);
	free(p->out.runs);
	free(p->out.frames);
	free(p->out.slices);
	free(p);
	d->datapath = NULL;
}

void
datapath_send(struct daemon *d, const struct action *a)
{
	struct udp_run run = {
		.remote = a->to,
		.local = a->local,
		.segsize = (uint16_t)a->len,
		.data = a->data,
		.len = a->len,
	};

	send_runs(d, &run, 1);
}

void
datapath_tun_write(struct daemon *d, const struct action *a)
{
	struct slice piece = { a->data, a->len };
	struct tun_out frame = { .iov = &piece, .niov = 1 };

	if (a->data != NULL && tun_write(d->tun, &frame) == TUN_GONE)
		tun_is_gone(d);
}
