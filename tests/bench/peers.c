/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays many nodes in one process against one real daemon, the hub. Pairs
 * with all of them are written to its state directory beforehand, so that it
 * resumes them over real UDP; keys come from a fixed seed.
 *
 *	peers write N STATEDIR
 *		static.key and pairs/pI.pair of the hub
 *	peers run N LIST PUBKEY
 *		node pI listens on UDP port 20000 + I, takes what the hub
 *		sends it, decrypts and counts it. For each line on standard
 *		input it prints: milliseconds, nodes with a session, packets,
 *		bytes; all since its start. It ends with standard input.
 *	peers send K SECONDS [burst]
 *		datagrams to the first K nodes in turn, through the tunnel;
 *		with burst 44 of them to one before the next one's turn
 *
 * Node pI has the address 10.66.(1 + I / 200).(1 + I % 200).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/action.h"
#include "core/session/assoc.h"
#include "crypto/kdf.h"
#include "format/bnl_sign.h"
#include "sys/clock.h"

#define PEERS_MAX 2000
#define PORT_BASE 20000
#define SEED 4711
#define PAIR_LIFE_S (365 * 24 * 3600)
#define BUFFER_BYTES (16 << 20)
#define RUN_MAX 65536
#define EVENTS_MAX 64
#define READS_MAX 16 /* of one socket before the next one's turn */
#define TICK_MS 20
#define PAYLOAD 1392 /* fills the inner MTU of 1,420 */
#define BURST 44
#define MAGIC_STATIC "CVSTAT1\n" /* as the daemon writes it */

struct secrets {
	uint8_t hub_secret[X25519_LEN], hub_public[X25519_LEN];
};

struct peer {
	struct core_env env;
	struct assocs *assocs;
	struct assoc *assoc;
	char name[16];
	int fd;
	bool up;
};

static struct secrets hub;
static struct peer *peers;
static unsigned int count;
static struct conf *conf;
static struct actions actions;
static uint64_t packets, bytes;
static uint8_t run[RUN_MAX];

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "peers: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static _Noreturn void
die_errno(const char *what)
{
	die(what, strerror(errno));
}

/* --- what both sides know ------------------------------------------------- */

static void
make_hub(void)
{
	struct rng_seeded state;
	struct rng rng = rng_seeded(&state, SEED);

	x25519_keypair(hub.hub_secret, hub.hub_public, &rng);
}

/* The pair of node i and the hub, as the hub or as the node holds it. */
static void
make_pair(struct pair_record *r, uint8_t secret[X25519_LEN], unsigned int i,
	  bool at_hub)
{
	struct rng_seeded state;
	struct rng rng = rng_seeded(&state, SEED + i);
	struct pair *p = &r->pairs[0];
	uint8_t public[X25519_LEN];

	memset(r, 0, sizeof(*r));
	x25519_keypair(secret, public, &rng);
	rng_fill(&rng, p->id, sizeof(p->id));
	rng_fill(&rng, p->secret, sizeof(p->secret));
	p->generation = 1;
	p->proven = true;
	p->cipher = AEAD_AES_256_GCM;
	p->made = clock_wall();
	p->cert_end.s = p->made.s + PAIR_LIFE_S;
	p->self_end = p->peer_end = p->cert_end;
	memcpy(p->peer_static, at_hub ? public : hub.hub_public, X25519_LEN);
	memcpy(p->self_static, at_hub ? hub.hub_public : public, X25519_LEN);
	if (at_hub)
		snprintf(r->peer, sizeof(r->peer), "p%u", i);
	else
		snprintf(r->peer, sizeof(r->peer), "hub");
	r->n = 1;
}

static struct in_addr
inner_address(unsigned int i)
{
	uint32_t a = 10u << 24 | 66u << 16 | (1 + i / 200) << 8 | (1 + i % 200);

	return (struct in_addr){ htonl(a) };
}

/* --- write ---------------------------------------------------------------- */

static void
put_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		die_errno(path);
	close(fd);
}

static int
do_write(const char *dir)
{
	uint8_t file[8 + X25519_LEN + SHA256_LEN], secret[X25519_LEN];
	uint8_t record[PAIR_RECORD_MAX];
	struct pair_record r;
	char path[4096];

	memcpy(file, MAGIC_STATIC, 8);
	memcpy(file + 8, hub.hub_secret, X25519_LEN);
	sha256(file + 8 + X25519_LEN, file, 8 + X25519_LEN);
	snprintf(path, sizeof(path), "%s/static.key", dir);
	put_file(path, file, sizeof(file));
	snprintf(path, sizeof(path), "%s/pairs", dir);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		die_errno(path);
	for (unsigned int i = 0; i < count; i++) {
		make_pair(&r, secret, i, true);
		snprintf(path, sizeof(path), "%s/pairs/p%u.pair", dir, i);
		put_file(path, record, pair_record_encode(record, &r));
	}
	return EXIT_SUCCESS;
}

/* --- run ------------------------------------------------------------------ */

static void *
slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *data = malloc(BNL_BYTES_MAX);

	if (f == NULL || data == NULL)
		die_errno(path);
	*len = fread(data, 1, BNL_BYTES_MAX, f);
	fclose(f);
	return data;
}

static struct bnl_version
list_version(const char *path, const char *keypath)
{
	const struct key *trusted;
	struct bnl_version v;
	struct key *key;
	struct bnl *b;
	struct err e;
	size_t len, keylen;
	char *raw = slurp(path, &len), *pem = slurp(keypath, &keylen);

	if (key_read_public(&key, pem, keylen, &e) < 0)
		die(keypath, e.text);
	trusted = key;
	if (bnl_open(&b, raw, len, &trusted, 1, &e) < 0)
		die(path, e.text);
	v = b->version;
	bnl_free(b);
	key_free(key);
	free(raw);
	free(pem);
	return v;
}

static int
listen_on(uint16_t port)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, size = BUFFER_BYTES;

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		die_errno("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void
peer_open(unsigned int i, const struct bnl_version *version, int epfd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };
	struct peer *p = &peers[i];
	struct core_env *env = &p->env;
	struct pair_record r;

	snprintf(p->name, sizeof(p->name), "p%u", i);
	env->now = clock_now();
	env->rng = rng_system();
	env->conf = conf;
	env->self = p->name;
	env->actions = &actions;
	env->version = *version;
	make_pair(&r, env->static_secret, i, false);
	memcpy(env->static_public, r.pairs[0].self_static, X25519_LEN);
	if (assocs_new(&p->assocs, env) < 0 ||
	    assoc_new(&p->assoc, p->assocs, "hub", p) < 0)
		die_errno("link");
	(void)assoc_set_pairs(p->assoc, env, &r);
	p->fd = listen_on((uint16_t)(PORT_BASE + i));
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, p->fd, &ev) < 0)
		die_errno("epoll");
}

/* Whatever the link wants sent goes out of its own socket. */
static void
peer_settle(struct peer *p)
{
	struct action a;

	p->up = assoc_can_send(p->assoc, p->env.now.mono);
	while (actions_next(&actions, &a)) {
		struct sockaddr_in to = { .sin_family = AF_INET,
					  .sin_port = htons(a.to.port) };

		memcpy(&to.sin_addr, a.to.addr.b, sizeof(to.sin_addr));
		if (a.kind == ACTION_SEND_UDP &&
		    sendto(p->fd, a.data, a.len, 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0)
			perror("peers: sendto");
		action_done(&a);
	}
}

static void
take(struct peer *p, const struct sockaddr_in *from, size_t len, size_t seg)
{
	struct endpoint remote = { .addr.family = IP_V4,
				   .port = ntohs(from->sin_port) };
	struct ipaddr local = { .family = IP_NONE };

	memcpy(remote.addr.b, &from->sin_addr, sizeof(from->sin_addr));
	for (size_t at = 0; at < len; at += seg) {
		size_t n = len - at < seg ? len - at : seg;
		struct assoc_in in;

		if (assocs_in(p->assocs, &p->env, &remote, &local, run + at, n,
			      &in) != DROP_NONE ||
		    !in.is_data || in.len == 0)
			continue;
		packets++;
		bytes += in.len;
	}
}

static void
peer_read(struct peer *p)
{
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(sizeof(int))];
	} control;
	struct sockaddr_in from;
	struct iovec iov = { run, sizeof(run) };
	struct msghdr m = { .msg_name = &from,
			    .msg_iov = &iov,
			    .msg_iovlen = 1 };

	p->env.now = clock_now();
	for (int i = 0; i < READS_MAX; i++) {
		const struct cmsghdr *c;
		ssize_t len;
		int seg;

		m.msg_namelen = sizeof(from);
		m.msg_control = control.space;
		m.msg_controllen = sizeof(control.space);
		len = recvmsg(p->fd, &m, 0);
		if (len <= 0)
			break;
		seg = (int)len;
		c = CMSG_FIRSTHDR(&m);
		if (c != NULL && c->cmsg_type == UDP_GRO)
			memcpy(&seg, CMSG_DATA(c), sizeof(seg));
		take(p, &from, (size_t)len, (size_t)seg);
	}
	peer_settle(p);
}

static void
tick(void)
{
	struct now now = clock_now();

	for (unsigned int i = 0; i < count; i++) {
		struct peer *p = &peers[i];

		if (!mono_reached(assoc_deadline(p->assoc), now.mono))
			continue;
		p->env.now = now;
		(void)assoc_tick(p->assoc, &p->env);
		peer_settle(p);
	}
}

/* false: standard input has ended. */
static bool
answer(struct monotime start)
{
	unsigned int up = 0;
	char line[64];

	if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
		return false;
	for (unsigned int i = 0; i < count; i++)
		up += peers[i].up;
	printf("%lld %u %llu %llu\n", (long long)mono_ms(start, clock_mono()),
	       up, (unsigned long long)packets, (unsigned long long)bytes);
	fflush(stdout);
	return true;
}

static int
do_run(const char *list, const char *pubkey)
{
	struct bnl_version version = list_version(list, pubkey);
	struct epoll_event ev[EVENTS_MAX] = { { .events = EPOLLIN } };
	struct rlimit files = { PEERS_MAX + 64, PEERS_MAX + 64 };
	struct errs es = { 0 };
	static const char text[] = "name = peer\n";
	struct monotime start = clock_mono(), ticked = start;
	int epfd = epoll_create1(EPOLL_CLOEXEC);

	setrlimit(RLIMIT_NOFILE, &files);
	if (conf_parse(&conf, text, strlen(text), "/", &es) < 0)
		die("configuration", es.e[0].text);
	actions_init(&actions);
	ev[0].data.u32 = UINT32_MAX;
	if (epfd < 0 ||
	    epoll_ctl(epfd, EPOLL_CTL_ADD, STDIN_FILENO, &ev[0]) < 0)
		die_errno("epoll");
	for (unsigned int i = 0; i < count; i++)
		peer_open(i, &version, epfd);
	for (;;) {
		int n = epoll_wait(epfd, ev, EVENTS_MAX, TICK_MS);

		for (int i = 0; i < n; i++) {
			if (ev[i].data.u32 != UINT32_MAX)
				peer_read(&peers[ev[i].data.u32]);
			else if (!answer(start))
				return EXIT_SUCCESS;
		}
		if (mono_ms(ticked, clock_mono()) < TICK_MS)
			continue;
		ticked = clock_mono();
		tick();
	}
}

/* --- send ----------------------------------------------------------------- */

static int
do_send(unsigned int k, int seconds, bool burst)
{
	static uint8_t data[BURST * PAYLOAD];
	size_t len = burst ? sizeof(data) : PAYLOAD;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int seg = PAYLOAD, size = BUFFER_BYTES;
	struct monotime start = clock_mono();
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	unsigned int i = 0;

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &seg, sizeof(seg)) < 0)
		die_errno("socket");
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	while (mono_ms(start, clock_mono()) < seconds * INT64_C(1000))
		for (int n = 0; n < BURST; n++) {
			to.sin_addr = inner_address(i++ % k);
			if (sendto(fd, data, len, 0, (struct sockaddr *)&to,
				   sizeof(to)) < 0 &&
			    errno != ENOBUFS && errno != EAGAIN)
				die_errno("sendto");
		}
	close(fd);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	if (argc >= 4)
		count = (unsigned int)atoi(argv[2]);
	if (count == 0 || count > PEERS_MAX) {
		fputs("usage: peers write N STATEDIR\n"
		      "       peers run N LIST PUBKEY\n"
		      "       peers send K SECONDS [burst]\n",
		      stderr);
		return 2;
	}
	if (strcmp(argv[1], "send") == 0)
		return do_send(count, atoi(argv[3]), argc > 4);
	make_hub();
	if (strcmp(argv[1], "write") == 0)
		return do_write(argv[3]);
	peers = calloc(count, sizeof(*peers));
	if (peers == NULL || argc < 5 || strcmp(argv[1], "run") != 0)
		die(argv[1], "write, run or send");
	return do_run(argv[3], argv[4]);
}
