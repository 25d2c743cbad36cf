/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list's file, beside the list in force. */
#ifndef DAEMON_LISTDISK_H
#define DAEMON_LISTDISK_H

#include <jansson.h>

#include "base/err.h"

struct daemon;
struct listdisk;

int listdisk_open(struct daemon *d, struct err *e); /* after state_open() */
void listdisk_close(struct daemon *d);
/* Reports by log and event that a replaced list is kept under that name. */
void listdisk_lost(struct daemon *d, const char *name);
/* A sentence about a file that differs from the list in force; null: none. */
json_t *listdisk_json(struct daemon *d);
/* Appends a warning while a kept file exists. */
void listdisk_warn(const struct daemon *d, json_t *warnings);

#endif
