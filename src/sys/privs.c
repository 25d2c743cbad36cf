/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes from root to a user with one capability. */
#include "sys/privs.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"

#define ID_MAX UINT32_C(4294967294) /* (uid_t)-1 means "unchanged" */

static bool
read_number(uint64_t *out, const char *text)
{
	struct span s = { text, 0 };

	while (text[s.len] != '\0')
		s.len++;
	return text_u64(out, s, 0, ID_MAX) == 0;
}

int
privs_group(gid_t *out, const char *group, struct err *e)
{
	const struct group *gr;
	uint64_t id;

	if (read_number(&id, group)) {
		*out = (gid_t)id;
		return 0;
	}
	errno = 0;
	gr = getgrnam(group);
	if (gr == NULL)
		return err_set(e, ERR_NOTFOUND, "there is no group \"%s\"",
			       group);
	*out = gr->gr_gid;
	return 0;
}

int
privs_lookup(struct privs_ids *out, const char *user, const char *group,
	     struct err *e)
{
	struct privs_ids ids;
	const struct passwd *pw;
	uint64_t id;

	if (read_number(&id, user)) {
		pw = getpwuid((uid_t)id);
		ids.uid = (uid_t)id;
		if (pw == NULL && group == NULL)
			return err_set(e, ERR_NOTFOUND,
				       "there is no user %s: its group has to "
				       "be given, too",
				       user);
	} else {
		pw = getpwnam(user);
		if (pw == NULL)
			return err_set(e, ERR_NOTFOUND,
				       "there is no user \"%s\"", user);
		ids.uid = pw->pw_uid;
	}
	if (group != NULL) {
		if (privs_group(&ids.gid, group, e) < 0)
			return -1;
	} else {
		ids.gid = pw->pw_gid;
	}
	*out = ids;
	return 0;
}

/* Unlike capng_have_capabilities(), which examines the effective set only and
 * knows just none, some or all. */
static bool
only_net_admin(bool keep)
{
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		unsigned int c = (unsigned int)cap;
		int want = keep && cap == CAP_NET_ADMIN;

		if (capng_have_capability(CAPNG_EFFECTIVE, c) != want ||
		    capng_have_capability(CAPNG_PERMITTED, c) != want ||
		    capng_have_capability(CAPNG_INHERITABLE, c) != 0)
			return false;
	}
	return true;
}

/* Checks that the kernel made all changes, and that they are permanent. */
static int
check_dropped(const struct privs_ids *ids, bool keep_net_admin, struct err *e)
{
	uid_t r, eff, saved;
	gid_t gr, geff, gsaved;

	if (getresuid(&r, &eff, &saved) < 0 || r != ids->uid ||
	    eff != ids->uid || saved != ids->uid ||
	    getresgid(&gr, &geff, &gsaved) < 0 || gr != ids->gid ||
	    geff != ids->gid || gsaved != ids->gid || getgroups(0, NULL) != 0)
		return err_set(e, ERR_PERM, "user and groups did not change");
	if (ids->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return err_set(e, ERR_PERM, "there is a way back to root");
	if (capng_get_caps_process() < 0 || !only_net_admin(keep_net_admin))
		return err_set(e, ERR_PERM, "capabilities did not change");
	return 0;
}

int
privs_drop(const struct privs_ids *ids, bool keep_net_admin, struct err *e)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (keep_net_admin &&
	    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			 CAP_NET_ADMIN) < 0)
		return err_set(e, ERR_PERM, "cannot choose capabilities");
	if (capng_change_id((int)ids->uid, (int)ids->gid,
			    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) != 0)
		return err_set(e, ERR_PERM, "cannot become user %u, group %u",
			       (unsigned int)ids->uid, (unsigned int)ids->gid);
	return check_dropped(ids, keep_net_admin, e);
}

int
privs_isolate(struct err *e)
{
	const struct privs_ids nobody = { PRIVS_NOBODY, PRIVS_NOBODY };
	char dir[] = "/tmp/cluevpn-XXXXXX";

	if (mkdtemp(dir) == NULL)
		return err_errno(e, errno, "an empty folder");
	if (chdir(dir) < 0 || rmdir(dir) < 0 || chroot(".") < 0)
		return err_errno(e, errno, "chroot to an empty folder");
	return privs_drop(&nobody, false, e);
}

int
privs_harden(struct err *e)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return err_errno(e, errno, "cannot give up privileges");
	return 0;
}

int
privs_starter(struct err *e)
{
	bool kill, locked = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(e, errno, "cannot give up privileges");
	if (capng_get_caps_process() < 0)
		return err_set(e, ERR_PERM, "cannot read capabilities");
	kill = capng_have_capability(CAPNG_PERMITTED, CAP_KILL) > 0;
	/* execve(2) as root restores all capabilities of the bounding set,
	 * except under no_new_privs, which limits the program to those
	 * permitted now: they must then stay permitted. */
	if (locked) {
		for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
			(void)capng_update(CAPNG_DROP,
					   CAPNG_EFFECTIVE | CAPNG_INHERITABLE,
					   (unsigned int)cap);
	} else {
		capng_clear(CAPNG_SELECT_CAPS);
	}
	if (kill && capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
				 CAP_KILL) < 0)
		return err_set(e, ERR_PERM, "cannot choose capabilities");
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return err_set(e, ERR_PERM, "capabilities did not change");
	return 0;
}

/* With a lower limit some later allocation would fail. */
int
privs_lock_memory(struct err *e)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &all) < 0)
		return err_errno(e, errno, "RLIMIT_MEMLOCK");
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		return err_errno(e, errno, "mlockall");
	return 0;
}
