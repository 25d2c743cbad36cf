/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shell hooks with their environment, and the addresses of the device. */
#include "daemon/plumb.h"

#include <string.h>

#include "base/log.h"
#include "daemon/hookenv.h"

static void
address(struct daemon *d, const struct prefix *subnet, uint8_t len, bool up)
{
	struct ipaddr addr = prefix_first_host(subnet);
	char text[IPADDR_TEXT_MAX];
	struct err e;
	int rc;

	rc = up ? tun_addr_add(d->tun, &addr, len, &e) :
		  tun_addr_remove(d->tun, &addr, len, &e);
	if (rc < 0)
		log_error("%s: cannot %s the address %s/%u: %s",
			  tun_name(d->tun), up ? "set" : "remove",
			  ipaddr_format(text, &addr), len, e.text);
}

static const struct bnl_node *
own_node(const struct daemon *d, const struct bnl *b)
{
	return b == NULL ? NULL : bnl_find(b, d->id->conf->name);
}

void
script_addresses(struct daemon *d)
{
	const struct bnl *b = core_list(d->core);
	const struct bnl_node *own = own_node(d, b);

	for (uint32_t i = 0; own != NULL && i < own->nsubnets; i++)
		address(d, &own->subnets[i],
			bnl_covering_len(b, &own->subnets[i]), true);
}

/* With the first IPv4 address of a network the kernel takes away the others
 * of that network: those of the subnets that are left are set again. */
static void
set_again(struct daemon *d, const struct prefix *gone)
{
	const struct bnl_node *own = own_node(d, core_list(d->core));

	for (uint32_t i = 0; own != NULL && i < own->nsubnets; i++)
		if (prefix_cmp(&own->subnets[i], gone) == 0)
			return;		/* it goes only because we stop */
	script_addresses(d);
}

/* The length of the network's prefix lets the kernel route the whole network
 * to the device. */
static void
autoconf(struct daemon *d, const struct action *a)
{
	bool up = a->hook == HOOK_MYSUBNET_UP;

	address(d, &a->subnet, a->covering, up);
	if (!up)
		set_again(d, &a->subnet);
}

static void
report(const char *command, const struct hook_result *r)
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
done(void *ctx, const char *command, const struct hook_result *r)
{
	(void)ctx;
	report(command, r);
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

/* By the daemon itself, or by the process that stayed root. */
static int
queue(struct daemon *d, enum warden_hook hook, const char *command,
      const char *node, const struct prefix *subnet, struct err *e)
{
	struct hookenv env;

	if (d->warden != NULL)
		return warden_run(d->warden, hook, node, subnet, done, d, e);
	hookenv_init(&env, tun_name(d->tun));
	if (node != NULL)
		hookenv_node(&env, node);
	if (subnet != NULL)
		hookenv_subnet(&env, subnet);
	return hooks_run(d->hooks, command, env.list, done, d, e);
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

void
script_run(struct daemon *d, const struct action *a)
{
	enum warden_hook hook = hook_of(a->hook);
	const char *command = warden_hook_command(d->id->conf, hook);
	struct err e;

	if (d->id->conf->autoconf && (a->hook == HOOK_MYSUBNET_UP ||
				      a->hook == HOOK_MYSUBNET_DOWN))
		autoconf(d, a);
	if (command == NULL || !script_may(d))
		return;
	if (queue(d, hook, command, a->peer,
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
keep(void *ctx, const char *command, const struct hook_result *r)
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
	if (warden_run(d->warden, hook, NULL, NULL, keep, &o, e) < 0)
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
	report(command, &r);
	return hook_ok(&r) ? 0 : -1;
}
