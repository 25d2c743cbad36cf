/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The offloads in use, and the reasons why others are not. */
#ifndef DAEMON_OFFLOAD_H
#define DAEMON_OFFLOAD_H

#include <jansson.h>

#include "base/ipaddr.h"
#include "format/conf.h"
#include "sys/tun.h"

struct daemon;

struct offload {
	uint8_t wanted;		   /* enum conf_offload, as at the start */
	bool write_tcp, write_udp; /* super-packets go to the device */
};

enum tun_level offload_tun_level(const struct conf *c);
/* The device refused a frame: perhaps not the first one of its kind. */
void offload_fall_back(struct daemon *d);
/* Features that are not or only partly in use, with reasons. */
void offload_log(const struct daemon *d);
json_t *offload_json(const struct daemon *d);
/* Why no segmentation is used towards that address; null: it is used, or no
 * address. */
json_t *offload_peer_json(const struct daemon *d, const struct endpoint *to);

#endif
