/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which dialler a listener answers, once it has heard its HELLO. */
#ifndef CORE_CONN_CONN_ADMISSION_H
#define CORE_CONN_CONN_ADMISSION_H

#include <stdbool.h>

struct conn;

/* The HELLO of the other side is one of a negotiation that can be. */
bool conn_negotiates(const struct conn *ch);
/* The peer has dialled as many others as one may. */
bool conn_has_too_many(const struct conn *ch);
/* False: it is refused, and told so. */
bool conn_admit(struct conn *ch);
/* Decides, on either side, whether a peer that the list does not admit may
 * deliver one. False: it is refused, and told so. */
bool conn_admit_delivery(struct conn *ch);

#endif
