/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the filter of system calls stops, and what it lets through: in
 * children, as there is no way back. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>

#include "../unit.h"
#include "sys/confine.h"
#include "sys/privs.h"

#define NOT_HERE 77

static int (*filter)(struct err *e) = confine;

/* Confined as the daemon is, it does this. The wait status. */
static int
outcome(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct err e;
		int rc;

		if (privs_harden(&e) < 0)
			_exit(1);
		rc = filter(&e);
		if (rc < 0)
			fprintf(stderr, "%s\n", e.text);
		_exit(rc < 0 ? 1 : rc > 0 ? NOT_HERE : fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE) {
		print_message("skipped: built without libseccomp\n");
		skip();
	}
	return status;
}

static void
expect_zero(int (*fn)(void))
{
	int status = outcome(fn);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
expect_killed(int (*fn)(void))
{
	int status = outcome(fn);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* --- what ends the process --------------------------------------------------------- */

static int
run_program(void)
{
	char sh[] = "/bin/true", *const argv[] = { sh, NULL };
	char *const env[] = { NULL };

	execve(sh, argv, env);
	return 0;
}

static int
run_opened(void)
{
	char sh[] = "true", *const argv[] = { sh, NULL };
	char *const env[] = { NULL };

	fexecve(open("/bin/true", O_RDONLY), argv, env);
	return 0;
}

static int
trace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	return 0;
}

static int go[2];

static void *
run_in_thread(void *arg)
{
	char c;

	(void)arg;
	if (read(go[0], &c, 1) == 1)
		run_program();
	return NULL;
}

/* A thread that was there before is no way around it. */
static void
test_threads(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(go), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		pthread_t t;

		if (pthread_create(&t, NULL, run_in_thread, NULL) != 0 ||
		    privs_harden(NULL) < 0)
			_exit(1);
		if (confine(NULL) != 0)
			_exit(NOT_HERE);
		if (write(go[1], "x", 1) != 1)
			_exit(1);
		pthread_join(t, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE) {
		print_message("skipped: built without libseccomp\n");
		skip();
	}
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void
test_deadly(void **state)
{
	(void)state;
	expect_killed(run_program);
	expect_killed(run_opened);
	expect_killed(trace);
}

/* --- what fails ------------------------------------------------------------------------ */

static int
refused(long rc)
{
	return rc == -1 && errno == EPERM ? 0 : 1;
}

static int
others(void)
{
	/* clang-format off */
	const struct {
		const char *what;
		long nr;
	} calls[] = {
		{ "clone", SYS_clone },		{ "clone3", SYS_clone3 },
		{ "kill", SYS_kill },		{ "setuid", SYS_setuid },
		{ "setgroups", SYS_setgroups },	{ "capset", SYS_capset },
		{ "mount", SYS_mount },		{ "umount2", SYS_umount2 },
		{ "chroot", SYS_chroot },	{ "unshare", SYS_unshare },
		{ "setns", SYS_setns },		{ "bpf", SYS_bpf },
		{ "perf_event_open", SYS_perf_event_open },
		{ "io_uring_setup", SYS_io_uring_setup },
		{ "keyctl", SYS_keyctl },	{ "add_key", SYS_add_key },
		{ "init_module", SYS_init_module },
		{ "reboot", SYS_reboot },	{ "mknodat", SYS_mknodat },
		{ "userfaultfd", SYS_userfaultfd },
		{ "memfd_create", SYS_memfd_create },
		{ "pidfd_getfd", SYS_pidfd_getfd },
		{ "settimeofday", SYS_settimeofday },
		{ "sethostname", SYS_sethostname },
		{ "linkat", SYS_linkat },	{ "symlinkat", SYS_symlinkat },
	};
	/* clang-format on */
	int bad = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (refused(syscall(calls[i].nr, -1L, 0L, 0L, 0L, 0L)) == 0)
			continue;
		fprintf(stderr, "%s is not refused\n", calls[i].what);
		bad = 1;
	}
	return bad;
}

static int
sockets(void)
{
	return refused(socket(AF_PACKET, SOCK_RAW, 0)) |
	       refused(socket(AF_ALG, SOCK_SEQPACKET, 0)) |
	       refused(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static int
signals(void)
{
	return refused(kill(getppid(), 0)) | refused(kill(1, 0)) |
	       refused(kill(0, 0)) | (kill(getpid(), 0) == 0 ? 0 : 1);
}

/* The kernel takes a request of 32 bits from an argument of 64. */
static int
requests(void)
{
	static const unsigned long none[] = {
		TIOCSTI,       TIOCLINUX,   TIOCSCTTY,	 TIOCSETD,
		TUNSETPERSIST, TUNSETOWNER, SIOCSIFADDR, SIOCSIFFLAGS,
		SIOCBRADDBR,   TCSETS,
	};
	static const unsigned long high[] = { 0, 1, 0x80000000, 0xffffffff };
	int bad = 0;

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		for (size_t j = 0; j < sizeof(high) / sizeof(*high); j++) {
			uint64_t request = (uint64_t)high[j] << 32 | none[i];

			if (refused(syscall(SYS_ioctl, -1L, request, 0L)) == 0)
				continue;
			fprintf(stderr, "ioctl 0x%llx is not refused\n",
				(unsigned long long)request);
			bad = 1;
		}
	return bad;
}

static void
test_refused(void **state)
{
	(void)state;
	expect_zero(others);
	expect_zero(sockets);
	expect_zero(requests);
	expect_zero(signals);
}

/* --- what goes on ------------------------------------------------------------------- */

static int
files(void)
{
	char path[] = "/tmp/confine.XXXXXX", got[4];
	int fd = mkstemp(path);
	int bad = fd < 0 || write(fd, "text", 4) != 4 || fsync(fd) < 0 ||
		  pread(fd, got, 4, 0) != 4 || unlink(path) < 0;

	return bad ? 1 : 0;
}

static int
names(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", "1", NULL, &found) == 0)
		freeaddrinfo(found);
	/* Whatever it finds: it has come back. */
	return socket(AF_INET, SOCK_DGRAM, 0) < 0 ||
	       socket(AF_INET6, SOCK_STREAM, 0) < 0 ||
	       socket(AF_UNIX, SOCK_STREAM, 0) < 0 ||
	       socket(AF_NETLINK, SOCK_RAW, 0) < 0;
}

/* All that the daemon asks for once it is confined: these come to the kernel,
 * which knows no such file. */
static int
requests_made(void)
{
	static const unsigned long made[] = {
		TUNGETIFF,    TUNSETIFF,   TUNSETOFFLOAD, TUNSETVNETHDRSZ,
		SIOCGIFINDEX, SIOCGIFNAME, SIOCETHTOOL,	  TCGETS,
		FIONBIO,      FIONREAD,
	};
	char name[IF_NAMESIZE];
	int bad = if_nametoindex("lo") == 0 || if_indextoname(1, name) == NULL;

	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		if (ioctl(-1, made[i], NULL) == -1 && errno == EBADF)
			continue;
		fprintf(stderr, "ioctl 0x%lx is refused\n", made[i]);
		bad = 1;
	}
	return bad;
}

static int
memory(void)
{
	char *p = malloc(64 << 20);
	int bad = p == NULL;

	if (p != NULL)
		p[32 << 20] = 1;
	free(p);
	return bad;
}

static void
test_goes_on(void **state)
{
	(void)state;
	expect_zero(files);
	expect_zero(names);
	expect_zero(requests_made);
	expect_zero(memory);
}

/* --- 32-bit x86 ----------------------------------------------------------------------- */

/* Numbers of calls of 32-bit x86, and of socketcall(2) for socket(2). */
#define X86_SOCKETCALL 102
#define X86_SOCKET 359
#define X86_BIND 361
#define X86_EXECVE 11
#define CALL_SOCKET 1
#define CALLS 20
#define FILTER_MAX 4096

struct program {
	struct sock_filter code[FILTER_MAX];
	size_t n;
};

static uint32_t
load_word(const struct seccomp_data *d, uint32_t at)
{
	uint32_t word;

	assert_true(at % 4 == 0 && at < sizeof(*d));
	memcpy(&word, (const uint8_t *)d + at, sizeof(word));
	return word;
}

/* Follows the program as the kernel does, as far as filters go. */
static uint32_t
run_filter(const struct program *p, const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (size_t at = 0; at < p->n; at++) {
		const struct sock_filter *f = &p->code[at];
		bool yes = false;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = load_word(d, f->k);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JA:
			at += f->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= f->k;
			break;
		default:
			fail_msg("code 0x%x at %zu", f->code, at);
		}
		at += yes ? f->jt : f->jf;
	}
	fail_msg("it has no end");
	return 0;
}

static void
read_program(struct program *p, FILE *f)
{
	rewind(f);
	p->n = fread(p->code, sizeof(p->code[0]), FILTER_MAX, f);
	assert_in_range(p->n, 1, FILTER_MAX - 1);
	fclose(f);
}

/* What the kernel does with the call: of two answers the one with the lesser
 * number is the stricter. */
static uint32_t
judged(const struct program p[2], int nr, uint64_t arg)
{
	const struct seccomp_data d = { .nr = nr,
					.arch = AUDIT_ARCH_I386,
					.args = { arg } };
	uint32_t a = run_filter(&p[0], &d) & SECCOMP_RET_ACTION_FULL;
	uint32_t b = run_filter(&p[1], &d) & SECCOMP_RET_ACTION_FULL;

	return (int32_t)a < (int32_t)b ? a : b;
}

/* There no socket is made but by a call whose family the filter sees. */
static void
test_sockets_of_32_bit_x86(void **state)
{
	static const int good[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	static struct program p[2];
	FILE *calls = tmpfile(), *sockets = tmpfile();
	uint64_t allowed = 0;
	struct err e;
	int rc;

	(void)state;
	assert_true(calls != NULL && sockets != NULL);
	rc = confine_export(AUDIT_ARCH_I386, fileno(calls), fileno(sockets),
			    &e);
	if (rc > 0) {
		print_message("skipped: built without libseccomp\n");
		skip();
	}
	assert_int_equal(rc, 0);
	read_program(&p[0], calls);
	read_program(&p[1], sockets);
	for (int family = 0; family < 64; family++)
		if (judged(p, X86_SOCKET, (uint64_t)family) ==
		    SECCOMP_RET_ALLOW)
			allowed |= UINT64_C(1) << family;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		allowed ^= UINT64_C(1) << good[i];
	assert_int_equal(allowed, 0);
	assert_int_equal(judged(p, X86_SOCKETCALL, CALL_SOCKET),
			 SECCOMP_RET_TRAP);
	/* A socket that exists is used by either call. */
	assert_int_equal(judged(p, X86_BIND, 0), SECCOMP_RET_ALLOW);
	for (uint64_t i = CALL_SOCKET + 1; i <= CALLS; i++)
		assert_int_equal(judged(p, X86_SOCKETCALL, i),
				 SECCOMP_RET_ALLOW);
	assert_int_equal(judged(p, X86_SOCKETCALL, 0), SECCOMP_RET_ERRNO);
	assert_int_equal(judged(p, X86_SOCKETCALL, CALLS + 1),
			 SECCOMP_RET_ERRNO);
	assert_int_equal(judged(p, X86_EXECVE, 0), SECCOMP_RET_KILL_PROCESS);
}

/* --- with all files and sockets open ---------------------------------------------------- */

static int pair[2];

static int
opens_nothing(void)
{
	return refused(open("/dev/null", O_RDONLY)) |
	       refused(openat(AT_FDCWD, "/", O_RDONLY)) |
	       refused(syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0L)) |
	       refused(socket(AF_INET, SOCK_STREAM, 0)) |
	       refused(socket(AF_UNIX, SOCK_STREAM, 0)) |
	       refused(connect(pair[0], NULL, 0)) | refused(kill(getpid(), 0)) |
	       refused(ioctl(0, FIONREAD, NULL)) | refused(unlink("/nowhere")) |
	       refused(mkdir("/nowhere", 0)) | refused(dup(0));
}

static int
talks_on(void)
{
	char got[4];

	return write(pair[0], "text", 4) != 4 || read(pair[1], got, 4) != 4 ||
	       shutdown(pair[0], SHUT_WR) < 0 || close(pair[0]) < 0;
}

static void
test_opened(void **state)
{
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	filter = confine_opened;
	expect_zero(opens_nothing);
	expect_zero(talks_on);
	expect_zero(memory);
	expect_zero(others);
	expect_zero(requests);
	expect_killed(run_program);
	expect_killed(trace);
	filter = confine;
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadly),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_sockets_of_32_bit_x86),
		cmocka_unit_test(test_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
