/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines about connections. */
#include <string.h>

#include "base/hash.h"
#include "core/action.h"
#include "core/channel.h"

#define OUTSIDERS_A_MINUTE 10
#define SAY_AGAIN_MS INT64_C(3600000) /* the same line about one node */
#define LINES_A_NODE 20		 /* different ones in that time */

/* So many lines a minute at most about those who are nobody. */
static bool
outsider_may_be_said(struct channels *ctx)
{
	struct monotime now = ctx->env->now.mono;

	if (mono_reached(ctx->outsiders_until, now)) {
		ctx->outsiders_until = mono_add_ms(now, 60000);
		ctx->outsiders = 0;
	}
	return ctx->outsiders++ < OUTSIDERS_A_MINUTE;
}

/* A node that has just been invited dials when it is ready. */
static bool
may_not_run_yet(const struct channel *ch)
{
	return ch->dialled && (ch->purpose & CHANNEL_NEW) != 0 && !ch->reached;
}

/* Who has a certificate may be refused for ever new reasons, and give some. */
static void
say_of_node(struct channel *ch, enum event_kind kind, const char *safe)
{
	struct core_env *env = ch->ctx->env;
	bool soon = may_not_run_yet(ch);
	char at[ENDPOINT_TEXT_MAX];
	uint64_t n = recent_count(&ch->ctx->lines, ch->peer, env->now.mono,
				  SAY_AGAIN_MS);

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
		      n < LINES_A_NODE ? "" : " (more of its connections is "
		      "not logged for up to an hour)");
}

/* A line about a peer, or about an address that has shown no certificate;
 * the same one is not said again for an hour. */
void
channel_say(struct channel *ch, enum event_kind kind, const char *text)
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
	if (!recent_first(&ch->ctx->said, known ? ch->peer : at, what,
			  env->now.mono, SAY_AGAIN_MS))
		return;
	text_escape_rest(safe, sizeof(safe), text);
	if (known)
		say_of_node(ch, kind, safe);
	else
		actions_event(env->actions, EVENT_INFO, kind, NULL,
			      "connection from %s: %s", at, safe);
}
