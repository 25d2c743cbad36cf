/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl init: what is founded, and making it. */
#ifndef TOOL_INIT_H
#define TOOL_INIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "crypto/key.h"
#include "tool_home.h"

#define INIT_WORDS_MAX 16

struct words {
	char *v[INIT_WORDS_MAX];	/* owned */
	size_t n;
};

struct init {
	struct tool_home home;
	char name[256];
	struct words addresses;
	struct words prefixes;
	struct words subnets;
	const char *network;
	enum key_type type;	/* of the key that signs lists */
	bool no_address;
	bool private;		/* the address that was found is */
	bool dry_run;
};

/* That nothing is there yet of what would be made. */
int tool_init_check(const struct init *in, struct err *e);
/* Checks the configuration, the list and the directories that would be made,
 * and writes nothing. */
int tool_init_plan(const struct init *in, struct err *e);
/* Makes all files, or none. */
int tool_init_make(const struct init *in, struct err *e);

#endif
