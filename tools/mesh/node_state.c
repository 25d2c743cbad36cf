/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Removes the files that a daemon keeps in its state directory. */
#include "node_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "sys/wipe.h"

#define PAIRS "pairs"

typedef bool (*state_is)(const char *name, const char *list);

static bool
is_file_of(const char *name, const char *stem)
{
	size_t len = strlen(stem);

	return strncmp(name, stem, len) == 0 &&
	       (name[len] == '\0' || name[len] == '.');
}

/* Includes files set aside as NAME.bad. */
static bool
is_own_state(const char *name, const char *list)
{
	(void)list;
	return is_file_of(name, "mark") || is_file_of(name, "static.key") ||
	       is_file_of(name, "addresses") || is_file_of(name, "runtime") ||
	       strcmp(name, ".tmp") == 0;
}

static bool
is_list(const char *name, const char *list)
{
	return is_file_of(name, list) || strcmp(name, ".tmp") == 0;
}

static bool
is_pair(const char *name, const char *list)
{
	(void)list;
	return strstr(name, ".pair") != NULL || strcmp(name, ".tmp") == 0;
}

/* Removes and overwrites the files for which is() holds; closes fd. */
static int
remove_such(int fd, const char *path, state_is is, const char *list,
	    struct err *e)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *d;
	int rc = 0;

	if (dir == NULL) {
		err_errno(e, errno, "%s", path);
		close(fd);
		return -1;
	}
	while (rc == 0 && (d = readdir(dir)) != NULL)
		if (is(d->d_name, list) &&
		    wipe_unlink(dirfd(dir), d->d_name) != 0 && errno != EISDIR)
			rc = err_errno(e, errno, "%s/%s", path, d->d_name);
	closedir(dir);
	return rc;
}

static int
remove_state(const char *dir, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), pairs, rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(e, errno, "%s", dir);
	pairs = openat(fd, PAIRS, flags);
	if (pairs >= 0) {
		rc = remove_such(pairs, dir, is_pair, NULL, e);
		(void)unlinkat(fd, PAIRS, AT_REMOVEDIR);
	}
	if (rc != 0) {
		close(fd);
		return -1;
	}
	return remove_such(fd, dir, is_own_state, NULL, e);
}

static int
remove_list(const char *list, struct err *e)
{
	const char *slash = strrchr(list, '/');
	char *dir = file_dir(list);
	int fd, rc = 0;

	if (dir == NULL)
		return err_nomem(e);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		rc = remove_such(fd, dir, is_list,
				 slash == NULL ? list : slash + 1, e);
	else if (errno != ENOENT)
		rc = err_errno(e, errno, "%s", dir);
	free(dir);
	return rc;
}

int
node_state_remove(const char *dir, const char *list, bool keep_list,
		  struct err *e)
{
	if (remove_state(dir, e) != 0 ||
	    (!keep_list && remove_list(list, e) != 0))
		return -1;
	/* Kept if not empty: packages and services may have made it. */
	rmdir(dir);
	return 0;
}
