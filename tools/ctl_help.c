/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help: the commands, from their table. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#define COLUMN 25		/* column of the explanations */

static void
print_command(FILE *to, const struct ctl_command *command)
{
	int n = fprintf(to, "  %s%s%s", command->name,
			command->args[0] == '\0' ? "" : " ", command->args);

	if (n >= COLUMN)
		n = fprintf(to, "\n") - 1;
	fprintf(to, "%*s%s\n", COLUMN - n, "", command->help);
}

void
ctl_usage(FILE *to)
{
	fprintf(to, "usage: cluevpnctl [-s SOCKET] [--json] COMMAND\n");
	for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++)
		print_command(to, c);
}

enum ctl_exit
ctl_help(const struct ctl *c)
{
	(void)c;
	ctl_usage(stdout);
	return CTL_OK;
}
