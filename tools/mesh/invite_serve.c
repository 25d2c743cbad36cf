/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cluevpnctl invite: the connections. Each has a few seconds to send one
 * message of a few kilobytes; the monitor gets it unchanged. Without a proof a
 * connection costs no more than a TLS handshake.
 */
#include "invite_serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fdpass.h"
#include "wire.h"

#define ASK_MS 20000   /* from the connection to the whole request */
#define DONE_MS 120000 /* from the answer to DONE */
#define BYE_MS 5000    /* time for reading a refusal */
#define CONNS_MAX 64
#define CONNS_ADDRESS_MAX 8 /* per address */
#define TOLD_MAX 50	    /* lines about unproven clients */

enum conn_state {
	CONN_OPEN,   /* nothing received yet */
	CONN_ASKED,  /* the monitor has its request */
	CONN_GIVEN,  /* the answer was sent */
	CONN_DONE,   /* the monitor has its DONE */
	CONN_LEAVING /* closed once all is written */
};

struct conn {
	struct conn *next;
	struct server *server;
	uint32_t number;
	struct wire wire;
	struct loop_fd *place;
	struct loop_timer timer;
	struct endpoint remote;
	enum conn_state state;
	uint8_t id[TOKEN_ID_LEN];    /* id of the invitation it named */
	uint8_t fp[FINGERPRINT_LEN]; /* fingerprint of the key given */
};

/* --- to the monitor ------------------------------------------------------- */

/* A message that the socket cannot take now is lost. */
bool
invite_report(const struct server *s, const struct invitemsg *m, int fd)
{
	uint8_t out[INVITEMSG_MAX];

	return fdpass_send(s->fd, out, invitemsg_encode(out, m), fd) == 0;
}

static bool
report_guest(const struct conn *c, enum invitemsg_kind kind)
{
	struct invitemsg m = { .kind = kind, .conn = c->number };

	memcpy(m.id, c->id, sizeof(m.id));
	memcpy(m.hash, c->fp, sizeof(m.hash));
	return invite_report(c->server, &m, -1);
}

static void
report_text(const struct server *s, enum invitemsg_kind kind, const char *text)
{
	const struct invitemsg m = { .kind = kind,
				     .text = { text, strlen(text) } };

	(void)invite_report(s, &m, -1);
}

/* Logs a line about a client, up to a limit. */
static void
report_refusal(const struct conn *c, const char *why)
{
	char line[ENDPOINT_TEXT_MAX + ERR_TEXT_MAX + 16];
	char from[ENDPOINT_TEXT_MAX];
	struct server *s = c->server;

	if (s->told == TOLD_MAX)
		report_text(s, INVITE_TELL, "further refusals are not shown");
	if (s->told++ >= TOLD_MAX)
		return;
	snprintf(line, sizeof(line), "%s refused: %s",
		 endpoint_format(from, &c->remote), why);
	report_text(s, INVITE_TELL, line);
}

/* --- a connection --------------------------------------------------------- */

static void
conn_free(struct conn *c)
{
	struct conn **at = &c->server->conns;

	if (c->state == CONN_GIVEN)
		(void)report_guest(c, INVITE_LEFT);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->server->nconns--;
	loop_timer_fini(&c->timer);
	loop_remove(c->place);
	wire_close(&c->wire);
	free(c);
}

static void
conn_leave(struct conn *c)
{
	c->state = CONN_LEAVING;
	wire_finish(&c->wire);
	loop_timer_set(&c->timer, mono_add_ms(clock_mono(), BYE_MS));
}

/* Refuses with a text for the guest; the monitor has printed its own. */
static void
conn_refuse(struct conn *c, unsigned int code, const char *text)
{
	struct join_refuse r;
	struct buf b;
	struct err e;

	join_refuse_set(&r, (enum join_code)code, text);
	buf_init(&b, JOIN_REFUSE_MAX + JOIN_HEADER_LEN);
	if (join_refuse_encode(&b, &r) == 0)
		(void)wire_send(&c->wire, &b, &e);
	buf_free(&b);
	conn_leave(c);
}

/* Refuses a guest without a proof, and logs that. */
static void
refuse_unproven(struct conn *c, enum join_code code, const char *text)
{
	report_refusal(c, text);
	conn_refuse(c, code, text);
}

/* Writes as much as possible; frees the connection when it is finished. */
static void
conn_write(struct conn *c, bool keep, bool hup)
{
	struct err e;

	if (keep && wire_write(&c->wire, &e) != 0)
		keep = false;
	if (keep && c->state == CONN_LEAVING && !wire_waits(&c->wire)) {
		tcp_finish(c->wire.fd);
		keep = !c->wire.ended && !hup;
	}
	if (!keep)
		conn_free(c);
	else if (wire_waits(&c->wire))
		loop_interest(c->place, LOOP_OUT);
	else
		loop_interest(c->place, c->wire.ended ? 0 : LOOP_IN);
}

/* --- messages of a guest -------------------------------------------------- */

static void
on_ask(struct conn *c, const uint8_t *in, size_t len)
{
	struct invitemsg m = { .kind = INVITE_ASK,
			       .conn = c->number,
			       .text = { (const char *)in, len } };
	struct join_ask ask;
	struct err e;

	if (join_ask_decode(&ask, in, len, &e) != 0) {
		refuse_unproven(c, JOIN_REQUEST, e.text);
		return;
	}
	memcpy(c->id, ask.id, sizeof(c->id));
	if (wire_export(&c->wire, m.hash, c->id) != 0 ||
	    !invite_report(c->server, &m, c->wire.fd)) {
		refuse_unproven(c, JOIN_FAILED,
				"the inviting host is busy: try again");
		return;
	}
	c->state = CONN_ASKED;
	loop_timer_set(&c->timer, mono_add_ms(clock_mono(), DONE_MS));
}

/* Handles all complete messages; false when the connection is to be closed. */
static bool
take_messages(struct conn *c)
{
	struct join_header h;
	struct err e;
	int rc = 0;

	while (c->state != CONN_LEAVING &&
	       (rc = wire_message(&c->wire, &h, &e)) == 1) {
		if (h.type == JOIN_ASK && c->state == CONN_OPEN)
			on_ask(c, wire_payload(&c->wire), h.len);
		else if (h.type == JOIN_DONE && c->state == CONN_GIVEN &&
			 report_guest(c, INVITE_DONE))
			c->state = CONN_DONE;
		else
			refuse_unproven(c, JOIN_REQUEST,
					"a message out of its turn");
		wire_next(&c->wire, &h);
	}
	if (c->state != CONN_LEAVING && rc < 0)
		refuse_unproven(c, JOIN_REQUEST, e.text);
	/* A guest closes right after DONE; the answer may still be
	 * unwritten. */
	return !c->wire.ended || wire_waits(&c->wire) || c->state == CONN_DONE;
}

static void
on_conn(void *ctx, unsigned int events)
{
	struct conn *c = ctx;
	struct err e;
	bool keep = true;

	if ((events & (LOOP_IN | LOOP_HUP)) != 0) {
		if (wire_read(&c->wire, &e) != 0) {
			if (c->state < CONN_GIVEN)
				report_refusal(c, e.text);
			/* Sends the alert with the reason, then closes. */
			(void)wire_write(&c->wire, &e);
			keep = false;
		} else {
			keep = take_messages(c);
		}
	}
	conn_write(c, keep, (events & LOOP_HUP) != 0);
}

static void
on_late(void *ctx)
{
	struct conn *c = ctx;

	if (c->state < CONN_GIVEN)
		report_refusal(c, "it takes too long");
	conn_free(c);
}

/* Makes room for a connection: its address, or its /64 of IPv6, must not have
 * too many, and a random unproven one is closed when all places are taken. */
static bool
make_room(struct server *s, const struct endpoint *remote)
{
	const struct rng chance = rng_system();
	struct conn *victim = NULL;
	uint32_t same = 0, strangers = 0;

	for (struct conn *c = s->conns; c != NULL; c = c->next) {
		same += ipaddr_same_site(&c->remote.addr, &remote->addr);
		if (c->state != CONN_GIVEN && c->state != CONN_DONE &&
		    rng_below(&chance, ++strangers) == 0)
			victim = c;
	}
	if (same >= CONNS_ADDRESS_MAX)
		return false;
	if (s->nconns < CONNS_MAX)
		return true;
	if (victim != NULL)
		conn_free(victim);
	return victim != NULL;
}

void
invite_accept(void *ctx, int fd, const struct endpoint *remote,
	      const struct endpoint *local)
{
	struct server *s = ctx;
	struct conn *c;
	struct err e;

	(void)local;
	c = make_room(s, remote) ? calloc(1, sizeof(*c)) : NULL;
	if (c == NULL) {
		tcp_close(fd, true);
		return;
	}
	c->server = s;
	c->number = ++s->last;
	c->remote = *remote;
	if (wire_open(&c->wire, fd, tls_ctx_provider(s->tls), false,
		      JOIN_ASK_MAX, &e) != 0) {
		free(c);
		return;
	}
	c->next = s->conns;
	s->conns = c;
	s->nconns++;
	if (loop_timer_init(&c->timer, s->loop, on_late, c, &e) != 0 ||
	    loop_add(&c->place, s->loop, fd, LOOP_IN, on_conn, c, &e) != 0) {
		conn_free(c);
		return;
	}
	loop_timer_set(&c->timer, mono_add_ms(clock_mono(), ASK_MS));
}

/* --- messages of the monitor ---------------------------------------------- */

static void
give_answer(struct conn *c, const struct invitemsg *m, int fd)
{
	size_t len = m->number;
	char *p = fd < 0 || len > JOIN_GIVE_MAX + JOIN_HEADER_LEN ?
			  NULL :
			  fdpass_file_read(fd, len);
	struct buf b;
	struct err e;

	buf_init(&b, len);
	c->state = CONN_GIVEN;
	memcpy(c->fp, m->hash, sizeof(c->fp));
	if (p == NULL || buf_put(&b, p, len) != 0 ||
	    wire_send(&c->wire, &b, &e) != 0) {
		(void)report_guest(c, INVITE_LEFT);
		conn_refuse(c, JOIN_FAILED, "the answer could not be sent");
	} else {
		loop_timer_set(&c->timer, mono_add_ms(clock_mono(), DONE_MS));
	}
	buf_free(&b);
	free(p);
}

static void
on_verdict(struct server *s, const struct invitemsg *m, int fd)
{
	struct conn *c = s->conns;
	char text[JOIN_REFUSE_MAX];
	struct invitemsg left = *m;

	while (c != NULL && c->number != m->conn)
		c = c->next;
	if (c == NULL) {
		left.kind = INVITE_LEFT;
		if (m->kind == INVITE_GIVE)
			(void)invite_report(s, &left, -1);
		return;
	}
	if (m->kind == INVITE_GIVE && c->state == CONN_ASKED) {
		give_answer(c, m, fd);
	} else if (m->kind == INVITE_REFUSE) {
		snprintf(text, sizeof(text), "%.*s", (int)m->text.len,
			 m->text.p);
		conn_refuse(c, m->number, text);
	} else if (m->kind == INVITE_COUNTED) {
		conn_leave(c);
	}
	conn_write(c, true, false);
}

void
invite_verdicts(void *ctx, unsigned int events)
{
	uint8_t in[INVITEMSG_MAX];
	struct server *s = ctx;
	struct invitemsg m;
	int fd = -1;
	ssize_t n = fdpass_recv(s->fd, in, sizeof(in), &fd);

	(void)events;
	if (n > 0 && invitemsg_decode(&m, in, (size_t)n, NULL) == 0)
		on_verdict(s, &m, fd);
	if (fd >= 0)
		close(fd);
	if (n == 0)
		loop_stop(s->loop);
}
