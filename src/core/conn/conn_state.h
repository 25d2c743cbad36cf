/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The states of a TLS connection, in the order in which it takes them.
 *
 *	dialler   CONNECT > TLS > SETTLE > HELLO > CONFIRM > STORE > READY > OPEN
 *	listener            TLS > HELLO > ANSWER > CONFIRM > STORE >         OPEN
 *
 * SETTLE and ANSWER wait for the disk before the own HELLO. Without a
 * negotiation OPEN follows upon the HELLOs. Every state goes to ENDING, from
 * where only the owner's word that the connection is gone leads on.
 */
#ifndef CORE_CONN_CONN_STATE_H
#define CORE_CONN_CONN_STATE_H

enum conn_state {
	CONN_CONNECT, /* TCP is being opened */
	CONN_TLS,     /* the handshake runs */
	CONN_SETTLE,  /* dialler: the own HELLO waits for the disk */
	CONN_HELLO,   /* the other one's HELLO is awaited */
	CONN_ANSWER,  /* listener: the own HELLO waits for the disk */
	CONN_CONFIRM, /* the other one's CONFIRM is awaited */
	CONN_STORE,   /* the new pair is on its way to the disk */
	CONN_READY,   /* dialler: the other one's READY is awaited */
	CONN_OPEN,    /* lists only */
	CONN_ENDING   /* to be closed by the owner */
};

#endif
