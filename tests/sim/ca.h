/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and certificates of the simulated nodes. They are made once in a
 * process and all have the same lengths, so that a schedule never depends on
 * what OpenSSL drew.
 */
#ifndef SIM_CA_H
#define SIM_CA_H

#include <stddef.h>

#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/tls.h"

#define SIM_WALL INT64_C(1795000000) /* wall clock at the beginning */
#define SIM_NODES_MAX 256

/* The name of node i: "n000" and so on. */
void ca_node_name(char out[NODE_NAME_MAX + 1], size_t i);
/* The TLS context of node i; lives as long as the process. */
struct tls_ctx *ca_tls(size_t i);
/* Its certificate; plain: without one, for large simulations. */
struct cert_info ca_cert(size_t i, bool plain);
/* The key that lists are signed with. */
const struct key *ca_list_key(void);

#endif
