/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses for which segmentation was refused. A refusal depends on the
 * path: a device without checksum offload or IPsec on it (EIO), an old driver
 * (EINVAL). So one peer's path does not disable it for all others. The table is
 * small and later entries replace earlier ones: a lost entry is found again by
 * the next refusal.
 */
#include "sys/udp_socket.h"

#define RETRY_AFTER 16384 /* datagrams: the path may have changed by then */

static struct udp_path *
place_of(struct udp *u, const struct ipaddr *a)
{
	unsigned int h = 0;

	for (size_t i = 0; i < sizeof(a->b); i++)
		h = h * 31 + a->b[i];
	return &u->paths[h % UDP_PATHS];
}

static struct udp_path *
find_path(struct udp *u, const struct ipaddr *a)
{
	struct udp_path *p;

	if (u->npaths == 0)
		return NULL;
	p = place_of(u, a);
	return p->errnum != 0 && ipaddr_equal(&p->addr, a) ? p : NULL;
}

/* Only one message is the trial: those after it wait for its result. */
bool
udp_gso_may(struct udp *u, const struct ipaddr *a)
{
	struct udp_path *p;

	if (!u->gso)
		return false;
	p = find_path(u, a);
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
	*p = (struct udp_path){ .addr = *a,
				.errnum = errnum,
				.left = RETRY_AFTER };
}

void
udp_gso_worked(struct udp *u, const struct ipaddr *a)
{
	struct udp_path *p = find_path(u, a);

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
