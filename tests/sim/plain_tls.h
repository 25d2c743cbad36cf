/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An engine behind struct tls_ops without any cryptography: both ends tell
 * who they are and are believed. It has the shape of TLS 1.3 in round trips,
 * ends and order, and costs nothing; for meshes of hundreds of nodes.
 */
#ifndef SIM_PLAIN_TLS_H
#define SIM_PLAIN_TLS_H

#include "crypto/cert.h"
#include "crypto/rng.h"
#include "crypto/tls.h"

struct plain_ctx {
	struct cert_info self;
	struct rng rng;
};

/* ctx must outlive the provider and its engines. */
struct tls_provider plain_tls_provider(struct plain_ctx *ctx);

#endif
