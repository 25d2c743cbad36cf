/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the processor can do. */
#ifndef SYS_CPU_H
#define SYS_CPU_H

#include <stdbool.h>

/* AES, and the multiplication that goes with it in AES-GCM. */
bool cpu_has_aes(void);

#endif
