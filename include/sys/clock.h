/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system's two clocks. */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include "base/monotime.h"

struct monotime clock_mono(void); /* CLOCK_BOOTTIME */
struct walltime clock_wall(void); /* CLOCK_REALTIME */
struct now clock_now(void);
/* The total time that this machine has been suspended, as the difference of two
 * clocks: some nanoseconds off. */
int64_t clock_slept_ns(void);

#endif
