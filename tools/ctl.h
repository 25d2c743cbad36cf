/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of cluevpnctl, and what they share. */
#ifndef CTL_H
#define CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tool_ctl.h"

#define CTL_SOCKET "/run/cluevpn/ctl"

/* What stood on the command line. */
struct ctl {
	const char *socket;
	bool json;
	bool wait;			/* push --wait */
	uint64_t wait_s;
	int argc;			/* what follows the command's words; */
	char **argv;			/* options are taken out of it */
};

struct ctl_command {
	const char *name;		/* one word or two */
	const char *args;		/* as they are shown; "": none */
	const char *help;		/* one line */
	int min, max;			/* how many arguments */
	bool raw;			/* argv is its own, with the options */
	enum ctl_exit (*run)(const struct ctl *c);
};

/* In the order of the help; the last one has no name. */
extern const struct ctl_command ctl_commands[];

/* --- ctl_help.c ----------------------------------------------------------- */
enum ctl_exit ctl_help(const struct ctl *c);
void ctl_usage(FILE *to);

/* --- ctl_json.c ----------------------------------------------------------- */
/* A text of an object, "-" when it is not there or no text. */
const char *ctl_text(const json_t *o, const char *key);
json_int_t ctl_number(const json_t *o, const char *key);	/* or 0 */
/* Asks, then prints: as JSON when that is wanted, else by print (NULL:
 * nothing). */
enum ctl_exit ctl_show(const struct ctl *c, const char *request,
		       void (*print)(const json_t *));
void ctl_print_json(const json_t *o);

/* --- ctl_show.c ----------------------------------------------------------- */
enum ctl_exit ctl_status(const struct ctl *c);
enum ctl_exit ctl_peers(const struct ctl *c);

/* --- ctl_list.c ----------------------------------------------------------- */
enum ctl_exit ctl_list(const struct ctl *c);
enum ctl_exit ctl_push(const struct ctl *c);

/* --- ctl_tell.c ----------------------------------------------------------- */
enum ctl_exit ctl_reload(const struct ctl *c);
enum ctl_exit ctl_mark_reset(const struct ctl *c);

#endif
