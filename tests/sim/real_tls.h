/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The real TLS engine, but for one thing: what it exports is made from the
 * context alone. OpenSSL draws its own randomness, pair secrets and ids would
 * differ from run to run, and with them whatever is decided by them. That
 * both ends export the same, and nobody else does, is still looked at.
 */
#ifndef SIM_REAL_TLS_H
#define SIM_REAL_TLS_H

#include "crypto/tls.h"

struct tls_provider real_tls_provider(struct tls_ctx *c);
/* Another world begins, maybe under a seed that was there before. */
void real_tls_forget(void);

#endif
