/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl: asks the running daemon and prints its answer. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/setup.h"
#include "ctl/ctl.h"
#include "lib/defaults.h"
#include "mesh/mesh_cmds.h"

#define WAIT_S 30		/* default wait for receipts */
#define CHECK_S 10		/* for all nodes of a check together */
#define DOWN_BEHIND (UINT32_C(1) << ('d' - 'a') | UINT32_C(1) << ('b' - 'a'))
#define HELP_COLUMN 25
#define MANY 1000		/* arguments: any number */

struct command {
	const char *name;		/* a word or two */
	const char *args;		/* as the help shows them; "": none */
	const char *help;		/* one line */
	int min, max;			/* number of arguments */
	bool raw;			/* run() parses the options itself */
	const char *options;		/* letters of its special options */
	enum ctl_exit (*run)(const struct ctl *c);
};

/* --- commands that have their own options ------------------------------------- */

static enum ctl_exit
run_mesh(const struct ctl *c, int (*mesh)(int argc, char **argv))
{
	static char program[] = "cluevpnctl";
	char **argv = c->argv - 1;	/* slot of the command's name */

	argv[0] = program;
	optind = 0;			/* restarts getopt */
	return (enum ctl_exit)mesh(c->argc + 1, argv);
}

static enum ctl_exit
run_init(const struct ctl *c)
{
	return run_mesh(c, mesh_init);
}

static enum ctl_exit
run_invite(const struct ctl *c)
{
	return run_mesh(c, mesh_invite);
}

static enum ctl_exit
run_join(const struct ctl *c)
{
	return run_mesh(c, mesh_join);
}

static enum ctl_exit
run_remove(const struct ctl *c)
{
	return run_mesh(c, mesh_remove);
}

static enum ctl_exit
run_leave(const struct ctl *c)
{
	return run_mesh(c, mesh_leave);
}

static enum ctl_exit run_help(const struct ctl *c);

/* In the order of the help; the last entry has no name. */
static const struct command commands[] = {
	{ "status", "", "the node, its list, its sockets, warnings", 0, 0,
	  false, "", ctl_status },
	{ "peers", "[--down] [--behind] [--sort KEY] [NODE]", "other nodes in "
	  "a table, or all about one", 0, 1, false, "dbo", ctl_peers },
	{ "routes", "", "which node has which subnet", 0, 0, false, "",
	  ctl_routes },
	{ "why", "NODE", "why it can be reached, or not", 1, 1, false, "",
	  ctl_why },
	{ "check", "[--all] [--timeout SECONDS]", "try it; one line and one exit "
	  "status for monitoring", 0, 0, false, "at", ctl_check },
	{ "list", "[--behind]", "which list every node runs, as far as known",
	  0, 0, false, "b", ctl_list },
	{ "events", "[--follow] [LAST]", "what happened lately", 0, 1, false, "f",
	  ctl_events },
	{ "top", "[SECONDS [COUNT]]", "what passes now", 0, 2, false, "",
	  ctl_top },
	{ "graph", "", "the network for Graphviz", 0, 0, false, "", ctl_graph },
	{ "metrics", "[--peers]", "counters for Prometheus", 0, 0, false, "p",
	  ctl_metrics },
	{ "reload", "", "what SIGHUP does; waits for the list", 0, 0, false,
	  "", ctl_reload },
	{ "push", "[--wait[=SECONDS]]", "what SIGUSR1 does; waits for receipts",
	  0, 0, false, "w", ctl_push },
	{ "negotiate", "NODE", "agree on a new secret with it", 1, 1, false, "",
	  ctl_negotiate },
	{ "log", "LEVEL", "log more or less: error, warn, info, debug", 1, 1,
	  false, "", ctl_log },
	{ "mark reset", "", "let an older list be put back (root)", 0, 0,
	  false, "", ctl_mark_reset },
	{ "init", "[OPTION ...]", "found a network on this host", 0, MANY,
	  true, "", run_init },
	{ "invite", "[OPTION ...] NAME ...", "let new hosts in; prints what "
	  "to type there", 0, MANY, true, "", run_invite },
	{ "join", "[OPTION ...]", "join the network that invited this "
	  "host", 0, MANY, true, "", run_join },
	{ "remove", "[OPTION ...] NODE ...", "take nodes out of the network",
	  0, MANY, true, "", run_remove },
	{ "leave", "[OPTION ...]", "take this host out of its network", 0,
	  MANY, true, "", run_leave },
	{ "help", "", "show this", 0, MANY, false, "", run_help },
	{ .name = NULL },
};

static void
print_command(FILE *to, const struct command *command)
{
	int n = fprintf(to, "  %s%s%s", command->name,
			command->args[0] == '\0' ? "" : " ", command->args);

	if (n >= HELP_COLUMN)
		n = fprintf(to, "\n") - 1;
	fprintf(to, "%*s%s\n", HELP_COLUMN - n, "", command->help);
}

static void
print_usage(FILE *to)
{
	fprintf(to, "usage: cluevpnctl [-s SOCKET] [--json] COMMAND\n");
	for (const struct command *c = commands; c->name != NULL; c++)
		print_command(to, c);
}

static enum ctl_exit
run_help(const struct ctl *c)
{
	(void)c;
	print_usage(stdout);
	return CTL_OK;
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

static int
seconds_parse(uint64_t *out, const char *option, const char *arg)
{
	if (arg == NULL ||
	    text_u64(out, (struct span){ arg, strlen(arg) }, 0, 86400) == 0)
		return 0;
	fprintf(stderr, "cluevpnctl: %s: expected seconds, found \"%s\"\n",
		option, arg);
	return -1;
}

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "wait", optional_argument, NULL, 'w' },
	{ "follow", no_argument, NULL, 'f' },
	{ "all", no_argument, NULL, 'a' },
	{ "timeout", required_argument, NULL, 't' },
	{ "down", no_argument, NULL, 'd' },
	{ "behind", no_argument, NULL, 'b' },
	{ "sort", required_argument, NULL, 'o' },
	{ "peers", no_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Options that only some commands take. 0 or -1. */
static int
take_option(struct ctl *c, int opt)
{
	c->used |= UINT32_C(1) << (opt - 'a');
	switch (opt) {
	case 'w':
		c->wait = true;
		return seconds_parse(&c->wait_s, "--wait", optarg);
	case 't':
		return seconds_parse(&c->timeout_s, "--timeout", optarg);
	case 'a':
		c->all = true;
		break;
	case 'f':
		c->follow = true;
		break;
	case 'd':
		c->which = "down";
		break;
	case 'b':
		c->which = "behind";
		break;
	case 'o':
		c->sort = optarg;
		break;
	case 'p':
		c->each = true;
		break;
	}
	return 0;
}

/* -1: continue; else the exit status. mode: getopt's, "+" to stop at the first
 * word. */
static int
parse_options(struct ctl *c, const char *mode, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, mode, options, NULL)) != -1) {
		switch (opt) {
		case 's':
			c->socket = optarg;
			break;
		case 'j':
			c->json = true;
			break;
		case 'V':
			printf("cluevpnctl " VERSION "\n");
			return CTL_OK;
		case 'h':
			print_usage(stdout);
			return CTL_OK;
		case '?':
			print_usage(stderr);
			return CTL_USAGE;
		default:
			if (take_option(c, opt) < 0)
				return CTL_USAGE;
		}
	}
	return -1;
}

/* Whether the command takes all options that were given; else says so. */
static bool
takes_options(const struct command *command, const struct ctl *c)
{
	for (const struct option *o = options; o->name != NULL; o++) {
		if (o->val < 'a' || o->val > 'z' ||
		    (c->used & UINT32_C(1) << (o->val - 'a')) == 0 ||
		    strchr(command->options, o->val) != NULL)
			continue;
		fprintf(stderr, "cluevpnctl: %s does not take --%s\n",
			command->name, o->name);
		return false;
	}
	if ((c->used & DOWN_BEHIND) != DOWN_BEHIND)
		return true;
	fprintf(stderr, "cluevpnctl: %s takes one of --down and --behind\n",
		command->name);
	return false;
}

/* argv begins with the last word of the command's name. */
static int
run_command(struct ctl *c, const struct command *command, int argc,
	    char **argv)
{
	int rc;

	if (command->raw) {
		c->argc = argc - 1;
		c->argv = argv + 1;
		return (int)command->run(c);
	}
	optind = 0;		/* restarts getopt */
	rc = parse_options(c, "s:fhV", argc, argv);
	if (rc >= 0)
		return rc;
	if (!takes_options(command, c))
		return CTL_USAGE;
	c->argc = argc - optind;
	c->argv = argv + optind;
	if (c->argc >= command->min && c->argc <= command->max)
		return (int)command->run(c);
	fprintf(stderr, "usage: cluevpnctl %s%s%s\n", command->name,
		command->args[0] == '\0' ? "" : " ", command->args);
	return CTL_USAGE;
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

int
main(int argc, char **argv)
{
	struct ctl c = { .socket = DEFAULT_SOCKET, .wait_s = WAIT_S,
			 .timeout_s = CHECK_S };
	int rc;

	crypto_setup();
	rc = parse_options(&c, "+s:hV", argc, argv);
	if (rc >= 0)
		return rc;
	argc -= optind;
	argv += optind;
	for (const struct command *command = commands;
	     command->name != NULL; command++) {
		int words = words_of(command, argc, argv);

		if (words > 0)
			return run_command(&c, command, argc - words + 1,
					   argv + words - 1);
	}
	if (argc > 0)
		return unknown_command(argv[0]);
	print_usage(stderr);
	return CTL_USAGE;
}
