/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The warnings that an administrator should act on before harm is done. Each
 * has the word of the event by which it is logged. */
#ifndef CORE_WARNING_H
#define CORE_WARNING_H

#include "core/event.h"

#define WARNING_AHEAD_DAYS 30 /* before a certificate ends */
#define WARNING_CLOCK_S 60    /* allowed difference of clocks */
#define WARNING_UNHEARD 3 /* handshakes of a peer that we answered in vain */
#define WARNING_UNHEARD_MS 60000 /* since the last one of them */
#define WARNING_TEXT_MAX 512

struct warning {
	enum event_kind kind;
	const char *peer; /* NULL: about this node */
	char text[WARNING_TEXT_MAX];
};

#endif
