/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl: asks the running daemon and prints what it says. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "tool_ctl.h"
#include "tool_found.h"

#define SOCKET "/run/cluevpn/ctl"
#define WAIT_S 30		/* for receipts, when nothing else is said */
#define POLL_MS 200
#define NAMES_MAX 12		/* of missing nodes in one line */

struct command_line {
	const char *socket;
	bool json;
	bool wait;
	uint64_t wait_s;
};

static void
usage(FILE *to)
{
	fprintf(to,
		"usage: cluevpnctl [-s SOCKET] [--json] COMMAND\n"
		"  status               the node, its list, its sockets\n"
		"  peers                every other node: state, address, "
		"algorithms\n"
		"  list                 which list every node runs, as far as "
		"known\n"
		"  reload               what SIGHUP does\n"
		"  push [--wait[=S]]    what SIGUSR1 does; waits for receipts\n"
		"  mark reset           let an older list be put back (root)\n");
	tool_found_usage(to);
}

static const char *
text_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? json_string_value(v) : "-";
}

static json_int_t
number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* How wide a column must be for the texts and its head. */
static int
width_of(const json_t *peers, const char *key, const char *head)
{
	size_t i, widest = strlen(head);
	const json_t *p;

	json_array_foreach(peers, i, p) {
		size_t len = strlen(text_of(p, key));

		if (len > widest)
			widest = len;
	}
	return (int)widest;
}

static const char *
heard_text(char out[TEXT_SPAN_MAX], const json_t *p)
{
	const json_t *ms = json_object_get(p, "heard_ms");

	return json_is_integer(ms) ?
		       text_duration(out, json_integer_value(ms) / 1000) :
		       "-";
}

static void
print_peers(const json_t *peers)
{
	int name = width_of(peers, "name", "PEER");
	int state = width_of(peers, "state", "STATE");
	int address = width_of(peers, "endpoint", "ADDRESS");
	int cipher = width_of(peers, "cipher", "CIPHER");
	char heard[TEXT_SPAN_MAX];
	size_t i;
	const json_t *p;

	printf("%-*s %-*s %-*s %-6s %-*s COMPRESSOR LEVEL\n", name, "PEER",
	       state, "STATE", address, "ADDRESS", "HEARD", cipher, "CIPHER");
	json_array_foreach(peers, i, p) {
		printf("%-*s %-*s %-*s %-6s %-*s ", name, text_of(p, "name"),
		       state, text_of(p, "state"), address,
		       text_of(p, "endpoint"), heard_text(heard, p), cipher,
		       text_of(p, "cipher"));
		printf("%-10s %" JSON_INTEGER_FORMAT "\n",
		       text_of(p, "compressor"), number_of(p, "level"));
	}
}

static void
print_status(const json_t *s)
{
	json_t *drops = json_object_get(s, "drops"), *count;
	json_t *refused = json_object_get(s, "list_refused");
	const json_t *socket;
	const char *reason;
	size_t i;

	printf("node     %s (cluevpnd %s) on %s, offload %s\n",
	       text_of(s, "name"), text_of(s, "version"),
	       text_of(s, "device"), text_of(s, "device_offload"));
	printf("cert     ends %s\n", text_of(s, "certificate_end"));
	printf("list     %s, %s%s\n", text_of(s, "network"),
	       text_of(s, "list"),
	       json_is_true(json_object_get(s, "list_stale")) ?
		       " STALE: nothing is routed" : "");
	json_object_foreach(refused, reason, count)
		printf("refused  %" JSON_INTEGER_FORMAT " lists: %s\n",
		       json_integer_value(count), reason);
	printf("peers    %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
	       " up\n", number_of(s, "peers_up"), number_of(s, "peers"));
	json_array_foreach(json_object_get(s, "sockets"), i, socket) {
		printf("udp      %s sent %" JSON_INTEGER_FORMAT " received %"
		       JSON_INTEGER_FORMAT " failed %" JSON_INTEGER_FORMAT
		       "\n", text_of(socket, "local"),
		       number_of(socket, "sent"),
		       number_of(socket, "received"),
		       number_of(socket, "failed"));
	}
	json_object_foreach(drops, reason, count)
		printf("dropped  %" JSON_INTEGER_FORMAT " %s\n",
		       json_integer_value(count), reason);
}

/* --- lists ----------------------------------------------------------------- */

struct spread {			/* who runs which list */
	size_t nodes, current;
	bool pending;		/* ours is about to change */
	char missing[1024];
};

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

/* Compares what every peer is known to run with our own. */
static void
spread_of(struct spread *s, const json_t *status, const json_t *peers)
{
	const char *own = text_of(status, "list");
	size_t i, missing = 0;
	const json_t *p;

	memset(s, 0, sizeof(*s));
	s->nodes = s->current = 1;
	s->pending = json_is_true(json_object_get(status, "list_pending"));
	json_array_foreach(peers, i, p) {
		s->nodes++;
		if (strcmp(text_of(p, "list"), own) == 0)
			s->current++;
		else
			spread_missing(s, missing++, text_of(p, "name"));
	}
}

static void
print_spread(const struct spread *s, const json_t *status)
{
	printf("%zu of %zu nodes run list %s", s->current, s->nodes,
	       text_of(status, "list"));
	if (s->current < s->nodes)
		printf(", missing: %s", s->missing);
	printf("\n");
}

static enum ctl_exit
ask_spread(const struct command_line *c, struct spread *s, json_t **status,
	   json_t **peers)
{
	enum ctl_exit rc = ctl_ask(status, c->socket, "status");

	if (rc != CTL_OK)
		return rc;
	rc = ctl_ask(peers, c->socket, "peers");
	if (rc != CTL_OK)
		json_decref(*status);
	else
		spread_of(s, *status, *peers);
	return rc;
}

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* --- commands --------------------------------------------------------------- */

static enum ctl_exit
show(const struct command_line *c, const char *request,
     void (*print)(const json_t *))
{
	json_t *answer;
	enum ctl_exit rc = ctl_ask(&answer, c->socket, request);

	if (rc != CTL_OK)
		return rc;
	if (c->json) {
		json_dumpf(answer, stdout, JSON_INDENT(2));
		printf("\n");
	} else if (print != NULL) {
		print(answer);
	}
	json_decref(answer);
	return CTL_OK;
}

static enum ctl_exit
do_status(const struct command_line *c)
{
	return show(c, "status", print_status);
}

static enum ctl_exit
do_peers(const struct command_line *c)
{
	return show(c, "peers", print_peers);
}

static enum ctl_exit
do_reload(const struct command_line *c)
{
	return show(c, "reload", NULL);
}

static enum ctl_exit
do_mark_reset(const struct command_line *c)
{
	return show(c, "mark reset", NULL);
}

static enum ctl_exit
do_list(const struct command_line *c)
{
	json_t *status, *peers, *p;
	struct spread s;
	size_t i;
	enum ctl_exit rc = ask_spread(c, &s, &status, &peers);

	if (rc != CTL_OK)
		return rc;
	if (c->json) {
		json_t *out = json_object();

		json_object_set_new(out, text_of(status, "name"),
				    json_string(text_of(status, "list")));
		json_array_foreach(peers, i, p)
			json_object_set(out, text_of(p, "name"),
					json_object_get(p, "list"));
		json_dumpf(out, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(out);
	} else {
		printf("%-30s %s (this node)\n", text_of(status, "name"),
		       text_of(status, "list"));
		json_array_foreach(peers, i, p)
			printf("%-30s %s\n", text_of(p, "name"),
			       text_of(p, "list"));
		print_spread(&s, status);
	}
	json_decref(status);
	json_decref(peers);
	return CTL_OK;
}

/* Progress while it goes, the receipts at the end. */
static enum ctl_exit
wait_for_receipts(const struct command_line *c)
{
	time_t end = time(NULL) + (time_t)c->wait_s;
	size_t last = 0;

	for (;;) {
		json_t *status, *peers;
		struct spread s;
		bool over;
		enum ctl_exit rc = ask_spread(c, &s, &status, &peers);

		if (rc != CTL_OK)
			return rc;
		over = (s.current == s.nodes && !s.pending) ||
		       time(NULL) >= end;
		if (over)
			print_spread(&s, status);
		else if (s.current != last)
			fprintf(stderr, "%zu of %zu\n", s.current, s.nodes);
		last = s.current;
		json_decref(status);
		json_decref(peers);
		if (over)
			return s.current == s.nodes ? CTL_OK : CTL_FAILED;
		pause_ms(POLL_MS);
	}
}

static enum ctl_exit
do_push(const struct command_line *c)
{
	enum ctl_exit rc = show(c, "push", NULL);

	return rc != CTL_OK || !c->wait ? rc : wait_for_receipts(c);
}

static const struct {
	const char *first, *second;
	enum ctl_exit (*run)(const struct command_line *c);
} commands[] = {
	{ "status", NULL, do_status },
	{ "peers", NULL, do_peers },
	{ "list", NULL, do_list },
	{ "reload", NULL, do_reload },
	{ "push", NULL, do_push },
	{ "mark", "reset", do_mark_reset },
};

static enum ctl_exit
run(const struct command_line *c, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		int words = commands[i].second == NULL ? 1 : 2;

		if (argc == words && strcmp(argv[0], commands[i].first) == 0 &&
		    (words == 1 || strcmp(argv[1], commands[i].second) == 0))
			return commands[i].run(c);
	}
	usage(stderr);
	return CTL_USAGE;
}

static int
wait_parse(struct command_line *c, const char *arg)
{
	c->wait = true;
	c->wait_s = WAIT_S;
	if (arg == NULL ||
	    text_u64(&c->wait_s, (struct span){ arg, strlen(arg) }, 0,
		     86400) == 0)
		return 0;
	fprintf(stderr, "cluevpnctl: --wait: expected seconds, found \"%s\"\n",
		arg);
	return -1;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "wait", optional_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct command_line c = { .socket = SOCKET };
	int opt;

	if (argc > 1 && tool_found_knows(argv[1]))
		return tool_found(argc, argv);
	while ((opt = getopt_long(argc, argv, "s:hV", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			c.socket = optarg;
			break;
		case 'j':
			c.json = true;
			break;
		case 'w':
			if (wait_parse(&c, optarg) < 0)
				return CTL_USAGE;
			break;
		case 'V':
			printf("cluevpnctl " VERSION "\n");
			return CTL_OK;
		case 'h':
			usage(stdout);
			return CTL_OK;
		default:
			usage(stderr);
			return CTL_USAGE;
		}
	}
	return (int)run(&c, argc - optind, argv + optind);
}
