/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events and warnings about the device, and about a LAN behind this host. */
#include "daemon/device_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl_json.h"
#include "daemon/daemon.h"
#include "daemon/monitor.h"
#include "sys/clock.h"

#define TEXT_MAX 320
#define FIGHT_MS 600000 /* a conflict is over after so long */

void
device_say(struct device *dev, enum event_level level, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;
	int n = snprintf(text, sizeof(text), "%s: ", tun_name(dev->d->tun));

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	events_say(dev->d, level, EVENT_DEVICE, "", text);
}

static void __attribute__((format(printf, 2, 3)))
device_warn(json_t *array, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctl_json_warn(array, event_name(EVENT_DEVICE), NULL, text);
}

static bool
is_forwarding(const struct device *dev, const struct iface *lan, bool v6)
{
	const struct iface *own =
		ifaces_find(&dev->ifaces, tun_ifindex(dev->d->tun));

	if (v6)
		return lan->forwards6 && own != NULL && own->forwards6;
	return lan->forwards4 && own != NULL && own->forwards4;
}

/* Packets from the VPN arrive on the device, and those to it on the LAN's
 * interface: both have to forward. */
static void
warn_forwarding(const struct device *dev, json_t *array)
{
	const struct prefix *subnet;
	const struct iface *lan;
	char text[PREFIX_TEXT_MAX];
	size_t pos = 0;

	while ((lan = device_next_lan(dev, &pos, &subnet)) != NULL) {
		bool v6 = subnet->addr.family == IP_V6;

		/* A single address is this host alone, and no LAN. */
		if (subnet->len == ipaddr_bits(&subnet->addr) ||
		    is_forwarding(dev, lan, v6))
			continue;
		device_warn(array,
			    "%s is the LAN of %s, and this host does "
			    "not forward IPv%d packets between it and the "
			    "VPN: sysctl -w %s=1",
			    prefix_format(text, subnet), lan->link.name,
			    v6 ? 6 : 4,
			    v6 ? "net.ipv6.conf.all.forwarding" :
				 "net.ipv4.ip_forward");
	}
}

void
device_warnings(const struct daemon *d, json_t *array)
{
	const struct device *dev = d->device;
	const char *name = tun_name(d->tun);
	char text[PREFIX_TEXT_MAX];

	if (dev->gone)
		device_warn(array,
			    "%s was deleted, or is in another network "
			    "namespace",
			    name);
	if (dev->managed && dev->nrefused > 0)
		device_warn(array, "%s: cannot set %s%s: %s", name,
			    dev->refused_text,
			    dev->nrefused > 1 ? " and others" : "",
			    strerror(dev->refused_errno));
	if (dev->repairs >= DEVICE_REPAIRS_FREE &&
	    mono_ms(dev->repaired, clock_mono()) < FIGHT_MS)
		device_warn(array,
			    "%s: another program changes it again and "
			    "again, see the log",
			    name);
	if (dev->managed && dev->routes.ntoowide > 0)
		device_warn(array,
			    "%s: no route is set for %s of %s, it is "
			    "too wide",
			    name, prefix_format(text, &dev->routes.toowide),
			    dev->routes.toowide_node);
	warn_forwarding(dev, array);
}
