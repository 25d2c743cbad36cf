/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watches the device and the host's interfaces, and repairs the device. */
#include "daemon/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/device_impl.h"
#include "sys/clock.h"

#define OPEN_MS 5000 /* the kernel answers at once, if it works */
#define SETTLE_MS 1000
#define REPAIR_MS 20	    /* collects changes for one repair */
#define REPAIR_WAIT_MS 1000 /* after DEVICE_REPAIRS_FREE; doubled each time */
#define REPAIR_WAIT_MAX_MS 300000
#define QUIET_MS 60000 /* after this time a conflict counts as over */
#define TEXT_MAX 320

/* --- repairs -------------------------------------------------------------- */

static int64_t
repair_wait_ms(const struct device *dev)
{
	if (dev->repairs < DEVICE_REPAIRS_FREE)
		return REPAIR_MS;
	return backoff_ms(REPAIR_WAIT_MS, REPAIR_WAIT_MAX_MS,
			  dev->repairs - DEVICE_REPAIRS_FREE);
}

/* Repairs at once, but ever more slowly if another program undoes it. */
static void
plan_repair(struct device *dev)
{
	struct monotime now = clock_mono();
	int64_t wait = repair_wait_ms(dev);

	if (mono_is_set(dev->repaired) &&
	    mono_ms(dev->repaired, now) > wait + QUIET_MS) {
		dev->repairs = 0;
		wait = REPAIR_MS;
	}
	if (dev->repairs == DEVICE_REPAIRS_FREE)
		device_say(
			dev, EVENT_WARN,
			"another program changes it again and again: the "
			"next repair comes in %llds, later ones at intervals "
			"of up to %ds; \"cluevpnctl reload\" repairs at once",
			(long long)(wait / 1000), REPAIR_WAIT_MAX_MS / 1000);
	dev->repair_planned = true;
	loop_timer_set(&dev->timer, mono_add_ms(now, wait));
}

static void
damage_text(const struct device *dev, char *out, size_t cap)
{
	const struct device_damage *g = &dev->damage;
	char first[PREFIX_TEXT_MAX], items[TEXT_MAX] = "";
	unsigned int lost = g->naddrs + g->nroutes;

	if (lost > 0)
		snprintf(items, sizeof(items), "%s%s %s",
			 g->down || g->mtu ? ", " : "",
			 g->naddrs > 0 ? "address" : "route",
			 prefix_format(first, &g->first));
	if (lost > 1)
		snprintf(items + strlen(items), sizeof(items) - strlen(items),
			 " and %u more", lost - 1);
	snprintf(out, cap, "%s%s%s%s", g->down ? "up state" : "",
		 g->down && g->mtu ? ", " : "", g->mtu ? "MTU" : "", items);
}

static void
repair_device(struct device *dev)
{
	char text[TEXT_MAX];

	damage_text(dev, text, sizeof(text));
	device_say(dev, EVENT_WARN, "another program changed it; put back: %s",
		   text);
	dev->damage = (struct device_damage){ 0 };
	dev->repair_planned = false;
	dev->repairs++;
	dev->repaired = clock_mono();
}

/* Forgets the damage, and cancels the planned repair. */
static void
cancel_repair(struct device *dev)
{
	dev->damage = (struct device_damage){ 0 };
	if (!dev->repair_planned)
		return;
	dev->repair_planned = false;
	loop_timer_cancel(&dev->timer);
}

/* Brings the device to the planned state now. */
static void
device_advance(struct device *dev)
{
	if (dev->replan && dev->managed)
		device_plan(dev);
	(void)device_send(dev);
}

static void
on_time(void *ctx)
{
	struct device *dev = ctx;

	if (dev->repair_planned)
		repair_device(dev);
	device_retry(dev);
	device_advance(dev);
}

/* --- the loop ------------------------------------------------------------- */

/* Sends nothing between repairs, so that a repair is not delayed. */
static void
after_news(struct device *dev)
{
	if (!dev->managed)
		cancel_repair(dev);
	if (dev->damage.any && !dev->repair_planned)
		plan_repair(dev);
	if (!dev->damage.any || dev->replan)
		device_advance(dev);
}

static void
on_readable(void *ctx, unsigned int events)
{
	struct device *dev = ctx;

	(void)events;
	rtnl_read(dev->rtnl);
	after_news(dev);
}

/* --- the owner ------------------------------------------------------------ */

void
device_follow(struct daemon *d)
{
	struct device *dev = d->device;
	const struct bnl *b;

	if (dev == NULL)
		return;
	b = core_list_is_stale(d->core) ? NULL : core_list(d->core);
	/* Another list may have been allocated at the same address. */
	if (b != dev->planned ||
	    (b != NULL && bnl_version_cmp(&b->version, &dev->version) != 0)) {
		dev->planned = b;
		memset(&dev->version, 0, sizeof(dev->version));
		if (b != NULL)
			dev->version = b->version;
		dev->replan = true;
	}
	if (dev->replan)
		device_advance(dev);
}

/* Sets MTU and up state alone, and waits for the answer. */
static int
send_link_now(struct device *dev, uint32_t mtu, struct err *e)
{
	if (rtnl_settle(dev->rtnl, OPEN_MS, e) < 0)
		return -1;
	dev->first_seq =
		rtnl_link_set(dev->rtnl, tun_ifindex(dev->d->tun), mtu, true);
	dev->sent[0] = (struct sent){ SENT_LINK, 0 };
	dev->nsent = 1;
	if (rtnl_flush(dev->rtnl, e) < 0 ||
	    rtnl_settle(dev->rtnl, OPEN_MS, e) < 0)
		return -1;
	return !dev->link_refused ?
		       0 :
		       err_errno(e, dev->refused_errno, "%s: MTU %u",
				 tun_name(dev->d->tun), (unsigned int)mtu);
}

static int
set_link(struct device *dev, uint32_t mtu, struct err *e)
{
	int rc;

	device_retry(dev);
	dev->refused_told = true; /* the caller reports it */
	rc = send_link_now(dev, mtu, e);
	dev->refused_told = false;
	dev->link_refused = false;
	if (rc < 0)
		return -1;
	dev->mtu = mtu;
	dev->link_set = true;
	return 0;
}

int
device_reconf(struct daemon *d, const struct conf *c, struct err *e)
{
	struct device *dev = d->device;

	if (dev->gone)
		return 0;
	if (c->autoconf && set_link(dev, c->mtu, e) < 0)
		return -1;
	dev->managed = c->autoconf;
	dev->replan = true;
	dev->repairs = 0;
	cancel_repair(dev);
	loop_timer_cancel(&dev->timer);
	device_retry(dev);
	rtnl_dump(dev->rtnl);
	return 0;
}

static int
open_rtnl(struct device *dev, const struct conf *c, struct err *e)
{
	struct daemon *d = dev->d;

	if (rtnl_open(&dev->rtnl, device_news, dev, e) < 0)
		return -1;
	rtnl_dump(dev->rtnl);
	if (rtnl_settle(dev->rtnl, OPEN_MS, e) < 0 ||
	    (c->autoconf && set_link(dev, c->mtu, e) < 0))
		return -1;
	dev->managed = c->autoconf;
	return loop_add(&dev->place, d->loop, rtnl_fd(dev->rtnl), LOOP_IN,
			on_readable, dev, e);
}

int
device_open(struct daemon *d, struct err *e)
{
	struct device *dev = calloc(1, sizeof(*dev));

	if (dev == NULL)
		return err_nomem(e);
	dev->d = d;
	d->device = dev;
	if (loop_timer_init(&dev->timer, d->loop, on_time, dev, e) < 0)
		return -1;
	return open_rtnl(dev, d->id->conf, e);
}

void
device_settle(struct daemon *d)
{
	struct device *dev = d->device;
	struct monotime end = mono_add_ms(clock_mono(), SETTLE_MS);

	if (rtnl_settle(dev->rtnl, SETTLE_MS, NULL) < 0)
		return;
	while (device_send(dev) && mono_before(clock_mono(), end))
		if (rtnl_settle(dev->rtnl, SETTLE_MS, NULL) < 0)
			return;
	after_news(dev);
}

/* Routes of a device that does not outlive the daemon disappear with it. */
void
device_stop(struct daemon *d)
{
	struct device *dev = d->device;

	if (dev == NULL || !dev->managed)
		return;
	device_unplan(dev, tun_is_persistent(d->tun));
	device_settle(d);
	dev->managed = false;
}

void
device_close(struct daemon *d)
{
	struct device *dev = d->device;

	if (dev == NULL)
		return;
	loop_timer_fini(&dev->timer);
	loop_remove(dev->place);
	rtnl_close(dev->rtnl);
	ifaces_free(&dev->ifaces);
	device_plan_free(dev);
	free(dev);
	d->device = NULL;
}

const struct ifaces *
device_ifaces(const struct daemon *d)
{
	return &d->device->ifaces;
}
