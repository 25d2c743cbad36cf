/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits a list in a copy that is signed and installed once it is valid. */
#ifndef TOOLS_EDIT_COPY_H
#define TOOLS_EDIT_COPY_H

#include "list_sign.h"

/*
 * After list_sign_begin(): opens the editor on a copy, checks the copy, asks
 * how to go on after errors, signs and installs it. An edit that was not
 * installed is kept, and its name is printed. Prints its errors; EXIT_OK,
 * EXIT_FAILED or EXIT_BAD_LIST.
 */
int edit_copy(struct list_sign *s);

#endif
