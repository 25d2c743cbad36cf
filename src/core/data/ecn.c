/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Congestion that was marked on the way, told to the ends. */
#include "core/data/ecn.h"

#include "base/bytes.h"
#include "core/data/segment.h"

#define DROP 0xff

/* RFC 6040, figure 4: [inner][outer]. A marked datagram whose packet cannot
 * be marked is lost, as it would be without a tunnel. */
static const uint8_t becomes[4][4] = {
	[ECN_NOT_ECT] = { [ECN_NOT_ECT] = ECN_NOT_ECT,
			  [ECN_ECT0] = ECN_NOT_ECT,
			  [ECN_ECT1] = ECN_NOT_ECT,
			  [ECN_CE] = DROP },
	[ECN_ECT0] = { [ECN_NOT_ECT] = ECN_ECT0,
		       [ECN_ECT0] = ECN_ECT0,
		       [ECN_ECT1] = ECN_ECT1,
		       [ECN_CE] = ECN_CE },
	[ECN_ECT1] = { [ECN_NOT_ECT] = ECN_ECT1,
		       [ECN_ECT0] = ECN_ECT1,
		       [ECN_ECT1] = ECN_ECT1,
		       [ECN_CE] = ECN_CE },
	[ECN_CE] = { [ECN_NOT_ECT] = ECN_CE,
		     [ECN_ECT0] = ECN_CE,
		     [ECN_ECT1] = ECN_CE,
		     [ECN_CE] = ECN_CE },
};

/* The first word of the header changes, and so its checksum (RFC 1624). */
static void
v4_set(uint8_t *pkt, uint8_t ecn)
{
	uint16_t was = get_be16(pkt), is;
	uint16_t sum = (uint16_t)~get_be16(pkt + V4_CSUM_AT);

	pkt[1] = (uint8_t)((pkt[1] & DSCP_MASK) | ecn);
	is = get_be16(pkt);
	v4_put_csum(pkt, (uint64_t)sum + (uint16_t)~was + is);
}

/* The traffic class begins in the middle of the first byte. */
static void
v6_set(uint8_t *pkt, uint8_t ecn)
{
	pkt[1] = (uint8_t)((pkt[1] & 0xcf) | (ecn << 4));
}

bool
ecn_arrived(uint8_t *pkt, uint8_t outer)
{
	uint8_t inner = ecn_outer(pkt, ECN_MASK);
	uint8_t ecn = becomes[inner][outer & ECN_MASK];

	if (ecn == DROP)
		return false;
	if (ecn == inner)
		return true;
	if (pkt[0] >> 4 == 4)
		v4_set(pkt, ecn);
	else
		v6_set(pkt, ecn);
	return true;
}
