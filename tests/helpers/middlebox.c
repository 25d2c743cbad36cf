/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bad cable between two Ethernet devices: loses, doubles, delays, reorders,
 * repeats and damages frames, or lets none through.
 *
 *	middlebox SEED NEAR FAR <COMMANDS
 *
 * Commands are lines; each is answered by a line once it is in force:
 *
 *	DIRECTION loss PERCENT
 *	DIRECTION double PERCENT
 *	DIRECTION repeat PERCENT	one of the last 256 goes along
 *	DIRECTION flip PERCENT		one bit of the payload; the checksum fits
 *	DIRECTION delay MS JITTER
 *	DIRECTION hold PERCENT DEPTH	until DEPTH others have passed it, or 1 s
 *	DIRECTION block 0|1
 *	DIRECTION clear
 *	DIRECTION count
 *
 * DIRECTION is out (from NEAR to FAR), in or both. IPv6 neighbours and ARP
 * always pass unless blocked. What comes through is the same each time for
 * the same frames and SEED. Neither device may have offloads on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "sys/clock.h"

#define FRAME_MAX 2048
#define WAITING_MAX 16384 /* frames on their way */
#define PAST 256
#define HOLD_MS 1000
#define SOCKET_BYTES (16 << 20)
#define ETHER_LEN 14
#define ETHER_IPV4 0x0800
#define ETHER_IPV6 0x86dd
#define IPV4_LEN 20
#define IPV6_LEN 40
#define PROTO_TCP 6
#define PROTO_UDP 17

enum { OUT, IN, WAYS };

struct frame {
	size_t len;
	uint8_t p[FRAME_MAX];
};

struct waiting {
	struct frame *frame;
	struct monotime due;
	uint64_t order;	 /* when it came */
	uint64_t behind; /* not 0: once so many have passed, if sooner */
};

struct way {
	double loss, twice, repeat, flip, hold;
	long delay, jitter, depth;
	bool block;
	int from, to;
	uint64_t passed, lost, doubled, repeated, flipped, held;
	struct frame past[PAST];
	uint64_t npast;
	struct waiting waiting[WAITING_MAX];
	size_t nwaiting;
	uint64_t order;
};

static struct way ways[WAYS];
static uint64_t state;

static _Noreturn void
fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* --- chance ----------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t
chance(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static bool
happens(double percent)
{
	return percent > 0 && (double)(chance() % 1000000) < percent * 10000;
}

/* --- damage ----------------------------------------------------------------- */

/* The transport header of a frame; NULL: it has none that is understood. */
static uint8_t *
transport(struct frame *f, int *proto)
{
	uint8_t *ip = f->p + ETHER_LEN;
	uint16_t type = get_be16(f->p + ETHER_LEN - 2);

	if (type == ETHER_IPV4 && f->len > ETHER_LEN + IPV4_LEN) {
		*proto = ip[9];
		return ip + (ip[0] & 15) * 4;
	}
	if (type == ETHER_IPV6 && f->len > ETHER_LEN + IPV6_LEN) {
		*proto = ip[6];
		return ip + IPV6_LEN;
	}
	return NULL;
}

/* True for what the box tampers with. */
static bool
is_ours(struct frame *f)
{
	int proto = 0;

	return transport(f, &proto) != NULL &&
	       (proto == PROTO_UDP || proto == PROTO_TCP);
}

/* A bit in the payload, and what the checksum becomes by it (RFC 1624). */
static bool
damage(struct frame *f)
{
	int proto = 0;
	uint8_t *t = transport(f, &proto), *sum;
	size_t left, header, at;
	uint16_t word, flipped;
	uint32_t s;

	if (t == NULL)
		return false;
	left = f->len - (size_t)(t - f->p);
	header = proto == PROTO_UDP ? 8 : (size_t)(t[12] >> 4) * 4;
	sum = t + (proto == PROTO_UDP ? 6 : 16);
	if (left < header + 2)
		return false;
	at = header + (size_t)(chance() % ((left - header) / 2)) * 2;
	word = get_be16(t + at);
	flipped = (uint16_t)(word ^ (1u << chance() % 16));
	put_be16(t + at, flipped);
	if (proto == PROTO_UDP && get_be16(sum) == 0)
		return true;
	s = (uint32_t)(uint16_t)~get_be16(sum) + (uint16_t)~word + flipped;
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	put_be16(sum, (uint16_t)~s);
	return true;
}

/* --- on the way -------------------------------------------------------------- */

static void
put_out(struct way *w, const struct frame *f)
{
	/* A full queue of the device is as a loss. */
	if (send(w->to, f->p, f->len, 0) != (ssize_t)f->len)
		w->lost++;
	else
		w->passed++;
}

static void
enqueue(struct way *w, const struct frame *f, long ms, long depth)
{
	struct waiting *x = &w->waiting[w->nwaiting];

	if (w->nwaiting == WAITING_MAX) {
		w->lost++;
		return;
	}
	x->frame = malloc(sizeof(*f));
	if (x->frame == NULL)
		fail("memory");
	memcpy(x->frame, f, sizeof(*f));
	x->due = mono_add_ms(clock_mono(), ms);
	x->order = w->order;
	x->behind = depth > 0 ? w->order + (uint64_t)depth : 0;
	w->nwaiting++;
}

static bool
may_go(const struct way *w, const struct waiting *x, struct monotime now)
{
	return mono_reached(x->due, now) ||
	       (x->behind != 0 && w->order >= x->behind);
}

/* In the order in which they came. Returns when to look again. */
static struct monotime
deliver(struct way *w)
{
	struct monotime now = clock_mono(), next = MONO_NEVER;
	size_t kept = 0;

	for (size_t i = 0; i < w->nwaiting; i++) {
		struct waiting *x = &w->waiting[i];

		if (!may_go(w, x, now)) {
			next = mono_min(next, x->due);
			w->waiting[kept++] = *x;
			continue;
		}
		put_out(w, x->frame);
		free(x->frame);
	}
	w->nwaiting = kept;
	return next;
}

static void
forward(struct way *w, const struct frame *f)
{
	long ms = w->delay;

	if (w->jitter > 0)
		ms += (long)(chance() % (uint64_t)w->jitter);
	w->order++;
	if (happens(w->hold)) {
		w->held++;
		enqueue(w, f, HOLD_MS, w->depth);
	} else if (ms > 0) {
		enqueue(w, f, ms, 0);
	} else {
		put_out(w, f);
	}
}

static void
treat(struct way *w, struct frame *f)
{
	if (w->block) {
		w->lost++;
		return;
	}
	if (!is_ours(f)) {
		put_out(w, f);
		return;
	}
	w->past[w->npast++ % PAST] = *f;
	if (happens(w->loss)) {
		w->lost++;
		return;
	}
	if (happens(w->repeat)) {
		w->repeated++;
		forward(w, &w->past[chance() %
				    (w->npast < PAST ? w->npast : PAST)]);
	}
	if (happens(w->twice)) {
		w->doubled++;
		forward(w, f);
	}
	if (happens(w->flip) && damage(f))
		w->flipped++;
	forward(w, f);
}

static void
take(struct way *w)
{
	static struct frame f;
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	ssize_t n;

	for (int i = 0; i < 64; i++) {
		n = recvfrom(w->from, f.p, sizeof(f.p),
			     MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from,
			     &len);
		if (n < 0 && (errno == ENETDOWN || errno == ENXIO))
			return; /* the link flaps */
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			fail("receiving");
		if (from.sll_pkttype == PACKET_OUTGOING)
			continue;
		if ((size_t)n > sizeof(f.p)) {
			fprintf(stderr,
				"middlebox: a frame of %zd bytes: turn "
				"the offloads off\n",
				n);
			exit(EXIT_FAILURE);
		}
		f.len = (size_t)n;
		treat(w, &f);
	}
}

/* --- commands ------------------------------------------------------------------ */

static bool
set(struct way *w, const char *what, double a, long b)
{
	if (strcmp(what, "loss") == 0)
		w->loss = a;
	else if (strcmp(what, "double") == 0)
		w->twice = a;
	else if (strcmp(what, "repeat") == 0)
		w->repeat = a;
	else if (strcmp(what, "flip") == 0)
		w->flip = a;
	else if (strcmp(what, "hold") == 0)
		w->hold = a, w->depth = b;
	else if (strcmp(what, "delay") == 0)
		w->delay = (long)a, w->jitter = b;
	else if (strcmp(what, "block") == 0)
		w->block = a > 0;
	else if (strcmp(what, "clear") == 0)
		w->loss = w->twice = w->repeat = w->flip = w->hold = 0,
		w->delay = w->jitter = 0, w->block = false;
	else if (strcmp(what, "count") != 0)
		return false;
	return true;
}

static void
tell(const struct way *w)
{
	printf(" passed %ju lost %ju doubled %ju repeated %ju flipped %ju "
	       "held %ju",
	       (uintmax_t)w->passed, (uintmax_t)w->lost, (uintmax_t)w->doubled,
	       (uintmax_t)w->repeated, (uintmax_t)w->flipped,
	       (uintmax_t)w->held);
}

static void
obey(const char *line)
{
	char way[8], what[8];
	double a = 0;
	long b = 0;
	bool known = false;

	if (sscanf(line, "%7s %7s %lf %ld", way, what, &a, &b) >= 2)
		for (int i = 0; i < WAYS; i++)
			if (strcmp(way, "both") == 0 ||
			    strcmp(way, i == OUT ? "out" : "in") == 0)
				known = set(&ways[i], what, a, b);
	if (!known) {
		fprintf(stderr, "middlebox: %s", line);
		exit(EXIT_FAILURE);
	}
	printf("%s", way);
	for (int i = 0; i < WAYS; i++)
		tell(&ways[i]);
	printf("\n");
	fflush(stdout);
}

/* false: there will be no more. */
static bool
commands(void)
{
	static char text[1024];
	static size_t have;
	ssize_t n = read(STDIN_FILENO, text + have, sizeof(text) - 1 - have);
	char *end;

	if (n <= 0)
		return false;
	have += (size_t)n;
	text[have] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		char line[1024];
		size_t len = (size_t)(end + 1 - text);

		memcpy(line, text, len);
		line[len] = '\0';
		obey(line);
		have -= len;
		memmove(text, end + 1, have + 1);
	}
	return true;
}

static int
device(const char *name)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	const int room = SOCKET_BYTES, one = 1;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0003));

	ll.sll_protocol = htons(0x0003); /* ETH_P_ALL */
	ll.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || ll.sll_ifindex == 0 ||
	    bind(fd, (const struct sockaddr *)&ll, sizeof(ll)) < 0)
		fail(name);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	return fd;
}

int
main(int argc, char **argv)
{
	struct pollfd p[WAYS + 1] = { { .fd = STDIN_FILENO,
					.events = POLLIN } };
	struct monotime next;

	if (argc != 4) {
		fputs("usage: middlebox SEED NEAR FAR\n", stderr);
		return 2;
	}
	state = strtoull(argv[1], NULL, 10);
	ways[OUT].from = ways[IN].to = device(argv[2]);
	ways[OUT].to = ways[IN].from = device(argv[3]);
	for (int i = 0; i < WAYS; i++)
		p[1 + i] = (struct pollfd){ ways[i].from, POLLIN, 0 };
	for (;;) {
		int64_t ms = -1;

		next = mono_min(deliver(&ways[OUT]), deliver(&ways[IN]));
		if (next.ns != MONO_NEVER.ns)
			ms = mono_ms(clock_mono(), next) + 1;
		if (poll(p, WAYS + 1, (int)(ms < 0 ? -1 : ms)) < 0)
			fail("poll");
		if (p[0].revents != 0 && !commands())
			return EXIT_SUCCESS;
		for (int i = 0; i < WAYS; i++)
			if (p[1 + i].revents != 0)
				take(&ways[i]);
	}
}
