/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The common part of all commands that sign a list. */
#include "tool_run.h"

#include <stdio.h>

#include "tool_key.h"
#include "tool_lock.h"
#include "tool_next.h"

static int
print_failed(const struct err *e)
{
	tool_print_err(NULL, e);
	return TOOL_FAILED;
}

int
tool_run_option(struct tool_run *r, int c, const char *arg,
		const char *usage)
{
	struct err e;

	switch (c) {
	case 'c':
		r->conf = arg;
		return -1;
	case 'k':
		r->key = arg;
		return -1;
	case 'n':
		r->sign.dry_run = true;
		return -1;
	case 'N':
		r->name = arg;
		return -1;
	case 'p':
		return tool_keys_add(&r->sign.trusted, arg, &e) == 0
			   ? -1
			   : print_failed(&e);
	case TOOL_RUN_PUSH:
		r->push = true;
		return -1;
	case TOOL_RUN_BACK:
		r->sign.go_back = true;
		return -1;
	case 'y':
		r->sign.yes = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return TOOL_OK;
	case 'V':
		printf("bnl-sign %s\n", VERSION);
		return TOOL_OK;
	default:
		fputs(usage, stderr);
		return TOOL_USAGE;
	}
}

int
tool_run(struct tool_run *r, int (*work)(struct tool_sign *s, void *ctx),
	 void *ctx)
{
	const char *conf = r->conf != NULL ? r->conf : TOOL_CONF_DIR;
	const char *key = r->key != NULL ? r->key : TOOL_BNL_KEY;
	struct tool_sign *s = &r->sign;
	bool installed = false;
	int rc, lock = -1;
	struct err e;

	if (tool_self_find(&s->self, r->name, conf, r->conf != NULL, &e) != 0 ||
	    tool_read_private_key(&s->key, key, &e) != 0 ||
	    tool_keys_add_half(&s->trusted, s->key, &e) != 0)
		return print_failed(&e);
	if (!s->dry_run && (lock = tool_lock(s->out, &e)) < 0)
		return print_failed(&e);
	s->installed = &installed;
	s->key_path = key;
	rc = tool_sign_begin(s);
	if (rc == TOOL_OK)
		rc = work(s, ctx);
	tool_sign_end(s);
	tool_unlock(lock);
	/* With --push, also a list that was signed earlier. */
	if (rc == TOOL_OK && r->next && !s->dry_run && (installed || r->push))
		rc = tool_next(r);
	return rc;
}

void
tool_run_free(struct tool_run *r)
{
	tool_self_free(&r->sign.self);
	key_free(r->sign.key);
	tool_keys_free(&r->sign.trusted);
}
