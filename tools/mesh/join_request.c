/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl join: the conversation with the inviting host. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "crypto/cert.h"
#include "format/bnl_edit.h"
#include "join.h"
#include "sys/clock.h"
#include "sys/sockaddr.h"
#include "sys/tcp.h"
#include "wire.h"

#define TALK_MS 60000 /* from the connection to the answer */
#define BYE_MS 5000

static int
wait_for(int fd, short events, struct monotime end)
{
	int64_t left = mono_ms(clock_mono(), end);
	struct pollfd p = { .fd = fd, .events = events };
	int rc;

	if (left <= 0)
		return 0;
	do
		rc = poll(&p, 1, (int)left + 1);
	while (rc < 0 && errno == EINTR);
	return rc;
}

/* Reads and writes until a whole message has arrived (1); without h, until the
 * handshake is complete (0). */
static int
pump_wire(struct wire *w, struct join_header *h, struct monotime end,
	  struct err *e)
{
	for (;;) {
		int rc = wire_write(w, e);

		if (rc == 0 && h != NULL)
			rc = wire_message(w, h, e);
		if (rc != 0)
			return rc;
		if (h == NULL && w->up)
			return 0;
		if (w->ended)
			return err_set(e, ERR_PROTO,
				       "it closed without an "
				       "answer");
		rc = wait_for(w->fd, wire_events(w), end);
		if (rc < 0)
			return err_errno(e, errno, "poll");
		if (rc == 0)
			return err_set(e, ERR_IO,
				       "it takes too long to "
				       "answer");
		if (wire_read(w, e) != 0) {
			struct err ignored;

			(void)wire_write(w, &ignored);
			return -1;
		}
	}
}

static int
shake_hands(struct join *j, struct wire *w, struct monotime end, struct err *e)
{
	const char *cn;

	if (pump_wire(w, NULL, end, e) < 0)
		return -1;
	cn = w->ops->peer(w->tls)->cn;
	if (strcmp(cn, j->token.host) == 0)
		return 0;
	return err_set(e, ERR_PROTO, "%s answers, but the token is of %s", cn,
		       j->token.host);
}

static int
own_address(struct ipaddr *out, int fd, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct endpoint ep;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0 ||
	    sockaddr_get(&ep, &ss, len) != 0)
		return err_errno(e, errno, "own address");
	*out = ep.addr;
	return 0;
}

/* ERR_CONFLICT: an address that the guest named; ERR_PERM: otherwise. */
static int
read_refusal(const struct wire *w, const struct join_header *h, struct err *e)
{
	char shown[2 * JOIN_REFUSE_MAX];
	struct join_refuse r;

	if (join_refuse_decode(&r, wire_payload(w), h->len, e) != 0)
		return -1;
	text_escape(shown, sizeof(shown), r.text, strlen(r.text));
	return err_set(e, r.code == JOIN_ADDRESS ? ERR_CONFLICT : ERR_PERM,
		       "refused: %s", shown);
}

/* Verifies the proof of the answer, and keeps the answer in j. */
static int
take_answer(struct join *j, struct wire *w, const struct join_header *h,
	    const struct token_keys *k, const uint8_t exported[32],
	    const uint8_t *asked, struct err *e)
{
	if (h->type == JOIN_REFUSE)
		return read_refusal(w, h, e);
	if (h->type != JOIN_GIVE)
		return err_set(e, ERR_PROTO, "a message out of its turn");
	if (!join_give_proven(wire_payload(w), h->len, k, exported, asked))
		return err_set(e, ERR_PROTO,
			       "it does not know the token's "
			       "secret");
	buf_init(&j->answer, JOIN_GIVE_MAX);
	if (buf_put(&j->answer, wire_payload(w), h->len) != 0)
		return err_nomem(e);
	return join_give_decode(&j->give, buf_data(&j->answer), h->len, e);
}

static int
ask_inviter(struct join *j, struct wire *w, struct err *e)
{
	struct monotime end = mono_add_ms(clock_mono(), TALK_MS);
	struct join_ask a = {
		.no_address = j->no_address,
		.port = (uint16_t)j->home.port,
		.naddresses = (unsigned int)j->addresses.n,
		.request = { j->request, strlen(j->request) },
	};
	struct token_keys k;
	struct join_header h;
	uint8_t exported[32];
	struct buf b;
	int rc = -1;

	if (shake_hands(j, w, end, e) != 0 ||
	    own_address(&a.own, w->fd, e) != 0)
		return -1;
	token_keys(&k, &j->token);
	memcpy(a.id, k.id, sizeof(a.id));
	for (size_t i = 0; i < j->addresses.n; i++)
		a.addresses[i] = (struct span){ j->addresses.v[i],
						strlen(j->addresses.v[i]) };
	buf_init(&b, JOIN_ASK_MAX + JOIN_HEADER_LEN);
	if (wire_export(w, exported, k.id) != 0 ||
	    join_ask_encode(&b, &a, &k, exported) != 0)
		err_set(e, ERR_LIMIT, "the request is too long");
	else if (wire_send(w, &b, e) == 0 && pump_wire(w, &h, end, e) == 1) {
		rc = take_answer(j, w, &h, &k, exported,
				 buf_data(&b) + JOIN_HEADER_LEN, e);
		wire_next(w, &h);
	}
	buf_free(&b);
	return rc;
}

/* Sends DONE. -1: the host rejects it, with the reason in e; other errors
 * concern the host alone. */
static int
tell_done(struct wire *w, struct err *e)
{
	struct monotime end = mono_add_ms(clock_mono(), BYE_MS);
	uint8_t header[JOIN_HEADER_LEN];
	struct join_header h;
	struct err ignored;
	struct buf b;
	int rc = 0;

	join_header_write(header, JOIN_DONE, 0);
	buf_init(&b, sizeof(header));
	if (buf_put(&b, header, sizeof(header)) == 0 &&
	    wire_send(w, &b, &ignored) == 0) {
		wire_finish(w);
		while (wire_write(w, &ignored) == 0 && !w->ended &&
		       wait_for(w->fd, wire_events(w), end) > 0 &&
		       wire_read(w, &ignored) == 0)
			;
		if (wire_message(w, &h, &ignored) == 1 && h.type == JOIN_REFUSE)
			rc = read_refusal(w, &h, e);
	}
	buf_free(&b);
	return rc;
}

/* Opens a connection, and reads the host's answer on it. source: a local
 * address, or NULL. */
static int
ask_from(struct join *j, const struct ipaddr *source, struct tls_ctx *c,
	 struct wire *w, struct err *e)
{
	int rc = join_dial(&j->token, source, tls_ctx_provider(c), w, e);

	if (rc == 0 && (rc = ask_inviter(j, w, e)) != 0)
		err_prefix(e, "%s", j->token.host);
	if (rc != 0)
		wire_close(w);
	return rc;
}

/* An address belongs to this host when a connection from there carries the
 * proof: so this repeats the request from each named address, and the host
 * answers the last one. *e is the reason of the refusal, and stays so unless
 * the host gives another. */
static int
show_addresses(struct join *j, struct tls_ctx *c, struct wire *w, struct err *e)
{
	for (size_t i = 0; i < j->addresses.n; i++) {
		struct bnl_value v;
		struct err why;

		if (bnl_value_read(&v, BNL_ADDRESS, j->addresses.v[i], &why) !=
			    0 ||
		    v.p.addr.family == IP_NONE)
			continue;
		if (ask_from(j, &v.p.addr, c, w, &why) == 0)
			return 0;
		if (why.code == ERR_PERM)
			*e = why;
	}
	return -1;
}

int
join_request(struct join *j, struct err *e)
{
	struct tls_ctx *c = NULL;
	struct wire w = { .ops = NULL };
	int rc = -1;

	if (tls_ctx_new_guest(&c, j->token.ca, e) != 0)
		return -1;
	rc = ask_from(j, NULL, c, &w, e);
	if (rc != 0 && e->code == ERR_CONFLICT && j->addresses.n > 1)
		rc = show_addresses(j, c, &w, e);
	if (rc == 0)
		rc = join_install(j, e);
	if (rc == 0) {
		struct err why;

		/* The host is a node now, even when the daemon does not
		 * start. */
		fflush(stdout);
		rc = join_start(j, e);
		if (tell_done(&w, &why) != 0 && rc == 0) {
			*e = why;
			rc = err_prefix(e, "%s", j->token.host);
		}
	}
	wire_close(&w);
	tls_ctx_free(c);
	return rc;
}
