/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP packets between hosts behind nodes. What one says follows from where
 * it goes and its number alone, so that the receiver knows it in full. */
#ifndef SIM_INNER_H
#define SIM_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/frame.h"

#define INNER_MAX 1420 /* the MTU */

struct inner {
	uint32_t from, to, number;
};

struct packet {
	uint8_t room[FRAME_HEADROOM]; /* what a reader leaves in front */
	uint8_t bytes[INNER_MAX];
	size_t len;
	size_t iphdr; /* of the IP header */
	bool partial; /* sent with its checksum to be done */
};

/* With its checksum complete. */
void inner_make(struct packet *p, const struct inner *what);
/* ... or as a host leaves it to its device. */
struct tun_frame inner_frame(struct packet *p);

/*
 * Cuts a frame that was written to a device into what it carries: calls for
 * each packet. false: it is not what inner_make() makes.
 */
bool inner_read(const struct tun_out *f,
		void (*each)(void *ctx, const struct inner *what), void *ctx);

#endif
