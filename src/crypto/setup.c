/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the machine's OpenSSL configuration out of this process. */
#include "crypto/setup.h"

#include <openssl/crypto.h>

void
crypto_setup(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}
