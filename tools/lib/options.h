/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of a command: one table of rows, from which the command line is
 * parsed and the help is made.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define OPTIONS_MAX 48 /* rows of a table */
#define OPTION_VALUES_MAX 16

/* The values of an option that may be repeated, in their order. */
struct option_values {
	const char *v[OPTION_VALUES_MAX];
	size_t n;
};

struct option_row;

/* Checks or keeps a value; arg is NULL when there is none. -1 with e, whose
 * text names the option: a usage error. */
typedef int (*option_take)(void *ctx, const struct option_row *row,
			   const char *arg, struct err *e);

struct option_row {
	char letter;	  /* or 0 */
	const char *name; /* the long name, or NULL */
	const char *arg;  /* name of its value; "[=X]": it may be left
				 * out; NULL: it has none */
	const char *help; /* NULL: not in the help */
	unsigned int in;  /* bits of the commands that take it; 0: all */
	/* Destinations of the value: all that are not NULL, take first. */
	option_take take;
	void *ctx;  /* of take */
	bool *flag; /* set to true */
	const char **text;
	uint64_t *number; /* from min to max */
	uint64_t min, max;
	struct option_values *values;
	size_t most; /* values; 0: OPTION_VALUES_MAX */
};

struct options {
	const char *command; /* in messages; NULL: the program has one */
	const char *usage;   /* command lines, one each */
	const char *about;   /* what the command does, above the options */
	void (*list)(void);  /* prints commands, above the options; or NULL
			      */
	const char *below;   /* text below the options, or NULL */
	const char *version; /* the answer to --version; NULL: no such
			      * option */
	const struct option_row *rows; /* the last one is zeroed */
	unsigned int in;	       /* bit of this command */
	int min, max;	  /* number of arguments besides the options */
	bool stop;	  /* ends at the first argument, before min and
			   * max are looked at */
	option_take word; /* gets each argument in its place, with row
			   * NULL; then min and max are not looked at */
	void *ctx;	  /* of word */
	uint64_t seen;	  /* rows that were given, by their bits */
};

/*
 * Parses argv, of which argv[0] is ignored. -1: the caller goes on, with the
 * arguments from argv[optind] on; else the exit code, after the help or an
 * error was printed.
 */
int options_parse(struct options *o, int argc, char **argv);
/* Prints an error and the command lines; returns EXIT_USAGE. */
int options_misused(const struct options *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints the help to standard output. */
void options_help(const struct options *o);

#endif
