/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list's grammar and the rules a list must keep. */
#ifndef FORMAT_BNL_PARSE_H
#define FORMAT_BNL_PARSE_H

#include "base/err.h"
#include "format/bnl.h"

/*
 * Parses and checks the statements of text (without signature block; see
 * bnl_sign.h for the signature). Checks everything of cluevpn-bnl(5): grammar,
 * limits, duplicates, subnets inside a prefix, no overlap between two nodes, no
 * subnet that covers a node's address. All errors go to es with their lines; of
 * a list of a later format there is one alone, ERR_FORMAT. *out is a new list
 * (signedlen 0, version.digest zero) that the caller frees; unchanged on
 * failure. 0 or -1.
 */
int bnl_parse(struct bnl **out, const char *text, size_t len, struct errs *es);
/* As bnl_parse() of the first textlen bytes of raw; the list keeps all of
 * raw. */
int bnl_parse_part(struct bnl **out, const char *raw, size_t rawlen,
		   size_t textlen, struct errs *es);
/* As bnl_parse_part(); but a list of a later format is parsed as well: held is
 * set then. */
int bnl_parse_any(struct bnl **out, const char *raw, size_t rawlen,
		  size_t textlen, struct errs *es);
/* Nodes with their statements and nothing else, as they are to be added to a
 * list: text is no list by itself, and no subnet has to lie inside a prefix. */
int bnl_parse_nodes(struct bnl **out, const char *text, size_t len,
		    struct errs *es);

#endif
