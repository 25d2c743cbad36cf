/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks, converts and stores a value of cluevpn.conf. */
#ifndef FORMAT_CONF_VALUE_H
#define FORMAT_CONF_VALUE_H

#include "format/conf_schema.h"

struct conf_value {
	struct span text;  /* trimmed, without quotes, not empty */
	unsigned int line; /* place in the file */
	unsigned int column;
};

/*
 * Stores v in the member of c that k names; any kind but nodes, algorithms and
 * offloads. dir: the folder of relative paths. 0, or -1 with the place, the
 * value found and the expected one in e; c is then unchanged.
 */
int conf_value_set(struct conf *c, const struct conf_key *k,
		   const struct conf_value *v, const char *dir, struct err *e);
/* Sets the error for a value that does not meet k. */
int conf_value_bad(const struct conf_key *k, const struct conf_value *v,
		   struct err *e);

/* "aes-256-gcm:100 chacha20-poly1305:50": replaces a's ciphers. */
int conf_ciphers_set(struct conf_algos *a, const struct conf_value *v,
		     struct err *e);
/* "none:100 zlib:6:10 lzo:20": replaces a's compressors; adds none if
 * missing. */
int conf_comps_set(struct conf_algos *a, const struct conf_value *v,
		   struct err *e);

/* "auto", "off", or words "no-FEATURE". */
int conf_offload_set(uint8_t *out, const struct conf_key *k,
		     const struct conf_value *v, struct err *e);

/* Text for a message: escaped and cut. */
#define CONF_QUOTE_MAX 80
char *conf_quote(char out[CONF_QUOTE_MAX], struct span s);

#endif
