/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of the files in a store. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/store.h"

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

static bool
begins_with(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Appends a copy of name; the array grows by doubling. */
static int
names_add(char ***names, size_t *n, const char *name, struct err *e)
{
	char **more = *names;

	if ((*n & (*n - 1)) == 0) {
		more = realloc(*names, (*n == 0 ? 1 : *n * 2) * sizeof(*more));
		if (more == NULL)
			return err_nomem(e);
		*names = more;
	}
	more[*n] = strdup(name);
	if (more[*n] == NULL)
		return err_nomem(e);
	(*n)++;
	return 0;
}

static int
list_where(const struct store *s,
	   bool (*matches)(const char *name, const char *part),
	   const char *part, size_t max, char ***names, size_t *n,
	   struct err *e)
{
	int fd = openat(s->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	char **found = NULL;
	size_t count = 0;
	int rc = 0;

	if (dir == NULL) {
		err_errno(e, errno, "directory %s", s->dir);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (rc == 0 && (d = readdir(dir)) != NULL) {
		if (!store_name_ok(d->d_name) || !matches(d->d_name, part))
			continue;
		if (count == max)
			rc = err_set(e, ERR_LIMIT, "more than %zu files in %s",
				     max, s->dir);
		else
			rc = names_add(&found, &count, d->d_name, e);
	}
	closedir(dir);
	if (rc < 0) {
		store_names_free(found, count);
		return -1;
	}
	if (count > 0)
		qsort(found, count, sizeof(*found), by_name);
	*names = found;
	*n = count;
	return 0;
}

int
store_list(const struct store *s, const char *suffix, size_t max, char ***names,
	   size_t *n, struct err *e)
{
	return list_where(s, ends_in, suffix, max, names, n, e);
}

int
store_list_prefix(const struct store *s, const char *prefix, size_t max,
		  char ***names, size_t *n, struct err *e)
{
	return list_where(s, begins_with, prefix, max, names, n, e);
}

void
store_names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}
