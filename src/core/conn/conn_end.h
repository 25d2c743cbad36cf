/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of one TLS connection, by whatever cause. */
#ifndef CORE_CONN_CONN_END_H
#define CORE_CONN_CONN_END_H

#include "core/action.h"
#include "core/conn/conn.h"

/* Ends it; why NULL: nothing is wrong. _lose: by the other side's doing. */
void conn_end(struct conn *ch, const char *why);
void conn_lose(struct conn *ch, const char *why);
/* Tells the other side why, when it can hear it, logs it once, ends it. */
void conn_refuse(struct conn *ch, int code, const char *why);
/* Ends a dialled connection that has nothing left to do. */
void conn_end_if_done(struct conn *ch);
/* Ends an attempt that has had its time. */
void conn_give_up(struct conn *ch);
/* Ends it without another byte: its keys may count elsewhere as well. */
void conn_slept(struct conn *ch);
/* Takes note that its owner has closed it, or could not open it. */
void conn_gone(struct conn *ch, enum close_reason reason, const char *why);
/* The timer of the connection has run out. */
void conn_timeout(struct conn *ch);
/* Another list is in force: may it stay? */
void conn_review(struct conn *ch);

#endif
