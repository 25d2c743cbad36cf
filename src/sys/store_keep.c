/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps copies of files that are about to be replaced. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sys/store.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)
#define AGAIN_MAX 9 /* suffixes within one second */

/* NAME.lost-20261130T132705Z; the N-th of one second ends in -N. */
static void
kept_name(char out[STORE_NAME_MAX], const char *name, struct walltime at,
	  int nth)
{
	char time[32] = "0", more[8] = "";
	struct tm tm;
	time_t t = (time_t)at.s;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &tm);
	if (nth > 0)
		snprintf(more, sizeof(more), "-%d", nth);
	snprintf(out, STORE_NAME_MAX, "%.150s" STORE_LOST "%s%s", name, time,
		 more);
}

/* Links the file, or copies its bytes where links are forbidden: the daemon is
 * confined, and protected_hardlinks forbids a link to another user's file. */
static int
keep_as(struct store *s, const char *name, const char *as, struct err *e)
{
	struct stat st;
	uint8_t *data;
	size_t len;
	int rc;

	if (linkat(s->dirfd, name, s->dirfd, as, 0) == 0)
		return 0;
	if (errno == EEXIST)
		return err_errno(e, EEXIST, "%s/%s", s->dir, as);
	if (store_read(s, name, FILE_MAX, 0, &data, &len, e) < 0)
		return -1;
	rc = store_write(s, as, data, len, e);
	free(data);
	if (rc == 0 && fstatat(s->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fchmodat(s->dirfd, as, st.st_mode & 0777, 0) < 0)
		rc = err_errno(e, errno, "%s/%s", s->dir, as);
	return rc;
}

/* The names sort by time. */
static void
forget_oldest(struct store *s, const char *name, size_t most)
{
	char prefix[STORE_NAME_MAX];
	struct err ignored;
	char **names;
	size_t n;

	snprintf(prefix, sizeof(prefix), "%.150s" STORE_LOST, name);
	if (store_list_prefix(s, prefix, 1024, &names, &n, &ignored) < 0)
		return;
	for (size_t i = 0; i + most < n; i++)
		(void)store_remove(s, names[i], &ignored);
	store_names_free(names, n);
}

int
store_keep(struct store *s, const char *name, struct walltime at, size_t most,
	   char kept[STORE_NAME_MAX], struct err *e)
{
	int rc = -1;

	for (int i = 0; i <= AGAIN_MAX && rc < 0; i++) {
		kept_name(kept, name, at, i);
		if (faccessat(s->dirfd, kept, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			err_errno(e, EEXIST, "%s/%s", s->dir, kept);
		else
			rc = keep_as(s, name, kept, e);
		if (rc < 0 && e->code != ERR_EXISTS)
			break;
	}
	if (rc == 0)
		forget_oldest(s, name, most);
	return rc;
}
