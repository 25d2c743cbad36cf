/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl remove: takes nodes out of the list, and pushes it to all. */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/defaults.h"
#include "lib/options.h"
#include "lib/output.h"
#include "lib/receipts.h"
#include "list/edit_cmd.h"
#include "mesh_cmds.h"

#define WAIT_S 30
#define WAIT_MAX_S 86400

/* -1: continue; else the exit code. */
static int
read_options(struct edit_args *a, const char **socket, uint64_t *wait_s,
	     int argc, char **argv)
{
	const struct option_row rows[] = {
		{ 'c', "config", "DIR|FILE",
		  "the configuration, which has the "
		  "name of this machine (" DEFAULT_CONF_DIR ")",
		  .text = &a->run.conf },
		{ 'k', "key", "KEY", SIGN_SESSION_KEY_HELP,
		  .text = &a->run.key },
		{ 'l', "list", "FILE", "the list (" DEFAULT_LIST ")",
		  .text = &a->run.sign.in },
		{ 0, "no-revoke", NULL, "do not revoke the keys",
		  .flag = &a->keep_keys },
		{ 's', "socket", "SOCKET", "the daemon's (" DEFAULT_SOCKET ")",
		  .text = socket },
		{ 0, "wait", "SECONDS", "how long, at most (30)",
		  .number = wait_s, .max = WAIT_MAX_S },
		{ 'y', "yes", NULL, "do not ask", .flag = &a->run.sign.yes },
		{ .name = NULL },
	};
	struct options o = {
		.command = "remove",
		.usage = "cluevpnctl remove [OPTION]... NODE...",
		.about =
			"Removes nodes from the list and revokes their keys, "
			"signs and installs it, offers it to all nodes, and waits "
			"until they have it.",
		.rows = rows,
		.min = 1,
		.max = argc,
	};
	struct err e;
	int rc = options_parse(&o, argc, argv);

	a->run.sign.out = a->run.sign.in;
	for (int i = optind; rc < 0 && i < argc; i++)
		if (edit_args_add_word(a, argv[i], &e) != 0) {
			output_err(NULL, &e);
			rc = EXIT_FAILED;
		}
	return rc;
}

int
mesh_remove(int argc, char **argv)
{
	const char *socket = DEFAULT_SOCKET;
	uint64_t wait_s = WAIT_S;
	struct edit_args a;
	int rc;

	edit_args_init(&a, EDIT_REMOVE);
	rc = read_options(&a, &socket, &wait_s, argc, argv);
	if (rc < 0) {
		rc = edit_cmd_run(&a);
		fflush(stdout);
		if (rc == EXIT_OK)
			rc = (int)receipts_wait(socket, wait_s);
	}
	edit_args_free(&a);
	return rc;
}
