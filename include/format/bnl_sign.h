/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signature: verifies and makes it. */
#ifndef FORMAT_BNL_SIGN_H
#define FORMAT_BNL_SIGN_H

#include "base/err.h"
#include "crypto/sign.h"
#include "format/bnl.h"
#include "format/bnl_block.h"

/*
 * The signed bytes are LABEL_BNL and every byte of the text (bnl_block.h). The
 * digest of a list is the SHA-256 of exactly these, label included.
 */

/* The digest of a list with that text. */
void bnl_digest(uint8_t out[SHA256_LEN], const char *text, size_t len);

/*
 * Verifies, then parses: a node treats a list from any source so. keys are the
 * trusted ones; the algorithm follows from the key, never from the file. One of
 * them must have signed, and each signature of one of them must verify; those
 * of other keys do not count. Fails with ERR_SIGNATURE or ERR_SIGNER before a
 * byte is parsed otherwise. On a parse error the first one is in e, with the
 * number of further ones; ERR_FORMAT for a list of a later format.
 */
int bnl_open(struct bnl **out, const char *raw, size_t len,
	     const struct key *const *keys, size_t nkeys, struct err *e);
/* The same; but a list of a later format is opened as well, with its head and
 * revoked keys alone (held is set). */
int bnl_open_any(struct bnl **out, const char *raw, size_t len,
		 const struct key *const *keys, size_t nkeys, struct err *e);

/*
 * A list dated more than BNL_FUTURE_MAX_S ahead of a sane clock is refused. The
 * clock is sane when it is not before built and not before mark less
 * BNL_FUTURE_MAX_S (mark: the timestamp of the newest list ever taken; 0:
 * none).
 */
bool clock_is_sane(struct walltime now, struct walltime built,
		   struct walltime mark);
int bnl_check_time(const struct bnl *b, struct walltime now,
		   struct walltime built, struct walltime mark, struct err *e);

/*
 * A list binds its nodes to one network, which is never renamed: fails with
 * ERR_CONFLICT, naming both networks, unless b is of that network. by: the
 * source of the expected name, as in "the list in force".
 */
int bnl_check_network(const struct bnl *b, const char *network, const char *by,
		      struct err *e);

struct bnl_sign_in {
	const char *text; /* the edited text, with or without block */
	size_t len;
	const struct bnl
		*previous;     /* the last signed one, verified; NULL: first */
	const struct key *key; /* private */
	struct walltime now;
	bool reset_time; /* now, even if previous is ahead */
};

/*
 * Makes the signed file: timestamp = max(now, previous + 1 s), history with the
 * previous version in front (64 at most), `format` and `skip` as the statements
 * need them, everything else byte for byte as written. Validates before it
 * signs, and refuses another network than that of the previous version, and
 * what it does not understand as a whole. out is malloc'd. errs as of
 * bnl_parse().
 */
int bnl_sign(char **out, size_t *outlen, const struct bnl_sign_in *in,
	     struct errs *es);

#endif
