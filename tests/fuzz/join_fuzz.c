/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exchange of an invitation. Guests of all kinds at the inviting host, whose
 * two processes are one here: nothing is given without the proof that a guest
 * knows the secret, also when the process with the connections lies. And any
 * host at a guest, which takes nothing without that proof. The input is a script;
 * the engine under it has the face of TLS alone, what is granted and stored is
 * not looked at here.
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/core/plain_tls.h"
#include "base/bytes.h"
#include "fuzz.h"
#define invite_grant fuzz_grant
#define invite_pinned fuzz_pinned
#include "mesh/invite.h"

static struct rng_seeded seed;
static struct rng rng;
static struct plain_ctx plain;

static struct tls_provider
plain_provider(struct tls_ctx *c)
{
	(void)c;
	return plain_tls_provider(&plain);
}

/* A socket pair stands for a TCP connection, whose ends have no names. */
static int
any_name(int fd, struct sockaddr *sa, socklen_t *len)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	(void)fd;
	memcpy(sa, &sin, sizeof(sin));
	*len = sizeof(sin);
	return 0;
}

#define tls_ctx_provider plain_provider
#define getsockname any_name
#define getpeername any_name
/* Both sides, with what is static in them.
 * NOLINTBEGIN(bugprone-suspicious-include) */
#include "../../tools/mesh/invite_monitor.c"
#include "../../tools/mesh/invite_serve.c"
#include "../../tools/mesh/join_install.c"
#include "../../tools/mesh/join_request.c"
#include "mesh/home.h"
#include "mesh/invite_serve.h"
#include "mesh/join.h"
#include "mesh/wire.h"
/* NOLINTEND(bugprone-suspicious-include) */

#define GUESTS 2
#define CLIENTS 4
#define STEPS_MAX 64
#define DATA_MAX 4096

static struct invite in;
static struct loop *loop;
static struct monitor monitor;
static struct server server;
static struct guest guests[GUESTS];
static bool proven[GUESTS]; /* a right proof was sent, at some time */
static uint8_t pinned[GUESTS][FINGERPRINT_LEN];

static struct client {
	int fd; /* -1: none */
	struct tls *t;
} clients[CLIENTS];

static void
bend(const struct buf *b, uint8_t at, uint8_t by)
{
	uint8_t *p = (uint8_t *)(uintptr_t)buf_data(b);

	p[at % buf_len(b)] ^= by;
}

/* --- the host ------------------------------------------------------------------------- */

/* As far as the request; the list is nobody's here. */
int
fuzz_grant(struct invite *invite, struct guest *g, const struct join_ask *ask,
	   const struct ipaddr *from, const uint8_t exported[32],
	   const uint8_t *asked, struct buf *out, struct join_refuse *r)
{
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	const struct join_give give = { .cert = { "c", 1 },
					.ca = { "a", 1 },
					.keys = { { "k", 1 } },
					.nkeys = 1,
					.list = { "l", 1 } };
	struct key *key;
	struct err e;

	(void)from;
	require(g >= invite->guests && g < invite->guests + GUESTS);
	require(proven[g - invite->guests]);
	require(ask->naddresses <= JOIN_ADDRESSES_MAX);
	if (cert_read_request(name, ou, &key, ask->request.p, ask->request.len,
			      &e) == 0)
		key_free(key);
	else if (ask->request.len % 2 != 0) {
		join_refuse_set(r, JOIN_REQUEST, e.text);
		return -1;
	}
	/* Stands for the key. */
	memset(g->fp, ask->request.p[0], sizeof(g->fp));
	memcpy(pinned[g - invite->guests], g->fp, sizeof(g->fp));
	return join_give_encode(out, &give, &g->keys, exported, asked);
}

bool
fuzz_pinned(const struct invite *invite, const struct guest *g)
{
	return memcmp(pinned[g - invite->guests], g->fp, sizeof(g->fp)) == 0;
}

/* From a connection to the monitor, and back. */
static void
turn(void)
{
	struct err e;

	for (int i = 0; i < 6; i++)
		require(loop_turn(loop, MONO_NONE, &e) == 0);
}

/* What the host said goes into the client's engine. */
static void
listen_to(struct client *c)
{
	uint8_t mem[16384];
	ssize_t n;

	while ((n = recv(c->fd, mem, sizeof(mem), MSG_DONTWAIT)) > 0)
		plain_feed(c->t, mem, (size_t)n);
}

static void
talk(struct client *c)
{
	uint8_t mem[16384];
	size_t n;

	while ((n = plain_drain(c->t, mem, sizeof(mem))) > 0)
		(void)send(c->fd, mem, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	turn();
	listen_to(c);
}

static void
leave_host(struct client *c)
{
	if (c->fd < 0)
		return;
	plain_close(c->t);
	close(c->fd);
	c->fd = -1;
	turn();
}

static void
come(struct client *c, uint8_t how)
{
	struct endpoint from = {
		.addr = { .family = IP_V4, .b = { 192, 0, 2, how } }, .port = 7
	};
	int pair[2];
	struct err e;

	leave_host(c);
	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	c->fd = pair[0];
	c->t = plain_open(&plain, true, (struct walltime){ 0 }, NULL, &e);
	invite_accept(&server, pair[1], &from, &from);
	plain_handshake(c->t);
	if ((how & 0x80) != 0) /* something else than TLS */
		plain_put(c->t, PLAIN_BAD, "x", 1);
	talk(c);
	plain_handshake(c->t);
	talk(c);
}

static void
say_message(struct client *c, const uint8_t *p, size_t len)
{
	if (c->fd < 0 || !plain_is_through(c->t))
		return;
	plain_put(c->t, PLAIN_DATA, p, len);
	talk(c);
}

/* A request with a right proof, which may be bent then. */
static void
ask_host(struct client *c, struct script *s)
{
	static char text[512];
	struct join_ask a = { .port = 3406, .own.family = IP_V4 };
	uint8_t which = next(s), bent = next(s), exported[32];
	size_t g = which % GUESTS, len = next(s) * 2u;
	struct buf b;

	if (c->fd < 0 || !plain_is_through(c->t))
		return;
	for (size_t i = 0; i < len; i++)
		text[i] = (char)next(s);
	a.request = (struct span){ text, len };
	a.naddresses = which >> 2 & 7;
	for (unsigned int i = 0; i < a.naddresses; i++)
		a.addresses[i] = (struct span){ text, i };
	a.no_address = (which & 32) != 0;
	memcpy(a.id, guests[g].keys.id, sizeof(a.id));
	require(plain_export(c->t, LABEL_JOIN_EXPORT, a.id, sizeof(a.id),
			     exported, sizeof(exported)) == 0);
	buf_init(&b, JOIN_ASK_MAX + JOIN_HEADER_LEN);
	if (join_ask_encode(&b, &a, &guests[g].keys, exported) == 0) {
		if (bent > 0)
			bend(&b, bent, next(s));
		else
			proven[g] = true;
		proven[g] = proven[g] ||
			    join_ask_proven(buf_data(&b) + JOIN_HEADER_LEN,
					    buf_len(&b) - JOIN_HEADER_LEN,
					    &guests[g].keys, exported);
		say_message(c, buf_data(&b), buf_len(&b));
	}
	buf_free(&b);
}

static void
say_any(struct client *c, struct script *s)
{
	uint8_t mem[JOIN_HEADER_LEN + 255];
	size_t len = next(s), type = next(s) % 6u;
	size_t claimed = next(s) % 4 == 0 ? next(s) * 64u : len;

	mem[0] = (uint8_t)type;
	mem[1] = 0;
	put_be16(mem + 2, (uint16_t)claimed);
	for (size_t i = 0; i < len; i++)
		mem[JOIN_HEADER_LEN + i] = next(s);
	say_message(c, mem, JOIN_HEADER_LEN + len);
}

/* A word of the process with the connections that no connection led to. */
static void
lie(struct script *s)
{
	uint8_t mem[256], kind = next(s), which = next(s);
	struct invitemsg m = { .kind = (enum invitemsg_kind)(kind % 12u),
			       .conn = next(s),
			       .number = next(s),
			       .text = { (const char *)mem, next(s) } };
	const struct guest *g = &guests[which % GUESTS];

	for (size_t i = 0; i < m.text.len; i++)
		mem[i] = next(s);
	memcpy(m.id, g->keys.id, sizeof(m.id));
	if ((which & 2) != 0)
		memcpy(m.hash, g->fp, sizeof(m.hash));
	if ((which & 4) != 0 && m.text.len >= JOIN_ASK_ID_AT + TOKEN_ID_LEN)
		memcpy(mem + JOIN_ASK_ID_AT, m.id, TOKEN_ID_LEN);
	/* The monitor would give up. */
	if (m.kind == INVITE_FAILED)
		return;
	(void)invite_report(&server, &m, (which & 8) != 0 ? server.fd : -1);
	turn();
}

static void
step_at_host(struct script *s)
{
	static const uint8_t done[JOIN_HEADER_LEN] = { JOIN_DONE, 0, 0, 0 };
	uint8_t op = next(s);
	struct client *c = &clients[op >> 6];

	switch (op & 7) {
	case 0:
	case 1:
		come(c, next(s));
		break;
	case 2:
	case 3:
		ask_host(c, s);
		break;
	case 4:
		say_any(c, s);
		break;
	case 5:
		say_message(c, done, sizeof(done));
		break;
	case 6:
		if ((op & 32) != 0) {
			lie(s);
			break;
		}
		guests[op >> 3 & 1].token.expires.s = op & 16 ? 0 : INT64_MAX;
		break;
	default:
		leave_host(c);
	}
}

/* The two processes, on one loop. */
static void
open_host(int fds[2])
{
	struct err e;

	require(fdpass_pair(fds, &e) == 0 && loop_new(&loop, &e) == 0);
	monitor = (struct monitor){
		.in = &in, .loop = loop, .fd = fds[0], .listens = true
	};
	server = (struct server){ .loop = loop, .fd = fds[1] };
	require(loop_add(&monitor.place, loop, fds[0], LOOP_IN, on_message,
			 &monitor, &e) == 0 &&
		loop_add(&server.place, loop, fds[1], LOOP_IN, invite_verdicts,
			 &server, &e) == 0);
}

static void
close_host(const int fds[2])
{
	while (server.conns != NULL)
		conn_free(server.conns);
	loop_remove(monitor.place);
	loop_remove(server.place);
	loop_free(loop);
	close(fds[0]);
	close(fds[1]);
}

static void
at_host(struct script *s)
{
	struct conf conf = { .ctlsocket = (char *)(uintptr_t) "/nowhere" };
	int fds[2];

	memset(&in, 0, sizeof(in));
	memset(guests, 0, sizeof(guests));
	memset(proven, 0, sizeof(proven));
	memset(pinned, 0, sizeof(pinned));
	in.conf = &conf;
	in.guests = guests;
	in.nguests = GUESTS;
	in.replace = (next(s) & 1) != 0;
	for (size_t i = 0; i < GUESTS; i++) {
		struct token *t = &guests[i].token;

		memset(t->secret, 1 + (int)i, sizeof(t->secret));
		snprintf(t->guest, sizeof(t->guest), "guest%zu", i);
		t->expires.s = INT64_MAX;
		token_keys(&guests[i].keys, t);
	}
	open_host(fds);
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	for (int i = 0; i < STEPS_MAX && s->left > 0; i++)
		step_at_host(s);
	for (size_t i = 0; i < GUESTS; i++)
		require(proven[i] || guests[i].state == GUEST_OPEN);
	for (size_t i = 0; i < CLIENTS; i++)
		leave_host(&clients[i]);
	close_host(fds);
}

/* --- the guest ---------------------------------------------------------------------- */

/* The request is known beforehand: the proof of an answer covers it. */
static void
asked_by(struct buf *out, const struct join *j, const struct token_keys *k,
	 const uint8_t exported[32])
{
	struct join_ask a = {
		.port = (uint16_t)j->home.port,
		.own.family = IP_V4,
		.request = { j->request, strlen(j->request) },
	};

	memcpy(a.id, k->id, sizeof(a.id));
	require(join_ask_encode(out, &a, k, exported) == 0);
}

static struct span
piece(const uint8_t **p, size_t *left, uint8_t n)
{
	size_t len = (size_t)n * 8 < *left ? (size_t)n * 8 : *left;
	struct span s = { (const char *)*p, len };

	*p += len;
	*left -= len;
	return s;
}

/* What the host gives; true: with a right proof. */
static bool
answer_of(struct buf *out, struct script *s, const struct token_keys *k,
	  const uint8_t exported[32], const uint8_t *asked)
{
	uint8_t how = next(s), n[4], bent = next(s), by = next(s);
	struct join_give g = { .nkeys = 1 + (how >> 4) % 4u };
	struct join_refuse r;

	for (int i = 0; i < 4; i++)
		n[i] = next(s);
	if ((how & 3) == 1) {
		memset(&r, 0, sizeof(r));
		r.code = bent;
		memcpy(r.text, s->p, s->left < 200 ? s->left : 200);
		require(join_refuse_encode(out, &r) == 0);
		return false;
	}
	if ((how & 3) == 2) {
		require(buf_put(out, s->p, s->left) == 0);
		return false;
	}
	g.cert = piece(&s->p, &s->left, n[0]);
	g.ca = piece(&s->p, &s->left, n[1]);
	for (unsigned int i = 0; i < g.nkeys; i++)
		g.keys[i] = piece(&s->p, &s->left, n[2]);
	g.list = piece(&s->p, &s->left, 255);
	require(join_give_encode(out, &g, k, exported, asked) == 0);
	bend(out, bent, by);
	return by == 0;
}

static void
verify(struct join *j, const char *key_pem)
{
	struct bnl *b;
	struct err e;

	(void)verify_cert(j, key_pem, &e);
	if (verify_list(&b, j, &e) == 0)
		bnl_free(b);
}

static void
at_guest(struct script *s)
{
	static struct key *key;
	static char *pem;
	struct join j = { .key = key,
			  .request = (char *)(uintptr_t) "request",
			  .home.port = 3406 };
	struct wire wire;
	struct buf asked, out;
	struct token_keys k;
	struct tls *host;
	uint8_t exported[32], mem[16384];
	size_t n;
	int pair[2];
	struct err e;
	bool right;

	if (key == NULL)
		require(key_generate(&key, KEY_EC_P256, &e) == 0 &&
			key_write_private(&pem, key, &e) == 0);
	j.key = key;
	snprintf(j.token.guest, sizeof(j.token.guest), "guest");
	snprintf(j.token.host, sizeof(j.token.host), "host");
	snprintf(plain.cert.cn, sizeof(plain.cert.cn), "%s",
		 next(s) % 16 == 0 ? "other" : "host");
	token_keys(&k, &j.token);
	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	require(wire_open(&wire, pair[0], plain_provider(NULL), true,
			  JOIN_GIVE_MAX, &e) == 0);
	host = plain_open(&plain, false, (struct walltime){ 0 }, NULL, &e);
	plain_handshake(wire.tls);
	n = plain_drain(wire.tls, mem, sizeof(mem));
	plain_feed(host, mem, n);
	plain_handshake(host);
	require(plain_export(host, LABEL_JOIN_EXPORT, k.id, sizeof(k.id),
			     exported, sizeof(exported)) == 0);
	buf_init(&asked, JOIN_ASK_MAX + JOIN_HEADER_LEN);
	buf_init(&out, 1 << 20);
	asked_by(&asked, &j, &k, exported);
	right = answer_of(&out, s, &k, exported,
			  buf_data(&asked) + JOIN_HEADER_LEN);
	for (size_t at = 0; at < buf_len(&out); at += 60000)
		plain_put(host, PLAIN_DATA, buf_data(&out) + at,
			  buf_len(&out) - at < 60000 ? buf_len(&out) - at :
						       60000);
	while ((n = plain_drain(host, mem, sizeof(mem))) > 0)
		require(send(pair[1], mem, n, 0) == (ssize_t)n);
	shutdown(pair[1], SHUT_WR);
	if (ask_inviter(&j, &wire, &e) == 0) {
		require(right && strcmp(plain.cert.cn, "host") == 0);
		verify(&j, pem);
	}
	plain_close(host);
	buf_free(&asked);
	buf_free(&out);
	buf_free(&j.answer);
	wire_close(&wire);
	close(pair[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct script s = { data, len };
	static FILE *none;

	if (none == NULL) {
		none = fopen("/dev/null", "w");
		stdout = stderr = none;
	}
	if (len < 2 || len > DATA_MAX)
		return 0;
	rng = rng_seeded(&seed, 7);
	plain.rng = rng;
	if ((next(&s) & 1) != 0)
		at_host(&s);
	else
		at_guest(&s);
	return 0;
}
