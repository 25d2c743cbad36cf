/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watches the interfaces of this host. */
#include "daemon/device.h"

#include <stdlib.h>

#define SETTLE_MS 5000 /* the kernel answers at once, if it is alive */

struct device {
	struct rtnl *rtnl;
	struct loop_fd *place;
	struct ifaces ifaces;
};

static void
on_news(void *ctx, const struct rtnl_news *news)
{
	struct device *dev = ctx;

	(void)ifaces_take(&dev->ifaces, news);
}

static void
on_readable(void *ctx, unsigned int events)
{
	struct device *dev = ctx;

	(void)events;
	rtnl_read(dev->rtnl);
}

int
device_open(struct daemon *d, struct err *e)
{
	struct device *dev = calloc(1, sizeof(*dev));

	if (dev == NULL)
		return err_nomem(e);
	d->device = dev;
	if (rtnl_open(&dev->rtnl, on_news, dev, e) < 0)
		return -1;
	rtnl_dump(dev->rtnl);
	if (rtnl_settle(dev->rtnl, SETTLE_MS, e) < 0)
		return -1;
	return loop_add(&dev->place, d->loop, rtnl_fd(dev->rtnl), LOOP_IN,
			on_readable, dev, e);
}

void
device_close(struct daemon *d)
{
	struct device *dev = d->device;

	if (dev == NULL)
		return;
	loop_remove(dev->place);
	rtnl_close(dev->rtnl);
	ifaces_free(&dev->ifaces);
	free(dev);
	d->device = NULL;
}

const struct ifaces *
device_ifaces(const struct daemon *d)
{
	return &d->device->ifaces;
}
