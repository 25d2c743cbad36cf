/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines about connections. */
#include "core/conn/conn_report.h"

#include <string.h>

#include "base/hash.h"
#include "core/action.h"
#include "core/conn/conn.h"
#include "core/conn/conn_heard.h"
#include "core/timings.h"

#define OUTSIDERS_A_MINUTE 10
#define LINES_A_NODE 20 /* different ones in that time */

/* Bounds the lines in a minute about callers that are no nodes. */
static bool
outsider_may_be_said(struct conns *ctx)
{
	return rate_allows(&ctx->outsiders, ctx->env->now.mono, OUTSIDERS_MS,
			   OUTSIDERS_A_MINUTE);
}

/* A node that has just been invited dials when it is ready. */
static bool
may_not_run_yet(const struct conn *ch)
{
	return ch->dialled && (ch->purpose & CONN_NEW) != 0 && !ch->reached;
}

/* Whether that was not said in the last hour. The marks of a peer in the list
 * are its own, so that no number of others makes them forgotten. */
static bool
is_first(struct conn *ch, const char *key, uint64_t what)
{
	struct conns *ctx = ch->ctx;
	struct monotime now = ctx->env->now.mono;
	struct conn_heard *h =
		ch->peer[0] == '\0' ? NULL : conn_heard_get(ctx->env, ch->peer);

	if (h != NULL)
		return ratelimit_mark(h->said, CONN_SAID, what, now,
				      CONN_SAY_MS);
	return ratelimit_first(&ctx->said, key, what, now, CONN_SAY_MS);
}

/* How many lines about the peer there are in this hour, with this one. */
static uint64_t
count_line(struct conn *ch)
{
	struct conns *ctx = ch->ctx;
	struct monotime now = ctx->env->now.mono;
	struct conn_heard *h = conn_heard_get(ctx->env, ch->peer);

	if (h == NULL)
		return ratelimit_count(&ctx->lines, ch->peer, now, CONN_SAY_MS);
	return rate_count(&h->lines, now, CONN_SAY_MS);
}

void
conn_unsay(struct conn *ch)
{
	struct conn_heard *h = conn_heard_get(ch->ctx->env, ch->peer);

	if (h != NULL)
		memset(h->said, 0, sizeof(h->said));
}

/* A holder of a certificate may be refused for ever new reasons, and give
 * some. */
static void
say_of_node(struct conn *ch, enum event_kind kind, const char *safe)
{
	struct core_env *env = ch->ctx->env;
	bool soon = may_not_run_yet(ch);
	char at[ENDPOINT_TEXT_MAX];
	uint64_t n = count_line(ch);

	if (n > LINES_A_NODE)
		return;
	/* The port that it dials from says nothing. */
	if (ch->dialled)
		endpoint_format(at, &ch->remote);
	else
		ipaddr_format(at, &ch->remote.addr);
	actions_event(env->actions, soon ? EVENT_INFO : EVENT_WARN, kind,
		      ch->peer, "%s%s%s%s%s%s", safe,
		      strstr(safe, at) != NULL ? "" : " (at ",
		      strstr(safe, at) != NULL ? "" : at,
		      strstr(safe, at) != NULL ? "" : ")",
		      soon ? " (it is new, and may not run yet)" : "",
		      n < LINES_A_NODE ? "" :
					 " (more of its connections is "
					 "not logged for up to an hour)");
}

void
conn_say(struct conn *ch, enum event_kind kind, const char *text)
{
	static const uint8_t no_seed[HASH_SEED_LEN];
	struct core_env *env = ch->ctx->env;
	bool known = ch->peer[0] != '\0';
	char at[IPADDR_TEXT_MAX], safe[448];
	uint64_t what = 0;

	ch->said = true;
	if (known)
		what = hash_bytes(no_seed, text, strlen(text)) ^
		       (uint64_t)may_not_run_yet(ch);
	else if (!outsider_may_be_said(ch->ctx))
		return;
	ipaddr_format(at, &ch->remote.addr);
	if (!is_first(ch, known ? ch->peer : at, what))
		return;
	text_escape_rest(safe, sizeof(safe), text);
	if (known)
		say_of_node(ch, kind, safe);
	else
		actions_event(env->actions, EVENT_INFO, kind, NULL,
			      "connection from %s: %s", at, safe);
}
