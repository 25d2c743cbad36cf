/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's end of the monitor's socket: a queue of hooks, the first of
 * which the monitor runs, and requests for files, which block. */
#include "daemon/monitor_link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/device_impl.h"
#include "daemon/events.h"
#include "daemon/hooks.h"
#include "daemon/reload.h"
#include "sys/clock.h"
#include "sys/fdpass.h"

#define FILE_MS 2000 /* limit of opening a file: packets wait */
#define HOOK_MS (HOOK_LIMIT_MS + HOOK_KILL_MS + 10000) /* limit of a hook */
#define END_MS 5000
#define END_STEP_MS 10

struct order { /* a hook to be run */
	struct order *next;
	enum monitor_hook hook;
	char node[NODE_NAME_MAX + 1];
	struct prefix subnet;
	uint8_t *changes; /* a message of these; NULL: a hook */
	size_t nchanges;  /* their bytes */
	hook_done_fn done;
	void *ctx;
};

struct monitor_link {
	pid_t pid;
	int fd;	   /* -1: the monitor is gone */
	bool late; /* an answer is overdue: opens no file */
	struct loop_fd *place;
	const struct conf *conf;
	uint32_t conf_number;
	uint32_t last_id;
	struct order *head, **tail;
	size_t count;
	uint32_t running; /* id of the first of them; 0: none runs */
	char *command;	  /* command of that hook */
};

/* --- the start ------------------------------------------------------------ */

int
monitor_link_start(struct monitor_link **out, const struct conf *c,
		   void (*serve)(void *ctx, int fd), void *ctx, struct err *e)
{
	struct monitor_link *w = calloc(1, sizeof(*w));
	int fds[2], fd;

	if (w == NULL)
		return err_nomem(e);
	if (fdpass_pair(fds, e) < 0) {
		free(w);
		return -1;
	}
	w->pid = fork();
	if (w->pid == 0) {
		(void)prctl(PR_SET_NAME, "cluevpn-monitor", 0, 0, 0);
		if (fdpass_only(fds[1], &fd) == 0)
			serve(ctx, fd);
		_exit(EXIT_FAILURE);
	}
	close(fds[1]);
	if (w->pid < 0) {
		err_errno(e, errno, "fork");
		close(fds[0]);
		free(w);
		return -1;
	}
	w->fd = fds[0];
	w->tail = &w->head;
	w->conf = c;
	w->conf_number = 1;
	*out = w;
	return 0;
}

int
monitor_link_device(struct monitor_link *w, unsigned int index, struct err *e)
{
	struct monitor_request r = { .kind = MONITOR_DEVICE, .device = index };
	uint8_t out[MONITOR_REQUEST_MAX];

	if (fdpass_send(w->fd, out, monitor_request_encode(out, &r), -1) != 0)
		return err_set(e, ERR_IO,
			       "the process that stayed root does "
			       "not listen");
	return 0;
}

/* --- answers of the monitor ----------------------------------------------- */

static void
order_free(struct order *o)
{
	free(o->changes);
	free(o);
}

static struct order *
take_first(struct monitor_link *w)
{
	struct order *o = w->head;

	w->head = o->next;
	if (w->head == NULL)
		w->tail = &w->head;
	w->count--;
	return o;
}

void
monitor_link_drop(struct monitor_link *w)
{
	while (w->head != NULL)
		order_free(take_first(w));
	w->running = 0;
	free(w->command);
	w->command = NULL;
}

static void
monitor_link_gone(struct monitor_link *w)
{
	log_error("the process that stayed root has ended: hooks run no more, "
		  "and a reload reads what the daemon's user can read, until "
		  "a restart");
	loop_remove(w->place);
	w->place = NULL;
	close(w->fd);
	w->fd = -1;
	monitor_link_drop(w);
}

static int
send_request(struct monitor_link *w, struct monitor_request *r)
{
	uint8_t out[MONITOR_REQUEST_MAX];

	if (++w->last_id == 0)
		w->last_id = 1;
	r->id = w->last_id;
	return fdpass_send(w->fd, out, monitor_request_encode(out, r), -1);
}

static bool
send_order(struct monitor_link *w, const struct order *o)
{
	struct monitor_request r = { .kind = MONITOR_RUN,
				     .conf = w->conf_number,
				     .hook = o->hook,
				     .subnet = o->subnet,
				     .changes = o->changes,
				     .nchanges = o->nchanges };

	memcpy(r.node, o->node, sizeof(r.node));
	if (o->changes != NULL)
		r.kind = MONITOR_CHANGES;
	if (send_request(w, &r) != 0)
		return false;
	w->running = r.id;
	return true;
}

/* Uses the command of the current configuration. A hook that it no longer has
 * is skipped, except the hook for changes, which makes the monitor forget the
 * changes it was sent. */
static void
send_next(struct monitor_link *w)
{
	while (w->fd >= 0 && w->head != NULL && w->running == 0) {
		struct order *o = w->head;
		const char *command = monitor_hook_command(w->conf, o->hook);

		if (command == NULL && o->hook == MONITOR_CHANGE) {
			o->done = NULL;
			command = "";
		}
		w->command = command == NULL ? NULL : strdup(command);
		if (w->command == NULL)
			order_free(take_first(w));
		else if (!send_order(w, o))
			monitor_link_gone(w);
	}
}

static void
finish_order(struct monitor_link *w, const struct monitor_reply *r)
{
	struct hook_result res = { .exit_status = r->exit_status,
				   .signal = (int)r->signal,
				   .errnum = (int)r->failed,
				   .timed_out = r->timed_out,
				   .discarded = (size_t)r->discarded,
				   .len = r->len };
	char *command = w->command;
	struct order *o;

	/* A hook that was dropped may have ended by itself. */
	if (r->id != w->running)
		return;
	o = take_first(w);
	w->running = 0;
	w->command = NULL;
	memcpy(res.output, r->output, r->len);
	if (o->done != NULL)
		o->done(o->ctx, command, &res);
	free(command);
	order_free(o);
	send_next(w);
}

struct file {	     /* a requested file */
	uint32_t id; /* 0: received */
	uint32_t conf;
	int fd;
	struct err e;
};

/* A reply without descriptor and text is an error, too. */
static void
file_arrived(struct file *f, const struct monitor_reply *r, int fd)
{
	f->id = 0;
	f->fd = fd;
	f->conf = r->conf;
	if (fd >= 0)
		return;
	err_set(&f->e,
		r->failed > ERR_NONE && r->failed < ERR_CODES ?
			(enum err_code)r->failed :
			ERR_IO,
		"%.*s", (int)r->len, (const char *)r->output);
}

/* Handles one message. false: none is waiting, or the monitor is gone. */
static bool
take_reply(struct monitor_link *w, struct file *f)
{
	uint8_t in[MONITOR_REPLY_MAX];
	struct monitor_reply r;
	int fd = -1;
	ssize_t n = fdpass_recv(w->fd, in, sizeof(in), &fd);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0 || monitor_reply_decode(&r, in, (size_t)n, NULL) < 0) {
		if (fd >= 0)
			close(fd);
		monitor_link_gone(w);
		return false;
	}
	w->late = false;
	if (r.kind == MONITOR_FILE && f != NULL && f->id == r.id) {
		file_arrived(f, &r, fd);
		return true;
	}
	if (fd >= 0)
		close(fd);
	if (r.kind == MONITOR_DONE)
		finish_order(w, &r);
	return true;
}

static void
on_answer(void *ctx, unsigned int events)
{
	struct monitor_link *w = ctx;

	(void)events;
	(void)take_reply(w, NULL);
}

int
monitor_link_watch(struct monitor_link *w, struct loop *l, struct err *e)
{
	return loop_add(&w->place, l, w->fd, LOOP_IN, on_answer, w, e);
}

/* false: no message arrived in time. */
static bool
await_reply(struct monitor_link *w, struct monotime end, struct file *f)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	int64_t left = mono_ms(clock_mono(), end);

	if (left <= 0)
		return false;
	if (poll(&p, 1, (int)left + 1) > 0)
		(void)take_reply(w, f);
	return true;
}

/* --- hooks ---------------------------------------------------------------- */

/* changes: like->nchanges bytes, which are copied. */
static int
add_order(struct monitor_link *w, const struct order *like,
	  const uint8_t *changes, struct err *e)
{
	struct order *o;

	if (w->fd < 0)
		return err_set(e, ERR_IO,
			       "the process that stayed root is "
			       "gone");
	if (w->count >= HOOK_QUEUE_MAX)
		return err_set(e, ERR_LIMIT, "more than %d hooks wait",
			       HOOK_QUEUE_MAX);
	o = malloc(sizeof(*o));
	if (o == NULL)
		return err_nomem(e);
	*o = *like;
	if (changes != NULL) {
		o->changes = malloc(o->nchanges);
		if (o->changes == NULL) {
			free(o);
			return err_nomem(e);
		}
		memcpy(o->changes, changes, o->nchanges);
	}
	*w->tail = o;
	w->tail = &o->next;
	w->count++;
	send_next(w);
	return 0;
}

int
monitor_link_run(struct monitor_link *w, enum monitor_hook hook,
		 const char *node, const struct prefix *subnet,
		 hook_done_fn done, void *ctx, struct err *e)
{
	struct order o = { .hook = hook, .done = done, .ctx = ctx };

	if (node != NULL)
		memcpy(o.node, node, strnlen(node, NODE_NAME_MAX));
	if (subnet != NULL)
		o.subnet = *subnet;
	return add_order(w, &o, NULL, e);
}

int
monitor_link_changes(struct monitor_link *w, const uint8_t *changes, size_t len,
		     struct err *e)
{
	struct order o = { .hook = MONITOR_CHANGE, .nchanges = len };

	return add_order(w, &o, changes, e);
}

size_t
monitor_link_pending(const struct monitor_link *w)
{
	return w->count;
}

void
monitor_link_wait(struct monitor_link *w)
{
	struct monotime end = mono_add_ms(clock_mono(), HOOK_MS);
	size_t left = w->count;

	while (w->fd >= 0 && w->count > 0) {
		if (!await_reply(w, end, NULL)) {
			monitor_link_gone(w);
			break;
		}
		if (w->count == left)
			continue;
		left = w->count;
		end = mono_add_ms(clock_mono(), HOOK_MS);
	}
}

/* --- files ---------------------------------------------------------------- */

static const char late_text[] = "the process that stayed root does not answer: "
				"try again later";

/* Waits for the answer. After a timeout no further file is requested until the
 * monitor answers, so that packets wait for it only once. */
static int
open_file(struct monitor_link *w, struct monitor_request *r, uint32_t *conf,
	  struct err *e)
{
	struct monotime end = mono_add_ms(clock_mono(), FILE_MS);
	struct file f = { .fd = -1 };

	if (w->fd < 0)
		return err_set(e, ERR_IO,
			       "the process that stayed root is "
			       "gone");
	if (w->late)
		return err_set(e, ERR_IO, "%s", late_text);
	r->kind = MONITOR_OPEN;
	if (send_request(w, r) != 0) {
		monitor_link_gone(w);
		return err_set(e, ERR_IO,
			       "the process that stayed root does "
			       "not listen");
	}
	f.id = r->id;
	while (w->fd >= 0 && f.id != 0 && await_reply(w, end, &f))
		;
	if (f.id != 0) {
		w->late = w->fd >= 0;
		return err_set(e, ERR_IO, "%s", late_text);
	}
	if (f.fd < 0 && e != NULL)
		*e = f.e;
	if (conf != NULL)
		*conf = f.conf;
	return f.fd;
}

int
monitor_link_open(struct monitor_link *w, uint32_t conf, enum monitor_path path,
		  unsigned int index, struct err *e)
{
	struct monitor_request r = { .conf = conf,
				     .path = path,
				     .index = (uint8_t)index };

	return open_file(w, &r, NULL, e);
}

int
monitor_link_reread(struct monitor_link *w, uint32_t *conf, struct err *e)
{
	struct monitor_request r = { .conf = w->conf_number,
				     .path = MONITOR_CONF };

	return open_file(w, &r, conf, e);
}

void
monitor_link_use(struct monitor_link *w, uint32_t conf, const struct conf *c)
{
	w->conf_number = conf;
	w->conf = c;
}

/* --- the end -------------------------------------------------------------- */

bool
monitor_link_lives(const struct monitor_link *w)
{
	return w != NULL && w->fd >= 0;
}

void
monitor_link_close(struct monitor_link *w)
{
	const struct timespec step = { .tv_nsec = END_STEP_MS * 1000000L };
	struct monotime end = mono_add_ms(clock_mono(), END_MS);

	if (w == NULL)
		return;
	loop_remove(w->place);
	if (w->fd >= 0)
		close(w->fd);
	while (waitpid(w->pid, NULL, WNOHANG) == 0 &&
	       mono_before(clock_mono(), end))
		nanosleep(&step, NULL);
	monitor_link_drop(w);
	free(w);
}
