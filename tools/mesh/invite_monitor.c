/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cluevpnctl invite: the monitor, which has the keys. An attacker may have
 * taken over the network process: so a request counts only with the proof of a
 * guest, made with the secret of a token that the network process never had,
 * and the kernel is asked for the address that the request came from. Other
 * messages only become lines on a terminal.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "format/invitemsg.h"
#include "invite.h"
#include "lib/client.h"
#include "lib/defaults.h"
#include "lib/output.h"
#include "sys/clock.h"
#include "sys/fdpass.h"
#include "sys/loop.h"
#include "sys/sigwatch.h"
#include "sys/sockaddr.h"

#define STRANGERS_MAX 51 /* lines about strangers */
#define GUEST_TOLD_MAX 5 /* lines about each token's users */

struct monitor {
	struct invite *in;
	struct loop *loop;
	struct loop_fd *place;
	struct loop_timer end;
	struct sigwatch *signals;
	int fd;
	bool listens;
	bool failed;
	unsigned int told;
	void (*ready)(const struct invite *in);
};

static void print_line(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static void
print_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static void
fail_with(struct monitor *m, const struct err *e)
{
	output_err(NULL, e);
	m->failed = true;
	loop_stop(m->loop);
}

/* --- to the other process ------------------------------------------------- */

static void
send_order(struct monitor *m, const struct invitemsg *msg, int fd)
{
	uint8_t out[INVITEMSG_MAX];
	struct err e;
	int rc = fdpass_send(m->fd, out, invitemsg_encode(out, msg), fd);

	if (rc == 0)
		return;
	err_errno(&e, rc,
		  "the process that talks to the network does not "
		  "listen");
	fail_with(m, &e);
}

static void
send_refuse(struct monitor *m, uint32_t conn, enum join_code code,
	    const char *text)
{
	const struct invitemsg msg = {
		.kind = INVITE_REFUSE,
		.conn = conn,
		.number = code,
		.text = { text, strlen(text) },
	};

	send_order(m, &msg, -1);
}

static int
set_up(struct monitor *m, struct err *e)
{
	const struct invite *in = m->in;
	const struct invitemsg msg = { .kind = INVITE_SETUP,
				       .number = (uint16_t)in->port };
	const struct span parts[] = {
		{ in->cert, strlen(in->cert) + 1 },
		{ in->cert_key, strlen(in->cert_key) + 1 },
		{ in->cas, strlen(in->cas) + 1 },
	};
	int fd = fdpass_file(parts, 3, e);

	if (fd < 0)
		return -1;
	send_order(m, &msg, fd);
	close(fd);
	return 0;
}

static void
send_give(struct monitor *m, const struct guest *g, uint32_t conn,
	  const struct buf *answer)
{
	const struct span all = { (const char *)buf_data(answer),
				  buf_len(answer) };
	struct invitemsg msg = { .kind = INVITE_GIVE,
				 .conn = conn,
				 .number = (uint32_t)all.len };
	struct err e;
	int fd = fdpass_file(&all, 1, &e);

	if (fd < 0) {
		output_err(NULL, &e);
		send_refuse(m, conn, JOIN_FAILED,
			    "the answer could not be sent");
		return;
	}
	memcpy(msg.id, g->keys.id, sizeof(msg.id));
	memcpy(msg.hash, g->fp, sizeof(msg.hash));
	send_order(m, &msg, fd);
	close(fd);
}

/* --- requests ------------------------------------------------------------- */

static struct guest *
find_guest(struct invite *in, const void *id)
{
	for (unsigned int i = 0; i < in->nguests; i++)
		if (memcmp(in->guests[i].keys.id, id, TOKEN_ID_LEN) == 0)
			return &in->guests[i];
	return NULL;
}

static void
stop_when_all_are_through(struct monitor *m)
{
	for (unsigned int i = 0; i < m->in->nguests; i++)
		if (m->in->guests[i].state < GUEST_IN)
			return;
	loop_stop(m->loop);
}

/* A client that names an invitation has seen its token, or guesses: such
 * attempts are counted apart from those of strangers, so that strangers cannot
 * suppress their lines. */
static void
refuse_guest(struct monitor *m, struct guest *g, uint32_t conn,
	     const struct endpoint *from, enum join_code code, const char *text)
{
	char shown[ENDPOINT_TEXT_MAX], why[2 * JOIN_REFUSE_MAX];

	if (g->told < GUEST_TOLD_MAX)
		print_line("%s refused, for %s: %s",
			   endpoint_format(shown, from), g->token.guest,
			   text_escape(why, sizeof(why), text, strlen(text)));
	if (++g->told == GUEST_TOLD_MAX)
		print_line("further refusals for %s are not shown",
			   g->token.guest);
	send_refuse(m, conn, code, text);
}

/* Offers the list to the other nodes at once. */
static void
push_list(const struct invite *in)
{
	json_t *reply;

	if (client_ask(&reply, in->conf->ctlsocket, "push") == CTL_OK)
		json_decref(reply);
}

/* Warns that two hosts have used one token: one of them should not have it,
 * unless somebody typed it twice. */
static void
say_replaced(const struct guest *g, const struct ipaddr *from)
{
	char first[IPADDR_TEXT_MAX], second[IPADDR_TEXT_MAX];
	const char *name = g->token.guest;

	print_line("warning: the token of %s was used a second time, with "
		   "another key: first from %s, now from %s. The new key "
		   "replaces the first one, which is revoked. Unless you ran "
		   "\"join\" twice, somebody else has the token: take the node "
		   "out with \"cluevpnctl remove %s\" and invite it anew",
		   name, ipaddr_format(first, &g->from),
		   ipaddr_format(second, from), name);
}

static void
grant_request(struct monitor *m, struct guest *g, uint32_t conn,
	      const struct join_ask *ask, const struct endpoint *from,
	      const uint8_t exported[32], const uint8_t *asked)
{
	uint8_t before[FINGERPRINT_LEN];
	struct invite *in = m->in;
	struct join_refuse r;
	struct buf b;

	memcpy(before, g->fp, sizeof(before));
	buf_init(&b, JOIN_GIVE_MAX + JOIN_HEADER_LEN);
	if (invite_grant(in, g, ask, &from->addr, exported, asked, &b, &r) !=
	    0) {
		refuse_guest(m, g, conn, from, (enum join_code)r.code, r.text);
	} else {
		if (g->state == GUEST_GIVEN &&
		    memcmp(before, g->fp, sizeof(before)) != 0)
			say_replaced(g, &from->addr);
		g->state = GUEST_GIVEN;
		g->from = from->addr;
		/* The nodes must know a new node before it connects. For a node
		 * in the list, they must not learn the new key before the node
		 * has it. */
		if (!in->replace)
			push_list(in);
		send_give(m, g, conn, &b);
	}
	buf_free(&b);
}

static bool
peer_of(struct endpoint *out, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	return fd >= 0 && getpeername(fd, (struct sockaddr *)&ss, &len) == 0 &&
	       sockaddr_get(out, &ss, len) == 0;
}

/* Before the proof only the id of the payload is examined. */
static void
on_request(struct monitor *m, const struct invitemsg *msg, int fd)
{
	const uint8_t *in = (const uint8_t *)msg->text.p;
	size_t len = msg->text.len;
	struct endpoint from;
	struct join_ask ask;
	struct guest *g;
	struct err e;

	g = len < JOIN_ASK_ID_AT + TOKEN_ID_LEN ?
		    NULL :
		    find_guest(m->in, in + JOIN_ASK_ID_AT);
	if (!peer_of(&from, fd))
		send_refuse(m, msg->conn, JOIN_FAILED,
			    "the connection has ended");
	else if (g == NULL)
		send_refuse(
			m, msg->conn, JOIN_UNKNOWN,
			"no such invitation: it was of another run of invite, "
			"or of another host");
	else if (!join_ask_proven(in, len, &g->keys, msg->hash))
		refuse_guest(m, g, msg->conn, &from, JOIN_PROOF,
			     "it does not know the token's secret");
	else if (g->state == GUEST_IN)
		refuse_guest(m, g, msg->conn, &from, JOIN_USED,
			     "the token has been used");
	else if (clock_wall().s >= g->token.expires.s)
		refuse_guest(m, g, msg->conn, &from, JOIN_EXPIRED,
			     "the token has expired");
	else if (join_ask_decode(&ask, in, len, &e) != 0)
		refuse_guest(m, g, msg->conn, &from, JOIN_REQUEST, e.text);
	else
		grant_request(m, g, msg->conn, &ask, &from, msg->hash, in);
}

/* --- how a guest ends ----------------------------------------------------- */

/* The guest of this message, if it was given a certificate. */
static struct guest *
given_guest(struct monitor *m, const struct invitemsg *msg)
{
	struct guest *g = find_guest(m->in, msg->id);

	return g != NULL && g->state != GUEST_OPEN ? g : NULL;
}

static void
on_done(struct monitor *m, const struct invitemsg *msg)
{
	const struct invitemsg counted = { .kind = INVITE_COUNTED,
					   .conn = msg->conn };
	struct guest *g = given_guest(m, msg);
	char from[IPADDR_TEXT_MAX];

	if (g == NULL) {
		send_refuse(m, msg->conn, JOIN_REQUEST,
			    "a message out of its turn");
		return;
	}
	if (memcmp(g->fp, msg->hash, sizeof(g->fp)) != 0 ||
	    !invite_pinned(m->in, g)) {
		print_line("%s: a host says that all is in its place, but the "
			   "list has another key for %s by now: that does not "
			   "count",
			   g->token.guest, g->token.guest);
		send_refuse(
			m, msg->conn, JOIN_USED,
			"the key of this host was replaced: another host has "
			"used the token since");
		return;
	}
	if (g->state == GUEST_GIVEN) {
		if (m->in->replace)
			push_list(m->in);
		print_line("%s is in, from %s: %s", g->token.guest,
			   ipaddr_format(from, &g->from), g->where);
	}
	g->state = GUEST_IN;
	send_order(m, &counted, -1);
	stop_when_all_are_through(m);
}

static void
on_left(struct monitor *m, const struct invitemsg *msg)
{
	const struct guest *g = given_guest(m, msg);

	if (g != NULL && g->state == GUEST_GIVEN &&
	    memcmp(g->fp, msg->hash, sizeof(g->fp)) == 0)
		print_line("%s has not said that all is in its place; its "
			   "token is good for another try",
			   g->token.guest);
}

/* --- messages ------------------------------------------------------------- */

static void
on_ready(struct monitor *m, bool confined)
{
	struct err e;

	if (m->listens)
		return;
	if (!confined && geteuid() == 0) {
		err_set(&e, ERR_PERM,
			"the process that talks to the network "
			"could not give its rights up: nobody is invited");
		fail_with(m, &e);
		return;
	}
	if (!confined)
		fprintf(stderr,
			"cluevpnctl: warning: the process that talks "
			"to the network can read what you can: this program "
			"was built without seccomp\n");
	m->listens = true;
	m->ready(m->in);
}

static void
on_tell(struct monitor *m, const struct invitemsg *msg)
{
	char shown[2 * ERR_TEXT_MAX];

	if (m->told++ < STRANGERS_MAX)
		print_line("%s", text_escape(shown, sizeof(shown), msg->text.p,
					     msg->text.len));
}

static void
take_message(struct monitor *m, const struct invitemsg *msg, int fd)
{
	char shown[ERR_TEXT_MAX];
	struct err e;

	switch (msg->kind) {
	case INVITE_READY:
		on_ready(m, msg->number == 1);
		break;
	case INVITE_FAILED:
		err_set(&e, ERR_IO, "%s",
			text_escape(shown, sizeof(shown), msg->text.p,
				    msg->text.len));
		fail_with(m, &e);
		break;
	case INVITE_TELL:
		on_tell(m, msg);
		break;
	case INVITE_ASK:
		on_request(m, msg, fd);
		break;
	case INVITE_DONE:
		on_done(m, msg);
		break;
	case INVITE_LEFT:
		on_left(m, msg);
		break;
	default: /* kinds that only the monitor sends */
		break;
	}
}

/* Handles a single message each turn, as its result may end the loop. */
static void
on_message(void *ctx, unsigned int events)
{
	uint8_t in[INVITEMSG_MAX];
	struct monitor *m = ctx;
	struct invitemsg msg;
	int fd = -1;
	ssize_t n = fdpass_recv(m->fd, in, sizeof(in), &fd);
	struct err e;

	(void)events;
	if (n > 0 && invitemsg_decode(&msg, in, (size_t)n, NULL) == 0)
		take_message(m, &msg, fd);
	if (fd >= 0)
		close(fd);
	if (n == 0) {
		err_set(&e, ERR_IO, "the network process has ended");
		fail_with(m, &e);
	}
}

/* --- the whole ------------------------------------------------------------ */

static void
on_signal(void *ctx, int signo)
{
	struct monitor *m = ctx;

	if (signo == SIGINT || signo == SIGTERM || signo == SIGHUP)
		loop_stop(m->loop);
}

static void
on_end(void *ctx)
{
	loop_stop(((struct monitor *)ctx)->loop);
}

static int
run_loop(struct monitor *m, struct err *e)
{
	if (sigwatch_open(&m->signals, m->loop, on_signal, m, e) != 0 ||
	    loop_timer_init(&m->end, m->loop, on_end, m, e) != 0 ||
	    loop_add(&m->place, m->loop, m->fd, LOOP_IN, on_message, m, e) !=
		    0 ||
	    set_up(m, e) != 0)
		return -1;
	loop_timer_set(&m->end,
		       mono_add_ms(clock_mono(), m->in->seconds * 1000));
	return m->failed ? 0 : loop_run(m->loop, e);
}

static int
tell_outcome(const struct invite *in)
{
	int rc = EXIT_OK;

	for (unsigned int i = 0; i < in->nguests; i++) {
		const struct guest *g = &in->guests[i];

		if (g->state != GUEST_IN)
			rc = EXIT_FAILED;
		if (g->state == GUEST_GIVEN)
			print_line("%s: it is in the list, but has not said "
				   "that all is in its place",
				   g->token.guest);
		else if (g->state == GUEST_OPEN)
			print_line("%s has not come; its token is void now",
				   g->token.guest);
	}
	return rc;
}

int
invite_monitor(struct invite *in, int fd,
	       void (*ready)(const struct invite *in))
{
	struct monitor m = { .in = in, .fd = fd, .ready = ready };
	struct err e;
	int rc = -1;

	if (loop_new(&m.loop, &e) == 0)
		rc = run_loop(&m, &e);
	if (rc != 0)
		output_err(NULL, &e);
	loop_timer_fini(&m.end);
	sigwatch_close(m.signals);
	loop_remove(m.place);
	loop_free(m.loop);
	if (rc == 0 && m.listens)
		rc = tell_outcome(in);
	return rc != 0 || m.failed ? EXIT_FAILED : EXIT_OK;
}
