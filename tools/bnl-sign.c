/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks, signs and installs a node list. */
#include <getopt.h>
#include <string.h>

#include "crypto/setup.h"
#include "lib/defaults.h"
#include "lib/options.h"
#include "list/diff_cmd.h"
#include "list/edit_cmd.h"
#include "list/edit_copy.h"
#include "list/sign_session.h"

/* -1: continue; else the exit code, after printing all messages. */
static int
read_options(struct sign_session *r, bool *edit, int argc, char **argv)
{
	struct list_sign *s = &r->sign;
	const struct option_row rows[] = {
		{ 'e', "edit", NULL, "edit it first, in a copy", .flag = edit },
		{ 'f', "force", NULL, "sign it anew even if nothing changed",
		  .flag = &s->force },
		{ 'k', "key", "KEY", SIGN_SESSION_KEY_HELP, .text = &r->key },
		{ 'o', "output", "FILE", "install it there", .text = &s->out },
		{ 0, "first", NULL, "it is the first list of the network",
		  .flag = &s->first },
		{ 0, "reset-time", NULL,
		  "date it now, though the last list has a "
		  "later date",
		  .flag = &s->reset_time },
		SIGN_SESSION_OPTIONS(r),
		{ .name = NULL },
	};
	struct options o = {
		.usage =
			"bnl-sign [-efny] [-c DIR|FILE] [-k KEY] [-N NAME] "
			"[-o FILE]\n"
			"         [-p PUBKEY]... [--first] [--go-back] [--push]\n"
			"         [--reset-time] [FILE]\n"
			"bnl-sign add|set|pin|remove|revoke|diff ... (each has "
			"--help)",
		.about = "Checks a node list, shows what changes, signs and "
			 "installs it.",
		.below = "FILE is " DEFAULT_LIST " when it is not given.",
		.version = "bnl-sign",
		.rows = rows,
		.max = 1,
	};
	int rc = options_parse(&o, argc, argv);

	if (rc >= 0)
		return rc;
	if (*edit && s->dry_run)
		return options_misused(&o, "--edit and --dry-run exclude each "
					   "other");
	s->force = s->force || s->reset_time;
	s->in = optind < argc ? argv[optind] : DEFAULT_LIST;
	if (s->out == NULL)
		s->out = s->in;
	return -1;
}

static int
sign_list(struct list_sign *s, void *edit)
{
	return *(const bool *)edit ? edit_copy(s) : list_sign_file(s);
}

int
main(int argc, char **argv)
{
	struct sign_session r = { .next = true };
	bool edit = false;
	int rc;

	crypto_setup();
	if (argc > 1 && strcmp(argv[1], "diff") == 0)
		return diff_cmd(argc - 1, argv + 1);
	if (argc > 1 && edit_args_knows(argv[1]))
		return edit_cmd(argc - 1, argv + 1);
	rc = read_options(&r, &edit, argc, argv);
	if (rc < 0)
		rc = sign_session(&r, sign_list, &edit);
	sign_session_free(&r);
	return rc;
}
