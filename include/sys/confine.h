/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of the system calls that the daemon needs once it runs. */
#ifndef SYS_CONFINE_H
#define SYS_CONFINE_H

#include <stdint.h>

#include "base/err.h"

/* From now on, for good, in all threads: no process can be started or traced
 * (that ends this one), no user changed, nothing mounted, no socket opened
 * but for IP, netlink and Unix; such calls fail with EPERM. Files stay as the
 * user may have them. 0: so it is; 1: not built in; -1: the kernel will
 * not. After privs_harden(). */
int confine(struct err *e);
/* Likewise for a process that has all its listeners and files open: it can
 * accept, read and write, and open nothing: no file, no socket, no process. */
int confine_opened(struct err *e);
/*
 * For tests: writes the two filters for an architecture (AUDIT_ARCH_*), as
 * arrays of struct sock_filter, to these files. The kernel obeys the stricter
 * one; the second is in use on 32-bit x86 alone. 0, 1 or -1 as above.
 */
int confine_export(uint32_t arch, int calls, int sockets, struct err *e);

#endif
