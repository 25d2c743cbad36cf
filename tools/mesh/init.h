/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl init: a network to be founded, and the steps of founding it. */
#ifndef TOOLS_INIT_H
#define TOOLS_INIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "crypto/key.h"
#include "home.h"

#define INIT_WORDS_MAX 16

struct words {
	char *v[INIT_WORDS_MAX]; /* owned */
	size_t n;
};

struct init {
	struct home home;
	char name[256];
	struct words addresses;
	struct words prefixes;
	struct words subnets;
	const char *network;
	enum key_type type; /* type of the list-signing key */
	bool no_address;
	bool private; /* the detected address is private */
	bool dry_run;
};

/* Checks that none of the files exists yet. */
int init_check(const struct init *in, struct err *e);
/* Checks the new configuration, list and directories, and writes nothing. */
int init_plan(const struct init *in, struct err *e);
/* Makes all files, or none. */
int init_make(const struct init *in, struct err *e);

#endif
