/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starts and stops the daemon by this host's init system. */
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/client.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "sys/pidfile.h"

#define STOP_MS 15000
#define STOP_POLL_MS 50
#define SERVICE "cluevpnd"
#define INIT_SCRIPT "/etc/init.d/" SERVICE

extern char **environ;

/* Runs a command and waits: its exit status, or -1. quiet: without its
 * output. */
static int
run_wait(const char *const *argv, bool quiet)
{
	posix_spawn_file_actions_t fa;
	int status, rc;
	pid_t pid;

	if (posix_spawn_file_actions_init(&fa) != 0)
		return -1;
	if (quiet)
		for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
			posix_spawn_file_actions_addopen(&fa, fd, "/dev/null",
							 O_WRONLY, 0);
	rc = posix_spawnp(&pid, argv[0], &fa, NULL,
			  (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (rc != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
must_run(const char *const *argv, struct err *e)
{
	fflush(stdout);
	if (run_wait(argv, false) == 0)
		return 0;
	return err_set(e, ERR_IO,
		       "all is in its place, but %s could not be started: "
		       "\"cluevpnd -t\" and the log say more; then start it",
		       SERVICE);
}

static bool
has_unit(void)
{
	static const char *const cat[] = { "systemctl", "cat",
					   SERVICE ".service", NULL };

	/* As sd_booted(3): true when systemd is running. */
	return access("/run/systemd/system", F_OK) == 0 &&
	       run_wait(cat, true) == 0;
}

static int
start_unit(struct err *e)
{
	static const char *const enable[] = { "systemctl", "enable", "--now",
					      SERVICE, NULL };

	if (must_run(enable, e) != 0)
		return -1;
	puts("started " SERVICE ", now and at every boot (systemd)");
	return 0;
}

static int
start_script(struct err *e)
{
	static const char *const start[] = { INIT_SCRIPT, "start", NULL };
	static const char *const rc_d[] = { "update-rc.d", SERVICE, "defaults",
					    NULL };
	static const char *const openrc[] = { "rc-update", "add", SERVICE,
					      NULL };
	bool boot = run_wait(rc_d, true) == 0 || run_wait(openrc, true) == 0;

	if (must_run(start, e) != 0)
		return -1;
	printf("started " SERVICE " (%s)%s\n", INIT_SCRIPT,
	       boot ? ", now and at every boot" :
		      "; see to it that it is started at boot, too");
	return 0;
}

/* The daemon that was installed with this program, else the one in PATH. */
static char *
daemon_path(void)
{
	char self[4096], *path;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		path = file_join(self, SERVICE);
		if (path == NULL || access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return strdup(SERVICE);
}

static int
start_daemon(const struct home *h, struct err *e)
{
	char *path = daemon_path();
	const char *const argv[] = { path, "-c", h->dir, NULL };
	int rc;

	if (path == NULL)
		return err_nomem(e);
	rc = must_run(argv, e);
	if (rc == 0)
		puts("started " SERVICE "; nothing is there to start it at "
		     "boot: no service of this name");
	free(path);
	return rc;
}

int
service_start(const struct home *h, struct err *e)
{
	if (h->no_start) {
		printf("next: start the daemon: cluevpnd -c %s\n", h->dir);
		return 0;
	}
	/* The service uses the default directory only. */
	if (strcmp(h->dir, DEFAULT_CONF_DIR) == 0) {
		if (has_unit())
			return start_unit(e);
		if (access(INIT_SCRIPT, X_OK) == 0)
			return start_script(e);
	}
	return start_daemon(h, e);
}

/* --- stopping ------------------------------------------------------------- */

static void
stop_service(void)
{
	static const char *const unit[] = { "systemctl", "disable", "--now",
					    SERVICE, NULL };
	static const char *const script[] = { INIT_SCRIPT, "stop", NULL };
	static const char *const rc_d[] = { "update-rc.d", SERVICE, "disable",
					    NULL };
	static const char *const openrc[] = { "rc-update", "del", SERVICE,
					      NULL };

	/* The caller checks the socket for the result. */
	if (has_unit()) {
		(void)run_wait(unit, true);
	} else if (access(INIT_SCRIPT, X_OK) == 0) {
		(void)run_wait(script, true);
		if (run_wait(rc_d, true) != 0)
			(void)run_wait(openrc, true);
	}
}

static int
stop_process(const char *pidfile, struct err *e)
{
	const struct timespec pause = { 0, STOP_POLL_MS * 1000000 };
	pid_t pid;

	if (pidfile_read(pidfile, &pid, e) != 0)
		return -1;
	if (pid > 0 && kill(pid, SIGTERM) != 0 && errno != ESRCH)
		return err_errno(e, errno, "stop %s (pid %d)", SERVICE,
				 (int)pid);
	for (int ms = 0; pid > 0; ms += STOP_POLL_MS) {
		if (ms >= STOP_MS)
			return err_set(e, ERR_IO, "%s (pid %d) does not end",
				       SERVICE, (int)pid);
		nanosleep(&pause, NULL);
		if (pidfile_read(pidfile, &pid, e) != 0)
			return -1;
	}
	return 0;
}

int
service_stop(const struct home *h, const char *pidfile, const char *socket,
	     struct err *e)
{
	bool usual = strcmp(h->dir, DEFAULT_CONF_DIR) == 0;

	if (usual)
		stop_service();
	if (pidfile == NULL && usual)
		pidfile = DEFAULT_PIDFILE;
	if (pidfile != NULL && stop_process(pidfile, e) != 0)
		return -1;
	if (!client_answers(socket))
		return 0;
	return err_set(e, ERR_EXISTS,
		       "%s still answers at %s: nothing is "
		       "removed; stop it first, or say with --pidfile where "
		       "its number is",
		       SERVICE, socket);
}
