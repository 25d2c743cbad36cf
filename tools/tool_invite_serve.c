/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cluevpnctl invite: answering. Whoever connects has a few seconds to say
 * all it has to say, in one message of a few kilobytes; only after its proof
 * does it cost more than a TLS handshake.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/sigwatch.h"
#include "sys/tcp.h"
#include "tool_ctl.h"
#include "tool_file.h"
#include "tool_invite.h"
#include "tool_run.h"
#include "tool_wire.h"

#define ASK_MS 20000		/* from the connection to the whole request */
#define DONE_MS 120000		/* from the answer to "all is in its place" */
#define BYE_MS 5000		/* for a refusal to be fetched */
#define CONNS_MAX 64
#define CONNS_ADDRESS_MAX 8	/* from one address */
#define TOLD_MAX 50		/* lines about those who prove nothing */

struct conn {
	struct conn *next;
	struct server *server;
	struct tool_wire wire;
	struct loop_fd *place;
	struct loop_timer timer;
	struct endpoint remote;
	struct guest *guest;		/* whose certificate was sent */
	bool leaving;			/* closed once all is written */
};

struct server {
	struct invite *in;
	struct conn *conns;
	unsigned int nconns;
	struct tcp_listener *listeners[2];
	struct loop_timer end;
	struct sigwatch *signals;
};

static void
say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static void
conn_free(struct conn *c)
{
	struct conn **at = &c->server->conns;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->server->nconns--;
	loop_timer_fini(&c->timer);
	loop_remove(c->place);
	tool_wire_close(&c->wire);
	free(c);
}

/* A line about somebody, as long as there are not too many of them. */
static void
tell(const struct conn *c, const char *why)
{
	char from[ENDPOINT_TEXT_MAX], shown[2 * ERR_TEXT_MAX];
	struct invite *in = c->server->in;

	if (in->told == TOLD_MAX)
		say("further refusals are not shown");
	if (in->told++ >= TOLD_MAX)
		return;
	say("%s refused: %s", endpoint_format(from, &c->remote),
	    text_escape(shown, sizeof(shown), why, strlen(why)));
}

static void
leave(struct conn *c, int64_t ms)
{
	c->leaving = true;
	tool_wire_finish(&c->wire);
	loop_timer_set(&c->timer, mono_add_ms(clock_mono(), ms));
}

static void
conn_refuse(struct conn *c, const struct join_refuse *r)
{
	struct buf b;
	struct err e;

	tell(c, r->text);
	buf_init(&b, JOIN_REFUSE_MAX + JOIN_HEADER_LEN);
	if (join_refuse_encode(&b, r) == 0)
		(void)tool_wire_send(&c->wire, &b, &e);
	buf_free(&b);
	leave(c, BYE_MS);
}

static void
refuse(struct conn *c, enum join_code code, const char *text)
{
	struct join_refuse r;

	join_refuse_set(&r, code, text);
	conn_refuse(c, &r);
}

/* --- what a guest says ----------------------------------------------------------- */

static struct guest *
find_guest(struct invite *in, const uint8_t id[TOKEN_ID_LEN])
{
	for (unsigned int i = 0; i < in->nguests; i++)
		if (memcmp(in->guests[i].keys.id, id, TOKEN_ID_LEN) == 0)
			return &in->guests[i];
	return NULL;
}

static void
stop_when_all_are_through(struct invite *in)
{
	for (unsigned int i = 0; i < in->nguests; i++)
		if (in->guests[i].state < GUEST_IN)
			return;
	loop_stop(in->loop);
}

static void
wrong_proof(struct conn *c, struct guest *g)
{
	refuse(c, JOIN_PROOF, "it does not know the token's secret");
	if (++g->wrong < JOIN_TRIES_MAX)
		return;
	g->state = GUEST_VOID;
	say("the invitation of %s is void: %d wrong proofs", g->token.guest,
	    JOIN_TRIES_MAX);
	stop_when_all_are_through(c->server->in);
}

/* The other nodes learn of it at once. */
static void
push(const struct invite *in)
{
	json_t *reply;

	if (ctl_ask(&reply, in->conf->ctlsocket, "push") == CTL_OK)
		json_decref(reply);
}

static void
give(struct conn *c, struct guest *g, const struct join_ask *ask,
     const uint8_t exported[32], const uint8_t *asked)
{
	struct invite *in = c->server->in;
	struct join_refuse r;
	struct buf b;
	struct err e;

	buf_init(&b, JOIN_GIVE_MAX + JOIN_HEADER_LEN);
	if (tool_invite_grant(in, g, ask, &c->remote.addr, exported, asked,
			      &b, &r) != 0) {
		conn_refuse(c, &r);
	} else {
		g->state = GUEST_GIVEN;
		c->guest = g;
		/* A new node must be known before it comes. Of one that is
		 * there the others must not know before it has its key. */
		if (!in->replace)
			push(in);
		if (tool_wire_send(&c->wire, &b, &e) != 0)
			tell(c, e.text);
		loop_timer_set(&c->timer, mono_add_ms(clock_mono(), DONE_MS));
	}
	buf_free(&b);
}

static void
on_ask(struct conn *c, const uint8_t *in, size_t len)
{
	struct join_ask ask;
	uint8_t exported[32];
	struct guest *g;
	struct err e;

	if (join_ask_decode(&ask, in, len, &e) != 0) {
		refuse(c, JOIN_REQUEST, e.text);
		return;
	}
	g = find_guest(c->server->in, ask.id);
	if (g == NULL) {
		refuse(c, JOIN_UNKNOWN,
		       "no such invitation: it was of another run of invite, "
		       "or of another host");
		return;
	}
	if (g->state == GUEST_VOID) {
		refuse(c, JOIN_EXPIRED, "the invitation is void after too "
		       "many wrong proofs");
		return;
	}
	if (tool_wire_export(&c->wire, exported, ask.id) != 0 ||
	    !join_ask_proven(in, len, &g->keys, exported))
		wrong_proof(c, g);
	else if (g->state == GUEST_IN)
		refuse(c, JOIN_USED, "the token has been used");
	else if (clock_wall().s >= g->token.expires.s)
		refuse(c, JOIN_EXPIRED, "the token has expired");
	else
		give(c, g, &ask, exported, in);
}

static void
on_done(struct conn *c)
{
	struct guest *g = c->guest;
	char from[IPADDR_TEXT_MAX];

	if (c->server->in->replace)
		push(c->server->in);
	if (g->state != GUEST_IN)
		say("%s is in, from %s: %s", g->token.guest,
		    ipaddr_format(from, &c->remote.addr), g->where);
	g->state = GUEST_IN;
	leave(c, BYE_MS);
}

/* All messages that are there; false when the connection is to be closed. */
static bool
take_messages(struct conn *c)
{
	struct join_header h;
	struct err e;
	int rc = 0;

	while (!c->leaving && (rc = tool_wire_message(&c->wire, &h, &e)) == 1) {
		const uint8_t *p = tool_wire_payload(&c->wire);

		if (h.type == JOIN_ASK && c->guest == NULL)
			on_ask(c, p, h.len);
		else if (h.type == JOIN_DONE && c->guest != NULL)
			on_done(c);
		else
			refuse(c, JOIN_REQUEST, "a message out of its turn");
		tool_wire_next(&c->wire, &h);
	}
	if (!c->leaving && rc < 0)
		refuse(c, JOIN_REQUEST, e.text);
	return !c->wire.ended || tool_wire_waits(&c->wire);
}

/* --- connections ------------------------------------------------------------------- */

static void
on_conn(void *ctx, unsigned int events)
{
	struct conn *c = ctx;
	struct invite *in = c->server->in;
	struct err e;
	bool keep = true;

	if ((events & (LOOP_IN | LOOP_HUP)) != 0) {
		if (tool_wire_read(&c->wire, &e) != 0) {
			if (!c->leaving && c->guest == NULL)
				tell(c, e.text);
			/* An alert says why; then it is over. */
			(void)tool_wire_write(&c->wire, &e);
			keep = false;
		} else {
			keep = take_messages(c);
		}
	}
	if (keep && tool_wire_write(&c->wire, &e) != 0)
		keep = false;
	if (keep && c->leaving && !tool_wire_waits(&c->wire)) {
		tcp_finish(c->wire.fd);
		keep = !c->wire.ended && (events & LOOP_HUP) == 0;
	}
	if (keep)
		loop_interest(c->place, tool_wire_waits(&c->wire) ? LOOP_OUT :
								    LOOP_IN);
	else
		conn_free(c);
	stop_when_all_are_through(in);
}

static void
on_late(void *ctx)
{
	struct conn *c = ctx;

	if (c->guest != NULL && c->guest->state == GUEST_GIVEN)
		say("%s has not said that all is in its place; its token is "
		    "good for another try", c->guest->token.guest);
	else if (!c->leaving)
		tell(c, "it takes too long");
	conn_free(c);
}

/* Room for one more: its address has not too many, and the oldest that has
 * proven nothing goes when all places are taken. */
static bool
make_room(struct server *s, const struct endpoint *remote)
{
	struct conn *oldest = NULL;
	unsigned int same = 0;

	for (struct conn *c = s->conns; c != NULL; c = c->next) {
		same += ipaddr_equal(&c->remote.addr, &remote->addr);
		if (c->guest == NULL)
			oldest = c;
	}
	if (same >= CONNS_ADDRESS_MAX)
		return false;
	if (s->nconns < CONNS_MAX)
		return true;
	if (oldest != NULL)
		conn_free(oldest);
	return oldest != NULL;
}

static void
on_accept(void *ctx, int fd, const struct endpoint *remote,
	  const struct endpoint *local)
{
	struct server *s = ctx;
	struct invite *in = s->in;
	struct conn *c;
	struct err e;

	(void)local;
	c = make_room(s, remote) ? calloc(1, sizeof(*c)) : NULL;
	if (c == NULL) {
		tcp_close(fd, true);
		return;
	}
	c->server = s;
	c->remote = *remote;
	if (tool_wire_open(&c->wire, fd, tls_ctx_provider(in->tls), false,
			   JOIN_ASK_MAX, &e) != 0) {
		free(c);
		return;
	}
	c->next = s->conns;
	s->conns = c;
	s->nconns++;
	if (loop_timer_init(&c->timer, in->loop, on_late, c, &e) != 0 ||
	    loop_add(&c->place, in->loop, fd, LOOP_IN, on_conn, c, &e) != 0) {
		conn_free(c);
		return;
	}
	loop_timer_set(&c->timer, mono_add_ms(clock_mono(), ASK_MS));
}

/* --- the whole ---------------------------------------------------------------------- */

static void
on_signal(void *ctx, int signo)
{
	struct invite *in = ctx;

	if (signo == SIGINT || signo == SIGTERM || signo == SIGHUP) {
		in->interrupted = true;
		loop_stop(in->loop);
	}
}

static void
on_end(void *ctx)
{
	loop_stop(((struct invite *)ctx)->loop);
}

static int
listen_all(struct server *s, struct err *e)
{
	static const uint8_t families[] = {IP_V4, IP_V6};
	unsigned int n = 0;

	for (size_t i = 0; i < 2; i++) {
		struct endpoint any = {.addr = {.family = families[i]},
				       .port = s->in->port};

		/* Either will do: a host may be without one of them. */
		if (tcp_listen(&s->listeners[i], s->in->loop, &any, on_accept,
			       s, e) == 0)
			n++;
	}
	return n > 0 ? 0 : -1;
}

static int
serve(struct server *s, struct err *e)
{
	struct invite *in = s->in;

	if (sigwatch_open(&s->signals, in->loop, on_signal, in, e) != 0 ||
	    listen_all(s, e) != 0 ||
	    loop_timer_init(&s->end, in->loop, on_end, in, e) != 0)
		return -1;
	loop_timer_set(&s->end,
		       mono_add_ms(clock_mono(), in->seconds * 1000));
	in->ready(in);
	return loop_run(in->loop, e);
}

static int
tell_outcome(const struct invite *in)
{
	int rc = TOOL_OK;

	for (unsigned int i = 0; i < in->nguests; i++) {
		const struct guest *g = &in->guests[i];

		if (g->state == GUEST_IN)
			continue;
		rc = TOOL_FAILED;
		if (g->state == GUEST_GIVEN)
			say("%s: it is in the list, but has not said that all "
			    "is in its place", g->token.guest);
		else if (g->state == GUEST_OPEN)
			say("%s has not come; its token is void now",
			    g->token.guest);
	}
	return rc;
}

int
tool_invite_serve(struct invite *in, struct err *e)
{
	struct server s = {.in = in};
	int rc;

	if (loop_new(&in->loop, e) != 0)
		return TOOL_FAILED;
	rc = serve(&s, e);
	while (s.conns != NULL)	/* it takes itself out of them */
		conn_free(s.conns); /* NOLINT(clang-analyzer-unix.Malloc) */
	for (size_t i = 0; i < 2; i++)
		tcp_listener_close(s.listeners[i]);
	loop_timer_fini(&s.end);
	sigwatch_close(s.signals);
	loop_free(in->loop);
	if (rc != 0) {
		tool_print_err(NULL, e);
		return TOOL_FAILED;
	}
	return tell_outcome(in);
}
