/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A member that speaks the protocol well and does what it likes: it has the
 * state of a node whose daemon does not run.
 *
 *	rogue SELF PEER STATEDIR FROM TO PORT COMMAND...
 *
 * Commands, in order; IPv4 outside:
 *
 *	port=N			from now on from that port (at first 3406)
 *	from=ADDRESS		from now on from that address
 *	wait=MS
 *	init=none|random|zero|kept	INIT with no cookie, with a wrong one,
 *				with zero bytes for one, with the one that came
 *				last; says what came: resp, cookie, nothing
 *	storm=NUMBER,RATE	good INITs, with the cookie that came last; says
 *				how many of each came
 *	packet=FROM,TO,LEN	inside the session of the last RESP: UDP, IPv4 or
 *				IPv6, LEN bytes behind its header
 *	bomb=BYTES		so many zero bytes, deflated
 *	hollow=LEN,RATE,MS	deflated bodies of LEN bytes, so many a second
 *				for so long: empty blocks with dynamic codes
 *	swollen=BYTES,RATE,MS	likewise: so many zero bytes, deflated
 *	junk=FLAGS,LEN		random bytes with those flags
 *	empty			an empty DATA
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

#include "base/bytes.h"
#include "core/session/handshake.h"
#include "core/session/session.h"
#include "crypto/rng.h"
#include "format/ippkt.h"
#include "format/proto.h"
#include "sys/clock.h"

#define DGRAM_MAX 65000
#define STATIC_AT 8 /* in static.key: behind its magic */
#define PATIENCE_MS 700
#define IPV4_LEN 20
#define IPV6_LEN 40
#define UDP_LEN 8

static struct core_env env;
static const char *peer;
static struct pair_keys keys;
static struct sockaddr_in here = { .sin_family = AF_INET };
static struct sockaddr_in there = { .sin_family = AF_INET };
static int fd = -1;
static struct handshake last; /* INIT */
static uint8_t cookie[PROTO_MAC_LEN];
static bool have_cookie;
static struct session *session;

static const struct conf_timers timers = {
	.rekey_after = 3600000,
	.rekey_after_responder = 3600000,
	.reject_after = 3600000,
	.rekey_packets = UINT32_MAX,
	.reject_packets = UINT32_MAX,
};

static _Noreturn void
fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static size_t
slurp(const char *dir, const char *name, uint8_t *out, size_t max)
{
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL)
		fail(path);
	len = fread(out, 1, max, f);
	fclose(f);
	return len;
}

static void
read_state(const char *dir)
{
	static struct pair_record record;
	uint8_t in[PAIR_RECORD_MAX + 1];
	char name[NODE_NAME_MAX + 16];
	struct err e;
	size_t len;

	slurp(dir, "static.key", in, sizeof(in));
	memcpy(env.static_secret, in + STATIC_AT, X25519_LEN);
	snprintf(name, sizeof(name), "pairs/%s.pair", peer);
	len = slurp(dir, name, in, sizeof(in));
	if (pair_record_decode(&record, in, len, &e) < 0 || record.n == 0) {
		fprintf(stderr, "rogue: %s: no pair\n", name);
		exit(EXIT_FAILURE);
	}
	memcpy(env.static_public, record.pairs[0].self_static, X25519_LEN);
	pair_keys_derive(&keys, &record.pairs[0], env.self, peer);
}

static void
bind_to(unsigned long port)
{
	if (fd >= 0)
		close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	here.sin_port = htons((uint16_t)port);
	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&here, sizeof(here)) < 0)
		fail("bind");
}

static void
put(const uint8_t *p, size_t len)
{
	if (sendto(fd, p, len, 0, (const struct sockaddr *)&there,
		   sizeof(there)) != (ssize_t)len)
		fail("sendto");
}

static void
nap(int64_t ms)
{
	struct timespec ts = { (time_t)(ms / 1000),
			       (long)(ms % 1000 * 1000000) };

	nanosleep(&ts, NULL);
}

/* --- handshakes -------------------------------------------------------------- */

static void
send_init(const uint8_t *with)
{
	uint8_t out[DGRAM_INIT_LEN];

	memset(&last, 0, sizeof(last));
	last.keys = &keys;
	rng_fill(&env.rng, &last.local_index, sizeof(last.local_index));
	last.local_index |= 1;
	env.now = clock_now();
	if (handshake_init(&last, &env, peer, with, out) < 0)
		fail("INIT");
	put(out, sizeof(out));
}

static bool
took_resp(const uint8_t *in)
{
	struct handshake_news news;
	struct session_seed seed;
	enum drop d = handshake_finish(&last, in, &seed, &news);

	if (d != DROP_NONE)
		return false;
	session_free(session);
	if (session_new(&session, &seed, clock_mono(), &timers, NULL) < 0)
		fail("session");
	return true;
}

/* What comes for the last INIT within that time; other things are skipped. */
static const char *
answer(int64_t ms)
{
	struct monotime until = mono_add_ms(clock_mono(), ms);
	struct pollfd p = { fd, POLLIN, 0 };
	uint8_t in[2048];

	for (;;) {
		int64_t left = mono_ms(clock_mono(), until);
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return "nothing";
		n = recv(fd, in, sizeof(in), 0);
		if (n == DGRAM_RESP_LEN && in[0] == DGRAM_RESP &&
		    get_be32(in + 8) == last.local_index && took_resp(in))
			return "resp";
		if (n == DGRAM_COOKIE_LEN && in[0] == DGRAM_COOKIE &&
		    get_be32(in + 4) == last.local_index &&
		    handshake_cookie_read(&last, in, cookie) == DROP_NONE) {
			have_cookie = true;
			return "cookie";
		}
	}
}

static void
init(const char *how)
{
	uint8_t wrong[PROTO_MAC_LEN] = { 0 }, kept[PROTO_MAC_LEN];
	bool right = strcmp(how, "kept") == 0, none = strcmp(how, "none") == 0;

	memcpy(kept, cookie, sizeof(kept));
	if (strcmp(how, "zero") != 0)
		rng_fill(&env.rng, wrong, sizeof(wrong));
	if (right && !have_cookie)
		fail("no cookie came");
	send_init(none ? NULL : right ? kept : wrong);
	printf("%s: %s\n", how, answer(PATIENCE_MS));
	fflush(stdout);
	/* One that is kept is there to be tried elsewhere and later. */
	if (!none)
		memcpy(cookie, kept, sizeof(kept));
}

/* What has come by now, late answers to older INITs as well. */
static void
tally(unsigned int *resps, unsigned int *cookies)
{
	uint8_t in[2048];
	ssize_t n;

	while ((n = recv(fd, in, sizeof(in), MSG_DONTWAIT)) > 0) {
		*resps += n == DGRAM_RESP_LEN && in[0] == DGRAM_RESP;
		*cookies += n == DGRAM_COOKIE_LEN && in[0] == DGRAM_COOKIE;
	}
}

static void
storm(unsigned int number, unsigned int rate)
{
	unsigned int resps = 0, cookies = 0;
	struct monotime began = clock_mono();

	for (unsigned int i = 0; i < number; i++) {
		int64_t early =
			(int64_t)i * 1000 / rate - mono_ms(began, clock_mono());

		if (early > 0)
			nap(early);
		send_init(have_cookie ? cookie : NULL);
		tally(&resps, &cookies);
	}
	nap(PATIENCE_MS);
	tally(&resps, &cookies);
	printf("storm: %u in %jd ms: %u resp, %u cookie\n", number,
	       (intmax_t)mono_ms(began, clock_mono()), resps, cookies);
	fflush(stdout);
}

/* --- data ---------------------------------------------------------------------- */

static void
seal(uint8_t flags, const uint8_t *in, size_t len)
{
	static uint8_t out[DGRAM_MAX + DGRAM_DATA_OVERHEAD];

	if (session == NULL || len > DGRAM_MAX ||
	    session_seal(session, flags, in, len, out) != DROP_NONE)
		fail("no session");
	put(out, len + DGRAM_DATA_OVERHEAD);
}

static void
packet4(uint8_t *p, const struct ipaddr *from, const struct ipaddr *to,
	size_t len)
{
	p[0] = 0x45;
	put_be16(p + 2, (uint16_t)(IPV4_LEN + UDP_LEN + len));
	p[8] = 64;
	p[9] = IPPROTO_UDP;
	memcpy(p + 12, from->b, 4);
	memcpy(p + 16, to->b, 4);
	put_be16(p + 10, (uint16_t)~ippkt_fold(ippkt_sum(0, p, IPV4_LEN)));
}

static void
packet6(uint8_t *p, const struct ipaddr *from, const struct ipaddr *to,
	size_t len)
{
	p[0] = 0x60;
	put_be16(p + 4, (uint16_t)(UDP_LEN + len));
	p[6] = IPPROTO_UDP;
	p[7] = 64;
	memcpy(p + 8, from->b, 16);
	memcpy(p + 24, to->b, 16);
}

static void
packet(char *args)
{
	uint8_t p[2048] = { 0 }, *udp;
	const char *from = strtok(args, ","), *to = strtok(NULL, ",");
	const char *size = strtok(NULL, ",");
	struct ipaddr a, b;
	size_t len, head;

	if (size == NULL || ipaddr_parse(&a, from, strlen(from)) < 0 ||
	    ipaddr_parse(&b, to, strlen(to)) < 0 || a.family != b.family)
		fail("expected FROM,TO,LEN");
	len = strtoul(size, NULL, 10);
	head = a.family == IP_V4 ? IPV4_LEN : IPV6_LEN;
	if (head + UDP_LEN + len > sizeof(p))
		fail("too long");
	if (a.family == IP_V4)
		packet4(p, &a, &b, len);
	else
		packet6(p, &a, &b, len);
	udp = p + head;
	put_be16(udp, 9);
	put_be16(udp + 2, 9);
	put_be16(udp + 4, (uint16_t)(UDP_LEN + len));
	seal(0, p, head + UDP_LEN + len);
}

/* So many zero bytes to out, which has DGRAM_MAX bytes; returns the length. */
static size_t
deflate_zeros(uint8_t *out, size_t bytes)
{
	uint8_t *in = calloc(1, bytes);
	z_stream z = { 0 };

	if (in == NULL ||
	    deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		fail("deflate");
	z.next_in = in;
	z.avail_in = (uInt)bytes;
	z.next_out = out;
	z.avail_out = DGRAM_MAX;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		fail("deflate");
	deflateEnd(&z);
	free(in);
	return z.total_out;
}

static void
bomb(size_t bytes)
{
	static uint8_t out[DGRAM_MAX];
	size_t len = deflate_zeros(out, bytes);

	seal(DATA_COMPRESSED, out, len);
	printf("bomb: %zu bytes in %zu\n", bytes, len);
	fflush(stdout);
}

static void
put_bits(uint8_t *p, size_t *at, unsigned int value, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++, ++*at)
		if (value >> i & 1)
			p[*at / 8] |= (uint8_t)(1u << *at % 8);
}

/* RFC 1951, section 3.2.7: no code but that of the end, and one distance. */
static void
hollow_block(uint8_t *p, size_t *at)
{
	static const uint8_t lens[18] = { [2] = 1, [3] = 2, [17] = 2 };

	put_bits(p, at, 2 << 1, 3);
	put_bits(p, at, 14 << 10, 14);
	for (size_t i = 0; i < sizeof(lens); i++)
		put_bits(p, at, lens[i], 3);
	put_bits(p, at, 127 << 1, 8); /* 138 zeros */
	put_bits(p, at, 107 << 1, 8); /* 118 zeros */
	put_bits(p, at, 3 | 3 << 2, 4);
	put_bits(p, at, 0, 1);
}

static void
flood(const uint8_t *p, size_t len, unsigned int rate, int64_t ms)
{
	struct monotime began = clock_mono();
	uint64_t sent = 0;
	int64_t gone;

	while ((gone = mono_ms(began, clock_mono())) < ms) {
		while (sent * 1000 < (uint64_t)(gone + 1) * rate) {
			seal(DATA_COMPRESSED, p, len);
			sent++;
		}
		nap(1);
	}
	printf("flood: %ju of %zu bytes\n", (uintmax_t)sent, len);
	fflush(stdout);
}

static void
hollow(size_t len, unsigned int rate, int64_t ms)
{
	static uint8_t p[DGRAM_MAX + 64];
	size_t at = 0;

	if (len > DGRAM_MAX)
		fail("too long");
	while (at / 8 < len)
		hollow_block(p, &at);
	flood(p, len, rate, ms);
}

static void
swollen(size_t bytes, unsigned int rate, int64_t ms)
{
	static uint8_t p[DGRAM_MAX];

	flood(p, deflate_zeros(p, bytes), rate, ms);
}

static void
junk(char *args)
{
	uint8_t p[2048];
	const char *flags = strtok(args, ","), *size = strtok(NULL, ",");
	size_t len = size == NULL ? SIZE_MAX : strtoul(size, NULL, 10);

	if (len > sizeof(p))
		fail("expected FLAGS,LEN");
	rng_fill(&env.rng, p, len);
	seal((uint8_t)strtoul(flags, NULL, 0), p, len);
}

static void
obey(char *command)
{
	char *arg = strchr(command, '=');
	unsigned int number, rate, ms;

	if (arg != NULL)
		*arg++ = '\0';
	else
		arg = command + strlen(command);
	if (strcmp(command, "port") == 0)
		bind_to(strtoul(arg, NULL, 10));
	else if (strcmp(command, "from") == 0 &&
		 inet_pton(AF_INET, arg, &here.sin_addr) == 1)
		bind_to(ntohs(here.sin_port));
	else if (strcmp(command, "wait") == 0)
		nap(strtol(arg, NULL, 10));
	else if (strcmp(command, "init") == 0)
		init(arg);
	else if (strcmp(command, "storm") == 0 &&
		 sscanf(arg, "%u,%u", &number, &rate) == 2)
		storm(number, rate);
	else if (strcmp(command, "packet") == 0)
		packet(arg);
	else if (strcmp(command, "bomb") == 0)
		bomb(strtoul(arg, NULL, 10));
	else if (strcmp(command, "hollow") == 0 &&
		 sscanf(arg, "%u,%u,%u", &number, &rate, &ms) == 3)
		hollow(number, rate, ms);
	else if (strcmp(command, "swollen") == 0 &&
		 sscanf(arg, "%u,%u,%u", &number, &rate, &ms) == 3)
		swollen(number, rate, ms);
	else if (strcmp(command, "junk") == 0)
		junk(arg);
	else if (strcmp(command, "empty") == 0)
		seal(0, NULL, 0);
	else
		fail(command);
}

int
main(int argc, char **argv)
{
	if (argc < 7 || inet_pton(AF_INET, argv[4], &here.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[5], &there.sin_addr) != 1) {
		fputs("usage: rogue SELF PEER STATEDIR FROM TO PORT "
		      "COMMAND...\n",
		      stderr);
		return 2;
	}
	env.self = argv[1];
	env.rng = rng_system();
	peer = argv[2];
	there.sin_port = htons((uint16_t)strtoul(argv[6], NULL, 10));
	read_state(argv[3]);
	bind_to(PROTO_PORT);
	for (int i = 7; i < argc; i++)
		obey(argv[i]);
	session_free(session);
	close(fd);
	return EXIT_SUCCESS;
}
