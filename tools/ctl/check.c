/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check: probes the peers, and reports this node's health in one line and one
 * exit status, for monitoring. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/output.h"

#define POLL_MS 50
#define WINDOW 16    /* peers that are probed at a time */
#define EACH_MS 2000 /* timeout of a peer */
#define AGAIN_MS 300 /* an unanswered probe is sent again */

/* The words and exit statuses of monitoring plugins. */
enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL };

struct trial { /* probe of a peer */
	const char *name;
	long began;
	bool again;
};

struct check {
	const struct ctl *ctl;
	json_t *status, *peers;
	json_t *failing; /* array of failures, as `why` reports them */
	struct trial at[WINDOW];
	size_t n;    /* number of trials */
	size_t next; /* index of the next peer */
	size_t tried, answers, idle, stopped, untried;
	long end; /* deadline of the check */
};

static long
check_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum ctl_exit
check_ask(const struct check *k, const char *word, const char *name,
	  json_t **out)
{
	char request[256];

	snprintf(request, sizeof(request), "%s %s", word, name);
	return client_ask(out, k->ctl->socket, request);
}

static void
check_probe(const struct check *k, const char *how, const char *name)
{
	json_t *done;

	if (check_ask(k, how, name, &done) == CTL_OK)
		json_decref(done);
}

/* True when the peer is to be probed: with --all, or if it has a session, has
 * waiting packets, or failed. Counts every other peer as idle or stopped. */
static bool
check_is_due(struct check *k, const json_t *p)
{
	const char *health = ctl_text(p, "health");

	if (k->ctl->all || strcmp(health, "up") == 0 ||
	    strcmp(health, "failing") == 0 || ctl_number(p, "waiting") > 0)
		return true;
	if (strcmp(health, "stopped") == 0)
		k->stopped++;
	else
		k->idle++;
	return false;
}

/* Starts probes until the window is full or no peer is left. */
static void
check_begin(struct check *k)
{
	while (k->n < WINDOW && k->next < json_array_size(k->peers)) {
		const json_t *p = json_array_get(k->peers, k->next++);

		if (!check_is_due(k, p))
			continue;
		if (check_ms() >= k->end) {
			k->untried++;
			continue;
		}
		k->at[k->n++] = (struct trial){ .name = ctl_text(p, "name"),
						.began = check_ms() };
		k->tried++;
		check_probe(k, "probe", ctl_text(p, "name"));
	}
}

/* True when this trial is over; records its outcome. */
static bool
check_look(struct check *k, struct trial *t)
{
	long ms = check_ms() - t->began;
	json_t *why;

	if (check_ask(k, "why", t->name, &why) != CTL_OK) {
		json_array_append_new(k->failing,
				      json_pack("{ssssss}", "node", t->name,
						"reason", "unknown", "sentence",
						"the daemon does not say"));
		return true;
	}
	if (json_is_true(json_object_get(why, "reachable"))) {
		k->answers++;
		json_decref(why);
		return true;
	}
	if (ms >= EACH_MS || check_ms() >= k->end ||
	    json_is_true(json_object_get(why, "settled"))) {
		json_array_append_new(
			k->failing,
			json_pack("{ssssss}", "node", t->name, "reason",
				  ctl_text(why, "reason"), "sentence",
				  ctl_text(why, "sentence")));
		json_decref(why);
		return true;
	}
	json_decref(why);
	if (ms >= AGAIN_MS && !t->again) {
		t->again = true;
		check_probe(k, "dial", t->name);
	}
	return false;
}

static void
check_try(struct check *k)
{
	for (check_begin(k); k->n > 0; check_begin(k)) {
		size_t kept = 0;

		ctl_pause_ms(POLL_MS);
		for (size_t i = 0; i < k->n; i++)
			if (!check_look(k, &k->at[i]))
				k->at[kept++] = k->at[i];
		k->n = kept;
	}
}

/* --- the outcome ---------------------------------------------------------- */

/* Returns the problem of this node itself that is worse than any peer's; NULL:
 * none. */
static const char *
check_own(const struct check *k)
{
	const json_t *w;
	size_t i;

	json_array_foreach(
		json_object_get(k->status, "warnings"), i,
		w) if (strcmp(ctl_text(w, "warning"), "list-self-gone") ==
		       0) return "this node was removed from the network";
	if (json_is_null(json_object_get(k->status, "list")))
		return "this node has no list in force";
	if (json_is_true(json_object_get(k->status, "list_stale")))
		return "the list is stale: nothing is routed";
	return NULL;
}

static bool
check_list_refused(const struct check *k)
{
	return json_is_string(json_object_get(k->status, "list_disk_refused"));
}

static void
check_text(const struct check *k, char *out, size_t cap)
{
	size_t n = json_array_size(json_object_get(k->status, "warnings"));
	json_int_t held = ctl_number(k->status, "list_held_format");
	const json_t *w =
		json_array_get(json_object_get(k->status, "warnings"), 0);
	const char *own = check_own(k);
	size_t len, i;
	const json_t *f;

	if (own != NULL) {
		snprintf(out, cap, "%s", own);
		return;
	}
	len = (size_t)snprintf(out, cap, "%zu of %zu nodes answer", k->answers,
			       k->tried);
	if (k->idle > 0)
		len += (size_t)snprintf(out + len, cap - len, ", %zu idle",
					k->idle);
	if (k->stopped > 0)
		len += (size_t)snprintf(out + len, cap - len, ", %zu stopped",
					k->stopped);
	if (k->untried > 0)
		len += (size_t)snprintf(out + len, cap - len,
					", %zu not tried in time", k->untried);
	json_array_foreach(k->failing, i, f) if (len < cap) len +=
		(size_t)snprintf(out + len, cap - len, "%s %s (%s)",
				 i == 0 ? ";" : ",", ctl_text(f, "node"),
				 ctl_text(f, "reason"));
	if (check_list_refused(k) && len < cap)
		len += (size_t)snprintf(out + len, cap - len,
					"; the list on the disk is refused");
	if (held > 0 && len < cap)
		len += (size_t)snprintf(
			out + len, cap - len,
			"; a list needs format %" JSON_INTEGER_FORMAT, held);
	if (n > 0 && len < cap)
		snprintf(out + len, cap - len, "; %zu warning%s: %s", n,
			 n == 1 ? "" : "s", ctl_text(w, "warning"));
}

static enum level
check_level(const struct check *k)
{
	if (check_own(k) != NULL || json_array_size(k->failing) > 0)
		return LEVEL_CRITICAL;
	if (k->untried > 0 ||
	    json_array_size(json_object_get(k->status, "warnings")) > 0 ||
	    check_list_refused(k))
		return LEVEL_WARNING;
	return LEVEL_OK;
}

/* Prints a line of at most OUTPUT_WIDTH columns; JSON has everything. */
static enum ctl_exit
check_print(const struct check *k)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL" };
	enum level level = check_level(k);
	char text[512], line[sizeof(text) + 32];
	json_t *o;

	check_text(k, text, sizeof(text));
	snprintf(line, sizeof(line), "CLUEVPN %s - %s", words[level], text);
	if (k->ctl->json) {
		o = json_pack("{sssisssisisisisisOsO}", "status", words[level],
			      "exit", (int)level, "line", line, "tried",
			      (int)k->tried, "answer", (int)k->answers, "idle",
			      (int)k->idle, "stopped", (int)k->stopped,
			      "not_tried", (int)k->untried, "failing",
			      k->failing, "warnings",
			      json_object_get(k->status, "warnings"));
		ctl_print_json(o);
		json_decref(o);
	} else {
		if (strlen(line) > OUTPUT_WIDTH)
			memcpy(line + OUTPUT_WIDTH - 3, "...", 4);
		puts(line);
	}
	return (enum ctl_exit)level;
}

enum ctl_exit
ctl_check(const struct ctl *c)
{
	struct check k = { .ctl = c, .failing = json_array() };
	enum ctl_exit rc;

	k.end = check_ms() + (long)c->timeout_s * 1000;
	rc = client_ask(&k.status, c->socket, "status");
	if (rc == CTL_OK)
		rc = ctl_ask_peers(&k.peers, c, "all", "name,health,waiting");
	if (rc == CTL_OK) {
		check_try(&k);
		rc = check_print(&k);
	} else {
		puts("CLUEVPN CRITICAL - cluevpnd does not answer");
		rc = (enum ctl_exit)LEVEL_CRITICAL;
	}
	json_decref(k.status);
	json_decref(k.peers);
	json_decref(k.failing);
	return rc;
}
