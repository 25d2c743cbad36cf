/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names. */
#include "sys/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "sys/sockaddr.h"

#define HOSTS_FILE "/etc/hosts"
#define BLANKS " \t\r\n"

/* Splits a line, an address and its names; true when host is among them. */
static bool
line_has(char *line, const char *host, struct ipaddr *out)
{
	char *rest, *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, BLANKS, &rest);
	if (word == NULL || ipaddr_parse(out, word, strlen(word)) != 0)
		return false;
	while ((word = strtok_r(NULL, BLANKS, &rest)) != NULL)
		if (strcasecmp(word, host) == 0)
			return true;
	return false;
}

size_t
resolve_in_file(const char *host, struct ipaddr *out, size_t max)
{
	FILE *f = fopen(HOSTS_FILE, "re");
	char *line = NULL;
	size_t cap = 0, n = 0;
	struct ipaddr a;

	if (f == NULL)
		return 0;
	while (n < max && getline(&line, &cap, f) >= 0)
		if (line_has(line, host, &a))
			out[n++] = a;
	free(line);
	fclose(f);
	return n;
}

int
resolve(const char *host, enum ip_family family, struct ipaddr *out, size_t max,
	size_t *n, struct err *e)
{
	const struct addrinfo hints = {
		.ai_family = family == IP_V6 ? AF_INET6 : AF_INET,
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
