/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Examines the host without changing it. */
#include "sys/fit.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "sys/sockaddr.h"

#define TUN_NODE "/dev/net/tun"
#define TUN_DRIVER "tun"

/* --- files ---------------------------------------------------------------- */

/* Checks that an existing directory is writable for us and for its future user.
 * Directories of root are given to that user at the start. */
static int
dir_is_fit(const char *dir, const struct stat *st, uid_t as, struct err *e)
{
	if (!S_ISDIR(st->st_mode))
		return err_set(e, ERR_PERM, "%s is there, and no directory",
			       dir);
	if (as != (uid_t)-1 && st->st_uid != 0 && st->st_uid != as &&
	    (st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return err_set(e, ERR_PERM,
			       "%s belongs to user %u, and user %u could not "
			       "write there: chown %u %s",
			       dir, (unsigned int)st->st_uid, (unsigned int)as,
			       (unsigned int)as, dir);
	if (as != (uid_t)-1 && (st->st_uid == 0 || st->st_uid == as) &&
	    (st->st_mode & S_IRWXU) != S_IRWXU)
		return err_set(e, ERR_PERM,
			       "%s has mode %03o, and user %u could not write "
			       "there: chmod 700 %s",
			       dir, (unsigned int)st->st_mode & 0777,
			       (unsigned int)as, dir);
	if (access(dir, W_OK | X_OK) < 0)
		return err_errno(e, errno, "directory %s", dir);
	return 0;
}

/* Cuts off the last component. false: none is left. */
static bool
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL) {
		if (strcmp(path, ".") == 0)
			return false;
		memcpy(path, ".", 2); /* no longer than the name before */
		return true;
	}
	if (slash == path && path[1] == '\0')
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

int
fit_dir(const char *dir, uid_t as, struct err *e)
{
	char *path = strdup(dir[0] == '\0' ? "." : dir);
	bool whole = true;
	struct stat st;
	int rc = 0;

	if (path == NULL)
		return err_nomem(e);
	while (stat(path, &st) < 0) {
		if (errno != ENOENT || !go_up(path)) {
			rc = err_errno(e, errno, "directory %s", dir);
			goto out;
		}
		whole = false;
	}
	/* Directories made inside root's directories belong to the user
	 * afterwards. */
	rc = dir_is_fit(path, &st, whole ? as : (uid_t)-1, e);
	if (rc < 0 && !whole)
		rc = err_prefix(e, "%s cannot be made", dir);
out:
	free(path);
	return rc;
}

int
fit_parent(const char *path, bool run, struct err *e)
{
	char *dir = strdup(path);
	int rc = 0;

	if (dir == NULL)
		return err_nomem(e);
	(void)go_up(dir);
	if (!run || geteuid() == 0 || access(dir, F_OK) == 0)
		rc = fit_dir(dir, (uid_t)-1, e);
	free(dir);
	return rc;
}

int
fit_log(const char *path, struct err *e)
{
	struct stat st;
	char *dir;
	int rc;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return err_errno(e, EISDIR, "%s", path);
		return access(path, W_OK) < 0 ?
			       err_errno(e, errno, "%s", path) :
			       0;
	}
	if (errno != ENOENT)
		return err_errno(e, errno, "%s", path);
	/* The log file is created at the start, but no directory for it. */
	dir = strdup(path);
	if (dir == NULL)
		return err_nomem(e);
	(void)go_up(dir);
	rc = access(dir, W_OK | X_OK) < 0 ?
		     err_errno(e, errno, "directory %s", dir) :
		     0;
	free(dir);
	return rc;
}

int
fit_socket(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return err_set(e, ERR_PERM, "%s is there, and no socket", path);
	return fit_parent(path, true, e);
}

bool
fit_socket_answers(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers = false;

	if (fd < 0)
		return false;
	if (strlen(path) < sizeof(sun.sun_path)) {
		memcpy(sun.sun_path, path, strlen(path) + 1);
		answers = connect(fd, (const struct sockaddr *)&sun,
				  sizeof(sun)) == 0 ||
			  errno == EAGAIN;
	}
	close(fd);
	return answers;
}

/* --- the network ---------------------------------------------------------- */

/* Binds for a moment. 0 or -1 with errno. */
static int
try_bind(const struct endpoint *local, int type, bool early)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sockaddr_put(&ss, local);
	const int on = 1;
	int fd = socket(sockaddr_family(&local->addr), type | SOCK_CLOEXEC, 0);
	int rc, errnum;

	if (fd < 0)
		return -1;
	if (local->addr.family == IP_V6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = early ? sockaddr_bind(fd, local) :
		     bind(fd, (const struct sockaddr *)&ss, len);
	errnum = errno;
	close(fd);
	errno = errnum;
	return rc;
}

int
fit_address(const struct ipaddr *addr, struct err *e)
{
	const struct endpoint any_port = { .addr = *addr };
	char text[IPADDR_TEXT_MAX];

	if (try_bind(&any_port, SOCK_DGRAM, false) == 0)
		return 0;
	ipaddr_format(text, addr);
	if (errno == EADDRNOTAVAIL)
		return err_set(e, ERR_NOTFOUND, "%s is no address of this host",
			       text);
	return err_errno(e, errno, "%s", text);
}

int
fit_port(const struct endpoint *local, struct err *e)
{
	char text[ENDPOINT_TEXT_MAX];

	endpoint_format(text, local);
	if (try_bind(local, SOCK_DGRAM, true) < 0)
		return err_errno(e, errno, "UDP %s", text);
	if (try_bind(local, SOCK_STREAM, true) < 0)
		return err_errno(e, errno, "TCP %s", text);
	return 0;
}

int
fit_device(const char *name, struct err *e)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = { .ifr_data = (char *)&info };
	int fd, rc;

	if (access(TUN_NODE, R_OK | W_OK) < 0)
		return err_errno(e, errno, TUN_NODE);
	if (strlen(name) >= sizeof(ifr.ifr_name) || if_nametoindex(name) == 0)
		return 0; /* the configuration limits the length */
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, errno, "socket");
	rc = ioctl(fd, SIOCETHTOOL, &ifr);
	close(fd);
	if (rc == 0 && strcmp(info.driver, TUN_DRIVER) == 0 &&
	    strcmp(info.bus_info, "tap") != 0)
		return 0;
	return err_set(e, ERR_EXISTS, "%s is there, and no TUN device", name);
}
