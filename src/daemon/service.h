/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnd -t: the user that systemd would start the daemon as. */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include "daemon/identity.h"
#include "daemon/options.h"
#include "sys/unit.h"

struct service {
	bool is_unit; /* systemd starts it, as another user than us */
	struct unit unit;
	struct identity_key key;
};

/*
 * As root, where a unit starts the daemon with this configuration: checks files
 * that only root may read, opens the key that the unit gives to its user, and
 * becomes that user permanently. Otherwise it changes nothing. Errors are
 * logged. 0 or -1.
 */
int service_become(struct service *s, const struct options *o);
void service_end(struct service *s);

#endif
