/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolves a path component by component, and checks each before following
 * it. */
#include "sys/guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 16
#define WALK_MAX 4096
#define LOG_MODE 0640
#define NGROUPS_KEPT 65536 /* NGROUPS_MAX of Linux */

struct walk {
	const char *path; /* for messages */
	const struct privs_ids *user;
	int dir;	     /* the current folder */
	char rest[WALK_MAX]; /* the rest of the path from there */
	char name[WALK_MAX]; /* the current component */
	unsigned int links;
};

static int
refuse_step(const struct walk *w, const char *what, struct err *e)
{
	return err_set(e, ERR_PERM, "%s: user %u may change %s", w->path,
		       (unsigned int)w->user->uid, what);
}

/* Checks whether the user may change it. In a sticky folder such as /tmp the
 * user can add names but not replace others'. */
static bool
may_change(const struct walk *w, const struct stat *st)
{
	mode_t write = S_IWOTH;

	if (st->st_uid == w->user->uid)
		return true;
	if (S_ISLNK(st->st_mode))
		return false;
	if (st->st_gid == w->user->gid)
		write |= S_IWGRP;
	return (st->st_mode & write) != 0 &&
	       !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX));
}

/* Takes over fd as the current folder. */
static int
enter_dir(struct walk *w, int fd, struct err *e)
{
	struct stat st;

	if (fd < 0)
		return err_errno(e, errno, "%s", w->path);
	if (w->dir >= 0)
		close(w->dir);
	w->dir = fd;
	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, "%s", w->path);
	if (may_change(w, &st))
		return refuse_step(w, w->name, e);
	return 0;
}

static int
enter_root(struct walk *w, struct err *e)
{
	snprintf(w->name, sizeof(w->name), "/");
	return enter_dir(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), e);
}

/* Takes the next component of the rest; false: none is left. */
static bool
next_step(struct walk *w)
{
	const char *p = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(p, "/");

	memcpy(w->name, p, len);
	w->name[len] = '\0';
	memmove(w->rest, p + len, strlen(p + len) + 1);
	return len > 0;
}

static bool
is_last(const struct walk *w)
{
	return w->rest[strspn(w->rest, "/")] == '\0';
}

/* Puts the target of the link in front of the rest. */
static int
follow_link(struct walk *w, int fd, struct err *e)
{
	char target[WALK_MAX];
	size_t left = strlen(w->rest);
	ssize_t len = readlinkat(fd, "", target, sizeof(target));

	close(fd);
	if (len < 0)
		return err_errno(e, errno, "%s", w->path);
	if (++w->links > LINKS_MAX || (size_t)len + left + 2 > WALK_MAX)
		return err_errno(e, ELOOP, "%s", w->path);
	memmove(w->rest + len + 1, w->rest, left + 1);
	memcpy(w->rest, target, (size_t)len);
	w->rest[len] = '/';
	return target[0] == '/' ? enter_root(w, e) : 0;
}

/* Walks until only the last component is left, in w->name; its folder is
 * w->dir. last: a link as the last component is refused. */
static int
walk_path(struct walk *w, bool last, struct err *e)
{
	struct stat st;
	int fd;

	if (w->path[0] != '/' || strlen(w->path) >= sizeof(w->rest))
		return err_set(e, ERR_USAGE, "%s: no absolute path", w->path);
	snprintf(w->rest, sizeof(w->rest), "%s", w->path);
	if (enter_root(w, e) < 0)
		return -1;
	while (next_step(w)) {
		if (is_last(w) && !last)
			return 0;
		fd = openat(w->dir, w->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) < 0) {
			err_errno(e, errno, "%s", w->path);
			if (fd >= 0)
				close(fd);
			return -1;
		}
		if (S_ISLNK(st.st_mode)) {
			if (may_change(w, &st)) {
				close(fd);
				return refuse_step(w, w->name, e);
			}
			if (follow_link(w, fd, e) < 0)
				return -1;
			continue;
		}
		if (is_last(w)) {
			close(fd);
			return 0;
		}
		if (enter_dir(w, fd, e) < 0)
			return -1;
	}
	return err_errno(e, EISDIR, "%s", w->path);
}

/* Checks the open file itself; closes it on failure. */
static int
check_opened(const struct walk *w, int fd, nlink_t names, struct err *e)
{
	struct stat st;

	if (fd < 0)
		return err_errno(e, errno, "%s", w->path);
	if (fstat(fd, &st) < 0)
		err_errno(e, errno, "%s", w->path);
	else if (may_change(w, &st))
		refuse_step(w, "the file", e);
	else if (!S_ISREG(st.st_mode) || st.st_nlink > names)
		err_set(e, ERR_PERM, "%s is no plain file", w->path);
	else
		return fd;
	close(fd);
	return -1;
}

int
guarded_open(const char *path, const struct privs_ids *user, struct err *e)
{
	struct walk w = { .path = path, .user = user, .dir = -1 };
	int fd = -1;

	if (walk_path(&w, true, e) == 0)
		fd = check_opened(&w,
				  openat(w.dir, w.name,
					 O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
						 O_NOCTTY | O_CLOEXEC),
				  (nlink_t)-1, e);
	if (w.dir >= 0)
		close(w.dir);
	return fd;
}

int
guarded_append(const char *path, const struct privs_ids *user, struct err *e)
{
	struct walk w = { .path = path, .user = user, .dir = -1 };
	int fd = -1;

	if (walk_path(&w, false, e) == 0)
		fd = check_opened(&w,
				  openat(w.dir, w.name,
					 O_WRONLY | O_APPEND | O_CREAT |
						 O_NOFOLLOW | O_NONBLOCK |
						 O_NOCTTY | O_CLOEXEC,
					 LOG_MODE),
				  1, e);
	if (w.dir >= 0)
		close(w.dir);
	return fd;
}

/* Changes to the user's file access rights, or back to root's. */
static int
change_rights(uid_t uid, gid_t gid, int ngroups, const gid_t *groups)
{
	if (uid == 0 && seteuid(0) < 0)
		return -1;
	if (setgroups((size_t)ngroups, groups) < 0 || setegid(gid) < 0)
		return -1;
	return uid == 0 ? 0 : seteuid(uid);
}

int
guarded_append_as(const char *path, const struct privs_ids *user, struct err *e)
{
	gid_t groups[NGROUPS_KEPT], gid = getegid();
	int n = getgroups(NGROUPS_KEPT, groups);
	int fd = -1, errnum;

	if (n < 0)
		return err_errno(e, errno, "%s", path);
	if (change_rights(user->uid, user->gid, 0, NULL) == 0)
		fd = open(path,
			  O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK |
				  O_NOCTTY | O_CLOEXEC,
			  LOG_MODE);
	errnum = errno;
	/* The process must not continue with another user's rights. */
	if (change_rights(0, gid, n, groups) < 0)
		abort();
	return fd >= 0 ? fd : err_errno(e, errnum, "%s", path);
}
