/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts about the state that the parts of one core share. */
#include "core/env.h"

#include <stdio.h>

char *
core_env_held_text(char out[HELD_TEXT_MAX], const struct core_env *env)
{
	char its[BNL_VERSION_TEXT_MAX], ours[BNL_VERSION_TEXT_MAX];

	snprintf(
		out, HELD_TEXT_MAX,
		"list %s has format %u, and this program applies formats up to "
		"%u: it is passed on and its revoked keys are heeded, but %s "
		"is in force until a later version of ClueVPN runs here",
		bnl_version_format(its, &env->held->version), env->held->format,
		BNL_FORMAT,
		env->bnl == NULL ? "no list" :
				   bnl_version_format(ours, &env->version));
	return out;
}
