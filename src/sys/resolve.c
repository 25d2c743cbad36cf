/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names. */
#include "sys/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/sockaddr.h"

int
resolve(const char *host, struct ipaddr *out, size_t max, size_t *n,
	struct err *e)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *found;
	struct sockaddr_storage ss;
	struct endpoint ep;
	size_t count = 0;
	int rc = getaddrinfo(host, NULL, &hints, &found);

	if (rc == EAI_SYSTEM)
		return err_errno(e, errno, "%s", host);
	if (rc == EAI_MEMORY)
		return err_nomem(e);
	if (rc != 0)
		return err_set(e, ERR_NOTFOUND, "%s", gai_strerror(rc));
	for (const struct addrinfo *a = found; a != NULL && count < max;
	     a = a->ai_next) {
		memset(&ss, 0, sizeof(ss));
		memcpy(&ss, a->ai_addr, a->ai_addrlen);
		if (sockaddr_get(&ep, &ss, a->ai_addrlen) == 0)
			out[count++] = ep.addr;
	}
	freeaddrinfo(found);
	*n = count;
	return 0;
}
