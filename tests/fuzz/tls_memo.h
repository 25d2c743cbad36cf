/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenSSL with a memory, for a target that makes the same handshake at almost
 * every input: the handshake then costs little beside the steps that follow.
 * The functions stand before those of the shared libraries, for libssl as well.
 * Results are the true ones, remembered under all that they depend on. Only the
 * ephemeral keys and the random bytes are other ones: the nth of an execution
 * is always the same, so that there is something to remember.
 *
 * The library gets a heap of its own, since that of ASan takes longer than all
 * the rest. This heap sees what ASan can see of a library that is not built
 * with it: freed blocks are poisoned and used again as late as possible, and a
 * block that is freed twice ends the process. heap_count tells of leaks.
 */
#ifndef FUZZ_TLS_MEMO_H
#define FUZZ_TLS_MEMO_H

#include <stddef.h>

extern size_t heap_count; /* blocks of the library in use */

/* Before anything else of the library. */
void memo_begin(void);
/* An execution begins; after memo_stop() the functions are the library's. */
void memo_start(void);
void memo_stop(void);

#endif
