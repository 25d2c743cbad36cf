/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PATH, TUNDEV, NODE and the variables of a subnet. */
#include "daemon/hookenv.h"

#include <stdarg.h>
#include <stdio.h>

#include "daemon/device_impl.h"
#include "daemon/monitor.h"
#include "format/monitormsg.h"

static void __attribute__((format(printf, 2, 3)))
add_var(struct hookenv *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(env->text[env->n], HOOKENV_TEXT, fmt, ap);
	va_end(ap);
	env->list[env->n] = env->text[env->n];
	env->list[++env->n] = NULL;
}

void
hookenv_init(struct hookenv *env, const char *tundev)
{
	env->n = 0;
	add_var(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		     "/sbin:/bin");
	add_var(env, "TUNDEV=%s", tundev);
}

void
hookenv_node(struct hookenv *env, const char *name)
{
	add_var(env, "NODE=%s", name);
}

void
hookenv_subnet(struct hookenv *env, const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX], addr[IPADDR_TEXT_MAX];

	add_var(env, "SUBNET=%s", prefix_format(text, p));
	add_var(env, "SUBADDR=%s", ipaddr_format(addr, &p->addr));
	add_var(env, "SUBCIDR=%u", p->len);
	add_var(env, "SUBADDRTYPE=%s",
		p->addr.family == IP_V4 ? "ipv4" : "ipv6");
}

int
hookenv_lines(struct buf *out, const uint8_t *changes, size_t len)
{
	static const char *const words[MONITOR_HOOKS] = {
		[MONITOR_NODE_UP] = "nodeup",
		[MONITOR_NODE_DOWN] = "nodedown",
		[MONITOR_SUBNET_UP] = "subnetup",
		[MONITOR_SUBNET_DOWN] = "subnetdown",
		[MONITOR_MYSUBNET_UP] = "mysubnetup",
		[MONITOR_MYSUBNET_DOWN] = "mysubnetdown",
	};
	struct monitor_change c;
	int rc;

	while ((rc = monitor_change_next(&c, &changes, &len)) > 0) {
		bool has = monitor_hook_subnet(c.hook);
		char subnet[PREFIX_TEXT_MAX];
		char line[32 + NODE_NAME_MAX + PREFIX_TEXT_MAX];
		int n = snprintf(line, sizeof(line), "%s %s%s%s\n",
				 words[c.hook], c.node, has ? " " : "",
				 has ? prefix_format(subnet, &c.subnet) : "");

		if (buf_put(out, line, (size_t)n) < 0)
			return -1;
	}
	return rc;
}
