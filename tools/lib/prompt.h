/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to the user at the terminal, and the user's editor. */
#ifndef TOOLS_PROMPT_H
#define TOOLS_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* True when a person can be asked. */
bool prompt_possible(void);
/* Asks until the answer begins with one of letters; 0 at the end of input. */
char prompt_choice(const char *question, const char *letters);
/* Reads a line of standard input without its end into out; -1 when there is
 * none, or it is too long. On a terminal, prints the question and turns echo
 * off. */
int prompt_secret(char *out, size_t cap, const char *question, struct err *e);
/* Lets the user edit path with $VISUAL, $EDITOR or vi, and waits. -1 when the
 * editor cannot be run or fails. */
int prompt_editor(const char *path, struct err *e);

#endif
