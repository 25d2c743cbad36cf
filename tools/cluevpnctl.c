/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl: asks the running daemon and prints its answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/setup.h"
#include "ctl/ctl.h"
#include "lib/defaults.h"
#include "lib/options.h"
#include "lib/output.h"
#include "mesh/mesh_cmds.h"

#define WAIT_S 30  /* default wait for receipts */
#define CHECK_S 10 /* for all nodes of a check together */
#define SECONDS_MAX 86400
#define HELP_COLUMN 27
#define MANY 1000 /* arguments: any number */

/* Bits of the options that only some commands take. */
enum {
	OPT_DOWN = 1,
	OPT_BEHIND = 2,
	OPT_SORT = 4,
	OPT_ALL = 8,
	OPT_TIMEOUT = 16,
	OPT_FOLLOW = 32,
	OPT_PEERS = 64,
	OPT_WAIT = 128
};

struct command {
	const char *name;     /* a word or two */
	const char *args;     /* as the help shows them; "": none */
	const char *help;     /* one line */
	int min, max;	      /* number of arguments */
	unsigned int options; /* bits of its special options */
	enum ctl_exit (*run)(const struct ctl *c);
	int (*own)(int argc, char **argv); /* parses the options itself; or
					    * NULL */
};

static enum ctl_exit run_help(const struct ctl *c);

/* In the order of the help; the last entry has no name. */
static const struct command commands[] = {
	{ "status", "", "the node, its list, its sockets, warnings",
	  .run = ctl_status },
	{ "peers", "[--down] [--behind] [--sort KEY] [NODE]",
	  "other nodes in "
	  "a table, or all about one",
	  0, 1, OPT_DOWN | OPT_BEHIND | OPT_SORT, ctl_peers, NULL },
	{ "routes", "", "which node has which subnet", .run = ctl_routes },
	{ "why", "NODE", "why it can be reached, or not", 1, 1,
	  .run = ctl_why },
	{ "check", "[--all] [--timeout SECONDS]",
	  "try it; one line and one "
	  "exit status for monitoring",
	  0, 0, OPT_ALL | OPT_TIMEOUT, ctl_check, NULL },
	{ "list", "[--behind]", "which list every node runs, as far as known",
	  0, 0, OPT_BEHIND, ctl_list, NULL },
	{ "events", "[--follow] [LAST]", "what happened lately", 0, 1,
	  OPT_FOLLOW, ctl_events, NULL },
	{ "top", "[SECONDS [COUNT]]", "what passes now", 0, 2, .run = ctl_top },
	{ "graph", "", "the network for Graphviz", .run = ctl_graph },
	{ "metrics", "[--peers]", "counters for Prometheus", 0, 0, OPT_PEERS,
	  ctl_metrics, NULL },
	{ "reload", "", "what SIGHUP does; waits for the list",
	  .run = ctl_reload },
	{ "push", "[--wait[=SECONDS]]",
	  "what SIGUSR1 does; waits for "
	  "receipts",
	  0, 0, OPT_WAIT, ctl_push, NULL },
	{ "negotiate", "NODE", "agree on a new secret with it", 1, 1,
	  .run = ctl_negotiate },
	{ "log", "LEVEL", "log more or less: error, warn, info, debug", 1, 1,
	  .run = ctl_log },
	{ "mark reset", "", "let an older list be put back (root)",
	  .run = ctl_mark_reset },
	{ "init", "[OPTION ...]", "found a network on this host",
	  .own = mesh_init },
	{ "invite", "[OPTION ...] NAME ...",
	  "let new hosts in; prints what "
	  "to type there",
	  .own = mesh_invite },
	{ "join", "[OPTION ...]", "join the network that invited this host",
	  .own = mesh_join },
	{ "remove", "[OPTION ...] NODE ...", "take nodes out of the network",
	  .own = mesh_remove },
	{ "rotate-ca", "[OPTION ...]",
	  "replace the network's CA, on the host that signs",
	  .own = mesh_rotate_ca },
	{ "leave", "[OPTION ...]", "take this host out of its network",
	  .own = mesh_leave },
	{ "help", "", "show this", 0, MANY, .run = run_help },
	{ .name = NULL },
};

static void
list_commands(void)
{
	char head[OUTPUT_WIDTH];

	for (const struct command *c = commands; c->name != NULL; c++) {
		snprintf(head, sizeof(head), "  %s%s%s", c->name,
			 c->args[0] == '\0' ? "" : " ", c->args);
		output_wrap(HELP_COLUMN, head, "%s", c->help);
	}
}

/* The number of words of argv that name the command; 0: another command. */
static int
words_of(const struct command *command, int argc, char **argv)
{
	const char *blank = strchr(command->name, ' ');
	size_t len = blank == NULL ? strlen(command->name) :
				     (size_t)(blank - command->name);

	if (argc < 1 || strlen(argv[0]) != len ||
	    memcmp(argv[0], command->name, len) != 0)
		return 0;
	if (blank == NULL)
		return 1;
	return argc > 1 && strcmp(argv[1], blank + 1) == 0 ? 2 : 0;
}

/* Parses the options before and after the command, whose bit is in o->in. -1:
 * continue; else the exit status. */
static int
parse_options(struct ctl *c, struct options *o, int argc, char **argv)
{
	const struct option_row rows[] = {
		{ 's', NULL, "SOCKET", "the daemon's (" DEFAULT_SOCKET ")",
		  .text = &c->socket },
		{ 0, "json", NULL, "for programs", .flag = &c->json },
		{ 0, "down", NULL, "only peers that are down", OPT_DOWN,
		  .flag = &c->down },
		{ 0, "behind", NULL,
		  "only peers that are not known to run "
		  "this node's list",
		  OPT_BEHIND, .flag = &c->behind },
		{ 0, "sort", "KEY", "name, state, heard, rtt or traffic",
		  OPT_SORT, .text = &c->sort },
		{ 0, "all", NULL, "also the peers without a session", OPT_ALL,
		  .flag = &c->all },
		{ 0, "timeout", "SECONDS", "for all peers together (10)",
		  OPT_TIMEOUT, .number = &c->timeout_s, .max = SECONDS_MAX },
		{ 'f', "follow", NULL, "go on with new events", OPT_FOLLOW,
		  .flag = &c->follow },
		{ 0, "peers", NULL, "the counters of each peer", OPT_PEERS,
		  .flag = &c->each },
		{ 0, "wait", "[=SECONDS]",
		  "until all nodes have the list "
		  "(30)",
		  OPT_WAIT, .flag = &c->wait, .number = &c->wait_s,
		  .max = SECONDS_MAX },
		{ .name = NULL },
	};

	o->rows = rows;
	return options_parse(o, argc, argv);
}

/* argv begins with the last word of the command's name. */
static int
run_command(struct ctl *c, struct options *o, const struct command *command,
	    int argc, char **argv)
{
	char usage[128];
	int rc;

	if (command->own != NULL)
		return command->own(argc, argv);
	snprintf(usage, sizeof(usage), "cluevpnctl %s%s%s", command->name,
		 command->args[0] == '\0' ? "" : " ", command->args);
	o->command = command->name;
	o->usage = usage;
	o->list = NULL;
	o->stop = false;
	o->in = command->options;
	o->min = command->min;
	o->max = command->max;
	rc = parse_options(c, o, argc, argv);
	if (rc >= 0)
		return rc;
	if (c->down && c->behind)
		return options_misused(o, "%s takes one of --down and --behind",
				       command->name);
	c->which = c->down ? "down" : c->behind ? "behind" : NULL;
	c->argc = argc - optind;
	c->argv = argv + optind;
	return (int)command->run(c);
}

/* Reports an unknown command, and the most similar one. */
static int
unknown_command(const char *word)
{
	const char *names[sizeof(commands) / sizeof(*commands) + 1];
	size_t len = strlen(word), n = 0;
	const char *nearest = NULL;

	for (const struct command *c = commands; c->name != NULL; c++) {
		names[n++] = c->name;
		/* the first of two words */
		if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ')
			nearest = c->name;
	}
	names[n] = NULL;
	if (nearest == NULL)
		nearest = text_nearest((struct span){ word, len }, names);
	fprintf(stderr, "cluevpnctl: unknown command \"%s\"", word);
	if (nearest != NULL)
		fprintf(stderr, "; did you mean \"%s\"?", nearest);
	fprintf(stderr, "\n\"cluevpnctl help\" shows all commands\n");
	return CTL_USAGE;
}

static const struct options top = {
	.usage = "cluevpnctl [-s SOCKET] [--json] COMMAND",
	.list = list_commands,
	.version = "cluevpnctl",
	.in = ~0U,
	.stop = true,
};

static enum ctl_exit
run_help(const struct ctl *c)
{
	struct options o = top;
	struct ctl copy = *c;
	char program[] = "cluevpnctl", help[] = "--help";
	char *argv[] = { program, help, NULL };

	return (enum ctl_exit)parse_options(&copy, &o, 2, argv);
}

int
main(int argc, char **argv)
{
	struct ctl c = { .socket = DEFAULT_SOCKET,
			 .wait_s = WAIT_S,
			 .timeout_s = CHECK_S };
	struct options o = top;
	int rc;

	crypto_setup();
	rc = parse_options(&c, &o, argc, argv);
	if (rc >= 0)
		return rc;
	argc -= optind;
	argv += optind;
	for (const struct command *command = commands; command->name != NULL;
	     command++) {
		int words = words_of(command, argc, argv);

		if (words > 0)
			return run_command(&c, &o, command, argc - words + 1,
					   argv + words - 1);
	}
	if (argc > 0)
		return unknown_command(argv[0]);
	return options_misused(&o, "expected a command; \"cluevpnctl help\" "
				   "shows all commands");
}
