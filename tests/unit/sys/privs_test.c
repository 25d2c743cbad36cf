/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Giving privileges up: in children, as there is no way back. */
#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/privs.h"

#define NET_ADMIN_BIT (UINT64_C(1) << 12)

/* A hexadecimal line of /proc/self/status. */
static uint64_t
status_hex(const char *key)
{
	char line[256];
	uint64_t v = UINT64_MAX;
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), ":\t%" SCNx64, &v);
	if (f != NULL)
		fclose(f);
	return v;
}

/* The number of the first thing that is not as it must be; 0: all is. */
static int
drop_and_check(bool keep)
{
	const struct privs_ids ids = { .uid = 12345, .gid = 12346 };
	const uint64_t caps = keep ? NET_ADMIN_BIT : 0;
	const gid_t extra[] = { 4, 27 };
	struct err e;

	if (setgroups(2, extra) < 0)
		return 100;
	if (privs_drop(&ids, keep, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	if (getuid() != 12345 || geteuid() != 12345 || getgid() != 12346 ||
	    getegid() != 12346)
		return 2;
	if (getgroups(0, NULL) != 0)
		return 3;
	if (status_hex("CapEff") != caps || status_hex("CapPrm") != caps)
		return 4;
	if (status_hex("CapInh") != 0 || status_hex("CapBnd") != 0 ||
	    status_hex("CapAmb") != 0)
		return 5;
	if (setuid(0) == 0 || setgid(0) == 0 || setgroups(2, extra) == 0)
		return 6;
	return 0;
}

static int
harden_and_check(void)
{
	struct rlimit core;

	if (privs_harden(NULL) < 0)
		return 1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 3;
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0)
		return 4;
	return 0;
}

static int
drop_without_privilege(void)
{
	const struct privs_ids other = { .uid = 23456, .gid = 23456 };
	struct err e;

	if (drop_and_check(false) != 0)
		return 1;
	/* Not root any more: this cannot work, and must say so. */
	return privs_drop(&other, false, &e) == -1 && e.code == ERR_PERM ? 0 :
									   2;
}

static void
expect_zero(int (*in_child)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(in_child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 100) {
		print_message("skipped: not root over other users\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
keep(void)
{
	return drop_and_check(true);
}

static int
keep_nothing(void)
{
	return drop_and_check(false);
}

/* No file of this machine has a name any more, and no right is left. */
static int
isolate(void)
{
	char cwd[64];

	if (setgroups(0, NULL) < 0 || setresuid(0, PRIVS_NOBODY, 0) < 0 ||
	    setresuid(0, 0, 0) < 0)
		return 100;
	if (privs_isolate(NULL) < 0)
		return 1;
	if (getuid() != PRIVS_NOBODY || geteuid() != PRIVS_NOBODY ||
	    getgid() != PRIVS_NOBODY || getgroups(0, NULL) != 0)
		return 2;
	if (access("/etc", F_OK) == 0 || access("/proc/self", F_OK) == 0 ||
	    access("../etc", F_OK) == 0)
		return 3;
	if (mkdir("/x", 0700) == 0 || mkdir("x", 0700) == 0)
		return 4;
	if (getcwd(cwd, sizeof(cwd)) != NULL && strcmp(cwd, "/") != 0)
		return 5;
	return setuid(0) == 0 || chroot("/") == 0 ? 6 : 0;
}

static void
test_isolate(void **state)
{
	(void)state;
	expect_zero(isolate);
}

static void
test_drop(void **state)
{
	(void)state;
	expect_zero(keep);
	expect_zero(keep_nothing);
}

static void
test_drop_refused(void **state)
{
	(void)state;
	if (geteuid() != 0 || setgroups(0, NULL) < 0) {
		print_message("skipped: not root over other users\n");
		skip();
	}
	expect_zero(drop_without_privilege);
}

/* --- a change of users that claims to be whole ---------------------------- */

static int (*changes)(void); /* instead of all of it; or NULL */

int __real_capng_change_id(int uid, int gid, capng_flags_t flags);
int __wrap_capng_change_id(int uid, int gid, capng_flags_t flags);

int
__wrap_capng_change_id(int uid, int gid, capng_flags_t flags)
{
	return changes != NULL ? changes() :
				 __real_capng_change_id(uid, gid, flags);
}

static int
nothing(void)
{
	return 0;
}

static int
groups_stay(void)
{
	const gid_t extra[] = { 4 };

	return setgroups(1, extra) | setresgid(12346, 12346, 12346) |
	       setresuid(12345, 12345, 12345);
}

static int
group_stays(void)
{
	return setgroups(0, NULL) | setresuid(12345, 12345, 12345);
}

static int
saved_group_stays(void)
{
	return setgroups(0, NULL) | setresgid(12346, 12346, 0) |
	       setresuid(12345, 12345, 12345);
}

static int
saved_user_stays(void)
{
	return setgroups(0, NULL) | setresgid(12346, 12346, 12346) |
	       setresuid(12345, 12345, 0);
}

static int
capabilities_stay(void)
{
	return setgroups(0, NULL) | setresgid(12346, 12346, 12346) |
	       prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) |
	       setresuid(12345, 12345, 12345);
}

/* The one that leads back to root is in effect. */
static int
way_back_stays(void)
{
	if (capabilities_stay() != 0)
		return 1;
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			    CAP_SETUID) |
	       capng_apply(CAPNG_SELECT_CAPS);
}

static const char *complaint; /* the end of what is said then */

static int
drop_in_part(void)
{
	const struct privs_ids ids = { .uid = 12345, .gid = 12346 };
	struct err e;

	if (setgroups(0, NULL) < 0)
		return 100;
	if (privs_drop(&ids, false, &e) != -1 || e.code != ERR_PERM)
		return 1;
	return strstr(e.text, complaint) != NULL ? 0 : 2;
}

static void
test_drop_in_part(void **state)
{
	static const char ids[] = "user and groups did not change";
	static const struct {
		int (*change)(void);
		const char *complaint;
	} parts[] = {
		{ nothing, ids },
		{ groups_stay, ids },
		{ group_stays, ids },
		{ saved_group_stays, ids },
		{ saved_user_stays, ids },
		{ way_back_stays, "there is a way back to root" },
		{ capabilities_stay, "capabilities did not change" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		print_message("# part %zu\n", i);
		changes = parts[i].change;
		complaint = parts[i].complaint;
		expect_zero(drop_in_part);
	}
	changes = NULL;
}

static void
test_harden(void **state)
{
	(void)state;
	expect_zero(harden_and_check);
}

static void
test_lookup(void **state)
{
	struct privs_ids ids = { 7, 7 };
	struct err e;
	gid_t group;

	(void)state;
	assert_int_equal(privs_lookup(&ids, "root", NULL, &e), 0);
	assert_int_equal(ids.uid, 0);
	assert_int_equal(ids.gid, 0);
	assert_int_equal(privs_lookup(&ids, "daemon", NULL, &e), 0);
	assert_int_not_equal(ids.uid, 0);
	assert_int_equal(privs_lookup(&ids, "54321", "4242", &e), 0);
	assert_int_equal(ids.uid, 54321);
	assert_int_equal(ids.gid, 4242);
	assert_int_equal(privs_lookup(&ids, "daemon", "root", &e), 0);
	assert_int_equal(ids.gid, 0);
	assert_int_equal(privs_group(&group, "adm", &e), 0);

	ids = (struct privs_ids){ 7, 7 };
	assert_int_equal(privs_lookup(&ids, "no-such-user", NULL, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_non_null(strstr(e.text, "no-such-user"));
	assert_int_equal(privs_lookup(&ids, "daemon", "no-such", &e), -1);
	assert_int_equal(privs_lookup(&ids, "54321", NULL, &e), -1);
	/* -1 would mean "leave it as it is". */
	assert_int_equal(privs_lookup(&ids, "4294967295", "0", &e), -1);
	assert_int_equal(privs_lookup(&ids, "", NULL, &e), -1);
	assert_int_equal(ids.uid, 7);
	assert_int_equal(ids.gid, 7);
}

#define KILL_BIT (UINT64_C(1) << 5)

/* What a program that is executed now has; *bits is a line of its status. */
static int
executed_has(const char *key, uint64_t *bits)
{
	char command[64], line[128] = "";
	FILE *f;

	snprintf(command, sizeof(command), "exec grep ^%s: /proc/self/status",
		 key);
	f = popen(command, "r"); /* NOLINT(cert-env33-c): our own */
	if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
	    sscanf(line + strlen(key), ":\t%" SCNx64, bits) != 1)
		return -1;
	return pclose(f);
}

static int
starter_and_check(bool locked)
{
	uint64_t before = status_hex("CapPrm"), bound = status_hex("CapBnd");
	uint64_t got = 0;
	struct err e;

	if (locked && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 100;
	if (privs_starter(&e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 2;
	if (status_hex("CapEff") != (before & KILL_BIT) ||
	    status_hex("CapInh") != 0 || status_hex("CapBnd") != bound)
		return 3;
	if (!locked && status_hex("CapPrm") != (before & KILL_BIT))
		return 4;
	if (geteuid() != 0)
		return 0;
	/* As root its children have it all. */
	if (executed_has("CapEff", &got) != 0 || got != (before & bound))
		return 5;
	return 0;
}

static int
starter(void)
{
	return starter_and_check(false);
}

static int
starter_locked(void)
{
	return starter_and_check(true);
}

static void
test_starter(void **state)
{
	(void)state;
	expect_zero(starter);
	expect_zero(starter_locked);
}

/* --- memory that stays out of the swap ----------------------------------------- */

#define NOT_ALLOWED 101
#define MAPPED ((size_t)4 << 20)

static bool refuse_limit;
static bool raised;

int __real_setrlimit(__rlimit_resource_t what, const struct rlimit *r);
int __wrap_setrlimit(__rlimit_resource_t what, const struct rlimit *r);

/* Where a container may not raise it, root with CAP_IPC_LOCK needs no limit. */
int
__wrap_setrlimit(__rlimit_resource_t what, const struct rlimit *r)
{
	int rc;

	if (what != RLIMIT_MEMLOCK)
		return __real_setrlimit(what, r);
	raised = r->rlim_cur == RLIM_INFINITY && r->rlim_max == RLIM_INFINITY;
	if (refuse_limit) {
		errno = EPERM;
		return -1;
	}
	rc = __real_setrlimit(what, r);
	return rc < 0 && errno == EPERM ? 0 : rc;
}

static uint64_t
locked_kb(void)
{
	uint64_t kb = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "VmLck: %" SCNu64, &kb);
	if (f != NULL)
		fclose(f);
	return kb;
}

static int
lock(void)
{
	unsigned char touched[MAPPED / 4096];
	unsigned char *p;
	uint64_t before;
	struct err e;
	size_t n = 0;

	if (locked_kb() != 0)
		return 1;
	if (privs_lock_memory(&e) < 0)
		return strstr(e.text, "mlockall") != NULL ? NOT_ALLOWED : 2;
	if (!raised)
		return 3;
	before = locked_kb();
	if (before == 0)
		return 4;
	/* What comes later is locked, too, and takes no room until then. */
	p = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || locked_kb() < before + MAPPED / 1024)
		return 5;
	if (sysconf(_SC_PAGESIZE) != 4096)
		return 0;
	p[0] = 1;
	if (mincore(p, MAPPED, touched) < 0)
		return 6;
	for (size_t i = 0; i < sizeof(touched); i++)
		n += touched[i] & 1u;
	return n < sizeof(touched) / 2 ? 0 : 7;
}

static int
lock_refused(void)
{
	struct err e;

	refuse_limit = true;
	if (privs_lock_memory(&e) != -1 ||
	    strstr(e.text, "RLIMIT_MEMLOCK") == NULL)
		return 1;
	/* Half a lock would make allocations fail. */
	return locked_kb() == 0 ? 0 : 2;
}

static void
test_lock_memory(void **state)
{
	int status;
	pid_t pid;

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip(); /* it makes mlockall(2) do nothing */
#endif
	expect_zero(lock_refused);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(lock());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NOT_ALLOWED) {
		print_message("skipped: mlockall(2) is not allowed here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isolate),
		cmocka_unit_test(test_starter),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_drop_refused),
		cmocka_unit_test(test_drop_in_part),
		cmocka_unit_test(test_harden),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_lock_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
