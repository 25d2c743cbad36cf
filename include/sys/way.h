/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks that this host has a usable route to an address, according to the
 * kernel; no packet is sent. */
#ifndef SYS_WAY_H
#define SYS_WAY_H

#include "base/err.h"
#include "base/ipaddr.h"

/* 0, or -1: there is no route, or the interface that it leads to is down or has
 * no link; *e tells which. */
int way_check(const struct endpoint *to, struct err *e);

#endif
