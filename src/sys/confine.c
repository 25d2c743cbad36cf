/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seccomp(2), by libseccomp. Name look-ups read files, load libraries and open
 * sockets, in a thread: the calls that they need are allowed. */
#include "sys/confine.h"

#ifndef SECCOMP

int
confine(struct err *e)
{
	(void)e;
	return 1;
}

int
confine_opened(struct err *e)
{
	(void)e;
	return 1;
}

int
confine_export(uint32_t arch, int calls, int sockets, struct err *e)
{
	(void)arch;
	(void)calls;
	(void)sockets;
	(void)e;
	return 1;
}

#else

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include <linux/net.h>
#include <linux/sockios.h>

/* Calls that this machine lacks are skipped. */
static const char *const allowed[] = {
	/* files */
	"access", "close", "close_range", "dup", "dup2", "dup3", "faccessat",
	"faccessat2", "fadvise64", "fchmod", "fchmodat", "fchown", "fchownat",
	"fcntl", "fcntl64", "fdatasync", "flock", "fstat", "fstat64",
	"fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate",
	"ftruncate64", "getcwd", "getdents", "getdents64", "_llseek", "lseek",
	"lstat", "lstat64", "mkdir", "mkdirat", "newfstatat", "open", "openat",
	"openat2", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64",
	"pwritev", "pwritev2", "read", "readlink", "readlinkat", "readv",
	"rename", "renameat", "renameat2", "rmdir", "stat", "stat64", "statfs",
	"statfs64", "statx", "truncate", "umask", "unlink", "unlinkat", "write",
	"writev",
	/* memory */
	"brk", "madvise", "membarrier", "mlock", "mlock2", "mmap", "mmap2",
	"mprotect", "mremap", "msync", "munlock", "munmap",
	/* Sockets; socket() itself is below. On 32-bit x86 libseccomp adds a
	 * rule for the same number of socketcall(2) to each of them; see
	 * filter_sockets(). */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname",
	"getsockopt", "listen", "recv", "recvfrom", "recvmmsg",
	"recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg", "sendto",
	"setsockopt", "shutdown", "socketpair",
	/* waiting, time */
	"clock_getres", "clock_getres_time64", "clock_gettime",
	"clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "gettimeofday",
	"nanosleep", "_newselect", "poll", "ppoll", "ppoll_time64", "pselect6",
	"pselect6_time64", "select", "signalfd", "signalfd4", "time",
	"timerfd_create", "timerfd_gettime", "timerfd_gettime64",
	"timerfd_settime", "timerfd_settime64",
	/* the process and its threads */
	"arch_prctl", "capget", "exit", "exit_group", "futex", "futex_time64",
	"futex_waitv", "get_robust_list", "getcpu", "getegid", "getegid32",
	"geteuid", "geteuid32", "getgid", "getgid32", "getgroups",
	"getgroups32", "getpgid", "getpgrp", "getpid", "getppid", "getpriority",
	"getrandom", "getresgid", "getresgid32", "getresuid", "getresuid32",
	"getrlimit", "getrusage", "getsid", "gettid", "getuid", "getuid32",
	"prctl", "prlimit64", "restart_syscall", "rseq", "rt_sigaction",
	"rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
	"rt_sigtimedwait", "rt_sigtimedwait_time64", "sched_get_priority_max",
	"sched_get_priority_min", "sched_getaffinity", "sched_getattr",
	"sched_getparam", "sched_getscheduler", "sched_setscheduler",
	"sched_yield", "set_robust_list", "set_tid_address", "setrlimit",
	"sigaltstack", "sigreturn", "sysinfo", "tgkill", "times", "ugetrlimit",
	"uname", "wait4", "waitid", "waitpid", NULL
};

static const char *const of_opened[] = {
	/* files and sockets */
	"accept", "accept4", "close", "fcntl", "fcntl64", "fstat", "fstat64",
	"getpeername", "getsockname", "_llseek", "lseek", "newfstatat",
	"pread64", "read", "readv", "recv", "recvfrom", "recvmsg", "send",
	"sendmsg", "sendto", "setsockopt", "shutdown", "write", "writev",
	/* memory */
	"brk", "madvise", "mmap", "mmap2", "mprotect", "mremap", "munmap",
	/* waiting, time */
	"clock_getres", "clock_getres_time64", "clock_gettime",
	"clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
	"gettimeofday", "nanosleep", "poll", "ppoll", "ppoll_time64",
	"restart_syscall", "time", "timerfd_settime", "timerfd_settime64",
	/* the process */
	"exit", "exit_group", "futex", "futex_time64", "getpid", "getrandom",
	"gettid", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"sched_yield", "sigaltstack", "sigreturn", "tgkill", NULL
};

/* No daemon makes these calls by mistake: they end the process. */
static const char *const deadly[] = {
	"execve",	    "execveat",		 "ptrace",
	"process_vm_readv", "process_vm_writev", NULL
};

static const unsigned int families[] = { AF_UNIX, AF_INET, AF_INET6,
					 AF_NETLINK };

/* Allowed requests of ioctl(2): the device, the names of interfaces, the speed
 * of one, and three that libraries make: whether a file is a terminal, and for
 * name look-ups. */
static const unsigned long requests[] = {
	TUNGETIFF,   TUNSETIFF,	  TUNSETOFFLOAD, TUNSETVNETHDRSZ, SIOCGIFINDEX,
	SIOCGIFNAME, SIOCETHTOOL, TCGETS,	 FIONBIO,	  FIONREAD,
};

static int
add_rule(scmp_filter_ctx ctx, uint32_t action, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	/* Calls that this machine lacks have other negative numbers. Some of
	 * these are numbers of socketcall(2) on 32-bit x86. */
	return nr == __NR_SCMP_ERROR ?
		       0 :
		       seccomp_rule_add_array(ctx, action, nr, 0, NULL);
}

static int
add_all(scmp_filter_ctx ctx, uint32_t action, const char *const *names)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && names[i] != NULL; i++)
		rc = add_rule(ctx, action, names[i]);
	return rc;
}

static int
add_rules(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp itself = { .arg = 0,
					     .op = SCMP_CMP_EQ,
					     .datum_a = (uint64_t)getpid() };
	int rc = add_all(ctx, SCMP_ACT_ALLOW, allowed);

	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_KILL_PROCESS, deadly);
	for (size_t i = 0; rc == 0 && i < sizeof(families) / sizeof(*families);
	     i++) {
		const struct scmp_arg_cmp is = { .arg = 0,
						 .op = SCMP_CMP_EQ,
						 .datum_a = families[i] };

		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
					    SCMP_SYS(socket), 1, &is);
	}
	/* The kernel reads the lower 32 bits of a request, and so does this
	 * filter. */
	for (size_t i = 0; rc == 0 && i < sizeof(requests) / sizeof(*requests);
	     i++) {
		const struct scmp_arg_cmp is = {
			.arg = 1,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = UINT32_MAX,
			.datum_b = (uint32_t)requests[i]
		};

		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
					    SCMP_SYS(ioctl), 1, &is);
	}
	/* The process may send signals to itself only. */
	if (rc == 0)
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(kill),
					    1, &itself);
	return rc;
}

/* Makes a filter for one of libseccomp's architectures; 0: this machine's.
 * NULL: no memory. */
static scmp_filter_ctx
filter_new(uint32_t otherwise, uint32_t arch)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);

	if (ctx == NULL || arch == 0 || arch == seccomp_arch_native())
		return ctx;
	if (seccomp_arch_add(ctx, arch) == 0 &&
	    seccomp_arch_remove(ctx, seccomp_arch_native()) == 0)
		return ctx;
	seccomp_release(ctx);
	return NULL;
}

/*
 * The C library of 32-bit x86 makes sockets by socketcall(2), whose arguments
 * are in memory, where no filter sees them: beside the rule for the families of
 * socket(2), libseccomp allows all of socketcall(2). So a second filter traps
 * that call, as the kernel obeys the stricter of the two, and the handler of
 * the signal makes the same socket by socket(2) (Linux 4.3), where the first
 * filter sees the family. Other numbers of socketcall(2) concern sockets that
 * exist.
 */
static scmp_filter_ctx
filter_sockets(uint32_t arch)
{
	const struct scmp_arg_cmp makes = { .arg = 0,
					    .op = SCMP_CMP_EQ,
					    .datum_a = SYS_SOCKET };
	scmp_filter_ctx ctx = filter_new(SCMP_ACT_ALLOW, arch);

	if (ctx == NULL ||
	    seccomp_rule_add_array(ctx, SCMP_ACT_TRAP, SCMP_SYS(socketcall), 1,
				   &makes) == 0)
		return ctx;
	seccomp_release(ctx);
	return NULL;
}

static scmp_filter_ctx
filter_calls(uint32_t arch)
{
	scmp_filter_ctx ctx = filter_new(SCMP_ACT_ERRNO(EPERM), arch);

	if (ctx == NULL || add_rules(ctx) == 0)
		return ctx;
	seccomp_release(ctx);
	return NULL;
}

#ifdef __i386__

static void
on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *reg = uc->uc_mcontext.gregs;
	int saved = errno;
	long rc = -1;

	(void)sig;
	errno = ENOSYS;
	if (info->si_syscall == SYS_socketcall && reg[REG_EBX] == SYS_SOCKET) {
		const unsigned long *arg = (const void *)reg[REG_ECX];

		rc = syscall(SYS_socket, arg[0], arg[1], arg[2]);
	}
	reg[REG_EAX] = rc < 0 ? -errno : (greg_t)rc;
	errno = saved;
}

static int
trap_handle(void)
{
	struct sigaction sa = { .sa_sigaction = on_trap,
				.sa_flags = SA_SIGINFO | SA_RESTART };

	sigfillset(&sa.sa_mask);
	return sigaction(SIGSYS, &sa, NULL);
}

/* Must be loaded first: the other filter forbids loading filters. */
static int
load_sockets(void)
{
	scmp_filter_ctx ctx;
	int rc;

	if (trap_handle() < 0)
		return -errno;
	ctx = filter_sockets(0);
	if (ctx == NULL)
		return -ENOMEM;
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc;
}

#else

static int
load_sockets(void)
{
	return 0;
}

#endif

int
confine(struct err *e)
{
	scmp_filter_ctx ctx = filter_calls(0);
	int rc;

	if (ctx == NULL)
		return err_nomem(e);
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = load_sockets();
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? 0 : err_errno(e, -rc, "seccomp");
}

int
confine_opened(struct err *e)
{
	scmp_filter_ctx ctx = filter_new(SCMP_ACT_ERRNO(EPERM), 0);
	int rc;

	if (ctx == NULL)
		return err_nomem(e);
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_ALLOW, of_opened);
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_KILL_PROCESS, deadly);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? 0 : err_errno(e, -rc, "seccomp");
}

int
confine_export(uint32_t arch, int calls, int sockets, struct err *e)
{
	scmp_filter_ctx a = filter_calls(arch), b = filter_sockets(arch);
	int rc = a == NULL || b == NULL ? -ENOMEM : 0;

	if (rc == 0)
		rc = seccomp_export_bpf(a, calls);
	if (rc == 0)
		rc = seccomp_export_bpf(b, sockets);
	if (a != NULL)
		seccomp_release(a);
	if (b != NULL)
		seccomp_release(b);
	return rc == 0 ? 0 : err_errno(e, -rc, "seccomp");
}

#endif
