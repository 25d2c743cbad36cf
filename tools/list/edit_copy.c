/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The copy has no signature block, so that a line can be added at its end; a
 * kept edit gets the block back, which shows later which list the edit was made
 * from.
 */
#include "edit_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/bnl_sign.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/output.h"
#include "lib/prompt.h"

struct edit {
	struct list_sign *s;
	char *dir;  /* made for the copy; NULL: the list's folder */
	char *path; /* the copy */
	char *text; /* the copy's current text */
	size_t len;
	struct signed_list made;
};

/* The text of a network's first list. It proposes no prefix: networks with the
 * same prefix could never be joined. */
static const char template[] =
	"network   example.org\n"
	"# prefix  10.N.0.0/16          # choose N by chance; every subnet lies\n"
	"#                              # inside a prefix\n"
	"\n"
	"# node alpha                   # the Common Name of its certificate\n"
	"#   address 192.0.2.10         # where others reach it; port 3406\n"
	"#   subnet  10.N.1.0/24        # what is routed to it\n";

/* Returns the copy's initial text: the list without its block. */
static struct span
original_text(const struct list_sign *s)
{
	size_t blocklen;

	if (s->file.raw == NULL)
		return SPAN(template);
	list_file_block(&s->file, &blocklen);
	return (struct span){ s->file.raw, s->file.len - blocklen };
}

/* If another user can write to the list's folder, the editor could follow a
 * link that this user made: the copy gets a folder of its own, in a directory
 * that keeps its files over a restart. */
static int
choose_path(struct edit *ed, struct err *e)
{
	const char *out = ed->s->out, *slash = strrchr(out, '/');
	char dir[] = "/var/tmp/bnl-sign.XXXXXX";

	if (!file_dir_shared(out))
		return asprintf(&ed->path, "%s.edit.XXXXXX", out) < 0 ? -1 : 0;
	if (mkdtemp(dir) == NULL)
		return err_errno(e, errno, "%s", dir);
	ed->dir = strdup(dir);
	return asprintf(&ed->path, "%s/%s.edit.XXXXXX", dir,
			slash == NULL ? out : slash + 1) < 0 ?
		       -1 :
		       0;
}

static int
make_copy(struct edit *ed, struct err *e)
{
	struct span text = original_text(ed->s);
	int fd;

	err_nomem(e);
	if (choose_path(ed, e) != 0) {
		ed->path = NULL;
		return -1;
	}
	fd = mkstemp(ed->path);
	if (fd < 0)
		return err_errno(e, errno, "%s", ed->path);
	close(fd);
	return file_replace(ed->path, 0600, text.p, text.len, e);
}

static void
remove_copy(const struct edit *ed)
{
	unlink(ed->path);
	if (ed->dir != NULL)
		rmdir(ed->dir);
}

static int
read_copy(struct edit *ed, struct err *e)
{
	free(ed->text);
	ed->text = NULL;
	return file_read_own(&ed->text, &ed->len, ed->path, BNL_BYTES_MAX, e);
}

/* True when the editor left the copy as it was. */
static bool
is_untouched(const struct edit *ed)
{
	struct span text = original_text(ed->s);

	return ed->len == text.len && memcmp(ed->text, text.p, text.len) == 0;
}

/* Gives the copy the block of the list that it was made from. */
static int
mark_copy(const struct edit *ed, struct err *e)
{
	struct bnl_blocks own;
	const char *block;
	size_t blocklen;
	char *all;
	int rc;

	block = list_file_block(&ed->s->file, &blocklen);
	if (block == NULL || ed->text == NULL ||
	    bnl_blocks_read(&own, ed->text, ed->len, NULL) != 0 || own.present)
		return 0;
	all = malloc(ed->len + 1 + blocklen);
	if (all == NULL)
		return err_nomem(e);
	memcpy(all, ed->text, ed->len);

	size_t n = ed->len;

	if (n > 0 && all[n - 1] != '\n')
		all[n++] = '\n';
	memcpy(all + n, block, blocklen);
	rc = file_replace(ed->path, 0600, all, n + blocklen, e);
	free(all);
	return rc;
}

static void
keep_edit(const struct edit *ed, bool outrun)
{
	struct err e;

	if (mark_copy(ed, &e) != 0)
		output_err(NULL, &e);
	fprintf(stderr, "The edit is kept in %s\n", ed->path);
	if (outrun)
		fprintf(stderr,
			"See what differs (diff %s %s), then edit the "
			"new list.\n",
			ed->s->out, ed->path);
	else
		fprintf(stderr, "Go on with: bnl-sign %s-o %s %s\n",
			ed->s->first ? "--first " : "", ed->s->out, ed->path);
}

/* Runs the editor once: EXIT_OK when made has a signed list, or the text is the
 * same. */
static int
round_of(struct edit *ed, bool *same)
{
	struct err e;

	*same = false;
	if (prompt_editor(ed->path, &e) != 0 || read_copy(ed, &e) != 0) {
		output_err(NULL, &e);
		return EXIT_FAILED;
	}
	*same = is_untouched(ed) && !ed->s->force &&
		(ed->s->file.raw == NULL || list_sign_unchanged(ed->s));
	if (*same)
		return EXIT_OK;
	return list_sign_make(ed->s, ed->path, ed->text, ed->len, &ed->made);
}

static char
ask_next(const struct edit *ed, int rc)
{
	if (rc != EXIT_OK)
		return prompt_choice("(e)dit again, or e(x)it keeping the "
				     "edit?",
				     "ex");
	if (ed->s->yes || !prompt_possible())
		return list_sign_confirmed(ed->s, &ed->made) ? 's' : 'x';
	return prompt_choice("(s)ign and install, (e)dit again, or e(x)it "
			     "keeping the edit?",
			     "sex");
}

static int
install_edit(struct edit *ed)
{
	struct err e;

	if (list_sign_install(ed->s, ed->made.p, ed->made.len, &e) == 0) {
		remove_copy(ed);
		return EXIT_OK;
	}
	output_err(NULL, &e);
	keep_edit(ed, e.code == ERR_CONFLICT);
	return EXIT_FAILED;
}

static int
edit_until_done(struct edit *ed)
{
	for (;;) {
		bool same;
		int rc = round_of(ed, &same);

		if (same) {
			printf("%s: nothing has changed\n", ed->s->out);
			remove_copy(ed);
			return EXIT_OK;
		}
		switch (ask_next(ed, rc)) {
		case 's':
			return install_edit(ed);
		case 'e':
			signed_list_free(&ed->made);
			continue;
		default:
			keep_edit(ed, false);
			return rc == EXIT_OK ? EXIT_FAILED : rc;
		}
	}
}

int
edit_copy(struct list_sign *s)
{
	struct edit ed = { .s = s };
	struct err e;
	int rc = EXIT_FAILED;

	if (make_copy(&ed, &e) != 0)
		output_err(NULL, &e);
	else
		rc = edit_until_done(&ed);
	signed_list_free(&ed.made);
	free(ed.text);
	free(ed.path);
	free(ed.dir);
	return rc;
}
