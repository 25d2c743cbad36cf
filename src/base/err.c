/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors at a boundary: a code, a place and one line of text. */
#include "base/err.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The text is built in a buffer of its own, so that it may quote e->text. */
__attribute__((format(printf, 5, 0))) static void
fill(struct err *e, enum err_code code, unsigned int line, unsigned int column,
     const char *fmt, va_list ap)
{
	struct err tmp = { .code = code, .line = line, .column = column };

	vsnprintf(tmp.text, sizeof(tmp.text), fmt, ap);
	*e = tmp;
}

static void
append_text(struct err *e, const char *more)
{
	size_t used = strlen(e->text);
	size_t len = strlen(more);

	if (len > sizeof(e->text) - 1 - used)
		len = sizeof(e->text) - 1 - used;
	memcpy(e->text + used, more, len);
	e->text[used + len] = '\0';
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	fill(e, code, 0, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_at(struct err *e, enum err_code code, unsigned int line,
       unsigned int column, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	fill(e, code, line, column, fmt, ap);
	va_end(ap);
	return -1;
}

static enum err_code
code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOTFOUND;
	case EEXIST:
	case EADDRINUSE:
		return ERR_EXISTS;
	case EACCES:
	case EPERM:
		return ERR_PERM;
	default:
		return ERR_IO;
	}
}

int
err_errno(struct err *e, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	fill(e, code_of_errno(errnum), 0, 0, fmt, ap);
	va_end(ap);
	append_text(e, ": ");
	append_text(e, strerror(errnum));
	return -1;
}

int
err_nomem(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory");
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	struct err old;
	va_list ap;

	if (e == NULL)
		return -1;
	old = *e;
	va_start(ap, fmt);
	fill(e, old.code, old.line, old.column, fmt, ap);
	va_end(ap);
	append_text(e, ": ");
	append_text(e, old.text);
	return -1;
}

int
err_in_file(struct err *e, const char *file)
{
	char text[ERR_TEXT_MAX];

	if (e == NULL)
		return -1;
	return err_set(e, e->code, "%s",
		       err_format(text, sizeof(text), file, e));
}

const char *
err_code_name(enum err_code code)
{
	static const char *const names[ERR_CODES] = {
		[ERR_NONE] = "none",	     [ERR_USAGE] = "usage",
		[ERR_SYNTAX] = "syntax",     [ERR_RANGE] = "range",
		[ERR_LIMIT] = "limit",	     [ERR_DUPLICATE] = "duplicate",
		[ERR_CONFLICT] = "conflict", [ERR_SIGNATURE] = "signature",
		[ERR_SIGNER] = "signer",     [ERR_STALE] = "stale",
		[ERR_FUTURE] = "future",     [ERR_FORMAT] = "format",
		[ERR_NOTFOUND] = "notfound", [ERR_EXISTS] = "exists",
		[ERR_PERM] = "perm",	     [ERR_IO] = "io",
		[ERR_CRYPTO] = "crypto",     [ERR_PROTO] = "proto",
		[ERR_NOMEM] = "nomem",
	};

	if ((unsigned int)code >= ERR_CODES)
		return "unknown";
	return names[code];
}

void
errs_add(struct errs *es, const struct err *e)
{
	if (es->count < ERRS_MAX)
		es->e[es->count] = *e;
	if (es->count < UINT_MAX)
		es->count++;
}

char *
err_format(char *out, size_t cap, const char *file, const struct err *e)
{
	char place[32] = "";

	if (e->line != 0 && e->column != 0)
		snprintf(place, sizeof(place), "%u:%u", e->line, e->column);
	else if (e->line != 0)
		snprintf(place, sizeof(place), "%u", e->line);
	snprintf(out, cap, "%s%s%s%s%s", file != NULL ? file : "",
		 file != NULL && place[0] != '\0' ? ":" : "", place,
		 file != NULL || place[0] != '\0' ? ": " : "", e->text);
	return out;
}
