/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shell hooks with their environment, and the addresses of the device. */
#include "daemon/plumb.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define ENV_MAX 7
#define ENV_TEXT 128

struct script_env {
	char text[ENV_MAX][ENV_TEXT];
	const char *list[ENV_MAX + 1];
	int n;
};

static void __attribute__((format(printf, 2, 3)))
env_add(struct script_env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(env->text[env->n], ENV_TEXT, fmt, ap);
	va_end(ap);
	env->list[env->n] = env->text[env->n];
	env->list[++env->n] = NULL;
}

static void
env_init(struct script_env *env, const struct daemon *d)
{
	env->n = 0;
	env_add(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		     "/sbin:/bin");
	env_add(env, "TUNDEV=%s", tun_name(d->tun));
}

static void
env_subnet(struct script_env *env, const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX], addr[IPADDR_TEXT_MAX];

	env_add(env, "SUBNET=%s", prefix_format(text, p));
	env_add(env, "SUBADDR=%s", ipaddr_format(addr, &p->addr));
	env_add(env, "SUBCIDR=%u", p->len);
	env_add(env, "SUBADDRTYPE=%s",
		p->addr.family == IP_V4 ? "ipv4" : "ipv6");
}

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
	char how[HOOK_TEXT_MAX];
	const char *line = r->output, *end;

	while (*line != '\0') {
		end = strchrnul(line, '\n');
		log_info("hook \"%s\": %.*s", command, (int)(end - line), line);
		line = *end == '\n' ? end + 1 : end;
	}
	if (r->discarded > 0)
		log_info("hook \"%s\": %zu more bytes of output", command,
			 r->discarded);
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

static const char *
command_for(const struct conf *c, enum hook_kind kind)
{
	switch (kind) {
	case HOOK_NODE_UP:
		return c->nodeupcmd;
	case HOOK_NODE_DOWN:
		return c->nodedowncmd;
	case HOOK_SUBNET_UP:
		return c->subnetupcmd;
	case HOOK_SUBNET_DOWN:
		return c->subnetdowncmd;
	case HOOK_MYSUBNET_UP:
		return c->mysubnetupcmd;
	case HOOK_MYSUBNET_DOWN:
		return c->mysubnetdowncmd;
	}
	return NULL;
}

void
script_run(struct daemon *d, const struct action *a)
{
	const char *command = command_for(d->id->conf, a->hook);
	struct script_env env;
	struct err e;

	if (d->id->conf->autoconf && (a->hook == HOOK_MYSUBNET_UP ||
				      a->hook == HOOK_MYSUBNET_DOWN))
		autoconf(d, a);
	if (command == NULL)
		return;
	env_init(&env, d);
	env_add(&env, "NODE=%s", a->peer);
	if (a->hook != HOOK_NODE_UP && a->hook != HOOK_NODE_DOWN)
		env_subnet(&env, &a->subnet);
	if (hooks_run(d->hooks, command, env.list, done, d, &e) < 0)
		log_error("hook \"%s\": %s", command, e.text);
}

int
script_wait(struct daemon *d, const char *what, const char *command)
{
	struct script_env env;
	struct hook_result r;
	struct err e;

	if (command == NULL)
		return 0;
	env_init(&env, d);
	if (hook_run_wait(command, env.list, HOOK_LIMIT_MS, &r, &e) < 0) {
		log_error("%s \"%s\": %s", what, command, e.text);
		return -1;
	}
	report(command, &r);
	return hook_ok(&r) ? 0 : -1;
}
