/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verdict, and how it is worded. */
#include "core/why.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format/ctlmsg.h"

static const struct {
	const char *name;
	int status;
} words[WHYS] = {
	[WHY_REACHABLE] = { "reachable", 0 },
	[WHY_NO_NAME] = { "no-such-name", 10 },
	[WHY_REMOVED] = { "removed", 11 },
	[WHY_OLDER_LIST] = { "older-list", 12 },
	[WHY_KEY] = { "key", 13 },
	[WHY_CLOSED] = { "closed", 14 },
	[WHY_SILENT] = { "silent", 15 },
	[WHY_ONE_WAY] = { "one-way", 16 },
	[WHY_DATE] = { "date", 17 },
	[WHY_BYE] = { "stopped", 18 },
	[WHY_REFUSED] = { "refused", 19 },
	[WHY_NO_LIST] = { "no-list", 20 },
	[WHY_NO_ADDRESS] = { "no-address", 21 },
	[WHY_TCP_SHUT] = { "tcp-shut", 22 },
	[WHY_NO_ROUTE] = { "no-route", 23 },
	[WHY_NO_HOST] = { "no-host", 24 },
	[WHY_OTHER] = { "other-machine", 25 },
};

const char *
why_name(enum why_reason r)
{
	assert(r < WHYS && words[r].name != NULL);
	return words[r].name;
}

int
why_exit(enum why_reason r)
{
	assert(r < WHYS);
	return words[r].status;
}

/* --- the verdict ---------------------------------------------------------- */

static bool
is_about_keys(uint8_t code)
{
	return code == REFUSE_PIN || code == REFUSE_REVOKED;
}

/* Judges by the refusals in the probe. */
static enum why_reason
by_refusal(const struct why *w)
{
	if (w->other[0] != '\0')
		return WHY_OTHER;
	if (is_about_keys(w->refused_us) || is_about_keys(w->refused_it))
		return WHY_KEY;
	if (w->refused_us == REFUSE_NOT_LISTED)
		return bnl_version_cmp(&w->judged_by, &w->ours) < 0 ?
			       WHY_OLDER_LIST :
			       WHY_REMOVED;
	if (w->date[0] != '\0')
		return WHY_DATE;
	/* A busy node is there and takes the next call. */
	if ((w->refused_us != 0 && w->refused_us != REFUSE_BUSY) ||
	    (w->refused_it != 0 && w->refused_it != REFUSE_BUSY))
		return WHY_REFUSED;
	return WHYS;
}

/* Judges by the addresses that were tried, and how each try ended. */
static enum why_reason
by_addresses(const struct why *w)
{
	bool closed = w->closed > 0 && w->reached == 0;

	/* A goodbye explains a closed port, unless others reach the node. */
	if (w->bye.s != 0 && w->up == 0 &&
	    (closed || w->addresses == 0 || !w->probed))
		return WHY_BYE;
	if (w->host != NULL && w->reached == 0)
		return WHY_NO_HOST;
	/* A try that was under way at the refusal proves nothing. */
	if (closed)
		return WHY_CLOSED;
	if (w->one_way)
		return WHY_ONE_WAY;
	if (w->failed[0] != '\0' && w->reached == 0)
		return WHY_REFUSED;
	return w->addresses == 0 ? WHY_NO_ADDRESS : WHY_SILENT;
}

enum why_reason
why_verdict(const struct why *w)
{
	enum why_reason r;

	if (w->removed_us)
		return WHY_REMOVED;
	if (w->self)
		return w->removed_by != NULL ? WHY_REMOVED : WHY_REACHABLE;
	if (!w->list)
		return WHY_NO_LIST;
	if (!w->listed)
		return w->gone.s != 0 ? WHY_REMOVED : WHY_NO_NAME;
	if (w->answered)
		return w->tcp_shut ? WHY_TCP_SHUT : WHY_REACHABLE;
	if (w->removed_by != NULL)
		return WHY_REMOVED;
	if (w->clock_wrong || w->cert_ended || w->cert_early)
		return WHY_DATE;
	if (w->no_route[0] != '\0')
		return WHY_NO_ROUTE;
	r = by_refusal(w);
	return r != WHYS ? r : by_addresses(w);
}

/* --- words ---------------------------------------------------------------- */

struct text {
	char *out;
	size_t cap, len;
};

static void __attribute__((format(printf, 2, 3)))
say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < t->cap - t->len ? (size_t)n :
							t->cap - t->len - 1;
}

static void
say_reachable(struct text *t, const struct why *w)
{
	char at[ENDPOINT_TEXT_MAX];

	if (w->self) {
		say(t, "%s is this node", w->name);
		return;
	}
	say(t, "%s is reachable", w->name);
	if (w->at.port != 0)
		say(t, " at %s", endpoint_format(at, &w->at));
	if (w->rtt_us > 0)
		say(t, ", round trip %lld.%03lld ms",
		    (long long)(w->rtt_us / 1000),
		    (long long)(w->rtt_us % 1000));
}

static void
say_no_name(struct text *t, const struct why *w)
{
	say(t, "the list has no node %s", w->name);
	for (int i = 0; i < WHY_NEAREST_MAX && w->nearest[i] != NULL; i++)
		say(t, "%s%s", i == 0 ? "; near it: " : ", ", w->nearest[i]);
}

static void
say_removed(struct text *t, const struct why *w)
{
	char time[TEXT_TIME_MAX], version[BNL_VERSION_TEXT_MAX];

	if (!w->removed_us && w->gone.s != 0)
		say(t,
		    "%s was removed from the list, by the one of %s, "
		    "taken here at %s",
		    w->name, bnl_version_format(version, &w->gone_by),
		    text_time_format(time, w->gone));
	else if (w->removed_us)
		say(t,
		    "this node was removed from the network: the list in "
		    "force, of %s, does not name it",
		    bnl_version_format(version, &w->ours));
	else
		say(t,
		    "this node was removed from the network: %s refuses it "
		    "by the newer list of %s",
		    w->removed_by != NULL ? w->removed_by : w->name,
		    bnl_version_format(version, &w->judged_by));
}

static void
say_older(struct text *t, const struct why *w)
{
	char its[BNL_VERSION_TEXT_MAX], ours[BNL_VERSION_TEXT_MAX];

	say(t,
	    "%s has an older list, in which this node is not: its list is "
	    "%s, ours %s",
	    w->name, bnl_version_format(its, &w->judged_by),
	    bnl_version_format(ours, &w->ours));
}

static void
say_key(struct text *t, const struct why *w)
{
	char offers[FINGERPRINT_TEXT_MAX], pin[FINGERPRINT_TEXT_MAX];

	fingerprint_format(offers, w->offered);
	if (w->refused_it == REFUSE_PIN && w->pinned)
		say(t,
		    "the key of %s does not match: it offers %s, the list "
		    "says %s",
		    w->name, offers, fingerprint_format(pin, w->pin));
	else if (w->refused_it != 0)
		say(t,
		    "the key of %s, or that of a CA above it, is revoked "
		    "by the list: it offers %s",
		    w->name, offers);
	else
		say(t, "%s refuses the key of this node: %s", w->name,
		    refuse_name(w->refused_us));
}

static void
say_others(struct text *t, const struct why *w)
{
	unsigned int said = w->up + w->down;

	if (w->up > 0)
		say(t, "; %u of %u other nodes reach%s it", w->up, said,
		    w->up == 1 ? "es" : "");
	else if (w->down > 0)
		say(t, "; none of %u other nodes reaches it either", said);
	else if (w->asked > 0)
		say(t, "; no other node says whether it reaches it");
}

static void
say_closed(struct text *t, const struct why *w)
{
	char at[ENDPOINT_TEXT_MAX];

	say(t, "the host of %s refuses connections at %s", w->name,
	    endpoint_format(at, &w->tried));
	if (w->up > 0)
		say_others(t, w);
}

/* Adds a goodbye that alone proves nothing. */
static void
say_goodbye_too(struct text *t, const struct why *w)
{
	char time[TEXT_TIME_MAX];

	if (w->bye.s != 0)
		say(t, "; it said goodbye at %s",
		    text_time_format(time, w->bye));
}

static void
say_silent(struct text *t, const struct why *w)
{
	char at[ENDPOINT_TEXT_MAX];

	if (w->reached > 0)
		say(t, "%s answers by TCP, and not by UDP, at %s", w->name,
		    endpoint_format(at, &w->tried));
	else if (w->addresses == 1 && w->tried.port != 0)
		say(t, "no answer from %s at its address %s", w->name,
		    endpoint_format(at, &w->tried));
	else
		say(t, "no answer from %s at any of its %zu addresses", w->name,
		    w->addresses);
	say_others(t, w);
	say_goodbye_too(t, w);
}

static void
say_date(struct text *t, const struct why *w)
{
	if (w->clock_wrong)
		say(t, "the clock of this host is wrong");
	else if (w->cert_ended)
		say(t, "the certificate of this node has ended");
	else if (w->cert_early)
		say(t, "the certificate of this node is not valid yet: it is "
		       "new, or the clock of this host is wrong");
	else
		say(t, "with %s: %s", w->name, w->date);
}

static void
say_bye(struct text *t, const struct why *w)
{
	char time[TEXT_TIME_MAX];

	say(t, "%s was stopped by its operator at %s", w->name,
	    text_time_format(time, w->bye));
}

static void
say_refused(struct text *t, const struct why *w)
{
	if (w->refused_us != 0)
		say(t, "%s refuses this node: %s%s%s", w->name,
		    refuse_name(w->refused_us),
		    w->refusal[0] == '\0' ? "" : ": ", w->refusal);
	else if (w->refused_it != 0)
		say(t, "this node refuses %s: %s%s%s", w->name,
		    refuse_name(w->refused_it),
		    w->refusal[0] == '\0' ? "" : ": ", w->refusal);
	else
		say(t, "no connection to %s: %s", w->name, w->failed);
}

static void
say_tcp_shut(struct text *t, const struct why *w)
{
	char at[ENDPOINT_TEXT_MAX];

	say_reachable(t, w);
	say(t,
	    " by UDP, and TCP to %s %s: no new secret and no newer list "
	    "get through",
	    endpoint_format(at, &w->tried),
	    w->closed > 0 ? "is refused" : "gets no answer");
}

static void
say_no_route(struct text *t, const struct why *w)
{
	say(t, "this host has no way to %s: %s", w->name, w->no_route);
}

static void
say_no_host(struct text *t, const struct why *w)
{
	say(t, "the host name %s of %s cannot be looked up: %s", w->host,
	    w->name,
	    w->host_error[0] != '\0' ? w->host_error :
				       "no name server has answered yet");
}

static void
say_other(struct text *t, const struct why *w)
{
	char at[ENDPOINT_TEXT_MAX];

	say(t,
	    "%s does not answer at its address %s, but something else "
	    "does: %s",
	    w->name, endpoint_format(at, &w->tried), w->other);
}

char *
why_sentence(char *out, size_t cap, const struct why *w, enum why_reason r)
{
	static void (*const sentences[WHYS])(struct text *,
					     const struct why *) = {
		[WHY_REACHABLE] = say_reachable,
		[WHY_NO_NAME] = say_no_name,
		[WHY_REMOVED] = say_removed,
		[WHY_OLDER_LIST] = say_older,
		[WHY_KEY] = say_key,
		[WHY_CLOSED] = say_closed,
		[WHY_SILENT] = say_silent,
		[WHY_DATE] = say_date,
		[WHY_BYE] = say_bye,
		[WHY_REFUSED] = say_refused,
		[WHY_TCP_SHUT] = say_tcp_shut,
		[WHY_NO_ROUTE] = say_no_route,
		[WHY_NO_HOST] = say_no_host,
		[WHY_OTHER] = say_other,
	};
	struct text t = { out, cap, 0 };

	out[0] = '\0';
	if (sentences[r] != NULL)
		sentences[r](&t, w);
	else if (r == WHY_ONE_WAY)
		say(&t, "one way: %s is heard, and does not hear this node",
		    w->name);
	else if (r == WHY_NO_LIST)
		say(&t, "this node has no list in force");
	else
		say(&t, "no address of %s is known: it has to call this node",
		    w->name);
	return out;
}

const char *
why_hint(const struct why *w, enum why_reason r)
{
	static const char *const hints[WHYS] = {
		[WHY_NO_NAME] = "see `cluevpnctl list` for the names, or add "
				"it to the list",
		[WHY_REMOVED] = "`cluevpnctl invite` on the host that signs "
				"the list lets it in again",
		[WHY_OLDER_LIST] = "it takes ours by itself; `cluevpnctl "
				   "push` where the list was signed hurries it",
		[WHY_KEY] = "if the new key is right, put it into the list "
			    "with bnl-sign(8); if not, find out who has it",
		[WHY_CLOSED] = "is cluevpnd running there, and at that port?",
		[WHY_SILENT] = "is the host up, and do firewalls let its port "
			       "through, UDP and TCP?",
		[WHY_ONE_WAY] = "look for a firewall that drops what this "
				"host sends, or what comes to it there",
		[WHY_DATE] = "set the clock by NTP, or renew the certificate",
		[WHY_BYE] = "start cluevpnd there",
		[WHY_REFUSED] = "see the log of both nodes",
		[WHY_NO_LIST] = "see `cluevpnctl status` and the log",
		[WHY_NO_ADDRESS] = "give it an address in the list, or see "
				   "that it runs",
		[WHY_TCP_SHUT] = "open its port for TCP as well, in the "
				 "firewalls of both hosts",
		[WHY_NO_ROUTE] = "look at the interfaces and routes of this "
				 "host: `ip link`, `ip route`",
		[WHY_NO_HOST] = "look at the name servers of this host, or "
				"put an IP address into the list",
		[WHY_OTHER] = "correct its address in the list, or free the "
			      "port there for cluevpnd",
	};

	if (r == WHY_REMOVED && (w->listed || w->removed_us || w->self))
		return "`cluevpnctl invite` on the host that signs the list, "
		       "then `cluevpnctl join` here, let it in again; "
		       "`cluevpnctl leave` tidies up";
	if (r == WHY_SILENT && w->reached > 0)
		return "do firewalls let UDP through, in both directions?";
	if (r == WHY_SILENT && w->up > 0)
		return "it is up: look for a firewall between the two hosts";
	return hints[r] == NULL ? "" : hints[r];
}
