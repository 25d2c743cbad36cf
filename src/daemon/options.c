/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the command line. */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define CONF_DIR SYSCONFDIR "/cluevpn"
#define CONF_NAME "cluevpn.conf"
#define PIDFILE "/run/cluevpn/pid"

static void
print_usage(FILE *to)
{
	fprintf(to,
		"usage: cluevpnd [-fthV] [-c DIR|FILE] [-d LEVEL] [-p PIDFILE]\n"
		"  -c DIR|FILE  configuration (default " CONF_DIR "/" CONF_NAME
		")\n"
		"  -f           stay in the foreground\n"
		"  -d LEVEL     log level: error, warn, info or debug\n"
		"  -p PIDFILE   where the process number goes (default " PIDFILE
		")\n"
		"  -t           check the configuration and exit\n"
		"  -V           print the version\n");
}

/* A directory stands for the file with the default name in it. */
static int
conf_path(struct options *o, const char *arg)
{
	struct stat st;
	int n;

	if (stat(arg, &st) == 0 && S_ISDIR(st.st_mode))
		n = snprintf(o->conf, sizeof(o->conf), "%s/%s", arg, CONF_NAME);
	else
		n = snprintf(o->conf, sizeof(o->conf), "%s", arg);
	return n < 0 || (size_t)n >= sizeof(o->conf) ? -1 : 0;
}

/* A daemon in the background has another working directory. */
static int
make_absolute(char path[OPTIONS_PATH_MAX])
{
	char here[OPTIONS_PATH_MAX];
	size_t len = strlen(path), n;

	if (path[0] == '/')
		return 0;
	if (getcwd(here, sizeof(here)) == NULL)
		return -1;
	n = strlen(here);
	if (n + 1 + len >= OPTIONS_PATH_MAX)
		return -1;
	memmove(path + n + 1, path, len + 1);
	memcpy(path, here, n);
	path[n] = '/';
	return 0;
}

static int
paths_make(struct options *o, const char *conf, const char *pidfile)
{
	int n = snprintf(o->pidfile, sizeof(o->pidfile), "%s", pidfile);

	if (conf_path(o, conf) < 0 || n < 0 || (size_t)n >= sizeof(o->pidfile))
		return -1;
	if (o->foreground || o->test)
		return 0;
	return make_absolute(o->conf) < 0 || make_absolute(o->pidfile) < 0 ?
		       -1 :
		       0;
}

static int
level_parse(struct options *o, const char *arg)
{
	enum log_level level;

	if (log_level_parse(&level, arg) < 0) {
		fprintf(stderr,
			"cluevpnd: -d: expected error, warn, info or debug, "
			"found \"%s\"\n",
			arg);
		return -1;
	}
	o->loglevel = (int)level;
	return 0;
}

bool
options_usual(const struct options *o)
{
	return strcmp(o->conf, CONF_DIR "/" CONF_NAME) == 0;
}

int
options_parse(struct options *o, int argc, char **argv, int *status)
{
	const char *conf = CONF_DIR, *pidfile = PIDFILE;
	int opt;

	memset(o, 0, sizeof(*o));
	o->loglevel = -1;
	*status = EXIT_USAGE;
	while ((opt = getopt(argc, argv, "c:d:fhp:tV")) != -1) {
		switch (opt) {
		case 'c':
			conf = optarg;
			break;
		case 'd':
			if (level_parse(o, optarg) < 0)
				return -1;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'p':
			pidfile = optarg;
			break;
		case 't':
			o->test = true;
			break;
		case 'V':
			printf("cluevpnd " VERSION "\n");
			*status = 0;
			return -1;
		case 'h':
			print_usage(stdout);
			*status = 0;
			return -1;
		default:
			print_usage(stderr);
			return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "cluevpnd: unexpected argument \"%s\"\n",
			argv[optind]);
		print_usage(stderr);
		return -1;
	}
	if (paths_make(o, conf, pidfile) < 0) {
		fprintf(stderr, "cluevpnd: a path is too long\n");
		return -1;
	}
	return 0;
}
