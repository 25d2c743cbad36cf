/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * To which addresses segmentation was refused. It depends on the way there: a
 * device without checksum offload or IPsec on it (EIO), an old driver
 * (EINVAL). So one peer's way does not take it from all others. A few places
 * that later ones take over: what is forgotten is only found out anew.
 */
#include "sys/udp_socket.h"

#define RETRY_AFTER 16384 /* datagrams: the way may be another by then */

static struct udp_path *
place_of(struct udp *u, const struct ipaddr *a)
{
	unsigned int h = 0;

	for (size_t i = 0; i < sizeof(a->b); i++)
		h = h * 31 + a->b[i];
	return &u->paths[h % UDP_PATHS];
}

static struct udp_path *
find(struct udp *u, const struct ipaddr *a)
{
	struct udp_path *p;

	if (u->npaths == 0)
		return NULL;
	p = place_of(u, a);
	return p->errnum != 0 && ipaddr_equal(&p->addr, a) ? p : NULL;
}

/* Only one message is the attempt: those behind it wait for how it goes. */
bool
udp_gso_may(struct udp *u, const struct ipaddr *a)
{
	struct udp_path *p;

	if (!u->gso)
		return false;
	p = find(u, a);
	if (p == NULL)
		return true;
	if (p->left > 0) {
		p->left--;
		return false;
	}
	p->left = RETRY_AFTER;
	return true;
}

void
udp_gso_refuse(struct udp *u, const struct ipaddr *a, int errnum)
{
	struct udp_path *p = place_of(u, a);

	if (p->errnum == 0)
		u->npaths++;
	*p = (struct udp_path){
	    .addr = *a, .errnum = errnum, .left = RETRY_AFTER};
}

void
udp_gso_worked(struct udp *u, const struct ipaddr *a)
{
	struct udp_path *p = find(u, a);

	u->stats.segmented++;
	if (p == NULL)
		return;
	p->errnum = 0;
	u->npaths--;
}

bool
udp_gso(const struct udp *u)
{
	return u->gso && (u->npaths == 0 || u->stats.segmented > 0);
}

int
udp_gso_refused(const struct udp *u, const struct ipaddr *remote)
{
	for (int i = 0; i < UDP_PATHS; i++)
		if (u->paths[i].errnum != 0 &&
		    ipaddr_equal(&u->paths[i].addr, remote))
			return u->paths[i].errnum;
	return 0;
}

unsigned int
udp_gso_refusals(const struct udp *u, int *last)
{
	for (int i = 0; i < UDP_PATHS; i++)
		if (u->paths[i].errnum != 0)
			*last = u->paths[i].errnum;
	return u->npaths;
}
