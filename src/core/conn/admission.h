/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the holder of a verified certificate may talk to us. */
#ifndef CORE_CONN_ADMISSION_H
#define CORE_CONN_ADMISSION_H

#include "core/env.h"
#include "format/proto.h"

#define ADMIT_YES 0

/*
 * ADMIT_YES or an enum refuse_code. dialled: the name we wanted to reach;
 * NULL when they called. REFUSE_NOT_LISTED is given only when nothing else is
 * wrong: such a name may still deliver a newer list.
 */
int admission_check(const struct core_env *env, const struct cert_info *peer,
		    const char *dialled);
/* This node can negotiate: it has a list that is not stale and is in it. */
bool admission_can_negotiate(const struct core_env *env);

#endif
