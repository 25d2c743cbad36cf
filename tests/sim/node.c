/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One node: its core, and what a daemon would do around it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"
#include "ca.h"
#include "core/generation.h"
#include "format/bnl_sign.h"
#include "real_tls.h"
#include "world.h"

#define BUILT (SIM_WALL - 30 * INT64_C(86400))
#define ACTIONS_MAX 1000000 /* no call brings about as many */
/* Every other node has what core_tun_in() asks for at least, and no more. */
#define OUT_ROOMY 4
/* All hooks have a command, so that the core asks for them. */
#define HOOKS                                               \
	"nodeupcmd = x\nnodedowncmd = x\nsubnetupcmd = x\n" \
	"subnetdowncmd = x\nmysubnetupcmd = x\nmysubnetdowncmd = x\n"
#define OUT_RUNS 64
#define OUT_FRAMES 64
#define OUT_SLICES (4 * FRAME_IOV_MAX)

static struct conf *
make_conf(struct node *n, const char *more)
{
	struct conf *conf = NULL;
	struct errs es = { 0 };
	char text[4096];
	char line[ERR_TEXT_MAX * 2];

	snprintf(text, sizeof(text), HOOKS "name = %s\n%s\n", n->name,
		 more == NULL ? "" : more);
	if (conf_parse(&conf, text, strlen(text), "/etc/cluevpn", &es) < 0)
		fail_msg("%s",
			 err_format(line, sizeof(line), "conf", &es.e[0]));
	return conf;
}

static struct core_out *
make_out(bool roomy)
{
	struct core_out *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->cap = roomy ? OUT_ROOMY * CORE_OUT_MIN : CORE_OUT_MIN;
	o->mem = malloc(o->cap);
	o->maxruns = OUT_RUNS;
	o->runs = calloc(OUT_RUNS, sizeof(*o->runs));
	o->maxframes = OUT_FRAMES;
	o->frames = calloc(OUT_FRAMES, sizeof(*o->frames));
	o->maxslices = OUT_SLICES;
	o->slices = calloc(OUT_SLICES, sizeof(*o->slices));
	assert_true(o->mem != NULL && o->runs != NULL && o->frames != NULL &&
		    o->slices != NULL);
	return o;
}

void
node_init(struct node *n, struct world *w, size_t i, const struct world_opts *o)
{
	n->w = w;
	n->i = i;
	n->hidden =
		(o->hide_last && i == o->nodes - 1) || (i < 2 && o->hide[i]);
	ca_node_name(n->name, i);
	n->conf = make_conf(n, o->conf);
	n->rng = rng_seeded(&n->rng_state, o->seed * 1000003 + i);
	n->plain.cert = ca_cert(i, o->plain);
	n->plain.rng = n->rng;
	n->out = make_out(i % 2 == 0);
	disk_init(n);
}

void
node_done(struct node *n)
{
	node_crash(n);
	disk_free(n);
	conf_free(n->conf);
	free(n->out->mem);
	free(n->out->runs);
	free(n->out->frames);
	free(n->out->slices);
	free(n->out);
}

void
node_age(struct node *n, int64_t s)
{
	n->wall_off += s;
	n->disk.run_s += s;
	if (n->core != NULL)
		n->core->env.run_s += s;
}

struct now
node_now(const struct node *n)
{
	return (struct now){
		.mono = { n->w->now },
		.wall = { SIM_WALL + n->w->now / SEC + n->wall_off },
	};
}

/* --- coming and going -------------------------------------------------------- */

static struct generation *
disk_list(const struct node *n)
{
	const struct key *key = ca_list_key();
	struct generation *g = NULL;
	struct err e;

	if (n->disk.list != NULL &&
	    generation_build(&g, n->disk.list, n->disk.listlen, &key, 1, &e) <
		    0)
		world_fail(n->w, "%s: list on disk: %s", n->name, e.text);
	return g;
}

static void
start_from_disk(struct node *n)
{
	struct bnl_version mark;
	struct core_init in = {
		.conf = n->conf,
		.cert = &n->plain.cert,
		.static_secret = n->disk.static_key,
		.rng = n->rng,
		.built = { BUILT },
		.run_s = n->disk.run_s,
		.list = disk_list(n),
	};
	struct err e;

	world_assert(n->w, n->core == NULL);
	in.tls = n->w->plain ? plain_tls_provider(&n->plain) :
			       real_tls_provider(ca_tls(n->i));
	if (n->disk.has_mark) {
		bnl_version_read(&mark, n->disk.mark);
		in.mark = &mark;
	}
	if (core_new(&n->core, &in, node_now(n), &e) < 0)
		world_fail(n->w, "%s: %s", n->name, e.text);
	n->life++;
	n->version = (struct bnl_version){ 0 };
	world_note(n->w, n, "start", n->life);
	disk_load_known(n);
	disk_load_pairs(n);
}

void
node_start(struct node *n)
{
	start_from_disk(n);
	core_start(n->core, node_now(n));
	node_settle(n);
}

void
node_start_calm(struct node *n)
{
	start_from_disk(n);
	node_settle(n);
}

static void
start(struct world *w, void *arg)
{
	struct node *n = arg;

	(void)w;
	if (n->core == NULL)
		node_start(n);
}

void
node_start_at(struct node *n, int64_t at)
{
	queue_add(&n->w->queue, at, start, n, NULL);
}

static void
gone(struct node *n, bool orderly)
{
	world_note(n->w, n, orderly ? "stop" : "crash", n->life);
	streams_gone(n, orderly);
	disk_gone(n, orderly);
	core_free(n->core);
	n->core = NULL;
	n->w->wake[n->i] = INT64_MAX;
}

void
node_stop(struct node *n)
{
	if (n->core == NULL)
		return;
	core_stop(n->core, node_now(n));
	node_settle(n);
	gone(n, true);
}

void
node_crash(struct node *n)
{
	if (n->core != NULL)
		gone(n, false);
}

/* --- what the core wants done ------------------------------------------------ */

static void
send_udp(struct node *n, const struct action *a)
{
	struct udp_run run = {
		.remote = a->to,
		.local = a->local,
		.segsize = (uint16_t)a->len,
		.data = a->data,
		.len = a->len,
	};

	net_send(n, &run);
}

static void
event(struct node *n, const struct action *a)
{
	n->events[a->event]++;
	if (a->event == EVENT_PAIR_GONE)
		secrets_forget(n->w, n->i, world_node(n->w, a->peer));
	if (a->event == EVENT_LIST_NEW)
		n->hops =
			a->peer[0] == '\0' ?
				0 :
				1 + n->w->nodes[world_node(n->w, a->peer)].hops;
	world_note(n->w, n, event_name(a->event), a->level);
	if (getenv("SIM_LOG") != NULL)
		fprintf(stderr, "%12.6f %s peer=%s %s: %s\n",
			(double)n->w->now / 1e9, n->name, a->peer,
			event_name(a->event), a->text);
}

static void
act(struct node *n, struct action *a)
{
	switch (a->kind) {
	case ACTION_CONNECT:
		stream_connect(n, a->conn, &a->to);
		break;
	case ACTION_STREAM_READY:
		stream_ready(n, a->conn);
		break;
	case ACTION_CLOSE:
		stream_close(n, a->conn);
		break;
	case ACTION_SEND_UDP:
		send_udp(n, a);
		break;
	case ACTION_TUN_WRITE:
		n->tun_writes++;
		break;
	case ACTION_STORE_PAIR:
	case ACTION_STORE_LIST:
	case ACTION_STORE_HELD:
	case ACTION_BUILD_LIST:
		disk_job(n, a);
		break;
	case ACTION_STORE_ADDRCACHE:
		disk_known(n, a);
		break;
	case ACTION_STORE_RUN:
		n->disk.run_s = a->run_s;
		break;
	case ACTION_RESOLVE: /* the lists here have no names */
	case ACTION_DISCARD: /* freed with the action */
		break;
	case ACTION_RUN_HOOK:
		n->hooks[a->hook]++;
		break;
	case ACTION_EVENT:
		event(n, a);
		break;
	}
}

/* The list in force only ever becomes newer. */
static void
look_at_list(struct node *n)
{
	const struct bnl *b = core_list(n->core);
	int cmp;

	if (b == NULL)
		return;
	cmp = bnl_version_cmp(&b->version, &n->version);
	world_assert(n->w, cmp >= 0);
	if (cmp == 0)
		return;
	n->version = b->version;
	n->lists++;
	n->taken = n->w->now;
	n->w->takes++;
}

void
node_settle(struct node *n)
{
	struct action a;
	unsigned int count = 0;

	while (core_next_action(n->core, &a)) {
		world_assert(n->w, count++ < ACTIONS_MAX);
		act(n, &a);
		action_done(&a);
	}
	n->w->wake[n->i] = core_deadline(n->core).ns;
	if (n->w->wake[n->i] < n->w->now)
		n->w->wake[n->i] = n->w->now;
	look_at_list(n);
}

void
node_tick(struct node *n)
{
	core_tick(n->core, node_now(n));
	node_settle(n);
}

/* --- the data path ------------------------------------------------------------- */

static void
out_done(struct node *n)
{
	struct core_out *o = n->out;

	for (unsigned int i = 0; i < o->nruns; i++)
		net_send(n, &o->runs[i]);
	for (unsigned int i = 0; i < o->nframes; i++)
		traffic_got(n, &o->frames[i]);
	core_out_reset(o);
}

void
node_udp_in(struct node *n, struct udp_run *run)
{
	size_t used;

	do {
		used = core_udp_in(n->core, node_now(n), run, 1, n->out);
		world_assert(n->w, used == 1 || n->out->nframes > 0);
		out_done(n);
		node_settle(n);
	} while (used == 0);
}

void
node_tun_in(struct node *n, struct tun_frame *frames, size_t count)
{
	while (count > 0) {
		size_t used = core_tun_in(n->core, node_now(n), frames, count,
					  n->out);

		world_assert(n->w, used > 0 || n->out->nruns > 0);
		out_done(n);
		node_settle(n);
		frames += used;
		count -= used;
	}
}

/* --- looking ------------------------------------------------------------------- */

bool
node_peer(const struct node *n, size_t peer, struct peer_info *out)
{
	if (n->core == NULL)
		return false;
	for (size_t i = 0; i < core_peer_count(n->core); i++) {
		core_peer_info(n->core, node_now(n), i, out);
		if (strcmp(out->name, n->w->nodes[peer].name) == 0)
			return true;
	}
	return false;
}

bool
node_is_up_with(const struct node *n, size_t peer)
{
	struct peer_info p;

	return node_peer(n, peer, &p) && p.state == PEER_UP;
}

uint64_t
node_drops(const struct node *n, enum drop d)
{
	return n->core == NULL ? 0 : core_drops(n->core, d);
}
