/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of a command, from one table. getopt_long(3) does the parsing. */
#include "options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "defaults.h"
#include "output.h"

#define HELP_COLUMN 26
#define LONG 256 /* getopt's value of the first long name */
#define WORD 1	 /* and of an argument in its place */

static int
options_kind(const struct option_row *row)
{
	if (row->arg == NULL)
		return no_argument;
	return row->arg[0] == '[' ? optional_argument : required_argument;
}

static bool
options_end(const struct option_row *row)
{
	return row->letter == 0 && row->name == NULL;
}

static char *
add_letter(char *letters, char letter, int kind)
{
	*letters++ = letter;
	while (kind-- > 0) /* ":" or "::" */
		*letters++ = ':';
	return letters;
}

/* Makes what getopt_long() wants of the table. */
static void
fill_getopt(const struct options *o, struct option *names, char *letters)
{
	if (o->word != NULL || o->stop)
		*letters++ = o->stop ? '+' : '-';
	for (int i = 0; !options_end(&o->rows[i]); i++) {
		const struct option_row *row = &o->rows[i];
		int kind = options_kind(row);

		assert(i < OPTIONS_MAX);
		if (row->name != NULL)
			*names++ = (struct option){ row->name, kind, NULL,
						    LONG + i };
		if (row->letter != 0)
			letters = add_letter(letters, row->letter, kind);
	}
	*names++ = (struct option){ "help", no_argument, NULL, 'h' };
	letters = add_letter(letters, 'h', no_argument);
	if (o->version != NULL) {
		*names++ = (struct option){ "version", no_argument, NULL, 'V' };
		letters = add_letter(letters, 'V', no_argument);
	}
	*names = (struct option){ NULL, 0, NULL, 0 };
	*letters = '\0';
}

static int
find_row(const struct options *o, int c)
{
	int i = 0;

	if (c >= LONG)
		return c - LONG;
	while (o->rows[i].letter != c)
		i++;
	return i;
}

static int
take_number(const struct option_row *row, const char *arg, struct err *e)
{
	if (text_u64(row->number, (struct span){ arg, strlen(arg) }, row->min,
		     row->max) == 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "--%s \"%s\": expected a number from %llu to %llu",
		       row->name, arg, (unsigned long long)row->min,
		       (unsigned long long)row->max);
}

static int
take_value(const struct option_row *row, const char *arg, struct err *e)
{
	size_t most = row->most != 0 ? row->most : OPTION_VALUES_MAX;

	if (row->values->n == most)
		return err_set(e, ERR_USAGE,
			       "--%s is given more than %zu times", row->name,
			       most);
	row->values->v[row->values->n++] = arg;
	return 0;
}

static int
take_row(const struct option_row *row, const char *arg, struct err *e)
{
	if (row->take != NULL && row->take(row->ctx, row, arg, e) != 0)
		return -1;
	if (row->number != NULL && arg != NULL && take_number(row, arg, e) != 0)
		return -1;
	if (row->values != NULL && take_value(row, arg, e) != 0)
		return -1;
	if (row->flag != NULL)
		*row->flag = true;
	if (row->text != NULL)
		*row->text = arg;
	return 0;
}

/* Checks that the command takes each option that was given. */
static int
check_seen(const struct options *o)
{
	for (int i = 0; !options_end(&o->rows[i]); i++) {
		const struct option_row *row = &o->rows[i];

		if ((o->seen & UINT64_C(1) << i) == 0 || row->in == 0 ||
		    (row->in & o->in) != 0)
			continue;
		return options_misused(o, "%s takes no --%s", o->command,
				       row->name);
	}
	return -1;
}

static int
check_words(const struct options *o, int n, char **words)
{
	if (o->stop || o->word != NULL)
		return -1;
	if (n > o->max)
		return options_misused(o, "unexpected argument \"%s\"",
				       words[o->max]);
	return n < o->min ? options_misused(o, "an argument is missing") : -1;
}

static int
print_failed(const struct err *e)
{
	output_err(NULL, e);
	return EXIT_USAGE;
}

/* -1: continue; else the exit code. */
static int
take_option(struct options *o, int c, struct err *e)
{
	int i;

	switch (c) {
	case 'h':
		options_help(o);
		return EXIT_OK;
	case 'V':
		printf("%s %s\n", o->version, VERSION);
		return EXIT_OK;
	case '?': /* getopt_long() has printed the error */
		return options_misused(o, NULL);
	case WORD:
		return o->word(o->ctx, NULL, optarg, e) == 0 ? -1 :
							       print_failed(e);
	default:
		i = find_row(o, c);
		o->seen |= UINT64_C(1) << i;
		return take_row(&o->rows[i], optarg, e) == 0 ? -1 :
							       print_failed(e);
	}
}

int
options_parse(struct options *o, int argc, char **argv)
{
	struct option names[OPTIONS_MAX + 3];
	char letters[3 * OPTIONS_MAX + 4], *zeroth = argv[0];
	struct err e;
	int c, rc = -1;

	fill_getopt(o, names, letters);
	argv[0] = program_invocation_short_name; /* in getopt's messages */
	optind = 0;				 /* restarts getopt */
	while (rc < 0 &&
	       (c = getopt_long(argc, argv, letters, names, NULL)) != -1)
		rc = take_option(o, c, &e);
	for (; rc < 0 && o->word != NULL && optind < argc; optind++)
		if (o->word(o->ctx, NULL, argv[optind], &e) != 0)
			rc = print_failed(&e);
	argv[0] = zeroth;
	if (rc < 0)
		rc = check_seen(o);
	return rc < 0 ? check_words(o, argc - optind, argv + optind) : rc;
}

/* --- for people ----------------------------------------------------------- */

static void
print_usage(FILE *to, const char *usage)
{
	const char *head = "usage:";
	struct span rest = { usage, strlen(usage) }, line;

	for (; span_line(&rest, &line); head = "      ")
		fprintf(to, "%s %.*s\n", head, (int)line.len, line.p);
}

int
options_misused(const struct options *o, const char *fmt, ...)
{
	va_list ap;

	if (fmt != NULL) {
		fprintf(stderr, "%s: ", program_invocation_short_name);
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
		fputc('\n', stderr);
	}
	print_usage(stderr, o->usage);
	return EXIT_USAGE;
}

static void
help_row(const struct option_row *row)
{
	char letter[] = "    ", head[OUTPUT_WIDTH];
	const char *arg = row->arg != NULL ? row->arg : "";

	if (row->letter != 0)
		snprintf(letter, sizeof(letter), "-%c%s", row->letter,
			 row->name != NULL ? ", " : "");
	/* Completion finds the end of the option by two blanks. */
	snprintf(head, sizeof(head), "  %s%s%s%s%s ", letter,
		 row->name != NULL ? "--" : "",
		 row->name != NULL ? row->name : "",
		 arg[0] != '\0' && arg[0] != '[' ? " " : "", arg);
	output_wrap(HELP_COLUMN, head, "%s", row->help);
}

void
options_help(const struct options *o)
{
	static const struct option_row help = { .letter = 'h',
						.name = "help",
						.help = "show this" };
	static const struct option_row version = { .letter = 'V',
						   .name = "version",
						   .help = "show the version" };

	print_usage(stdout, o->usage);
	if (o->about != NULL)
		output_wrap(0, "", "%s", o->about);
	if (o->list != NULL)
		o->list();
	for (const struct option_row *row = o->rows; !options_end(row); row++)
		if (row->help != NULL &&
		    (row->in == 0 || (row->in & o->in) != 0))
			help_row(row);
	help_row(&help);
	if (o->version != NULL)
		help_row(&version);
	if (o->below != NULL)
		output_wrap(0, "", "%s", o->below);
}
