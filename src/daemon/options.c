/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the command line. */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

#define CONF_DIR SYSCONFDIR "/cluevpn"
#define CONF_NAME "cluevpn.conf"
#define PIDFILE "/run/cluevpn/pid"

static void
usage(FILE *to)
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

/* A directory means the file of the usual name in it. */
static int
conf_path(struct options *o, const char *arg)
{
	struct stat st;
	int n;

	if (stat(arg, &st) == 0 && S_ISDIR(st.st_mode))
		n = snprintf(o->confbuf, sizeof(o->confbuf), "%s/%s", arg,
			     CONF_NAME);
	else
		n = snprintf(o->confbuf, sizeof(o->confbuf), "%s", arg);
	o->conf = o->confbuf;
	return n < 0 || (size_t)n >= sizeof(o->confbuf) ? -1 : 0;
}

static int
level_parse(struct options *o, const char *arg)
{
	enum log_level level;

	if (log_level_parse(&level, arg) < 0) {
		fprintf(stderr,
			"cluevpnd: -d: expected error, warn, info or debug, "
			"found \"%s\"\n", arg);
		return -1;
	}
	o->loglevel = (int)level;
	return 0;
}

int
options_parse(struct options *o, int argc, char **argv, int *status)
{
	const char *conf = CONF_DIR;
	int opt;

	memset(o, 0, sizeof(*o));
	o->pidfile = PIDFILE;
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
			o->pidfile = optarg;
			break;
		case 't':
			o->test = true;
			break;
		case 'V':
			printf("cluevpnd " VERSION "\n");
			*status = 0;
			return -1;
		case 'h':
			usage(stdout);
			*status = 0;
			return -1;
		default:
			usage(stderr);
			return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "cluevpnd: unexpected argument \"%s\"\n",
			argv[optind]);
		usage(stderr);
		return -1;
	}
	if (conf_path(o, conf) < 0) {
		fprintf(stderr, "cluevpnd: -c: the path is too long\n");
		return -1;
	}
	return 0;
}
