/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A uevent, made up of the words behind: each with a NUL behind it.
 *
 *	uevent kernel WORD...		by the kernel, to this network namespace
 *	uevent PORT WORD...		from this process, to that netlink port
 *	uevent group WORD...		from this process, to who hears the kernel
 *
 * The exit status is 2 where the kernel does not take it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#define TEXT_MAX 2048
#define NOT_TAKEN 2

struct message {
	struct nlmsghdr h;
	char text[TEXT_MAX];
};

static int
words(struct message *m, char **argv)
{
	size_t len = 0;

	for (; *argv != NULL; argv++) {
		size_t n = strlen(*argv) + 1;

		if (len + n > sizeof(m->text))
			return -1;
		memcpy(m->text + len, *argv, n);
		len += n;
	}
	m->h.nlmsg_len = (unsigned int)(NLMSG_HDRLEN + len);
	m->h.nlmsg_type = NLMSG_MIN_TYPE;
	m->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	return 0;
}

/* The kernel's answer: 0, or what was wrong. */
static int
answer(int fd)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char asked[TEXT_MAX];
	} a;
	ssize_t n = recv(fd, &a, sizeof(a), 0);

	if (n < (ssize_t)(sizeof(a.h) + sizeof(a.e.error)) ||
	    a.h.nlmsg_type != NLMSG_ERROR)
		return EPROTO;
	return -a.e.error;
}

int
main(int argc, char **argv)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct message m = { .h = { 0 } };
	const char *start = m.text;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	int error = 0;
	size_t len;

	if (argc < 3 || words(&m, argv + 2) < 0) {
		fprintf(stderr, "usage: uevent kernel|group|PORT WORD...\n");
		return EXIT_FAILURE;
	}
	len = m.h.nlmsg_len - NLMSG_HDRLEN;
	if (strcmp(argv[1], "kernel") == 0) {
		start = (const char *)&m;
		len = m.h.nlmsg_len;
	} else if (strcmp(argv[1], "group") == 0) {
		to.nl_groups = 1;
	} else {
		to.nl_pid = (unsigned int)strtoul(argv[1], NULL, 10);
	}
	if (fd < 0 ||
	    sendto(fd, start, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		error = errno;
	else if (start != m.text)
		error = answer(fd);
	if (error != 0)
		fprintf(stderr, "uevent: %s\n", strerror(error));
	return error == 0 ? EXIT_SUCCESS : NOT_TAKEN;
}
