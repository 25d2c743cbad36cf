/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The monitor. The process at the other end of the socket may be an attacker
 * with the daemon's user: of its requests only numbers, a checked node name and
 * a checked subnet are used, and paths and commands are those of a
 * configuration that this user cannot change.
 *
 * One hook runs at a time; the first is `up` where there is one, and `down` is
 * the last. Changes become the lines that the hook for them reads here, too. An
 * invalid request, or a daemon that does not read the answers, ends the
 * monitor.
 */
#include "daemon/monitor.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/device_impl.h"
#include "daemon/events.h"
#include "daemon/hookenv.h"
#include "daemon/hooks.h"
#include "daemon/identity.h"
#include "sys/clock.h"
#include "sys/fdpass.h"
#include "sys/guarded.h"

#define BURST 256 /* burst of requests, then one in each */
#define EACH_MS 1

struct process {
	struct loop *loop;
	struct loop_fd *place;
	struct loop_timer rest; /* pause after too many requests */
	struct hook_queue *hooks;
	int fd;
	const char *path;
	char *devname, *logfile; /* as at the start */
	unsigned int device;	 /* ifindex; 0: not known yet */
	struct privs_ids user;
	struct conf *conf, *next; /* in force; the next one, or NULL */
	uint32_t conf_number, next_number;
	uint32_t last_number;
	uint32_t running;  /* id of the hook that runs */
	bool began, ended; /* first and last hook */
	struct buf lines;  /* changes, for the next such hook */
	bool lines_lost;   /* no room for some changes */
	int tokens;	   /* requests left; time of refill */
	struct monotime refilled;
};

static void
discard_log(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

/* A daemon that does not read its answers has failed. */
static void
send_answer(struct process *p, const struct monitor_reply *r, int fd)
{
	uint8_t out[MONITOR_REPLY_MAX];

	if (fdpass_send(p->fd, out, monitor_reply_encode(out, r), fd) != 0)
		loop_stop(p->loop);
}

/* --- hooks ---------------------------------------------------------------- */

static void
on_done(void *ctx, const char *command, const struct hook_result *res)
{
	struct process *p = ctx;
	const struct monitor_reply r = {
		.kind = MONITOR_DONE,
		.id = p->running,
		.failed = (uint32_t)res->errnum,
		.exit_status = res->exit_status,
		.signal = (uint32_t)res->signal,
		.timed_out = res->timed_out,
		.discarded = res->discarded,
		.output = (const uint8_t *)res->output,
		.len = res->len,
	};

	(void)command;
	send_answer(p, &r, -1);
}

/* The configuration of that number; NULL: neither of the two. */
static struct conf *
conf_of(const struct process *p, uint32_t number)
{
	if (number == p->conf_number)
		return p->conf;
	return number == p->next_number ? p->next : NULL;
}

/* Returns 0, or an errno when the hook must not run. */
static int
check_request(const struct process *p, const struct monitor_request *r)
{
	const struct conf *c = conf_of(p, r->conf);
	bool up = r->hook == MONITOR_UP;

	if (c == NULL)
		return ESTALE;
	if (monitor_hook_command(c, r->hook) == NULL)
		return ENOENT;
	if (p->ended || (up ? p->began : !p->began && c->upcmd != NULL))
		return EPERM;
	if (r->hook != MONITOR_DOWN && hook_queue_pending(p->hooks) > 0)
		return EBUSY;
	if (r->hook == MONITOR_CHANGE && p->lines_lost)
		return ENOMEM;
	return 0;
}

/* The daemon named the number of a configuration, which is now in force. */
static void
adopt_conf(struct process *p, uint32_t number)
{
	if (number == p->conf_number)
		return;
	conf_free(p->conf);
	p->conf = p->next;
	p->conf_number = number;
	p->next = NULL;
	p->next_number = 0;
}

/* Another user may choose this name, which must not be code for root's
 * shell. */
static bool
is_plain_name(const char *name)
{
	return name[0] != '-' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
						   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						   "0123456789._-")] == '\0';
}

/* Current name of the device; by default that at the start. */
static const char *
device_name(const struct process *p, char out[IF_NAMESIZE])
{
	if (p->device != 0 && if_indextoname(p->device, out) != NULL &&
	    is_plain_name(out))
		return out;
	return p->devname;
}

static int
start_hook(struct process *p, const struct monitor_request *r)
{
	const char *command = monitor_hook_command(p->conf, r->hook);
	struct span lines = { (const char *)buf_data(&p->lines),
			      buf_len(&p->lines) };
	char name[IF_NAMESIZE];
	struct hookenv env;
	struct err e;
	int rc;

	hookenv_init(&env, device_name(p, name));
	if (monitor_hook_node(r->hook))
		hookenv_node(&env, r->node);
	if (monitor_hook_subnet(r->hook))
		hookenv_subnet(&env, &r->subnet);
	if (r->hook == MONITOR_DOWN) {
		p->ended = true;
		/* Kills a hook that still runs. */
		hook_queue_close(p->hooks);
		p->hooks = NULL;
		if (hook_queue_open(&p->hooks, p->loop, &e) < 0) {
			loop_stop(p->loop);
			return 0;
		}
	}
	p->began = true;
	p->running = r->id;
	if (r->hook == MONITOR_CHANGE)
		rc = hook_queue_run_input(p->hooks, command, env.list, lines,
					  on_done, p, &e);
	else
		rc = hook_queue_run(p->hooks, command, env.list, on_done, p,
				    &e);
	return rc < 0 ? ENOMEM : 0;
}

static void
run_hook(struct process *p, const struct monitor_request *r)
{
	struct monitor_reply no = { .kind = MONITOR_DONE,
				    .id = r->id,
				    .exit_status = -1,
				    .failed = (uint32_t)check_request(p, r),
				    .output = (const uint8_t *)"" };

	if (no.failed == 0) {
		adopt_conf(p, r->conf);
		no.failed = (uint32_t)start_hook(p, r);
	}
	if (no.failed != 0)
		send_answer(p, &no, -1);
	if (r->hook == MONITOR_CHANGE) {
		buf_free(&p->lines);
		p->lines_lost = false;
	}
}

static void
gather_changes(struct process *p, const struct monitor_request *r)
{
	struct monitor_reply done = { .kind = MONITOR_DONE,
				      .id = r->id,
				      .output = (const uint8_t *)"" };

	if (hookenv_lines(&p->lines, r->changes, r->nchanges) < 0)
		p->lines_lost = true;
	send_answer(p, &done, -1);
}

/* --- files ---------------------------------------------------------------- */

/* Reads the next configuration. Returns its number, or 0. */
static uint32_t
read_conf(struct process *p, int fd)
{
	struct conf *c;
	int rc = identity_conf(&c, p->path, dup(fd));

	(void)lseek(fd, 0, SEEK_SET); /* the daemon reads it, too */
	if (rc < 0)
		return 0;
	conf_free(p->next);
	p->next = c;
	p->next_number = ++p->last_number;
	return p->next_number;
}

static int
open_named(struct process *p, const struct monitor_request *r, struct err *e)
{
	const struct conf *c = conf_of(p, r->conf);
	const char *path =
		c == NULL ? NULL : monitor_path_of(c, r->path, r->index);

	if (r->path == MONITOR_LOG && p->logfile != NULL)
		return guarded_append(p->logfile, &p->user, e);
	if (r->path == MONITOR_CONF && c != NULL) {
		adopt_conf(p, r->conf);
		path = p->path;
	}
	if (path == NULL || r->path == MONITOR_LOG)
		return err_set(e, ERR_NOTFOUND,
			       "there is no such file in the "
			       "configuration");
	return guarded_open(path, &p->user, e);
}

static void
answer_open(struct process *p, const struct monitor_request *r)
{
	struct err e = { .code = ERR_NONE };
	int fd = open_named(p, r, &e);
	const struct monitor_reply reply = {
		.kind = MONITOR_FILE,
		.id = r->id,
		.failed = (uint32_t)e.code,
		.conf = fd >= 0 && r->path == MONITOR_CONF ? read_conf(p, fd) :
							     0,
		.output = (const uint8_t *)e.text,
		.len = fd >= 0 ? 0 : strlen(e.text),
	};

	send_answer(p, &reply, fd);
	if (fd >= 0)
		close(fd);
}

/* --- the process ---------------------------------------------------------- */

static bool
is_within_rate(struct process *p)
{
	struct monotime now = clock_mono();
	int64_t n = mono_ms(p->refilled, now) / EACH_MS;

	if (n > 0) {
		p->refilled = now;
		p->tokens = n >= BURST - p->tokens ? BURST : p->tokens + (int)n;
	}
	if (p->tokens > 0) {
		p->tokens--;
		return true;
	}
	loop_interest(p->place, 0);
	loop_timer_set(&p->rest, mono_add_ms(now, EACH_MS));
	return false;
}

static void
resume_requests(void *ctx)
{
	loop_interest(((struct process *)ctx)->place, LOOP_IN);
}

static void
on_request(void *ctx, unsigned int events)
{
	struct process *p = ctx;
	uint8_t in[MONITOR_REQUEST_MAX];
	struct monitor_request r;
	ssize_t n;

	if (events & LOOP_HUP) {
		loop_stop(p->loop);
		return;
	}
	if (!is_within_rate(p))
		return;
	n = fdpass_recv(p->fd, in, sizeof(in), NULL);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || monitor_request_decode(&r, in, (size_t)n, NULL) < 0)
		loop_stop(p->loop);
	else if (r.kind == MONITOR_DEVICE)
		p->device = p->device == 0 ? r.device : p->device;
	else if (r.kind == MONITOR_RUN)
		run_hook(p, &r);
	else if (r.kind == MONITOR_CHANGES)
		gather_changes(p, &r);
	else
		answer_open(p, &r);
}

void
monitor_serve(const struct monitor_setup *s)
{
	struct process p = { .fd = s->fd,
			     .path = s->path,
			     .user = s->user,
			     .conf = s->conf,
			     .conf_number = 1,
			     .last_number = 1,
			     .tokens = BURST,
			     .refilled = clock_mono(),
			     .lines.limit = HOOKENV_LINES_MAX };

	log_set_sink(discard_log, NULL);
	p.devname = strdup(p.conf->devname);
	p.logfile = p.conf->logmethod == CONF_LOG_FILE ?
			    strdup(p.conf->logfile) :
			    NULL;
	if (p.devname == NULL || privs_starter(NULL) < 0 ||
	    loop_new(&p.loop, NULL) < 0 ||
	    hook_queue_open(&p.hooks, p.loop, NULL) < 0 ||
	    loop_timer_init(&p.rest, p.loop, resume_requests, &p, NULL) < 0 ||
	    loop_add(&p.place, p.loop, p.fd, LOOP_IN, on_request, &p, NULL) <
		    0 ||
	    loop_run(p.loop, NULL) < 0)
		_exit(EXIT_FAILURE);
	hook_queue_close(p.hooks);
	_exit(EXIT_SUCCESS);
}
