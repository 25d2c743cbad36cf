/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors of any text: the compiler compares formats and arguments. */
#include "prove.h"
#include "base/err.h"

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	(void)fmt;
	if (e == NULL)
		return -1;
	FILL(*e);
	e->code = code;
	e->text[ERR_TEXT_MAX - 1] = '\0';
	return -1;
}
