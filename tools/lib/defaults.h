/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths and names that every tool assumes, and exit codes of all tools. */
#ifndef TOOLS_DEFAULTS_H
#define TOOLS_DEFAULTS_H

#define DEFAULT_CONF_DIR SYSCONFDIR "/cluevpn"
#define DEFAULT_CONF_NAME "cluevpn.conf"
#define DEFAULT_STATE_DIR "/var/lib/cluevpn"
#define DEFAULT_LIST DEFAULT_STATE_DIR "/network.bnl"
#define DEFAULT_SIGN_KEY DEFAULT_CONF_DIR "/bnl.key"
#define DEFAULT_VERIFY_KEY DEFAULT_CONF_DIR "/bnl-pub.pem"
#define DEFAULT_SOCKET "/run/cluevpn/ctl"
#define DEFAULT_PIDFILE "/run/cluevpn/pid"
#define DEFAULT_USER "cluevpn" /* created by the installation */

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	  /* wrong arguments */
	EXIT_BAD_LIST = 2 /* bnl-sign: errors in the list */
};

#endif
