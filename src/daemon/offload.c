/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports the offloads in use, and the reasons why others are not: at the
 * start, and when the kernel later refuses one that it had accepted. */
#include "daemon/offload.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/device_impl.h"

#define WHY_MAX 160

enum tun_level
offload_tun_level(const struct conf *c)
{
	if ((c->offload & CONF_TUN_USO) != 0)
		return TUN_USO;
	if ((c->offload & CONF_TUN_TSO) != 0)
		return TUN_TSO;
	return (c->offload & CONF_TUN_CSUM) != 0 ? TUN_CSUM : TUN_PLAIN;
}

static int
tcp_write_errno(const struct tun *t)
{
	int v4 = tun_write_errno(t, FRAME_TCP4);

	return v4 != 0 ? v4 : tun_write_errno(t, FRAME_TCP6);
}

void
offload_fall_back(struct daemon *d)
{
	int tcp = tcp_write_errno(d->tun);
	int udp = tun_write_errno(d->tun, FRAME_UDP);

	if (tcp != 0 && d->offload.write_tcp)
		log_warn("offload: tun-tso is not written any more: %s",
			 strerror(tcp));
	if (udp != 0 && d->offload.write_udp)
		log_warn("offload: tun-uso is not written any more: %s",
			 strerror(udp));
	d->offload.write_tcp = d->offload.write_tcp && tcp == 0;
	d->offload.write_udp = d->offload.write_udp && udp == 0;
	core_device_takes(d->core, d->offload.write_tcp, d->offload.write_udp);
}

/* true: in use; why then holds a remark, if any. */
static bool
tun_feature(const struct daemon *d, enum tun_level level, int write_errno,
	    char why[WHY_MAX])
{
	int refused = tun_level_errno(d->tun, level);

	if (tun_level(d->tun) < level) {
		if (refused == 0)
			snprintf(why, WHY_MAX, "it needs what is not in use");
		else
			snprintf(why, WHY_MAX, "kernel refused: %s",
				 strerror(refused));
		return false;
	}
	if (write_errno != 0)
		snprintf(why, WHY_MAX,
			 "only from the device: writing failed: "
			 "%s",
			 strerror(write_errno));
	return true;
}

static bool
gso_of(const struct udp *u, char why[WHY_MAX])
{
	int errnum = 0;
	unsigned int n = udp_gso_refusals(u, &errnum);

	if (udp_gso_errno(u) != 0)
		snprintf(why, WHY_MAX, "kernel refused: %s",
			 strerror(udp_gso_errno(u)));
	else if (n > 0 && udp_gso(u))
		snprintf(why, WHY_MAX,
			 "not to %u addresses: sending failed: "
			 "%s",
			 n, strerror(errnum));
	else if (n > 0)
		snprintf(why, WHY_MAX, "sending failed: %s", strerror(errnum));
	return udp_gso(u);
}

static bool
gro_of(const struct udp *u, char why[WHY_MAX])
{
	if (!udp_gro(u))
		snprintf(why, WHY_MAX, "kernel refused: %s",
			 strerror(udp_gro_errno(u)));
	return udp_gro(u);
}

/* Sockets differ only in their destinations: a remark about one counts for
 * all. */
static bool
udp_feature(const struct daemon *d, bool (*of)(const struct udp *, char *),
	    char why[WHY_MAX])
{
	bool used = true;

	for (size_t i = 0; i < d->nudp && why[0] == '\0'; i++)
		used = of(d->udp[i], why);
	return used;
}

static bool
check_feature(const struct daemon *d, enum conf_offload bit, char why[WHY_MAX])
{
	why[0] = '\0';
	if ((d->offload.wanted & bit) == 0) {
		snprintf(why, WHY_MAX, "off by configuration");
		return false;
	}
	switch (bit) {
	case CONF_TUN_CSUM:
		return tun_feature(d, TUN_CSUM, 0, why);
	case CONF_TUN_TSO:
		return tun_feature(d, TUN_TSO, tcp_write_errno(d->tun), why);
	case CONF_TUN_USO:
		return tun_feature(d, TUN_USO,
				   tun_write_errno(d->tun, FRAME_UDP), why);
	case CONF_UDP_GSO:
		return udp_feature(d, gso_of, why);
	case CONF_UDP_GRO:
		return udp_feature(d, gro_of, why);
	case CONF_OFFLOAD_ALL:
		break;
	}
	return false;
}

json_t *
offload_json(const struct daemon *d)
{
	json_t *o = json_object();
	char why[WHY_MAX];

	for (size_t i = 0; i < CONF_OFFLOADS; i++) {
		bool used = check_feature(d, conf_offload_bit(i), why);

		json_object_set_new(o, conf_offload_name(i),
				    json_pack("{sbss?}", "in_use", (int)used,
					      "why",
					      why[0] == '\0' ? NULL : why));
	}
	return o;
}

json_t *
offload_peer_json(const struct daemon *d, const struct endpoint *to)
{
	int errnum = 0;

	for (size_t i = 0; i < d->nudp && errnum == 0; i++)
		errnum = udp_gso_refused(d->udp[i], &to->addr);
	return errnum == 0 ? json_null() : json_string(strerror(errnum));
}

void
offload_log(const struct daemon *d)
{
	char why[WHY_MAX];

	for (size_t i = 0; i < CONF_OFFLOADS; i++) {
		bool used = check_feature(d, conf_offload_bit(i), why);

		if (!used || why[0] != '\0')
			log_info("offload: %s is %s: %s", conf_offload_name(i),
				 used ? "in use" : "not in use", why);
	}
}
