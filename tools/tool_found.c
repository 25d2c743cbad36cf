/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that found a network and change who belongs to it. */
#include "tool_found.h"

#include <string.h>

static const struct {
	const char *word;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
    {"init", tool_init, "found a network on this host"},
    {"invite", tool_invite, "let new hosts in; prints what to type there"},
    {"join", tool_join, "join the network that invited this host"},
    {"remove", tool_remove, "take nodes out of the network"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static size_t
find(const char *word)
{
	size_t i = 0;

	while (i < COMMANDS && strcmp(word, commands[i].word) != 0)
		i++;
	return i;
}

bool
tool_found_knows(const char *word)
{
	return find(word) < COMMANDS;
}

int
tool_found(int argc, char **argv)
{
	size_t i = find(argv[1]);

	/* The command is where getopt_long() looks for the program's name. */
	argv[1] = argv[0];
	return commands[i].run(argc - 1, argv + 1);
}

void
tool_found_usage(FILE *f)
{
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(f, "  %-20s %s\n", commands[i].word,
			commands[i].what);
	fputs("  (each of these has options of its own: COMMAND --help)\n", f);
}
