/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HELLOs of a connection and the negotiation of a pair. */
#ifndef CORE_CONN_CONN_NEGOTIATION_H
#define CORE_CONN_CONN_NEGOTIATION_H

struct conn;

/* The certificate is verified and admitted. */
void conn_negotiation_start(struct conn *ch);
/* Such a frame has come. */
void conn_negotiation_hello(struct conn *ch);
void conn_negotiation_confirm(struct conn *ch);
void conn_negotiation_ready(struct conn *ch);
/* The disk has answered, for whatever it was that the state waits. */
void conn_negotiation_poke(struct conn *ch);

#endif
