/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The segment size that TCP's ends agree on, lowered on the way. */
#ifndef CORE_MSS_H
#define CORE_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/ippkt.h"

/* In a SYN, no more than what makes packets of mtu; the checksum follows,
 * unless it is partial. All else stays as it is. */
void mss_clamp(uint8_t *p, size_t len, const struct ippkt *ip, bool partial,
	       size_t mtu);

#endif
