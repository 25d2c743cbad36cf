/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the machine of negotiation.h for a connection: tells it what has
 * happened and takes the steps that it returns. */
#ifndef CORE_CONN_CONN_NEGOTIATION_H
#define CORE_CONN_CONN_NEGOTIATION_H

#include <stdbool.h>

struct conn;

/* The certificate is verified, and admitted. */
void conn_negotiation_start(struct conn *ch);
/* A HELLO, CONFIRM or READY has come. */
void conn_negotiation_frame(struct conn *ch);
/* The disk has answered, for whatever it was that the state waits. */
void conn_negotiation_poke(struct conn *ch);
/* The peer has dialled as many others as one may. */
bool conn_has_too_many(const struct conn *ch);

#endif
