/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The segment size that TCP's ends agree on, lowered on the way. */
#ifndef CORE_DATA_MSS_H
#define CORE_DATA_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/ippkt.h"

/* Lowers the segment size in a SYN to the one that makes packets of mtu; the
 * checksum follows, unless it is partial. All else stays as it is, and so does
 * a SYN that is signed (TCP MD5, RFC 2385; TCP-AO, RFC 5925). */
void mss_clamp(uint8_t *p, size_t len, const struct ippkt *ip, bool partial,
	       size_t mtu);

#endif
