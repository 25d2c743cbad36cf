/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors at a boundary, as a file, a parser or a set-up call reports them. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

enum err_code {
	ERR_NONE,
	ERR_USAGE,     /* wrong arguments of a command */
	ERR_SYNTAX,    /* malformed text or bytes */
	ERR_RANGE,     /* a value outside its range */
	ERR_LIMIT,     /* too many, too long, too large */
	ERR_DUPLICATE, /* given twice */
	ERR_CONFLICT,  /* contradicts another statement */
	ERR_SIGNATURE, /* missing, or does not verify */
	ERR_SIGNER,    /* signed by a key that is not trusted */
	ERR_STALE,     /* older than the version in force */
	ERR_FUTURE,    /* dated too far ahead */
	ERR_FORMAT,    /* of a later format than this program knows */
	ERR_NOTFOUND,
	ERR_EXISTS,
	ERR_PERM, /* readable by others, a link, not ours */
	ERR_IO,
	ERR_CRYPTO,
	ERR_PROTO, /* the peer broke the protocol */
	ERR_NOMEM,
	ERR_CODES
};

#define ERR_TEXT_MAX 320

struct err {
	enum err_code code;
	unsigned int line;   /* 1-based; 0 when there is none */
	unsigned int column; /* 1-based, in bytes; 0 when there is none */
	char text[ERR_TEXT_MAX];
};

/*
 * Every boundary call takes `struct err *` last. It may be NULL. It is
 * written only on failure. All of these return -1, so that a failing
 * function can `return err_set(...)`.
 */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_at(struct err *e, enum err_code code, unsigned int line,
	   unsigned int column, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* As err_set() with ": " and strerror(errnum) behind it; code ERR_IO,
 * ERR_NOTFOUND, ERR_EXISTS or ERR_PERM according to errnum. */
int err_errno(struct err *e, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_nomem(struct err *e);
/* Puts text in front of the present text: "prefix: old text". */
int err_prefix(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts FILE:LINE:COLUMN in front of the text and clears line and column: for a
 * caller that does not know the file. */
int err_in_file(struct err *e, const char *file);
/* A short stable word for a code: "syntax", "signature", ... */
const char *err_code_name(enum err_code code);

/* Several errors of one file, so that all can be shown at once. */
#define ERRS_MAX 32

struct errs {
	unsigned int count;	/* how many there were; may be > ERRS_MAX */
	struct err e[ERRS_MAX]; /* the first ERRS_MAX of them */
};

void errs_add(struct errs *es, const struct err *e);
/* Writes "FILE:LINE:COLUMN: text" (parts that are 0 left out) into out,
 * NUL-terminated, cut at cap. Returns out. */
char *err_format(char *out, size_t cap, const char *file, const struct err *e);

#endif
