/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that found a network and change its members; they have their own
 * options. */
#include "ctl.h"

#include <getopt.h>

#include "tool_found.h"

static enum ctl_exit
run_tool(const struct ctl *c, int (*tool)(int argc, char **argv))
{
	static char program[] = "cluevpnctl";
	char **argv = c->argv - 1;	/* slot of the command's name */

	argv[0] = program;
	optind = 0;			/* restarts getopt */
	return (enum ctl_exit)tool(c->argc + 1, argv);
}

enum ctl_exit
ctl_init(const struct ctl *c)
{
	return run_tool(c, tool_init);
}

enum ctl_exit
ctl_invite(const struct ctl *c)
{
	return run_tool(c, tool_invite);
}

enum ctl_exit
ctl_join(const struct ctl *c)
{
	return run_tool(c, tool_join);
}

enum ctl_exit
ctl_remove(const struct ctl *c)
{
	return run_tool(c, tool_remove);
}

enum ctl_exit
ctl_leave(const struct ctl *c)
{
	return run_tool(c, tool_leave);
}
