/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of cluevpnd. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *conf;	/* path of the configuration file */
	const char *pidfile;
	bool foreground;
	bool test;		/* check the configuration and exit */
	int loglevel;		/* enum log_level; -1: as configured */
	char confbuf[4096];
};

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* 0: go on. Else the process is to end with status *status (help, version
 * and usage errors were printed). */
int options_parse(struct options *o, int argc, char **argv, int *status);

#endif
