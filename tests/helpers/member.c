/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A member of the network with a good certificate, and lists that are not.
 *
 *	member [OPTION]... NAME PEER ADDRESS PORT LIST
 *
 * Dials PEER there, or waits for it there with -l, says that it has that
 * list, and delivers it when it is asked to.
 *
 *	-d DIR		node.pem, node.key and ca.pem are in it
 *	-l		listen
 *	-o		says in its HELLO that it has none, then offers it
 *	-v SECONDS	announces it as of that time
 *	-n BYTES	announces that length
 *	-c BYTES	closes the connection after so many of them
 *	-w MS		delivers 16 bytes each MS
 *	-q		does not answer the question
 *	-N LIE		negotiates, with a HELLO that has no cipher (none), the
 *			null cipher (null), one cipher twice (twice), one that
 *			nobody knows (future), a name with control bytes (name);
 *			a good one and a wrong CONFIRM (confirm); or refuses
 *			with control bytes (refuse)
 *
 * Tells what comes, one line each, and ends with the connection; when it
 * listens, it waits for the next.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/conn/frames.h"
#include "crypto/rng.h"
#include "format/bnl_parse.h"
#include "format/bnl_sign.h"
#include "sys/clock.h"

#define PEM_MAX 65536
#define LIST_MAX ((size_t)16 << 20)
#define PATIENCE_S 60
#define DRIP_LEN 16
#define CONTROL_BYTES "al\033[31mpha\r\nerror: forged\a\x7f"

struct file {
	char *p;
	size_t len;
};

struct member {
	const char *name, *peer, *lie;
	struct tls_ctx *tls;
	bool listens, offers, quiet;
	struct file list;
	struct bnl_version version; /* as announced */
	uint32_t announced;
	size_t cut;
	unsigned int drip_ms;
};

struct line { /* one connection */
	int fd;
	struct frames s;
	bool said;
};

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "member: %s\n", what);
	exit(EXIT_FAILURE);
}

static void
say(const char *what)
{
	puts(what);
	fflush(stdout);
}

static struct file
slurp(const char *dir, const char *name, size_t max)
{
	struct file file = { malloc(max), 0 };
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s%s", dir, dir[0] == '\0' ? "" : "/",
		 name);
	f = fopen(path, "r");
	if (f == NULL || file.p == NULL)
		fail(path);
	file.len = fread(file.p, 1, max, f);
	fclose(f);
	return file;
}

/* --- frames ---------------------------------------------------------------- */

static bool
flush(struct line *l)
{
	uint8_t out[FRAMES_FEED_MAX];
	size_t n;

	while ((n = frames_drain(&l->s, out, sizeof(out))) > 0)
		for (size_t at = 0; at < n;) {
			ssize_t k = send(l->fd, out + at, n - at, MSG_NOSIGNAL);

			if (k <= 0)
				return false;
			at += (size_t)k;
		}
	return true;
}

static bool
put(struct line *l, enum frame_type type, const void *p, size_t len)
{
	return frames_send(&l->s, type, p, len) == 0 && flush(l);
}

static void
offer(struct hello *h, enum aead_alg cipher)
{
	h->algos.ciphers[h->algos.nciphers].alg = cipher;
	h->algos.ciphers[h->algos.nciphers++].preference = 1000;
}

static void
lie_in_hello(const char *lie, struct hello *h)
{
	h->negotiate = true;
	if (strcmp(lie, "null") == 0)
		offer(h, (enum aead_alg)0);
	else if (strcmp(lie, "future") == 0)
		offer(h, (enum aead_alg)99);
	else if (strcmp(lie, "none") != 0)
		offer(h, AEAD_AES_128_GCM);
	if (strcmp(lie, "twice") == 0)
		offer(h, AEAD_AES_128_GCM);
	if (strcmp(lie, "name") == 0)
		snprintf(h->from, sizeof(h->from), "%s", CONTROL_BYTES);
}

static bool
say_refuse(struct line *l)
{
	struct refuse r = { .code = REFUSE_BUSY, .text = CONTROL_BYTES };
	uint8_t payload[FRAME_REFUSE_MAX];

	return put(l, FRAME_REFUSE, payload, refuse_encode(payload, &r));
}

static bool
say_hello(const struct member *m, struct line *l)
{
	uint8_t payload[FRAME_HELLO_MAX];
	struct rng rng = rng_system();
	struct hello h = { .negotiate = false };

	snprintf(h.from, sizeof(h.from), "%s", m->name);
	snprintf(h.to, sizeof(h.to), "%s", m->peer);
	rng_fill(&rng, h.random, sizeof(h.random));
	rng_fill(&rng, h.static_key, sizeof(h.static_key));
	if (!m->offers)
		h.list = m->version;
	if (m->lie != NULL)
		lie_in_hello(m->lie, &h);
	l->said = true;
	if (m->lie != NULL && strcmp(m->lie, "refuse") == 0)
		return say_refuse(l);
	return put(l, FRAME_HELLO, payload, hello_encode(payload, &h));
}

static bool
say_have(const struct member *m, struct line *l)
{
	struct list_have have = { m->version, m->announced };
	uint8_t payload[LIST_HAVE_LEN];

	list_have_encode(payload, &have);
	return put(l, FRAME_LIST_HAVE, payload, sizeof(payload));
}

static bool
deliver(const struct member *m, struct line *l)
{
	size_t end = m->cut < m->list.len ? m->cut : m->list.len;
	size_t most = m->drip_ms > 0 ? DRIP_LEN : FRAME_LIST_DATA_MAX;

	for (size_t at = 0, n; at < end; at += n) {
		n = end - at < most ? end - at : most;
		if (m->drip_ms > 0)
			usleep(m->drip_ms * 1000);
		if (!put(l, FRAME_LIST_DATA, m->list.p + at, n))
			return false;
	}
	say("delivered");
	return m->cut == SIZE_MAX;
}

static bool
heard_hello(const struct member *m, struct line *l)
{
	static const uint8_t wrong[PROTO_CONFIRM_LEN] = { 1 };

	say("hello");
	if (!l->said && !say_hello(m, l))
		return false;
	if (m->lie != NULL && strcmp(m->lie, "confirm") == 0)
		return put(l, FRAME_CONFIRM, wrong, sizeof(wrong));
	return !m->offers || say_have(m, l);
}

/* false: that was the end of it. */
static bool
frame(const struct member *m, struct line *l)
{
	char line[BNL_VERSION_TEXT_MAX + 16], text[BNL_VERSION_TEXT_MAX];
	struct list_have have;
	struct refuse r;
	struct err e;
	size_t len;
	const uint8_t *p = frames_payload(&l->s, &len);

	switch (l->s.head.type) {
	case FRAME_HELLO:
		return heard_hello(m, l);
	case FRAME_LIST_QUERY:
		say("asked");
		return m->quiet || say_have(m, l);
	case FRAME_LIST_GET:
		say("wanted");
		return deliver(m, l);
	case FRAME_LIST_HAVE:
		list_have_decode(&have, p);
		snprintf(line, sizeof(line), "has %s",
			 bnl_version_format(text, &have.version));
		say(line);
		return true;
	case FRAME_REFUSE:
		if (refuse_decode(&r, p, len, &e) < 0)
			fail(e.text);
		printf("refused: %s: %s\n", refuse_name(r.code), r.text);
		return false;
	default:
		return true;
	}
}

/* false: the connection has come to its end. */
static bool
progress(const struct member *m, struct line *l)
{
	for (;;) {
		switch (frames_next(&l->s)) {
		case FRAMES_NOTHING:
			return flush(l);
		case FRAMES_SECURE:
			if (!m->listens && !say_hello(m, l))
				return false;
			break;
		case FRAMES_FRAME:
			if (!frame(m, l))
				return false;
			break;
		default:
			return false;
		}
	}
}

static void
talk(const struct member *m, int fd)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct tls_provider tls = tls_ctx_provider(m->tls);
	struct line l = { .fd = fd };
	uint8_t in[FRAMES_FEED_MAX];
	struct err e;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (frames_open(&l.s, &tls, !m->listens, clock_wall(), NULL, &e) < 0)
		fail(e.text);
	while (progress(m, &l)) {
		n = recv(fd, in, sizeof(in), 0);
		if (n <= 0)
			break;
		frames_feed(&l.s, in, (size_t)n);
	}
	flush(&l); /* an alert, perhaps */
	frames_free(&l.s);
	close(fd);
	say("end");
}

/* --- the command line ------------------------------------------------------- */

/* What a node would take for the version of it, whoever signed it. */
static void
read_list(struct member *m, const char *path, int64_t seconds)
{
	struct bnl_blocks block;
	struct errs es = { 0 };
	struct bnl *b;
	size_t len;

	m->list = slurp("", path, LIST_MAX);
	len = m->list.len;
	if (bnl_blocks_read(&block, m->list.p, len, NULL) == 0)
		len = block.signedlen;
	bnl_digest(m->version.digest, m->list.p, len);
	if (bnl_parse(&b, m->list.p, len, &es) == 0) {
		m->version.timestamp = b->version.timestamp;
		bnl_free(b);
	}
	if (seconds > 0)
		m->version.timestamp.s = seconds;
}

static void
read_keys(struct member *m, const char *dir)
{
	struct file cert = slurp(dir, "node.pem", PEM_MAX);
	struct file key = slurp(dir, "node.key", PEM_MAX);
	struct file ca = slurp(dir, "ca.pem", PEM_MAX);
	struct pem pem = { ca.p, ca.len };
	struct err e;

	if (tls_ctx_new(&m->tls, (struct pem){ cert.p, cert.len },
			(struct pem){ key.p, key.len }, &pem, 1, &e) < 0)
		fail(e.text);
	free(cert.p);
	free(key.p);
	free(ca.p);
}

static void
run(const struct member *m, const char *address, const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const int yes = 1;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (s < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1)
		fail("expected an IPv4 address and a port");
	if (!m->listens) {
		if (connect(s, (const struct sockaddr *)&at, sizeof(at)) < 0)
			fail("cannot connect");
		talk(m, s);
		return;
	}
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(s, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(s, 8) < 0)
		fail("cannot listen");
	say("listening");
	for (;;) {
		int fd = accept(s, NULL, NULL);

		if (fd < 0)
			fail("cannot accept");
		talk(m, fd);
	}
}

int
main(int argc, char **argv)
{
	struct member m = { .cut = SIZE_MAX };
	const char *dir = ".";
	int64_t seconds = 0, announced = -1;
	int opt;

	while ((opt = getopt(argc, argv, "d:lov:n:c:w:qN:")) != -1) {
		if (opt == 'd')
			dir = optarg;
		else if (opt == 'l')
			m.listens = true;
		else if (opt == 'o')
			m.offers = true;
		else if (opt == 'v')
			seconds = strtoll(optarg, NULL, 10);
		else if (opt == 'n')
			announced = strtoll(optarg, NULL, 10);
		else if (opt == 'c')
			m.cut = strtoul(optarg, NULL, 10);
		else if (opt == 'w')
			m.drip_ms = (unsigned int)strtoul(optarg, NULL, 10);
		else if (opt == 'q')
			m.quiet = true;
		else if (opt == 'N')
			m.lie = optarg;
		else
			return 2;
	}
	if (argc - optind != 5)
		fail("expected NAME PEER ADDRESS PORT LIST");
	m.name = argv[optind];
	m.peer = argv[optind + 1];
	read_keys(&m, dir);
	read_list(&m, argv[optind + 4], seconds);
	m.announced =
		announced < 0 ? (uint32_t)m.list.len : (uint32_t)announced;
	run(&m, argv[optind + 2], argv[optind + 3]);
	tls_ctx_free(m.tls);
	free(m.list.p);
	return EXIT_SUCCESS;
}
