/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A filter that allows only the system calls that the daemon needs. */
#ifndef SYS_CONFINE_H
#define SYS_CONFINE_H

#include <stdint.h>

#include "base/err.h"

/* Restricts all threads, permanently: no process can be started or traced (an
 * attempt ends this process), no user changed, nothing mounted, no socket
 * opened except IP, netlink and Unix; such calls fail with EPERM. File
 * permissions are as before. 0: done; 1: not built in; -1: the kernel refuses.
 * After privs_harden(). */
int confine(struct err *e);
/* As confine(), for a process that has all its listeners and files open: it can
 * accept, read and write, and open nothing: no file, no socket, no process. */
int confine_opened(struct err *e);
/*
 * For tests: writes the two filters for an architecture (AUDIT_ARCH_*), as
 * arrays of struct sock_filter, to these files. The kernel obeys the stricter
 * one; the second is in use on 32-bit x86 alone. 0, 1 or -1 as above.
 */
int confine_export(uint32_t arch, int calls, int sockets, struct err *e);

#endif
