/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list: each node's current list; push and its receipts. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/output.h"

#define POLL_MS 200
#define OWN_S 5
#define NAMES_MAX 12 /* missing nodes in a line */

struct spread { /* how far the list has spread */
	size_t nodes, current;
	bool pending;	     /* this node's list is about to change */
	bool refused;	     /* this node refuses the list on its disk */
	const char *removed; /* reason of this node's removal, or NULL */
	char missing[1024];
};

/* The warning that this node was removed from the network; NULL: none. */
static const char *
removed_text(const json_t *status)
{
	const json_t *w;
	size_t i;

	json_array_foreach(
		json_object_get(status, "warnings"), i,
		w) if (strcmp(ctl_text(w, "warning"), "list-self-gone") ==
		       0) return ctl_text(w, "text");
	return NULL;
}

static void
spread_missing(struct spread *s, size_t nth, const char *name)
{
	size_t len = strlen(s->missing);

	if (nth < NAMES_MAX)
		snprintf(s->missing + len, sizeof(s->missing) - len, "%s%s",
			 nth == 0 ? "" : ", ", name);
	else if (nth == NAMES_MAX)
		snprintf(s->missing + len, sizeof(s->missing) - len, ", ...");
}

/* peers: all, or those not known to run this node's list. */
static void
spread_of(struct spread *s, const json_t *status, const json_t *peers)
{
	const char *own = ctl_text(status, "list");
	size_t i, missing = 0;
	const json_t *p;

	memset(s, 0, sizeof(*s));
	s->pending = json_is_true(json_object_get(status, "list_pending"));
	s->removed = removed_text(status);
	s->refused =
		json_is_string(json_object_get(status, "list_disk_refused"));
	json_array_foreach(peers, i,
			   p) if (strcmp(ctl_text(p, "list"), own) != 0)
		spread_missing(s, missing++, ctl_text(p, "name"));
	s->nodes = 1 + (size_t)ctl_number(status, "peers");
	/* The peers are counted later than the status. */
	if (missing >= s->nodes)
		missing = s->nodes - 1;
	s->current = s->nodes - missing;
}

static void
print_spread(const struct spread *s, const json_t *status)
{
	/* A removed node will never get the list of the other nodes. */
	if (s->removed != NULL)
		output_wrap(0, "", "%s", s->removed);
	else
		output_wrap(0, "", "%zu of %zu nodes run list %s%s%s",
			    s->current, s->nodes, ctl_text(status, "list"),
			    s->current < s->nodes ? ", missing: " : "",
			    s->missing);
}

static enum ctl_exit
ask_spread(const struct ctl *c, const char *which, struct spread *s,
	   json_t **status, json_t **peers)
{
	enum ctl_exit rc = client_ask(status, c->socket, "status");

	if (rc != CTL_OK)
		return rc;
	rc = ctl_ask_peers(peers, c, which, "name,list");
	if (rc != CTL_OK)
		json_decref(*status);
	else
		spread_of(s, *status, *peers);
	return rc;
}

static char *
which_node(char out[64], const json_t *row)
{
	bool self = json_is_true(json_object_get(row, "self"));

	snprintf(out, 64, "%s", self ? "this node" : "");
	return out;
}

static const struct ctl_column list_columns[] = {
	{ "NODE", "name", NULL },
	{ "LIST", "list", NULL },
	{ "", NULL, which_node },
};

enum ctl_exit
ctl_list(const struct ctl *c)
{
	json_t *status, *peers, *p;
	struct spread s;
	size_t i;
	bool all = c->which == NULL;
	enum ctl_exit rc =
		ask_spread(c, all ? "all" : c->which, &s, &status, &peers);

	if (rc != CTL_OK)
		return rc;
	if (c->json) {
		json_t *out = json_object();

		if (all)
			json_object_set_new(
				out, ctl_text(status, "name"),
				json_string(ctl_text(status, "list")));
		json_array_foreach(peers, i, p) json_object_set(
			out, ctl_text(p, "name"), json_object_get(p, "list"));
		ctl_print_json(out);
		json_decref(out);
	} else {
		print_spread(&s, status);
		/* Adds this node as the first row. */
		if (all)
			json_array_insert_new(
				peers, 0,
				json_pack("{sssssb}", "name",
					  ctl_text(status, "name"), "list",
					  ctl_text(status, "list"), "self", 1));
		ctl_columns(list_columns,
			    sizeof(list_columns) / sizeof(*list_columns),
			    peers);
	}
	json_decref(status);
	json_decref(peers);
	return CTL_OK;
}

/* Receipts count only for the list on the disk. */
static enum ctl_exit
print_receipts(const struct spread *s, const json_t *status)
{
	print_spread(s, status);
	if (s->refused)
		fprintf(stderr, "cluevpnctl: nothing was pushed: %s\n",
			ctl_text(status, "list_disk_refused"));
	else if (s->pending)
		fprintf(stderr, "cluevpnctl: the list on disk is still being "
				"read\n");
	return s->current == s->nodes && !s->refused && !s->pending ?
		       CTL_OK :
		       CTL_FAILED;
}

/* Prints progress while waiting, the receipts at the end. */
static enum ctl_exit
wait_for_receipts(const struct ctl *c)
{
	time_t end = time(NULL) + (time_t)c->wait_s;
	size_t last = 0;

	for (;;) {
		json_t *status, *peers;
		struct spread s;
		bool over;
		enum ctl_exit rc = ask_spread(c, "all", &s, &status, &peers);

		if (rc != CTL_OK)
			return rc;
		over = !s.pending && (s.current == s.nodes || s.refused);
		/* Waits up to OWN_S longer for this node's own disk. */
		over |= time(NULL) >= end + (s.pending ? OWN_S : 0);
		if (over)
			rc = print_receipts(&s, status);
		else if (s.current != last && s.current < s.nodes)
			fprintf(stderr, "%zu of %zu\n", s.current, s.nodes);
		last = s.current;
		json_decref(status);
		json_decref(peers);
		if (over)
			return rc;
		ctl_pause_ms(POLL_MS);
	}
}

enum ctl_exit
ctl_push(const struct ctl *c)
{
	enum ctl_exit rc = ctl_show(c, "push", NULL);

	return rc == CTL_OK && c->wait ? wait_for_receipts(c) : rc;
}
