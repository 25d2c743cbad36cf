/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making directories. */
#include "sys/dirs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Succeeds for any existing name: opening a file in it reports a
 * non-directory. */
static int
make_one(const char *dir, mode_t mode, struct err *e)
{
	if (mkdir(dir, mode) == 0 || errno == EEXIST || errno == EROFS)
		return 0;
	return err_errno(e, errno, "directory %s", dir);
}

int
dirs_make(const char *dir, mode_t mode, struct err *e)
{
	char *path = strdup(dir), *slash;
	int rc = 0;

	if (path == NULL)
		return err_nomem(e);
	slash = path;
	while (rc == 0 && *slash != '\0' &&
	       (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		rc = make_one(path, mode, e);
		*slash = '/';
	}
	if (rc == 0)
		rc = make_one(path, mode, e);
	free(path);
	return rc;
}

int
dirs_make_parent(const char *path, mode_t mode, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int rc;

	if (slash == NULL || slash == path)
		return 0;
	dir = strndup(path, (size_t)(slash - path));
	if (dir == NULL)
		return err_nomem(e);
	rc = dirs_make(dir, mode, e);
	free(dir);
	return rc;
}
