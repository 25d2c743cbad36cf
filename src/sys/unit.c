/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the settings of a systemd unit that the daemon's identity depends
 * on. */
#include "sys/unit.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_LEN 512
#define LINE_LEN 1024

/* In order of rising precedence. */
static const char *const dirs[] = {
	"/lib/systemd/system",		 "/usr/lib/systemd/system",
	"/usr/local/lib/systemd/system", "/run/systemd/system",
	"/etc/systemd/system",
};

#define DIRS (sizeof(dirs) / sizeof(*dirs))

/* The last word of a command that contains the word chown. */
static void
take_command(char out[UNIT_TEXT_MAX], const char *value)
{
	const char *last = strrchr(value, ' ');

	if (last != NULL && strstr(value, "chown") != NULL)
		snprintf(out, UNIT_TEXT_MAX, "%s", last + 1);
}

/* The first word of the value, below a directory. */
static void
take_dir(char out[UNIT_TEXT_MAX], const char *base, const char *value)
{
	int n = (int)strcspn(value, " :");

	if (n == 0)
		out[0] = '\0';
	else
		snprintf(out, UNIT_TEXT_MAX, "%s/%.*s", base, n, value);
}

static void
take_setting(struct unit *u, const char *key, const char *value)
{
	if (strcmp(key, "User") == 0)
		snprintf(u->user, sizeof(u->user), "%s", value);
	else if (strcmp(key, "Group") == 0)
		snprintf(u->group, sizeof(u->group), "%s", value);
	else if (strcmp(key, "StateDirectory") == 0)
		take_dir(u->state, "/var/lib", value);
	else if (strcmp(key, "RuntimeDirectory") == 0)
		take_dir(u->runtime, "/run", value);
	else if (strcmp(key, "ExecStartPre") == 0)
		take_command(u->chowned, value);
}

static bool
read_file(struct unit *u, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[LINE_LEN], *equals, *end;

	if (f == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL) {
		equals = strchr(line, '=');
		if (line[0] == '#' || line[0] == ';' || equals == NULL)
			continue;
		end = equals + strlen(equals);
		while (end > equals + 1 && strchr(" \t\n", end[-1]) != NULL)
			*--end = '\0';
		*equals = '\0';
		take_setting(u, line, equals + 1 + strspn(equals + 1, " \t"));
	}
	fclose(f);
	return true;
}

static void
read_dropins(struct unit *u, const char *root, const char *dir,
	     const char *name)
{
	char pattern[PATH_LEN];
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s%s/%s.service.d/*.conf", root,
		 dir, name);
	if (glob(pattern, 0, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++)
		(void)read_file(u, g.gl_pathv[i]);
	globfree(&g);
}

bool
unit_read(struct unit *u, const char *root, const char *name)
{
	char path[PATH_LEN];
	bool found = false;

	memset(u, 0, sizeof(*u));
	for (size_t i = DIRS; i > 0 && !found; i--) {
		snprintf(path, sizeof(path), "%s%s/%s.service", root,
			 dirs[i - 1], name);
		found = read_file(u, path);
	}
	if (!found)
		return false;
	snprintf(u->path, sizeof(u->path), "%.*s", UNIT_TEXT_MAX - 1, path);
	for (size_t i = 0; i < DIRS; i++)
		read_dropins(u, root, dirs[i], name);
	return true;
}

bool
unit_booted(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

int
unit_become(const char *user, const struct privs_ids *ids, struct err *e)
{
	if (initgroups(user, ids->gid) < 0 ||
	    setresgid(ids->gid, ids->gid, ids->gid) < 0 ||
	    setresuid(ids->uid, ids->uid, ids->uid) < 0)
		return err_errno(e, errno, "cannot become user %s", user);
	return 0;
}
