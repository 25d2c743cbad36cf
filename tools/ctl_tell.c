/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that the daemon only confirms. */
#include "ctl.h"

enum ctl_exit
ctl_reload(const struct ctl *c)
{
	return ctl_show(c, "reload", NULL);
}

enum ctl_exit
ctl_mark_reset(const struct ctl *c)
{
	return ctl_show(c, "mark reset", NULL);
}
