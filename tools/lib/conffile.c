/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the configuration of this host's daemon. */
#include "conffile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "defaults.h"
#include "file.h"

#define CONF_MAX ((size_t)1 << 20)

char *
conffile_path(const char *given)
{
	struct stat st;

	if (stat(given, &st) != 0 || !S_ISDIR(st.st_mode))
		return strdup(given);
	return file_join(given, DEFAULT_CONF_NAME);
}

int
conffile_read(struct conf **out, const char *path, struct err *e)
{
	char *dir = file_dir(path), *text = NULL;
	struct errs es = { 0 };
	size_t len;
	int rc = -1;

	if (dir == NULL)
		return err_nomem(e);
	if (file_read(&text, &len, path, CONF_MAX, e) == 0) {
		rc = conf_parse(out, text, len, dir, &es);
		if (rc != 0) {
			if (e != NULL)
				*e = es.e[0];
			err_in_file(e, path);
		}
	}
	free(text);
	free(dir);
	return rc;
}
