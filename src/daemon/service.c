/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnd -t as root: checks as the user that systemd would start the daemon
 * as. */
#include "daemon/service.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/check.h"
#include "daemon/identity.h"
#include "daemon/options.h"

#define UNIT "cluevpnd"

/* True if the unit starts the daemon. Without systemd in charge, a key that
 * belongs to the unit's user shows that the unit has started the daemon before;
 * "user" in the configuration shows that the daemon starts as root. */
static bool
unit_starts(const struct unit *u, const struct conf *c)
{
	struct privs_ids ids;
	struct stat st;

	if (unit_booted())
		return true;
	return c->user == NULL && u->chowned[0] != '\0' &&
	       privs_lookup(&ids, u->user, NULL, NULL) == 0 &&
	       lstat(u->chowned, &st) == 0 && st.st_uid == ids.uid;
}

static int
become_user(struct service *s, const struct conf *c, const struct options *o)
{
	const char *group = s->unit.group[0] == '\0' ? NULL : s->unit.group;
	struct privs_ids ids;
	struct err e;
	int rc;

	if (privs_lookup(&ids, s->unit.user, group, &e) < 0) {
		log_error("%s: %s", s->unit.path, e.text);
		return -1;
	}
	rc = check_state(c, o->conf, &s->unit);
	s->is_unit = true;
	s->key.path = s->unit.chowned;
	if (s->unit.chowned[0] != '\0')
		s->key.fd =
			open(s->unit.chowned,
			     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (ids.uid != 0 && unit_become(s->unit.user, &ids, &e) < 0) {
		log_error("%s", e.text);
		return -1;
	}
	return rc;
}

int
service_become(struct service *s, const struct options *o)
{
	struct conf *c;
	int fd, rc = 0;

	*s = (struct service){ .key.fd = -1 };
	if (geteuid() != 0 || !options_usual(o) ||
	    !unit_read(&s->unit, "", UNIT) || s->unit.user[0] == '\0')
		return 0;
	fd = open(o->conf, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* reported by its users */
	if (identity_conf(&c, o->conf, fd) < 0)
		return -1;
	if (unit_starts(&s->unit, c))
		rc = become_user(s, c, o);
	conf_free(c);
	return rc;
}

void
service_end(struct service *s)
{
	if (s->key.fd >= 0)
		close(s->key.fd);
	s->key.fd = -1;
}
