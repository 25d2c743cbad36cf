/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts one daemon in each of N network namespaces and pings every one from
 * every other until all have answered.
 *
 *	allpairs N SECONDS NAMESPACE ADDRESS COMMAND
 *
 * In NAMESPACE, ADDRESS (IPv4) and COMMAND a % stands for the number, 1 .. N.
 * An unanswered ping is sent again every second, as ping does; the daemons may keep what
 * they cannot send yet. Prints a line `name value` for each figure, in
 * milliseconds from the moment the first daemon is started; then waits, with
 * the daemons running, until its standard input ends, and stops them.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NODES_MAX 250
#define TEXT_MAX 1024
#define AGAIN_MS 1000.0
#define TURN_MS 5 /* between two looks at what is to be sent */
#define SOCKET_BYTES (4 << 20)
#define PACKET_MAX 2048
#define IPV4_UNIT 4 /* bytes that one step of ihl counts */

struct node {
	int netns;
	int fd;
	struct sockaddr_in addr;
	pid_t pid;
	double up_ms; /* its first ping could be sent; < 0: not yet */
};

static struct node nodes[NODES_MAX + 1];
static unsigned int n;
static double sent_ms[NODES_MAX + 1][NODES_MAX + 1]; /* < 0: never */
static double got_ms[NODES_MAX + 1][NODES_MAX + 1];  /* < 0: not yet */
static struct timespec start;

static void
die(const char *what)
{
	perror(what);
	for (unsigned int i = 1; i <= n; i++)
		if (nodes[i].pid > 0)
			kill(nodes[i].pid, SIGTERM);
	exit(EXIT_FAILURE);
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - start.tv_sec) * 1e3 +
	       (double)(t.tv_nsec - start.tv_nsec) / 1e6;
}

/* The pattern with the number for each %. */
static void
expand(char out[TEXT_MAX], const char *pattern, unsigned int i)
{
	char number[16];
	size_t len = 0, k;

	k = (size_t)snprintf(number, sizeof(number), "%u", i);
	for (; *pattern != '\0'; pattern++) {
		if (len + k + 1 >= TEXT_MAX) {
			fprintf(stderr, "allpairs: too long: %s\n", pattern);
			exit(EXIT_FAILURE);
		}
		if (*pattern != '%') {
			out[len++] = *pattern;
			continue;
		}
		memcpy(out + len, number, k);
		len += k;
	}
	out[len] = '\0';
}

/* A socket stays in the namespace that it was made in. */
static void
node_open(unsigned int i, const char *ns, const char *addr)
{
	char name[TEXT_MAX], path[TEXT_MAX + 16];
	struct icmp_filter {
		uint32_t data;
	} filter = { ~(1u << ICMP_ECHOREPLY) };
	int size = SOCKET_BYTES;
	struct node *x = &nodes[i];

	expand(name, ns, i);
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	x->netns = open(path, O_RDONLY | O_CLOEXEC);
	if (x->netns < 0 || setns(x->netns, CLONE_NEWNET) < 0)
		die(path);
	x->fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       IPPROTO_ICMP);
	if (x->fd < 0 || setsockopt(x->fd, SOL_RAW, 1 /* ICMP_FILTER */,
				    &filter, sizeof(filter)) < 0)
		die("socket");
	setsockopt(x->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	expand(name, addr, i);
	x->addr.sin_family = AF_INET;
	if (inet_pton(AF_INET, name, &x->addr.sin_addr) != 1) {
		fprintf(stderr, "allpairs: no IPv4 address: %s\n", name);
		exit(EXIT_FAILURE);
	}
	x->up_ms = -1;
	for (unsigned int k = 1; k <= n; k++)
		sent_ms[i][k] = got_ms[i][k] = -1;
}

static void
node_start(unsigned int i, const char *pattern)
{
	char command[TEXT_MAX];
	struct node *x = &nodes[i];

	expand(command, pattern, i);
	x->pid = fork();
	if (x->pid < 0)
		die("fork");
	if (x->pid > 0)
		return;
	if (setns(x->netns, CLONE_NEWNET) < 0)
		_exit(EXIT_FAILURE);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(EXIT_FAILURE);
}

static uint16_t
checksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
ping(unsigned int from, unsigned int to)
{
	struct icmphdr h = { .type = ICMP_ECHO };
	double now = now_ms();

	h.un.echo.id = htons((uint16_t)from);
	h.un.echo.sequence = htons((uint16_t)to);
	h.checksum = htons(checksum((const uint8_t *)&h, sizeof(h)));
	if (sendto(nodes[from].fd, &h, sizeof(h), 0,
		   (struct sockaddr *)&nodes[to].addr,
		   sizeof(nodes[to].addr)) < 0)
		return;
	sent_ms[from][to] = now;
	if (nodes[from].up_ms < 0)
		nodes[from].up_ms = now;
}

/* Sends what is due; returns how many pairs are still without an answer. */
static unsigned int
ping_due(void)
{
	unsigned int missing = 0;
	double now = now_ms();

	for (unsigned int i = 1; i <= n; i++)
		for (unsigned int k = 1; k <= n; k++) {
			if (i == k || got_ms[i][k] >= 0)
				continue;
			missing++;
			if (sent_ms[i][k] < 0 ||
			    now - sent_ms[i][k] >= AGAIN_MS)
				ping(i, k);
			/* The device is not there yet. */
			if (nodes[i].up_ms < 0)
				break;
		}
	return missing;
}

static void
take(unsigned int i)
{
	uint8_t packet[PACKET_MAX];
	ssize_t len;

	while ((len = recv(nodes[i].fd, packet, sizeof(packet), 0)) > 0) {
		size_t ihl = (size_t)(packet[0] & 0x0f) * IPV4_UNIT;
		struct icmphdr h;
		unsigned int to;

		if ((size_t)len < ihl + sizeof(h))
			continue;
		memcpy(&h, packet + ihl, sizeof(h));
		to = ntohs(h.un.echo.sequence);
		if (h.type == ICMP_ECHOREPLY && ntohs(h.un.echo.id) == i &&
		    to >= 1 && to <= n && got_ms[i][to] < 0)
			got_ms[i][to] = now_ms();
	}
}

static bool
run(double limit_ms)
{
	struct pollfd fds[NODES_MAX + 1];

	for (unsigned int i = 1; i <= n; i++)
		fds[i - 1] = (struct pollfd){ nodes[i].fd, POLLIN, 0 };
	while (ping_due() > 0) {
		if (now_ms() > limit_ms)
			return false;
		poll(fds, n, TURN_MS);
		for (unsigned int i = 1; i <= n; i++)
			if (fds[i - 1].revents != 0)
				take(i);
	}
	return true;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
tell(void)
{
	static double v[NODES_MAX * NODES_MAX];
	unsigned int count = 0, silent = 0;
	double up = 0;

	for (unsigned int i = 1; i <= n; i++) {
		if (nodes[i].up_ms > up)
			up = nodes[i].up_ms;
		for (unsigned int k = 1; k <= n; k++) {
			if (i == k)
				continue;
			if (got_ms[i][k] >= 0)
				v[count++] = got_ms[i][k];
			else
				silent++;
		}
	}
	qsort(v, count, sizeof(v[0]), by_value);
	printf("pairs %u\nsilent %u\ndevices_ms %.0f\n", count, silent, up);
	if (count > 0)
		printf("first_ms %.0f\nhalf_ms %.0f\np99_ms %.0f\n"
		       "last_ms %.0f\n",
		       v[0], v[count / 2], v[count * 99 / 100], v[count - 1]);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char byte;
	bool good;

	if (argc != 6 || (n = (unsigned int)atoi(argv[1])) < 2 ||
	    n > NODES_MAX) {
		fputs("usage: allpairs N SECONDS NAMESPACE ADDRESS COMMAND\n",
		      stderr);
		return 2;
	}
	for (unsigned int i = 1; i <= n; i++)
		node_open(i, argv[3], argv[4]);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned int i = 1; i <= n; i++)
		node_start(i, argv[5]);
	good = run(atof(argv[2]) * 1e3);
	tell();
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (unsigned int i = 1; i <= n; i++)
		kill(nodes[i].pid, SIGTERM);
	for (unsigned int i = 1; i <= n; i++)
		waitpid(nodes[i].pid, NULL, 0);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
