/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that the daemon only acknowledges. */
#include "ctl.h"

#include <stdio.h>

#include "base/log.h"

enum ctl_exit
ctl_reload(const struct ctl *c)
{
	return ctl_show(c, "reload", ctl_print_restart);
}

enum ctl_exit
ctl_mark_reset(const struct ctl *c)
{
	return ctl_show(c, "mark reset", NULL);
}

/* Sends a request followed by the command's argument. */
static enum ctl_exit
send_request(const struct ctl *c, const char *word)
{
	char request[256];

	snprintf(request, sizeof(request), "%s %s", word, c->argv[0]);
	return ctl_show(c, request, NULL);
}

enum ctl_exit
ctl_negotiate(const struct ctl *c)
{
	return send_request(c, "negotiate");
}

enum ctl_exit
ctl_log(const struct ctl *c)
{
	enum log_level level;

	if (log_level_parse(&level, c->argv[0]) < 0) {
		fprintf(stderr,
			"cluevpnctl: log: expected error, warn, info "
			"or debug, found \"%s\"\n",
			c->argv[0]);
		return CTL_USAGE;
	}
	return send_request(c, "log");
}
