/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the machine's OpenSSL configuration out of this process. */
#ifndef CRYPTO_SETUP_H
#define CRYPTO_SETUP_H

/*
 * Must be the first call in main(), before any other of src/crypto. OpenSSL
 * then reads no openssl.cnf, whatever OPENSSL_CONF is: protocol versions,
 * groups, ciphers and security level of a connection are set by this program,
 * and a file that is broken, names an engine or asks for FIPS providers cannot
 * stop it.
 */
void crypto_setup(void);

#endif
