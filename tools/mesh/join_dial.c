/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl join: the inviting host's addresses, tried side by side. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "format/proto.h"
#include "join.h"
#include "sys/clock.h"
#include "sys/tcp.h"

#define ATTEMPT_MS 10000 /* for TCP and the TLS handshake */

struct attempt {
	int fd; /* -1: it has failed, or w owns it */
	struct monotime end;
	struct wire w; /* open once TCP is connected */
};

struct dial {
	const struct token *token;
	const struct ipaddr *source;
	struct tls_provider tls;
	struct attempt at[TOKEN_ENDPOINTS_MAX];
	unsigned int begun, running;
	struct monotime next; /* the next address is tried */
	bool answered;	      /* why is about a host that answers */
	struct err why;
};

static void
attempt_end(struct attempt *a)
{
	if (a->fd >= 0)
		tcp_close(a->fd, true);
	a->fd = -1;
	wire_close(&a->w);
}

static bool
attempt_runs(const struct attempt *a)
{
	return a->fd >= 0 || a->w.ops != NULL;
}

/* Keeps the reason that tells most: of a host that answers. */
static void
attempt_failed(struct dial *d, struct attempt *a, const struct err *e)
{
	bool answered = a->w.ops != NULL;

	attempt_end(a);
	d->running--;
	d->next = clock_mono();
	if (d->begun < d->token->nat)
		fprintf(stderr, "cluevpnctl: %s; trying the next address\n",
			e->text);
	if (answered || !d->answered)
		d->why = *e;
	d->answered = d->answered || answered;
}

static void
attempt_begin(struct dial *d)
{
	struct attempt *a = &d->at[d->begun];
	struct err e;

	*a = (struct attempt){ .fd = tcp_connect(&d->token->at[d->begun],
						 d->source, &e),
			       .end = mono_add_ms(clock_mono(), ATTEMPT_MS) };
	d->begun++;
	d->running++;
	d->next = mono_add_ms(clock_mono(), CONNECT_NEXT_MS);
	if (a->fd < 0)
		attempt_failed(d, a, &e);
}

static int
attempt_connected(struct dial *d, struct attempt *a, const char *text,
		  struct err *e)
{
	int fd = a->fd, rc = tcp_connect_result(fd);

	if (rc != 0)
		return err_errno(e, rc, "%s", text);
	a->fd = -1;
	return wire_open(&a->w, fd, d->tls, true, JOIN_GIVE_MAX, e);
}

/* Returns 1 for the host that invites, 0 while that is not known. */
static int
attempt_step(struct dial *d, struct attempt *a, bool readable, struct err *e)
{
	char text[ENDPOINT_TEXT_MAX];
	const char *cn;

	endpoint_format(text, &d->token->at[a - d->at]);
	if (a->fd >= 0 && attempt_connected(d, a, text, e) < 0)
		return -1;
	if (wire_write(&a->w, e) != 0 ||
	    (readable && wire_read(&a->w, e) != 0)) {
		struct err ignored;

		(void)wire_write(&a->w, &ignored); /* the alert */
		return err_prefix(e, "%s", text);
	}
	if (!a->w.up)
		return 0;
	cn = a->w.ops->peer(a->w.tls)->cn;
	if (strcmp(cn, d->token->host) == 0)
		return 1;
	return err_set(e, ERR_PROTO, "%s: %s answers, but the token is of %s",
		       text, cn, d->token->host);
}

/* Waits for an event of an attempt, or for the time of the next one. */
static void
dial_wait(const struct dial *d, struct pollfd fds[TOKEN_ENDPOINTS_MAX])
{
	struct monotime end = d->begun < d->token->nat ? d->next : MONO_NEVER;
	int64_t left;

	for (unsigned int i = 0; i < d->begun; i++) {
		const struct attempt *a = &d->at[i];

		fds[i] = (struct pollfd){ .fd = a->fd, .events = POLLOUT };
		if (a->w.ops != NULL)
			fds[i] =
				(struct pollfd){ .fd = a->w.fd,
						 .events = wire_events(&a->w) };
		if (attempt_runs(a))
			end = mono_min(end, a->end);
	}
	left = mono_ms(clock_mono(), end);
	/* A signal ends the wait early: no harm is done. */
	(void)poll(fds, d->begun, left < 0 ? 0 : (int)left + 1);
}

/* Returns the attempt that leads to the host; NULL: none does, as yet. */
static struct attempt *
dial_turn(struct dial *d)
{
	struct pollfd fds[TOKEN_ENDPOINTS_MAX];
	unsigned int begun = d->begun;

	dial_wait(d, fds);
	for (unsigned int i = 0; i < begun; i++) {
		struct attempt *a = &d->at[i];
		char text[ENDPOINT_TEXT_MAX];
		struct err e;
		int rc = 0;

		if (!attempt_runs(a))
			continue;
		endpoint_format(text, &d->token->at[i]);
		if (fds[i].revents != 0)
			rc = attempt_step(d, a, a->w.ops != NULL, &e);
		else if (mono_reached(a->end, clock_mono()))
			rc = err_set(&e, ERR_IO,
				     "%s does not answer (a "
				     "firewall?)",
				     text);
		if (rc > 0)
			return a;
		if (rc < 0)
			attempt_failed(d, a, &e);
	}
	return NULL;
}

static int
dial_failed(const struct dial *d, struct err *e)
{
	const struct token *t = d->token;
	char end[TEXT_TIME_MAX];

	*e = d->why;
	if (d->answered)
		return err_prefix(e, "%s", t->host);
	if (clock_wall().s >= t->expires.s)
		return err_set(e, ERR_STALE,
			       "the token has expired: it was good until %s; "
			       "have %s invite this host anew",
			       text_time_format(end, t->expires), t->host);
	return err_prefix(e,
			  "no connection to %s (does \"invite\" still run "
			  "there?)",
			  t->host);
}

int
join_dial(const struct token *token, const struct ipaddr *source,
	  struct tls_provider tls, struct wire *out, struct err *e)
{
	struct dial d = {
		.token = token, .source = source, .tls = tls, .next = MONO_NONE
	};
	struct attempt *won = NULL;

	while (won == NULL) {
		if (d.begun < token->nat &&
		    (d.running == 0 || mono_reached(d.next, clock_mono())))
			attempt_begin(&d);
		else if (d.running == 0)
			return dial_failed(&d, e);
		if (d.running > 0)
			won = dial_turn(&d);
	}
	*out = won->w;
	memset(&won->w, 0, sizeof(won->w));
	for (unsigned int i = 0; i < d.begun; i++)
		if (attempt_runs(&d.at[i]))
			attempt_end(&d.at[i]);
	return 0;
}
