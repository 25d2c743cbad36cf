/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The common part of all commands that sign a list. */
#include "sign_session.h"

#include "lib/keyfile.h"
#include "lib/lock.h"
#include "lib/output.h"
#include "next_step.h"

static int
print_failed(const struct err *e)
{
	output_err(NULL, e);
	return EXIT_FAILED;
}

int
sign_session(struct sign_session *r,
	     int (*work)(struct list_sign *s, void *ctx), void *ctx)
{
	const char *conf = r->conf != NULL ? r->conf : DEFAULT_CONF_DIR;
	const char *key = r->key != NULL ? r->key : DEFAULT_SIGN_KEY;
	struct list_sign *s = &r->sign;
	bool installed = false;
	int rc, lock = -1;
	struct err e;

	if (node_self_find(&s->self, r->name, conf, r->conf != NULL, &e) != 0 ||
	    trusted_keys_add_all(&s->trusted, &r->pubkeys, &e) != 0 ||
	    keyfile_private(&s->key, key, &e) != 0 ||
	    trusted_keys_add_half(&s->trusted, s->key, &e) != 0)
		return print_failed(&e);
	if (!s->dry_run && (lock = lock_take(s->out, &e)) < 0)
		return print_failed(&e);
	s->installed = &installed;
	s->key_path = key;
	rc = list_sign_begin(s);
	if (rc == EXIT_OK)
		rc = work(s, ctx);
	list_sign_end(s);
	lock_release(lock);
	/* With --push, also a list that was signed earlier. */
	if (rc == EXIT_OK && r->next && !s->dry_run && (installed || r->push))
		rc = next_step(r);
	return rc;
}

void
sign_session_free(struct sign_session *r)
{
	node_self_free(&r->sign.self);
	key_free(r->sign.key);
	trusted_keys_free(&r->sign.trusted);
}
