/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list edited in place no longer verifies. For that case, the list as it was
 * last signed is kept beside it, as FILE.prev; the signature block that the
 * edit left in FILE must be the block of that list. So another person's change
 * is never signed without being shown.
 */
#include "list_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/bnl_sign.h"
#include "last_signed.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/lock.h"
#include "lib/output.h"
#include "lib/prompt.h"
#include "revoked_ca.h"
#include "risk_check.h"
#include "sys/clock.h"

#define LIST_MODE 0644 /* mode of a new list: no secret */
/* Each list is dated at least a second after the previous one, so lists that
 * are signed more often than that are dated ahead of the clock: */
#define LEAD_MAX_S 300 /* allowed lead; above it, signing waits */
#define LEAD_WAIT_S 60 /* longest wait; a greater lead has another cause */

static int
print_failed(const char *name, const struct err *e)
{
	output_err(name, e);
	return EXIT_FAILED;
}

static bool
in_place(const struct list_sign *s)
{
	return strcmp(s->in, s->out) == 0;
}

static bool
same_block(const struct list_file *a, const struct list_file *b)
{
	size_t alen, blen;
	const char *pa = list_file_block(a, &alen);
	const char *pb = list_file_block(b, &blen);

	return pa != NULL && pb != NULL && alen == blen &&
	       memcmp(pa, pb, alen) == 0;
}

/* True when the new list replaces the base. */
static bool
replaces_base(const struct list_sign *s)
{
	return strcmp(s->base_path, s->out) == 0;
}

static int
bad_base(const struct list_sign *s, struct err *e)
{
	*e = s->base.why;
	err_in_file(e, s->base_path);
	return err_prefix(e, "nothing is signed");
}

static int
choose_first(const struct list_sign *s, struct err *e)
{
	const struct list_file *old = s->base.bnl != NULL ? &s->base :
				      s->file.bnl != NULL ? &s->file :
							    NULL;
	char text[BNL_VERSION_TEXT_MAX];

	if (old == NULL)
		return 0;
	return err_set(e, ERR_EXISTS,
		       "%s is a signed list already, %s: --first is for a "
		       "network's first list (to begin anew, move it away)",
		       old == &s->base ? s->base_path : s->in,
		       bnl_version_format(text, &old->bnl->version));
}

/* Checks that the edited file was made from the base. */
static int
choose_base(const struct list_sign *s, struct err *e)
{
	size_t blocklen;

	list_file_block(&s->file, &blocklen);
	if (s->base.raw == NULL && s->base.why.code != ERR_NOTFOUND) {
		*e = s->base.why;
		return -1;
	}
	if (s->base.raw == NULL && blocklen == 0)
		return err_set(e, ERR_SIGNATURE,
			       "%s was never signed: a network's first list is "
			       "signed with --first",
			       s->in);
	if (s->base.raw == NULL)
		return err_set(e, ERR_SIGNATURE,
			       "%s: its signature does not verify, and there "
			       "is no %s to show what it was edited from: "
			       "nothing is signed (put the signed list back "
			       "and edit it with bnl-sign -e)",
			       s->in, s->base_path);
	if (s->base.bnl == NULL)
		return bad_base(s, e);
	if (blocklen == 0 && in_place(s))
		return err_set(e, ERR_SIGNATURE,
			       "%s: its signature block is gone, so nothing "
			       "shows what it was edited from: nothing is "
			       "signed (append the block of %s)",
			       s->in, s->base_path);
	if (blocklen != 0 && !same_block(&s->file, &s->base))
		return err_set(e, ERR_SIGNATURE,
			       "%s: its signature does not verify, and it was "
			       "not edited from %s: nothing is signed (compare "
			       "the two, put the signed list back and edit it "
			       "with bnl-sign -e)",
			       s->in, s->base_path);
	return 0;
}

static int
choose_previous(struct list_sign *s, struct err *e)
{
	char text[BNL_VERSION_TEXT_MAX];

	if (s->first)
		return choose_first(s, e);
	if (s->file.bnl == NULL) {
		if (choose_base(s, e) != 0)
			return -1;
		s->previous = s->base.bnl;
		return 0;
	}
	if (replaces_base(s) && s->base.bnl == NULL)
		return bad_base(s, e);
	if (s->base.bnl != NULL &&
	    bnl_version_cmp(&s->base.bnl->version, &s->file.bnl->version) > 0)
		return err_set(e, ERR_STALE,
			       "%s is older than %s, which is %s: nothing is "
			       "signed (edit that one, or move it away to go "
			       "on from the older one)",
			       s->in, s->base_path,
			       bnl_version_format(text, &s->base.bnl->version));
	s->previous = s->file.bnl;
	return 0;
}

/* The list to follow may be in a folder of the daemon's user: checks with the
 * memory beside the key that the key has not replaced this list since. */
static int
check_memory(const struct list_sign *s, struct err *e)
{
	if (s->key_path == NULL || s->previous == NULL || s->go_back)
		return 0;
	return last_signed_check(s->key_path, s->out, s->previous, e);
}

static int
choose_paths(struct list_sign *s)
{
	char *in_prev;

	if (asprintf(&in_prev, "%s.prev", s->in) < 0)
		return -1;
	if (asprintf(&s->out_prev, "%s.prev", s->out) < 0)
		s->out_prev = NULL;
	s->base_path = !in_place(s) && file_exists(s->out) ? strdup(s->out) :
							     strdup(in_prev);
	free(in_prev);
	return s->out_prev == NULL || s->base_path == NULL ? -1 : 0;
}

int
list_sign_begin(struct list_sign *s)
{
	struct bnl_blocks block;
	struct errs es = { 0 };
	struct err e;

	if (choose_paths(s) != 0) {
		err_nomem(&e);
		return print_failed(NULL, &e);
	}
	if (list_file_read(&s->file, s->in, &s->trusted) != 0 &&
	    !(s->first && s->file.why.code == ERR_NOTFOUND))
		return print_failed(NULL, &s->file.why);
	if (s->file.raw != NULL &&
	    (bnl_blocks_read(&block, s->file.raw, s->file.len, &e) != 0 ||
	     bnl_blocks_check(&block, &e) != 0)) {
		errs_add(&es, &e);
		output_errs(s->in, &es);
		return EXIT_BAD_LIST;
	}
	list_file_read(&s->base, s->base_path, &s->trusted);
	if (choose_previous(s, &e) != 0 || check_memory(s, &e) != 0)
		return print_failed(NULL, &e);
	return EXIT_OK;
}

void
list_sign_end(struct list_sign *s)
{
	list_file_free(&s->file);
	list_file_free(&s->base);
	free(s->out_prev);
	free(s->base_path);
	s->out_prev = NULL;
	s->base_path = NULL;
}

bool
list_sign_unchanged(const struct list_sign *s)
{
	uint8_t fp[FINGERPRINT_LEN];

	key_fingerprint(fp, s->key);
	return s->file.bnl != NULL &&
	       memcmp(fp, s->file.bnl->signer, sizeof(fp)) == 0;
}

static int
print_failure(const char *name, const struct errs *es)
{
	switch (es->e[0].code) {
	case ERR_USAGE:
	case ERR_FUTURE:
	case ERR_CRYPTO:
	case ERR_NOMEM:
		return print_failed(name, &es->e[0]);
	default:
		output_errs(name, es);
		return EXIT_BAD_LIST;
	}
}

static bool
is_grave(const struct list_sign *s, const struct bnl *made)
{
	bool under = revoked_ca_print(s->previous, made, s->self.conf);
	struct risk_check care;

	risk_check_find(&care, s->previous, made, &s->self);
	return risk_check_print(&care) || under;
}

static int
show_changes(const struct list_sign *s, struct signed_list *made)
{
	FILE *f = s->quiet ? fopen("/dev/null", "w") : stdout;
	int rc;

	if (f == NULL)
		return -1;
	rc = list_changes_print(f, s->previous, made->bnl, &made->diff);
	if (fflush(f) != 0)
		rc = -1;
	if (s->quiet)
		fclose(f);
	return rc;
}

/* Warns long before a list is full. */
static void
warn_of_size(const struct signed_list *made)
{
	if (made->len > BNL_BYTES_MAX / 10 * 9)
		fprintf(stderr,
			"bnl-sign: warning: the list has %zu bytes of at most "
			"%u: remove nodes that are gone, comments and old "
			"revocations\n",
			made->len, BNL_BYTES_MAX);
}

/* Nodes refuse lists that are dated far ahead of their clocks: waits, so that
 * signing often does not lead there. */
static void
wait_for_clock(const struct list_sign *s)
{
	int64_t lead;

	if (s->previous == NULL || s->reset_time || s->dry_run)
		return;
	lead = s->previous->version.timestamp.s - clock_wall().s;
	if (lead <= LEAD_MAX_S || lead > LEAD_MAX_S + LEAD_WAIT_S)
		return;
	fprintf(stderr,
		"bnl-sign: the last list is dated %lld seconds ahead of the "
		"clock, because many were signed within a short time: waiting "
		"%lld s (\"bnl-sign add --from FILE\" adds many nodes with one "
		"signature)\n",
		(long long)lead, (long long)(lead - LEAD_MAX_S));
	for (; lead > LEAD_MAX_S; lead--)
		sleep(1);
}

int
list_sign_make(const struct list_sign *s, const char *name, const char *text,
	       size_t len, struct signed_list *made)
{
	struct bnl_sign_in in = {
		.text = text,
		.len = len,
		.previous = s->previous,
		.key = s->key,
		.reset_time = s->reset_time,
	};
	const struct key *self = s->key;
	struct errs es = { 0 };
	struct err e;

	memset(made, 0, sizeof(*made));
	wait_for_clock(s);
	in.now = clock_wall();
	if (bnl_sign(&made->p, &made->len, &in, &es) != 0)
		return print_failure(name, &es);
	/* Checks that every node will accept the new list. */
	if (bnl_open(&made->bnl, made->p, made->len, &self, 1, &e) != 0) {
		signed_list_free(made);
		return print_failed(name, &e);
	}
	if (show_changes(s, made) != 0) {
		err_set(&e, ERR_IO, "cannot show what changes");
		signed_list_free(made);
		return print_failed(name, &e);
	}
	warn_of_size(made);
	made->grave = is_grave(s, made->bnl);
	return EXIT_OK;
}

void
signed_list_free(struct signed_list *m)
{
	free(m->p);
	bnl_free(m->bnl);
	memset(m, 0, sizeof(*m));
}

bool
list_sign_confirmed(const struct list_sign *s, const struct signed_list *m)
{
	struct err e;

	if (s->yes || (!m->grave && (m->diff.lost == 0 || !prompt_possible())))
		return true;
	if (!prompt_possible())
		err_set(&e, ERR_USAGE,
			"there is no terminal to ask on, so nothing is signed "
			"(--yes signs it without a question)");
	else if (prompt_choice(
			 m->diff.lost > 0 ?
				 "This takes nodes or subnets away from every "
				 "node. Sign it? [y/n]" :
				 "Sign it all the same? [y/n]",
			 "yn") == 'y')
		return true;
	else
		err_set(&e, ERR_USAGE, "nothing is signed");
	print_failed(NULL, &e);
	return false;
}

/* Checks that the target still has the bytes that were read at the start. */
static int
check_target(const struct list_sign *s, struct err *e)
{
	const struct list_file *began = in_place(s) ? &s->file : &s->base;
	bool was_there = in_place(s) ? s->file.raw != NULL : replaces_base(s);
	struct err why = { 0 };
	char *now;
	size_t len;
	bool same;

	if (file_read(&now, &len, s->out, BNL_BYTES_MAX, &why) != 0) {
		if (why.code == ERR_NOTFOUND && !was_there)
			return 0;
		*e = why;
		return -1;
	}
	same = was_there && began->raw != NULL && len == began->len &&
	       memcmp(now, began->raw, len) == 0;
	free(now);
	if (same)
		return 0;
	return err_set(e, ERR_CONFLICT,
		       "%s is no longer the list that this one began from: "
		       "nothing is installed",
		       s->out);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ?
		       st.st_mode & 0777 :
		       LIST_MODE;
}

static int
install_locked(const struct list_sign *s, const char *p, size_t len,
	       struct err *e)
{
	if (check_target(s, e) != 0)
		return -1;
	/* This order matters: after a crash in between, the list verifies and
	 * is newer than its copy, a state that list_sign_begin() accepts. */
	if (file_replace(s->out, LIST_MODE, p, len, e) != 0)
		return -1;
	if (s->key_path != NULL &&
	    last_signed_keep(s->key_path, p, len, e) != 0)
		return -1;
	if (file_replace(s->out_prev, mode_of(s->out), p, len, e) != 0)
		return err_prefix(e,
				  "%s is signed and in place, but not its "
				  "copy",
				  s->out);
	return 0;
}

int
list_sign_install(const struct list_sign *s, const char *p, size_t len,
		  struct err *e)
{
	struct store dir;
	int rc;

	/* A daemon that is storing a list here either finishes first, so that
	 * the comparison sees that list, or waits for this lock. */
	if (lock_store(&dir, s->out, e) != 0)
		return -1;
	rc = install_locked(s, p, len, e);
	if (rc == 0 && s->installed != NULL)
		*s->installed = true;
	store_close(&dir);
	return rc;
}

/* Installs a valid, unchanged list and its copy. */
static int
pass_on(const struct list_sign *s)
{
	char text[BNL_VERSION_TEXT_MAX];
	struct err e;

	printf("%s: nothing has changed since it was signed, %s\n", s->in,
	       bnl_version_format(text, &s->file.bnl->version));
	if (s->dry_run || (s->base.raw != NULL && s->base.len == s->file.len &&
			   memcmp(s->base.raw, s->file.raw, s->file.len) == 0))
		return EXIT_OK;
	if (list_sign_install(s, s->file.raw, s->file.len, &e) == 0)
		return EXIT_OK;
	return print_failed(NULL, &e);
}

int
list_sign_text(const struct list_sign *s, const char *text, size_t len)
{
	struct signed_list made;
	struct err e;
	int rc = list_sign_make(s, s->in, text, len, &made);

	if (rc != EXIT_OK || s->dry_run)
		goto out;
	if (!list_sign_confirmed(s, &made))
		rc = EXIT_FAILED;
	else if (list_sign_install(s, made.p, made.len, &e) != 0)
		rc = print_failed(NULL, &e);
out:
	signed_list_free(&made);
	return rc;
}

int
list_sign_file(const struct list_sign *s)
{
	if (s->file.raw == NULL)
		return print_failed(NULL, &s->file.why);
	if (list_sign_unchanged(s) && !s->force)
		return pass_on(s);
	return list_sign_text(s, s->file.raw, s->file.len);
}
