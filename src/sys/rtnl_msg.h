/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The messages of rtnetlink(7): building requests, reading news. */
#ifndef SYS_RTNL_MSG_H
#define SYS_RTNL_MSG_H

#include <stddef.h>

#include <linux/netlink.h>

#include "sys/rtnl.h"

#define RTNL_MSG_MAX 128 /* the longest request */

/* Every function writes one request with its attributes to out and returns its
 * length, a multiple of 4. The caller sets seq, and NLM_F_ACK where it needs an
 * answer to a successful request. */
size_t rtnl_msg_link(uint8_t out[RTNL_MSG_MAX], unsigned int index,
		     uint32_t mtu, bool up);
size_t rtnl_msg_addr(uint8_t out[RTNL_MSG_MAX], bool add, unsigned int index,
		     const struct ipaddr *addr, uint8_t len);
/* source: NULL for none. */
size_t rtnl_msg_route(uint8_t out[RTNL_MSG_MAX], bool add, unsigned int index,
		      const struct prefix *dst, const struct ipaddr *source);
/* The tables that a dump asks for, in this order. */
enum rtnl_table {
	RTNL_TABLE_LINKS,
	RTNL_TABLE_ADDRS,
	RTNL_TABLE_FORWARDING4,
	RTNL_TABLE_FORWARDING6,
	RTNL_TABLE_ROUTES4,
	RTNL_TABLE_ROUTES6,
	RTNL_TABLES
};
size_t rtnl_msg_dump(uint8_t out[RTNL_MSG_MAX], enum rtnl_table table);

/* Reads a message of the kernel. false: it contains no news. len: of the whole
 * message, header included, as in nlmsg_len. */
bool rtnl_msg_news(struct rtnl_news *out, const uint8_t *msg, size_t len);

#endif
