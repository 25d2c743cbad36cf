/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules between the keys of cluevpn.conf. */
#ifndef FORMAT_CONF_CHECK_H
#define FORMAT_CONF_CHECK_H

#include "format/conf_schema.h"

/* A key as given outside the node sections. */
struct conf_said {
	unsigned int line; /* line where first given; 0: not given */
	bool bad;	   /* value was refused: conclude nothing */
};

/* Adds an error to es for every rule that c breaks. said: one per key, in the
 * order of conf_keys. */
void conf_check(const struct conf *c, const struct conf_said *said,
		struct errs *es);

#endif
