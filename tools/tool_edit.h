/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits a list in a copy that is signed and installed once it is valid. */
#ifndef TOOL_EDIT_H
#define TOOL_EDIT_H

#include "tool_sign.h"

/*
 * After tool_sign_begin(): opens the editor on a copy, checks the copy, asks
 * how to go on after errors, signs and installs it. An edit that was not
 * installed is kept, and its name is printed. Prints its errors; TOOL_OK,
 * TOOL_FAILED or TOOL_BAD_LIST.
 */
int tool_edit(struct tool_sign *s);

#endif
