/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shell hooks with their environment. */
#include "daemon/plumb.h"

#include <string.h>

#include "base/log.h"
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

static enum warden_hook
hook_of(enum hook_kind kind)
{
	switch (kind) {
	case HOOK_NODE_UP:
		return WARDEN_NODE_UP;
	case HOOK_NODE_DOWN:
		return WARDEN_NODE_DOWN;
	case HOOK_SUBNET_UP:
		return WARDEN_SUBNET_UP;
	case HOOK_SUBNET_DOWN:
		return WARDEN_SUBNET_DOWN;
	case HOOK_MYSUBNET_UP:
		return WARDEN_MYSUBNET_UP;
	case HOOK_MYSUBNET_DOWN:
		break;
	}
	return WARDEN_MYSUBNET_DOWN;
}

/* Queues the hook in the daemon itself, or in the warden. */
static int
queue_hook(struct daemon *d, enum warden_hook hook, const char *command,
	   const char *node, const struct prefix *subnet, struct err *e)
{
	struct hookenv env;

	if (d->warden != NULL)
		return warden_run(d->warden, hook, node, subnet, on_done, d, e);
	hookenv_init(&env, tun_name(d->tun));
	if (node != NULL)
		hookenv_node(&env, node);
	if (subnet != NULL)
		hookenv_subnet(&env, subnet);
	return hooks_run(d->hooks, command, env.list, on_done, d, e);
}

bool
script_any(const struct conf *c)
{
	for (unsigned int h = 0; h < WARDEN_HOOKS; h++)
		if (warden_hook_command(c, (enum warden_hook)h) != NULL)
			return true;
	return false;
}

bool
script_may(const struct daemon *d)
{
	return !d->confined || d->warden != NULL;
}

/* --- changes, many for one hook ---------------------------------------------- */

static void
changes_lost(struct script_changes *c, const char *why)
{
	if (!c->lost)
		log_error("changecmd: %s", why);
	c->lost = true;
}

/* Sends the collected changes, at most a message full, to the warden. */
static void
changes_pass_on(struct daemon *d)
{
	struct script_changes *c = &d->changes;
	struct err e;

	if (buf_len(&c->row) > 0 && !c->lost &&
	    warden_changes(d->warden, buf_data(&c->row), buf_len(&c->row),
			   &e) < 0)
		changes_lost(c, e.text);
	buf_clear(&c->row);
}

static void
changes_add(struct daemon *d, enum warden_hook hook, const struct action *a)
{
	struct script_changes *c = &d->changes;

	c->any = true;
	c->row.limit = d->warden != NULL ? WARDEN_CHANGES_MAX :
					   HOOKENV_LINES_MAX;
	if (d->warden != NULL &&
	    buf_len(&c->row) + WARDEN_CHANGE_MAX > WARDEN_CHANGES_MAX)
		changes_pass_on(d);
	if (!c->lost &&
	    warden_change_put(&c->row, hook, a->peer, &a->subnet) < 0)
		changes_lost(c, "there is no memory for all changes");
}

static int
changes_queue(struct daemon *d, const char *command, struct err *e)
{
	struct script_changes *c = &d->changes;
	struct buf lines;
	struct hookenv env;
	struct span text;
	int rc;

	if (d->warden != NULL)
		return warden_run(d->warden, WARDEN_CHANGE, NULL, NULL, on_done,
				  d, e);
	buf_init(&lines, HOOKENV_LINES_MAX);
	hookenv_init(&env, tun_name(d->tun));
	if (hookenv_lines(&lines, buf_data(&c->row), buf_len(&c->row)) < 0) {
		rc = err_nomem(e);
	} else {
		text = (struct span){ (const char *)buf_data(&lines),
				      buf_len(&lines) };
		rc = hooks_run_input(d->hooks, command, env.list, text, on_done,
				     d, e);
	}
	buf_free(&lines);
	return rc;
}

void
script_flush(struct daemon *d)
{
	struct script_changes *c = &d->changes;
	const char *command;
	struct err e;

	if (!c->any)
		return;
	command = warden_hook_command(d->id->conf, WARDEN_CHANGE);
	if (d->warden != NULL)
		changes_pass_on(d);
	/* Even if some are lost, the warden has to forget the others. */
	if ((command != NULL && !c->lost) || d->warden != NULL)
		if (changes_queue(d, command, &e) < 0)
			log_error("hook \"%s\": %s",
				  command == NULL ? "" : command, e.text);
	buf_free(&c->row);
	*c = (struct script_changes){ .any = false };
}

void
script_run(struct daemon *d, const struct action *a)
{
	enum warden_hook hook = hook_of(a->hook);
	const char *command = warden_hook_command(d->id->conf, hook);
	struct err e;

	/* A hook finds the addresses and routes of the new list. */
	device_follow(d);
	if (!script_may(d))
		return;
	if (warden_hook_command(d->id->conf, WARDEN_CHANGE) != NULL)
		changes_add(d, hook, a);
	if (command != NULL &&
	    queue_hook(d, hook, command, a->peer,
		       warden_hook_subnet(hook) ? &a->subnet : NULL, &e) < 0)
		log_error("hook \"%s\": %s", command, e.text);
}

size_t
script_pending(const struct daemon *d)
{
	return hooks_pending(d->hooks) +
	       (d->warden == NULL ? 0 : warden_pending(d->warden));
}

/* --- waited for ------------------------------------------------------------- */

struct outcome {
	struct hook_result result;
	bool told;
};

static void
keep_result(void *ctx, const char *command, const struct hook_result *r)
{
	struct outcome *o = ctx;

	(void)command;
	o->result = *r;
	o->told = true;
}

static int
wait_for(struct daemon *d, enum warden_hook hook, const char *command,
	 struct hook_result *r, struct err *e)
{
	struct hookenv env;
	struct outcome o = { .told = false };

	if (d->warden == NULL) {
		hookenv_init(&env, tun_name(d->tun));
		return hook_run_wait(command, env.list, HOOK_LIMIT_MS, r, e);
	}
	warden_drop(d->warden);
	if (warden_run(d->warden, hook, NULL, NULL, keep_result, &o, e) < 0)
		return -1;
	warden_wait(d->warden);
	if (!o.told)
		return err_set(e, ERR_IO, "nobody knows how it ended");
	*r = o.result;
	return 0;
}

int
script_wait(struct daemon *d, enum warden_hook hook)
{
	const char *what = hook == WARDEN_UP ? "upcmd" : "downcmd";
	const char *command = warden_hook_command(d->id->conf, hook);
	struct hook_result r;
	struct err e;

	if (command == NULL || !script_may(d))
		return 0;
	if (wait_for(d, hook, command, &r, &e) < 0) {
		log_error("%s \"%s\": %s", what, command, e.text);
		return -1;
	}
	report_result(command, &r);
	return hook_ok(&r) ? 0 : -1;
}
