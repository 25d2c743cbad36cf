/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every DATA datagram that ever left a node. The receiver's index names the
 * key and the counter is the nonce: two datagrams under both of them would be
 * the end of all secrecy. Nothing is ever sent twice as it was, so that any
 * repetition is a fault, whatever it says.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger {
	uint64_t *keys; /* hashes of sender, index, counter; 0: free */
	size_t n, cap;	/* cap: a power of two, or 0 */
};

/* false: this key and counter were used before. */
bool ledger_note(struct ledger *l, size_t sender, const uint8_t *dgram,
		 size_t len);
void ledger_free(struct ledger *l);

/* Never 0. */
uint64_t sim_hash(uint64_t h, const void *p, size_t len);

#endif
