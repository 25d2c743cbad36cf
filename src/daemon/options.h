/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of cluevpnd. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>

#define OPTIONS_PATH_MAX 4096

struct options {
	char conf[OPTIONS_PATH_MAX]; /* path of the configuration file */
	char pidfile[OPTIONS_PATH_MAX];
	bool foreground;
	bool test;    /* check the configuration and exit */
	int loglevel; /* enum log_level; -1: as configured */
};

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* 0: continue. Else the process has to end with status *status (help, version
 * and usage errors were printed). */
/* True when the configuration is at the default path, with which a service
 * manager starts the daemon. */
bool options_usual(const struct options *o);
int options_parse(struct options *o, int argc, char **argv, int *status);

#endif
