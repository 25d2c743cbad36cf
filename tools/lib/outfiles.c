/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of files that a tool makes: all of them or none. */
#include "outfiles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

#define KEY_MODE 0600
#define PUBLIC_MODE 0644

void
outfiles_free(struct outfile *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(f[i].path);
		if (f[i].data != NULL)
			file_free_secret(f[i].data, strlen(f[i].data));
	}
}

int
outfiles_check(const struct outfile *f, size_t n, bool force, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (f[i].path == NULL)
			return err_nomem(e);
		if (!file_exists(f[i].path) || (force && !f[i].secret))
			continue;
		return err_set(e, ERR_EXISTS,
			       "%s exists already: nothing "
			       "done%s",
			       f[i].path,
			       f[i].secret ? "" : " (--force replaces it)");
	}
	return 0;
}

int
outfiles_write(struct outfile *f, size_t n, bool force, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		mode_t mode = f[i].secret ? KEY_MODE : PUBLIC_MODE;
		size_t len = strlen(f[i].data);
		bool new = f[i].secret || !force || !file_exists(f[i].path);
		int rc = new ? file_write_new(f[i].path, mode, f[i].data, len,
					      e) :
			       file_replace(f[i].path, mode, f[i].data, len, e);

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
