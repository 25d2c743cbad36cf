/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines about connections. */
#ifndef CORE_CONN_CONN_REPORT_H
#define CORE_CONN_CONN_REPORT_H

#include "core/event.h"

struct conn;

/* An event about the peer, or about an address that has shown no
 * certificate; the same one is not told again for an hour. */
void conn_say(struct conn *ch, enum event_kind kind, const char *text);
/* A peer with which all is well again: its next line is the first one. */
void conn_unsay(struct conn *ch);

#endif
