/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes and frames of one TLS connection. */
#ifndef CORE_CONN_CONN_IO_H
#define CORE_CONN_CONN_IO_H

#include <stddef.h>
#include <stdint.h>

struct conn;

/* TCP stands, dialled or accepted. */
void conn_opened(struct conn *ch);
void conn_in(struct conn *ch, const uint8_t *in, size_t len);
/* As conns_drain(). */
size_t conn_drain(struct conn *ch, uint8_t *out, size_t cap);

#endif
