/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that change a list: add, set, pin, remove, revoke. */
#include "edit_cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit_args.h"
#include "format/bnl_free.h"
#include "lib/defaults.h"
#include "lib/output.h"
#include "shown_keys.h"

static const char *
word_at(const struct edit_args *cmd, size_t i)
{
	return ((const char *const *)cmd->words.mem)[i];
}

int
edit_cmd_rooms(struct edit_args *cmd, const struct bnl *b, struct err *e)
{
	struct vec *subnets = &cmd->change.v[BNL_SUBNET];
	const struct vec *addresses = &cmd->change.v[BNL_ADDRESS];
	struct bnl_room *rooms = cmd->rooms.mem;
	const struct prefix *within = cmd->within.mem;
	char text[PREFIX_TEXT_MAX];
	struct prefix found, *taken;
	int rc = 0;

	for (size_t i = 0; i < cmd->rooms.n && rc == 0; i++) {
		struct bnl_room *room = &rooms[i];
		const struct bnl_value *s = subnets->mem, *a = addresses->mem;

		taken = calloc(subnets->n + addresses->n + 1, sizeof(*taken));
		if (taken == NULL)
			return err_nomem(e);
		for (size_t j = 0; j < subnets->n; j++)
			taken[room->ntaken++] = s[j].p;
		for (size_t j = 0; j < addresses->n; j++)
			taken[room->ntaken++] = a[j].p;
		room->taken = taken;
		for (size_t j = 0; j < cmd->within.n; j++)
			if (within[j].addr.family == room->family)
				room->within = &within[j];
		rc = bnl_free_subnet(&found, b, room, e);
		free(taken);
		if (rc == 0)
			rc = bnl_change_add(&cmd->change, BNL_SUBNET,
					    prefix_format(text, &found), e);
	}
	return rc;
}

static int
add_from_file(const struct edit_args *cmd, struct bnl_edit *ed, struct err *e)
{
	struct errs es = { 0 };

	if (bnl_edit_add_all(ed, cmd->nodes, &es) == 0)
		return 0;
	output_errs(cmd->from.v[0], &es);
	return err_set(e, ERR_CONFLICT,
		       "%u of the %u nodes in %s cannot be added: nothing is "
		       "signed",
		       es.count, cmd->nodes->nnodes, cmd->from.v[0]);
}

static int
do_add(struct edit_args *cmd, struct bnl_edit *ed, struct err *e)
{
	if (cmd->nodes != NULL)
		return add_from_file(cmd, ed, e);
	if (edit_cmd_rooms(cmd, bnl_edit_list(ed), e) != 0)
		return -1;
	return bnl_edit_add(ed, word_at(cmd, 0), &cmd->change, e);
}

static int
do_revoke(struct edit_args *cmd, struct bnl_edit *ed, struct err *e)
{
	size_t added;

	return bnl_edit_revoke(ed, cmd->keys.mem, cmd->keys.n, &added, e);
}

static int
do_remove(struct edit_args *cmd, struct bnl_edit *ed, struct err *e)
{
	for (size_t i = 0; i < cmd->words.n; i++) {
		const char *name = word_at(cmd, i);
		const struct bnl_node *n = bnl_find(bnl_edit_list(ed), name);
		struct bnl_revoke *key;

		if (bnl_edit_remove(ed, name, e) != 0)
			return -1;
		if (cmd->keep_keys)
			continue;
		if (!n->pinned) {
			fprintf(stderr,
				"bnl-sign: the list has no key of %s, so none "
				"is revoked\n",
				name);
			continue;
		}
		key = vec_push(&cmd->keys, sizeof(*key));
		if (key == NULL)
			return err_nomem(e);
		memcpy(key->fp, n->pin, sizeof(key->fp));
		snprintf(key->node, sizeof(key->node), "%s", name);
	}
	return do_revoke(cmd, ed, e);
}

static int
pin_node(const struct bnl_node *n, const struct shown_keys *keys, bool all,
	 struct bnl_edit *ed, struct err *e)
{
	char text[FINGERPRINT_TEXT_MAX];
	struct bnl_change change = { .given = { false } };
	uint8_t fp[FINGERPRINT_LEN];
	int rc;

	if (!shown_keys_find(fp, keys, n->name)) {
		err_set(e, ERR_NOTFOUND,
			"%s has not shown its key to this node's daemon%s",
			n->name, all ? ": it stays without one" : "");
		if (!all)
			return -1;
		fprintf(stderr, "bnl-sign: %s\n", e->text);
		return 0;
	}
	if (n->pinned && memcmp(n->pin, fp, sizeof(fp)) == 0)
		return 0;
	if (n->pinned)
		return err_set(e, ERR_CONFLICT,
			       "the list pins another key to %s than the one "
			       "that it has shown: \"bnl-sign set --key\" "
			       "replaces it",
			       n->name);
	rc = bnl_change_add(&change, BNL_KEY, fingerprint_format(text, fp), e);
	if (rc == 0)
		rc = bnl_edit_set(ed, n->name, &change, e);
	bnl_change_free(&change);
	return rc;
}

static int
do_pin(const struct edit_args *cmd, struct bnl_edit *ed, struct err *e)
{
	const struct bnl *b = bnl_edit_list(ed);
	struct shown_keys keys;
	int rc = 0;

	if (shown_keys_read(&keys, cmd->socket, cmd->run.sign.self.conf, e) !=
	    0)
		return -1;
	for (uint32_t i = 0; cmd->all && rc == 0 && i < b->nnodes; i++)
		if (!b->nodes[i].pinned)
			rc = pin_node(&b->nodes[i], &keys, true, ed, e);
	for (size_t i = 0; rc == 0 && i < cmd->words.n; i++) {
		const struct bnl_node *n = bnl_find(b, word_at(cmd, i));

		rc = n == NULL ?
			     err_set(e, ERR_NOTFOUND, "the list has no node %s",
				     word_at(cmd, i)) :
			     pin_node(n, &keys, false, ed, e);
	}
	shown_keys_free(&keys);
	return rc;
}

static int
make_change(struct edit_args *cmd, struct bnl_edit *ed, void *ctx,
	    struct err *e)
{
	(void)ctx;
	switch (cmd->verb) {
	case EDIT_ADD:
		return do_add(cmd, ed, e);
	case EDIT_SET:
		return bnl_edit_set(ed, word_at(cmd, 0), &cmd->change, e);
	case EDIT_PIN:
		return do_pin(cmd, ed, e);
	case EDIT_REMOVE:
		return do_remove(cmd, ed, e);
	default:
		return do_revoke(cmd, ed, e);
	}
}

#define KEPT_BYTES 65536 /* room for about 400 revocations */

/* A change that makes the list longer must leave KEPT_BYTES free, so that nodes
 * can be removed and keys revoked in a full list. */
static int
check_room(const struct edit_args *cmd, struct span old, const struct buf *new)
{
	struct err e;

	if ((cmd->verb & (EDIT_REMOVE | EDIT_REVOKE)) != 0 ||
	    buf_len(new) <= old.len ||
	    buf_len(new) <= BNL_BYTES_MAX - KEPT_BYTES)
		return EXIT_OK;
	err_set(&e, ERR_LIMIT,
		"the list would have %zu bytes: at most %u are allowed, and "
		"%u of these are kept for removals and revocations; nothing "
		"is signed",
		buf_len(new), BNL_BYTES_MAX, KEPT_BYTES);
	output_err(cmd->run.sign.in, &e);
	return EXIT_FAILED;
}

struct job {
	struct edit_args *cmd;
	edit_cmd_fn work;
	void *ctx;
};

/* Makes the new text of the list, without its block. */
static int
new_text(struct buf *out, const struct job *job, struct span old)
{
	const char *path = job->cmd->run.sign.in;
	struct bnl_edit *ed = NULL;
	struct errs es = { 0 };
	struct err e;
	int rc = EXIT_FAILED;

	if (bnl_edit_new(&ed, old.p, old.len, &es) != 0)
		output_errs(path, &es);
	else if (job->work(job->cmd, ed, job->ctx, &e) != 0 ||
		 bnl_edit_write(ed, out, &e) != 0)
		output_err(path, &e);
	else
		rc = EXIT_OK;
	bnl_edit_free(ed);
	return rc;
}

static int
change_and_sign(struct list_sign *s, void *ctx)
{
	struct span old;
	struct buf new;
	struct err e;
	int rc;

	/* A script must not sign a change that is not finished. */
	if (s->file.bnl == NULL) {
		err_set(&e, ERR_CONFLICT,
			"it has changes that are not signed: sign them first "
			"(bnl-sign %s)",
			s->in);
		output_err(s->in, &e);
		return EXIT_FAILED;
	}
	old = (struct span){ s->file.raw, s->file.bnl->signedlen };
	buf_init(&new, BNL_BYTES_MAX);
	rc = new_text(&new, ctx, old);
	if (rc == EXIT_OK)
		rc = check_room(((const struct job *)ctx)->cmd, old, &new);
	if (rc == EXIT_OK && buf_len(&new) == old.len &&
	    memcmp(buf_data(&new), old.p, old.len) == 0)
		printf("%s: nothing has changed\n", s->in);
	else if (rc == EXIT_OK)
		rc = list_sign_text(s, (const char *)buf_data(&new),
				    buf_len(&new));
	buf_free(&new);
	return rc;
}

int
edit_cmd_by(struct edit_args *cmd, edit_cmd_fn work, void *ctx)
{
	struct job job = { cmd, work, ctx };

	return sign_session(&cmd->run, change_and_sign, &job);
}

int
edit_cmd_run(struct edit_args *cmd)
{
	return edit_cmd_by(cmd, make_change, NULL);
}

int
edit_cmd(int argc, char **argv)
{
	struct edit_args cmd;
	int rc = edit_args_read(&cmd, argc, argv);

	cmd.run.next = true;
	if (rc < 0)
		rc = edit_cmd_run(&cmd);
	edit_args_free(&cmd);
	return rc;
}
