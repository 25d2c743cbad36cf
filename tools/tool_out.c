/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of files that a tool makes: all of them or none. */
#include "tool_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool_file.h"

#define KEY_MODE 0600
#define PUBLIC_MODE 0644

void
tool_out_free(struct tool_out *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(f[i].path);
		if (f[i].data != NULL)
			tool_free_secret(f[i].data, strlen(f[i].data));
	}
}

char *
tool_path_join(const char *dir, const char *name)
{
	char *path;

	if (dir == NULL)
		return strdup(name);
	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

char *
tool_path_ending(const char *name, const char *old, const char *new)
{
	size_t len = strlen(name), cut = strlen(old);
	char *path;

	if (len > cut && strcmp(name + len - cut, old) == 0)
		len -= cut;
	return asprintf(&path, "%.*s%s", (int)len, name, new) < 0 ? NULL :
	       path;
}

int
tool_out_check(const struct tool_out *f, size_t n, bool force, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (f[i].path == NULL)
			return err_nomem(e);
		if (!tool_exists(f[i].path) || (force && !f[i].secret))
			continue;
		return err_set(e, ERR_EXISTS, "%s exists already: nothing "
			       "done%s", f[i].path, f[i].secret ? "" :
			       " (--force replaces it)");
	}
	return 0;
}

int
tool_out_write(struct tool_out *f, size_t n, bool force, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		mode_t mode = f[i].secret ? KEY_MODE : PUBLIC_MODE;
		size_t len = strlen(f[i].data);
		bool new = f[i].secret || !force || !tool_exists(f[i].path);
		int rc = new ?
			 tool_write_new(f[i].path, mode, f[i].data, len, e) :
			 tool_replace(f[i].path, mode, f[i].data, len, e);

		if (rc != 0) {
			while (i-- > 0)
				if (f[i].made)
					unlink(f[i].path);
			return -1;
		}
		f[i].made = new;
	}
	return 0;
}
