/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first free subnet of a list. */
#ifndef FORMAT_BNL_FREE_H
#define FORMAT_BNL_FREE_H

#include "base/err.h"
#include "format/bnl.h"

/* The length of the smallest IPv4 subnet for that many hosts: a /32 has room
 * for one and a /31 for two (RFC 3021), all others for two less than they have
 * addresses. -1: there is none. */
int bnl_hosts_len(uint64_t hosts);

struct bnl_room {
	enum ip_family family;
	unsigned int len;	     /* length of the wanted subnet */
	const struct prefix *within; /* part of a prefix; NULL: any prefix */
	const struct prefix *taken;  /* further prefixes that are occupied */
	size_t ntaken;
};

/*
 * The lowest subnet of that length, in the first prefix of the list that has
 * one, that overlaps no node's subnet and covers no node's address.
 * ERR_NOTFOUND when there is none.
 */
int bnl_free_subnet(struct prefix *out, const struct bnl *b,
		    const struct bnl_room *room, struct err *e);

#endif
