/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TOS or traffic class byte of a tunnelled packet: DSCP (RFC 2983) and
 * ECN (RFC 6040). */
#ifndef CORE_DATA_ECN_H
#define CORE_DATA_ECN_H

#include <stdbool.h>
#include <stdint.h>

#define ECN_MASK 0x03 /* the other bits are the DSCP */
#define DSCP_MASK 0xfc

enum ecn { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 };

/* The bits in mask that the datagram around the packet gets. */
static inline uint8_t
ecn_outer(const uint8_t *pkt, uint8_t mask)
{
	uint8_t tos = pkt[0] >> 4 == 4 ?
			      pkt[1] :
			      (uint8_t)((pkt[0] << 4) | (pkt[1] >> 4));

	return tos & mask;
}

/* Puts the congestion mark of the datagram's byte into the packet that was in
 * it (RFC 6040, section 4.2); its DSCP stays (RFC 2983). pkt: well-formed.
 * false: the packet must be dropped, and is unchanged. */
bool ecn_arrived(uint8_t *pkt, uint8_t outer);

#endif
