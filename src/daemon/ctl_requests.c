/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests on the control socket. */
#include "daemon/ctl_requests.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/ctl_health.h"
#include "daemon/daemon.h"
#include "daemon/status_peer.h"
#include "sys/clock.h"

#define IN_LOG "not all of it could be read: the log says what"
#define NO_PUSH "nothing was pushed"
#define NO_LIST "the configuration is reloaded, the list is not"

static json_t *
answer_done(void)
{
	return json_pack("{sb}", "ok", 1);
}

static json_t *
answer_refused(const char *why)
{
	return json_pack("{ss}", "error", why);
}

static json_t *
mark_reset(struct daemon *d, const struct ctlsock_peer *peer)
{
	if (peer->uid != 0)
		return answer_refused("only root may reset the mark");
	log_warn("the mark is reset by root (pid %d): an older list can be "
		 "put back now",
		 (int)peer->pid);
	core_mark_reset(d->core, clock_now());
	return answer_done();
}

/* --- requests with an argument -------------------------------------------- */

static json_t *
answer_no_node(const char *name)
{
	char safe[128];
	json_t *o;

	text_escape(safe, sizeof(safe), name, strlen(name));
	o = json_pack("{ss+}", "error", "no such node: ", safe);
	return o;
}

static json_t *
answer_why(struct daemon *d, const struct ctlsock_peer *peer, const char *name)
{
	(void)peer;
	if (!text_is_node_name((struct span){ name, strlen(name) }))
		return answer_no_node(name);
	return ctl_health_why(d, name);
}

static json_t *
answer_peer(struct daemon *d, const struct ctlsock_peer *peer, const char *name)
{
	json_t *o = status_peer(d, name);

	(void)peer;
	if (!json_is_null(o))
		return o;
	json_decref(o);
	return answer_no_node(name);
}

static json_t *
start_probe(struct daemon *d, const struct ctlsock_peer *peer, const char *name)
{
	(void)peer;
	core_probe(d->core, clock_now(), name, false);
	return answer_done();
}

static json_t *
start_dial(struct daemon *d, const struct ctlsock_peer *peer, const char *name)
{
	(void)peer;
	core_probe(d->core, clock_now(), name, true);
	return answer_done();
}

static json_t *
start_negotiation(struct daemon *d, const struct ctlsock_peer *peer,
		  const char *name)
{
	if (core_negotiate(d->core, clock_now(), name) < 0)
		return answer_no_node(name);
	log_line(LOG_LVL_INFO, name, "negotiation asked for by user %u",
		 (unsigned int)peer->uid);
	return answer_done();
}

static json_t *
set_log_level(struct daemon *d, const struct ctlsock_peer *peer,
	      const char *word)
{
	enum log_level level;

	(void)d;
	if (log_level_parse(&level, word) < 0)
		return answer_refused("expected error, warn, info or debug");
	if (log_get_level() < LOG_LVL_INFO)
		log_set_level(LOG_LVL_INFO); /* shows the next line */
	log_info("log level %s asked for by user %u", word,
		 (unsigned int)peer->uid);
	log_set_level(level);
	return answer_done();
}

static const struct {
	const char *line;
	json_t *(*answer)(struct daemon *d, const struct ctlsock_peer *peer);
} plain[] = {
	{ "mark reset", mark_reset },
};

static const struct {
	const char *word; /* with the blank after it */
	json_t *(*answer)(struct daemon *d, const struct ctlsock_peer *peer,
			  const char *arg);
} with_argument[] = {
	{ "why ", answer_why },
	{ "peer ", answer_peer },
	{ "probe ", start_probe },
	{ "dial ", start_dial },
	{ "negotiate ", start_negotiation },
	{ "log ", set_log_level },
};

static json_t *
answer_to(struct daemon *d, const struct ctlsock_peer *peer, const char *line)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (strcmp(line, plain[i].line) == 0)
			return plain[i].answer(d, peer);
	for (size_t i = 0; i < sizeof(with_argument) / sizeof(*with_argument);
	     i++) {
		size_t len = strlen(with_argument[i].word);

		if (strncmp(line, with_argument[i].word, len) == 0)
			return with_argument[i].answer(d, peer, line + len);
	}
	return answer_refused("unknown request");
}

/* --- requests answered later, or line by line ----------------------------- */

static void
send_reply(struct daemon *d, uint64_t client, json_t *answer)
{
	char *text = json_dumps(answer, JSON_INDENT(2));

	json_decref(answer);
	if (text == NULL)
		text = strdup("{ \"error\": \"out of memory\" }");
	if (text != NULL)
		(void)ctlsock_reply(d->ctl, client, text, strlen(text), false);
	(void)ctlsock_reply(d->ctl, client, "\n", 1, true);
	free(text);
}

static void
begin_reload(struct daemon *d, uint64_t client, const struct ctlsock_peer *peer)
{
	log_info("reload asked for by user %u", (unsigned int)peer->uid);
	if (reload_all(d) == RELOAD_NO_CONF)
		send_reply(d, client, answer_refused(IN_LOG));
	else
		ctl_stream_list(d, client, NO_LIST, true);
}

static void
begin_push(struct daemon *d, uint64_t client, const struct ctlsock_peer *peer)
{
	log_info("push asked for by user %u", (unsigned int)peer->uid);
	(void)reload_push(d);
	ctl_stream_list(d, client, NO_PUSH, false);
}

static void
begin_peers(struct daemon *d, uint64_t client, const struct ctlsock_peer *peer)
{
	static const struct peers_query all = { PEERS_ALL, PEERS_FIELDS_ALL };

	(void)peer;
	ctl_stream_peers(d, client, &all);
}

static void
begin_routes(struct daemon *d, uint64_t client, const struct ctlsock_peer *peer)
{
	(void)peer;
	ctl_stream_routes(d, client);
}

static void
begin_status(struct daemon *d, uint64_t client, const struct ctlsock_peer *peer)
{
	(void)peer;
	ctl_stream_node(d, client);
}

static const struct {
	const char *line;
	void (*begin)(struct daemon *d, uint64_t client,
		      const struct ctlsock_peer *peer);
} streamed[] = {
	{ "status", begin_status }, { "peers", begin_peers },
	{ "routes", begin_routes }, { "reload", begin_reload },
	{ "push", begin_push },
};

/* Answers "peers down name,state": peers of that kind, with these fields. */
static bool
begin_some_peers(struct daemon *d, uint64_t client, const char *line)
{
	static const char word[] = "peers ";
	struct peers_query q;

	if (strncmp(line, word, strlen(word)) != 0 ||
	    peers_query_parse(&q, line + strlen(word)) < 0)
		return false;
	ctl_stream_peers(d, client, &q);
	return true;
}

/* false: the request is of another kind. */
static bool
begin_answer(struct daemon *d, uint64_t client, const struct ctlsock_peer *peer,
	     const char *line)
{
	for (size_t i = 0; i < sizeof(streamed) / sizeof(*streamed); i++)
		if (strcmp(line, streamed[i].line) == 0) {
			streamed[i].begin(d, client, peer);
			return true;
		}
	return begin_some_peers(d, client, line);
}

/* Answers "events 20", "follow 20": an event per line. false: the request is of
 * another kind, or refused. */
static bool
stream_events(struct daemon *d, uint64_t client, const char *line)
{
	static const char *const words[] = { "events ", "follow " };
	uint64_t most;

	for (int i = 0; i < 2; i++) {
		const char *arg = line + strlen(words[i]);

		if (strncmp(line, words[i], strlen(words[i])) != 0)
			continue;
		if (text_u64(&most, (struct span){ arg, strlen(arg) }, 0,
			     UINT32_MAX) < 0 ||
		    (i == 1 && !events_may_follow(d)))
			return false;
		events_send(d, client, most, i == 1);
		return true;
	}
	return false;
}

void
ctl_requests_handle(void *daemon, uint64_t client,
		    const struct ctlsock_peer *peer, const char *line)
{
	struct daemon *d = daemon;

	if (!stream_events(d, client, line) &&
	    !begin_answer(d, client, peer, line))
		send_reply(d, client, answer_to(d, peer, line));
}
