/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Editing a list in a copy that is signed and installed when it is right. */
#ifndef TOOL_EDIT_H
#define TOOL_EDIT_H

#include "tool_sign.h"

/*
 * After tool_sign_begin(): opens the editor on a copy, checks it, asks what
 * to do about errors, signs and installs it. An edit that was not installed
 * is kept, and its name is told. Prints its errors; TOOL_OK, TOOL_FAILED or
 * TOOL_BAD_LIST.
 */
int tool_edit(struct tool_sign *s);

#endif
