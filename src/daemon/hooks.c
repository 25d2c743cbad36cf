/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shell hooks with their environment. */
#include "daemon/hooks.h"

#include <string.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/device.h"
#include "daemon/hookenv.h"

static void
report_result(const char *command, const struct hook_result *r)
{
	enum log_level level = hook_ok(r) ? LOG_LVL_INFO : LOG_LVL_ERROR;
	char how[HOOK_TEXT_MAX];
	const char *line = r->output, *end;

	while (*line != '\0') {
		end = strchrnul(line, '\n');
		log_line(level, NULL, "hook \"%s\": %.*s", command,
			 (int)(end - line), line);
		line = *end == '\n' ? end + 1 : end;
	}
	if (r->discarded > 0)
		log_line(level, NULL, "hook \"%s\": %zu more bytes of output",
			 command, r->discarded);
	if (!hook_ok(r))
		log_error("hook \"%s\" failed: %s", command,
			  hook_result_text(how, r));
}

static void
on_done(void *ctx, const char *command, const struct hook_result *r)
{
	(void)ctx;
	report_result(command, r);
}

static enum monitor_hook
monitor_hook_of(enum hook_kind kind)
{
	switch (kind) {
	case HOOK_NODE_UP:
		return MONITOR_NODE_UP;
	case HOOK_NODE_DOWN:
		return MONITOR_NODE_DOWN;
	case HOOK_SUBNET_UP:
		return MONITOR_SUBNET_UP;
	case HOOK_SUBNET_DOWN:
		return MONITOR_SUBNET_DOWN;
	case HOOK_MYSUBNET_UP:
		return MONITOR_MYSUBNET_UP;
	case HOOK_MYSUBNET_DOWN:
		break;
	}
	return MONITOR_MYSUBNET_DOWN;
}

/* Queues the hook in the daemon itself, or in the monitor. */
static int
queue_hook(struct daemon *d, enum monitor_hook hook, const char *command,
	   const char *node, const struct prefix *subnet, struct err *e)
{
	struct hookenv env;

	if (d->monitor != NULL)
		return monitor_link_run(d->monitor, hook, node, subnet, on_done,
					d, e);
	hookenv_init(&env, tun_name(d->tun));
	if (node != NULL)
		hookenv_node(&env, node);
	if (subnet != NULL)
		hookenv_subnet(&env, subnet);
	return hook_queue_run(d->hooks.queue, command, env.list, on_done, d, e);
}

bool
hooks_any(const struct conf *c)
{
	for (unsigned int h = 0; h < MONITOR_HOOKS; h++)
		if (monitor_hook_command(c, (enum monitor_hook)h) != NULL)
			return true;
	return false;
}

bool
hooks_can_run(const struct daemon *d)
{
	return !d->hooks.confined || d->monitor != NULL;
}

/* --- changes, many for one hook ------------------------------------------- */

static void
changes_lost(struct hook_changes *c, const char *why)
{
	if (!c->lost)
		log_error("changecmd: %s", why);
	c->lost = true;
}

/* Sends the collected changes, at most a message full, to the monitor. */
static void
changes_send(struct daemon *d)
{
	struct hook_changes *c = &d->hooks.changes;
	struct err e;

	if (buf_len(&c->row) > 0 && !c->lost &&
	    monitor_link_changes(d->monitor, buf_data(&c->row),
				 buf_len(&c->row), &e) < 0)
		changes_lost(c, e.text);
	buf_clear(&c->row);
}

static void
changes_add(struct daemon *d, enum monitor_hook hook, const struct action *a)
{
	struct hook_changes *c = &d->hooks.changes;

	c->any = true;
	c->row.limit =
		d->monitor != NULL ? MONITOR_CHANGES_MAX : HOOKENV_LINES_MAX;
	if (d->monitor != NULL &&
	    buf_len(&c->row) + MONITOR_CHANGE_MAX > MONITOR_CHANGES_MAX)
		changes_send(d);
	if (!c->lost &&
	    monitor_change_put(&c->row, hook, a->peer, &a->subnet) < 0)
		changes_lost(c, "there is no memory for all changes");
}

static int
changes_queue(struct daemon *d, const char *command, struct err *e)
{
	struct hook_changes *c = &d->hooks.changes;
	struct buf lines;
	struct hookenv env;
	struct span text;
	int rc;

	if (d->monitor != NULL)
		return monitor_link_run(d->monitor, MONITOR_CHANGE, NULL, NULL,
					on_done, d, e);
	buf_init(&lines, HOOKENV_LINES_MAX);
	hookenv_init(&env, tun_name(d->tun));
	if (hookenv_lines(&lines, buf_data(&c->row), buf_len(&c->row)) < 0) {
		rc = err_nomem(e);
	} else {
		text = (struct span){ (const char *)buf_data(&lines),
				      buf_len(&lines) };
		rc = hook_queue_run_input(d->hooks.queue, command, env.list,
					  text, on_done, d, e);
	}
	buf_free(&lines);
	return rc;
}

void
hooks_flush(struct daemon *d)
{
	struct hook_changes *c = &d->hooks.changes;
	const char *command;
	struct err e;

	if (!c->any)
		return;
	command = monitor_hook_command(d->id->conf, MONITOR_CHANGE);
	if (d->monitor != NULL)
		changes_send(d);
	/* Even if some are lost, the monitor has to forget the others. */
	if ((command != NULL && !c->lost) || d->monitor != NULL)
		if (changes_queue(d, command, &e) < 0)
			log_error("hook \"%s\": %s",
				  command == NULL ? "" : command, e.text);
	buf_free(&c->row);
	*c = (struct hook_changes){ .any = false };
}

void
hooks_run(struct daemon *d, const struct action *a)
{
	enum monitor_hook hook = monitor_hook_of(a->hook);
	const char *command = monitor_hook_command(d->id->conf, hook);
	struct err e;

	/* A hook finds the addresses and routes of the new list. */
	device_follow(d);
	if (!hooks_can_run(d))
		return;
	if (monitor_hook_command(d->id->conf, MONITOR_CHANGE) != NULL)
		changes_add(d, hook, a);
	if (command != NULL &&
	    queue_hook(d, hook, command, a->peer,
		       monitor_hook_subnet(hook) ? &a->subnet : NULL, &e) < 0)
		log_error("hook \"%s\": %s", command, e.text);
}

size_t
hooks_pending(const struct daemon *d)
{
	return hook_queue_pending(d->hooks.queue) +
	       (d->monitor == NULL ? 0 : monitor_link_pending(d->monitor));
}

/* --- hooks that the daemon waits for -------------------------------------- */

struct outcome {
	struct hook_result result;
	bool has_ended;
};

static void
keep_result(void *ctx, const char *command, const struct hook_result *r)
{
	struct outcome *o = ctx;

	(void)command;
	o->result = *r;
	o->has_ended = true;
}

static int
run_and_wait(struct daemon *d, enum monitor_hook hook, const char *command,
	     struct hook_result *r, struct err *e)
{
	struct hookenv env;
	struct outcome o = { .has_ended = false };

	if (d->monitor == NULL) {
		hookenv_init(&env, tun_name(d->tun));
		return hook_run_wait(command, env.list, HOOK_LIMIT_MS, r, e);
	}
	monitor_link_drop(d->monitor);
	if (monitor_link_run(d->monitor, hook, NULL, NULL, keep_result, &o, e) <
	    0)
		return -1;
	monitor_link_wait(d->monitor);
	if (!o.has_ended)
		return err_set(e, ERR_IO, "its exit status is not known");
	*r = o.result;
	return 0;
}

int
hooks_wait(struct daemon *d, enum monitor_hook hook)
{
	const char *what = hook == MONITOR_UP ? "upcmd" : "downcmd";
	const char *command = monitor_hook_command(d->id->conf, hook);
	struct hook_result r;
	struct err e;

	if (command == NULL || !hooks_can_run(d))
		return 0;
	if (run_and_wait(d, hook, command, &r, &e) < 0) {
		log_error("%s \"%s\": %s", what, command, e.text);
		return -1;
	}
	report_result(command, &r);
	return hook_ok(&r) ? 0 : -1;
}
