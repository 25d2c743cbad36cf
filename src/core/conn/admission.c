/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the holder of a verified certificate may talk to us. */
#include "core/conn/admission.h"

#include <string.h>

bool
admission_can_negotiate(const struct core_env *env)
{
	return env->bnl != NULL && bnl_find(env->bnl, env->self) != NULL &&
	       !env->stale;
}

int
admission_check(const struct core_env *env, const struct cert_info *peer,
		const char *dialled)
{
	const char *ou = env->conf->restrictouname;
	const struct bnl_node *node;

	if (strcmp(peer->cn, env->self) == 0)
		return REFUSE_WRONG_NAME;
	if (dialled != NULL && strcmp(peer->cn, dialled) != 0)
		return REFUSE_WRONG_NAME;
	if (ou != NULL && strcmp(peer->ou, ou) != 0)
		return REFUSE_OU;
	if (env->bnl == NULL)
		return REFUSE_NOT_LISTED;
	if (bnl_is_revoked(env->bnl, peer->fingerprint) ||
	    bnl_revoked_above(env->bnl, &peer->above) != NULL)
		return REFUSE_REVOKED;
	node = bnl_find(env->bnl, peer->cn);
	if (node == NULL)
		return REFUSE_NOT_LISTED;
	if (bnl_pins_another(node, peer->fingerprint))
		return REFUSE_PIN;
	return ADMIT_YES;
}
