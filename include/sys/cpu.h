/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of the processor. */
#ifndef SYS_CPU_H
#define SYS_CPU_H

#include <stdbool.h>

/* AES, and the carry-less multiplication that AES-GCM needs. */
bool cpu_has_aes(void);

#endif
