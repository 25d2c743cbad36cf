/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for why lists are refused. */
#include "core/refusal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/action.h"
#include "core/env.h"

static const char *const names[REFUSALS] = {
	[REFUSAL_OLDER] = "older",     [REFUSAL_SAME_TIME] = "same-time",
	[REFUSAL_SIGNER] = "signer",   [REFUSAL_SIGNATURE] = "signature",
	[REFUSAL_SYNTAX] = "syntax",   [REFUSAL_CONFLICT] = "conflict",
	[REFUSAL_SIZE] = "size",       [REFUSAL_DATE] = "date",
	[REFUSAL_OTHER] = "other",     [REFUSAL_UNDELIVERED] = "undelivered",
	[REFUSAL_FILE] = "file",       [REFUSAL_MEMORY] = "memory",
	[REFUSAL_NETWORK] = "network",
};

const char *
refusal_name(enum refusal r)
{
	assert(r < REFUSALS && names[r] != NULL);
	return names[r];
}

enum refusal
refusal_of(enum err_code code)
{
	switch (code) {
	case ERR_STALE:
		return REFUSAL_OLDER;
	case ERR_SIGNER:
		return REFUSAL_SIGNER;
	case ERR_SIGNATURE:
		return REFUSAL_SIGNATURE;
	case ERR_CONFLICT:
	case ERR_DUPLICATE:
		return REFUSAL_CONFLICT;
	case ERR_LIMIT:
		return REFUSAL_SIZE;
	case ERR_FUTURE:
		return REFUSAL_DATE;
	case ERR_NOTFOUND:
	case ERR_PERM:
	case ERR_IO:
		return REFUSAL_FILE;
	case ERR_NOMEM:
		return REFUSAL_MEMORY;
	default:
		return REFUSAL_SYNTAX;
	}
}

void
refusal_tell(struct core_env *env, enum refusal why, const char *peer,
	     const char *fmt, ...)
{
	bool local = peer == NULL || peer[0] == '\0';
	char text[REFUSAL_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	env->refused[why]++;
	if (local)
		snprintf(env->disk_refused, sizeof(env->disk_refused), "%s",
			 text);
	actions_event(env->actions, local ? EVENT_ERROR : EVENT_WARN,
		      EVENT_LIST_REFUSED, peer, "%s", text);
}
