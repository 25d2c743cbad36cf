/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remembers, beside the key, the list that the key signed last. */
#include "last_signed.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/bnl_parse.h"
#include "format/bnl_sign.h"
#include "lib/file.h"

#define MEMORY_MODE 0644 /* mode of a list: no secret */

/* The file's place makes it trusted: the signing key may have changed since, so
 * the signature is not verified. */
static int
memory_parse(struct bnl **out, const char *path, const char *raw, size_t len,
	     struct err *e)
{
	struct bnl_blocks block;
	struct errs es = { 0 };

	if (bnl_blocks_read(&block, raw, len, e) == 0) {
		if (bnl_parse_part(out, raw, len, block.signedlen, &es) == 0) {
			bnl_digest((*out)->version.digest, raw,
				   block.signedlen);
			return 0;
		}
		*e = es.e[0];
	}
	return err_prefix(e, "%s, the list that was signed last", path);
}

/* *out is NULL when nothing is remembered. */
static int
memory_read(struct bnl **out, const char *path, struct err *e)
{
	char *raw;
	size_t len;
	int rc;

	*out = NULL;
	if (file_read(&raw, &len, path, BNL_BYTES_MAX, e) != 0)
		return e->code == ERR_NOTFOUND ? 0 : -1;
	rc = memory_parse(out, path, raw, len, e);
	free(raw);
	return rc;
}

static void
print_come_back(const struct bnl *base, const struct bnl *last)
{
	char fp[FINGERPRINT_TEXT_MAX];

	for (uint32_t i = 0; i < base->nnodes; i++)
		if (bnl_find(last, base->nodes[i].name) == NULL)
			fprintf(stderr, "node %s would come back\n",
				base->nodes[i].name);
	for (uint32_t i = 0; i < last->nrevoked; i++)
		if (!bnl_is_revoked(base, last->revoked[i]))
			fprintf(stderr, "key %s would be good again\n",
				fingerprint_format(fp, last->revoked[i]));
}

/* Returns the path of the key's memory, with links resolved; NULL when the key
 * is not a regular file (a pipe). */
static char *
memory_path(const char *key)
{
	char *real = realpath(key, NULL), *path = NULL;
	struct stat st;

	if (real != NULL && stat(real, &st) == 0 && S_ISREG(st.st_mode) &&
	    asprintf(&path, "%s.last", real) < 0)
		path = NULL;
	free(real);
	return path;
}

int
last_signed_check(const char *key, const char *name, const struct bnl *base,
		  struct err *e)
{
	char was[BNL_VERSION_TEXT_MAX], is[BNL_VERSION_TEXT_MAX];
	char *path = memory_path(key);
	struct bnl *last = NULL;
	int rc = 0;

	if (path == NULL)
		return 0;
	if (memory_read(&last, path, e) != 0) {
		rc = -1;
	} else if (last != NULL &&
		   (bnl_version_cmp(&base->version, &last->version) < 0 ||
		    bnl_misses(base, &last->version))) {
		print_come_back(base, last);
		rc = err_set(e, ERR_STALE,
			     "%s, %s, does not come from the list that this "
			     "key signed last, %s: nothing is signed "
			     "(--go-back signs on from it; \"bnl-sign -o FILE "
			     "%s\" puts the last one back)",
			     name, bnl_version_format(is, &base->version),
			     bnl_version_format(was, &last->version), path);
	}
	bnl_free(last);
	free(path);
	return rc;
}

int
last_signed_keep(const char *key, const char *list, size_t len, struct err *e)
{
	char *path = memory_path(key);
	char *dir = path == NULL ? NULL : file_dir(path);
	int rc = 0;

	if (dir == NULL || access(dir, W_OK) != 0)
		fprintf(stderr,
			"bnl-sign: warning: there is no room beside "
			"the key %s to remember this list, so nothing will "
			"show when an old one is put back\n",
			key);
	else if (file_replace(path, MEMORY_MODE, list, len, e) != 0)
		rc = err_prefix(e, "the list is signed and in place, but not "
				   "remembered");
	free(dir);
	free(path);
	return rc;
}
