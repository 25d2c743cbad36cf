/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sums of src/format/ippkt.c as its callers may know them: that of a
 * pseudo-header reads what it reads there, and a folded one is any number (target
 * ipsum shows ippkt_sum() and ippkt_fold()). */
#ifndef HEADER_SUMS_H
#define HEADER_SUMS_H

#include "prove.h"
#include "contracts.h"
#include "format/ippkt.h"

uint64_t
ippkt_pseudo_sum(const uint8_t *p, uint8_t proto, size_t len)
{
	if (p[0] >> 4 == 4)
		return ippkt_sum(proto + (uint64_t)len, p + 12, 8);
	return ippkt_sum(proto + (uint64_t)len, p + 8, 32);
}

uint16_t
ippkt_fold(uint64_t sum)
{
	(void)sum;
	return (uint16_t)ANY(0, UINT16_MAX);
}

#endif
