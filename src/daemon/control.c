/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be asked on the control socket. */
#include "daemon/plumb.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sys/clock.h"

#define IN_LOG "not all of it could be read: the log says what"

static json_t *
done(void)
{
	return json_pack("{sb}", "ok", 1);
}

static json_t *
refused(const char *why)
{
	return json_pack("{ss}", "error", why);
}

static json_t *
node(struct daemon *d, const struct ctlsock_peer *peer)
{
	(void)peer;
	return status_node(d);
}

static json_t *
peers(struct daemon *d, const struct ctlsock_peer *peer)
{
	(void)peer;
	return status_peers(d);
}

static json_t *
reload(struct daemon *d, const struct ctlsock_peer *peer)
{
	log_info("reload asked for by user %u", (unsigned int)peer->uid);
	return reload_all(d) == 0 ? done() : refused(IN_LOG);
}

static json_t *
push(struct daemon *d, const struct ctlsock_peer *peer)
{
	log_info("push asked for by user %u", (unsigned int)peer->uid);
	return reload_push(d) == 0 ? done() : refused(IN_LOG);
}

static json_t *
mark_reset(struct daemon *d, const struct ctlsock_peer *peer)
{
	if (peer->uid != 0)
		return refused("only root may reset the mark");
	log_warn("the mark is reset by root (pid %d): an older list can be "
		 "put back now", (int)peer->pid);
	core_mark_reset(d->core, clock_now());
	return done();
}

static const struct {
	const char *line;
	json_t *(*answer)(struct daemon *d, const struct ctlsock_peer *peer);
} requests[] = {
	{ "status", node },
	{ "peers", peers },
	{ "reload", reload },
	{ "push", push },
	{ "mark reset", mark_reset },
};

static json_t *
answer_to(struct daemon *d, const struct ctlsock_peer *peer, const char *line)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		if (strcmp(line, requests[i].line) == 0)
			return requests[i].answer(d, peer);
	return refused("unknown request");
}

void
control_request(void *daemon, uint64_t client, const struct ctlsock_peer *peer,
		const char *line)
{
	struct daemon *d = daemon;
	json_t *answer = answer_to(d, peer, line);
	char *text = json_dumps(answer, JSON_INDENT(2));

	json_decref(answer);
	if (text == NULL)
		text = strdup("{ \"error\": \"out of memory\" }");
	if (text != NULL)
		(void)ctlsock_reply(d->ctl, client, text, strlen(text), false);
	(void)ctlsock_reply(d->ctl, client, "\n", 1, true);
	free(text);
	plumb_drain(d);
}
