/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of cluevpnctl, and their shared types and functions. */
#ifndef TOOLS_CTL_H
#define TOOLS_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/client.h"

/* The command line. */
struct ctl {
	const char *socket;
	bool json;
	bool wait; /* push --wait */
	uint64_t wait_s;
	bool follow;	    /* events --follow */
	bool all;	    /* check --all */
	bool down, behind;  /* --down, --behind: */
	const char *which;  /* "down", "behind"; NULL: all peers */
	const char *sort;   /* peers --sort; NULL: by name */
	bool each;	    /* metrics --peers */
	uint64_t timeout_s; /* check --timeout */
	int argc;	    /* the arguments after the command, */
	char **argv;	    /* without the options */
};

/* --- json.c --------------------------------------------------------------- */
/* Returns the text at key, "-" if it is missing or not a text. */
const char *ctl_text(const json_t *o, const char *key);
json_int_t ctl_number(const json_t *o, const char *key); /* or 0 */
/* Sends the request and prints the answer: as JSON with --json, otherwise with
 * print (NULL: nothing). */
enum ctl_exit ctl_show(const struct ctl *c, const char *request,
		       void (*print)(const json_t *));
/* Asks for the peers of that kind ("all", "down", "behind", "busy"), sorted by
 * name, with the fields listed (NULL: all fields). */
enum ctl_exit ctl_ask_peers(json_t **out, const struct ctl *c,
			    const char *which, const char *fields);
/* Returns a new array of the first `most` rows in that order; NULL: out of
 * memory. */
json_t *ctl_sorted(const json_t *rows, size_t most,
		   int (*order)(const json_t *a, const json_t *b));
void ctl_print_json(const json_t *o);
void ctl_pause_ms(long ms);
/* Formats a number of bytes such as "1.2 M", for a table. */
char *ctl_amount(char out[16], double n);

/* --- table.c -------------------------------------------------------------- */
/* rows: an array of arrays of n texts. The table is as wide as it needs to be,
 * at most OUTPUT_WIDTH columns: longer texts are cut, the widest column first,
 * and end with a ~. */
void ctl_table(const char *const *heads, size_t n, const json_t *rows);
/* A table of objects: each column shows a field. */
struct ctl_column {
	const char *head;
	const char *key; /* field of a text; NULL: see text */
	char *(*text)(char out[64], const json_t *row); /* formats the cell */
};
void ctl_columns(const struct ctl_column *columns, size_t n,
		 const json_t *rows);

/* --- show.c --------------------------------------------------------------- */
enum ctl_exit ctl_status(const struct ctl *c);
enum ctl_exit ctl_peers(const struct ctl *c);
enum ctl_exit ctl_routes(const struct ctl *c);
/* Prints the configuration keys that need a restart, if any. */
void ctl_print_restart(const json_t *o);

/* --- peer.c --------------------------------------------------------------- */
/* Prints all fields of a peer. */
void ctl_print_peer(const json_t *peer);

/* --- check.c -------------------------------------------------------------- */
enum ctl_exit ctl_check(const struct ctl *c);

/* --- why.c ---------------------------------------------------------------- */
enum ctl_exit ctl_why(const struct ctl *c);
/* --- events.c ------------------------------------------------------------- */
enum ctl_exit ctl_events(const struct ctl *c);
/* --- top.c ---------------------------------------------------------------- */
enum ctl_exit ctl_top(const struct ctl *c);
/* --- graph.c -------------------------------------------------------------- */
enum ctl_exit ctl_graph(const struct ctl *c);
/* --- metrics.c ------------------------------------------------------------ */
enum ctl_exit ctl_metrics(const struct ctl *c);

/* --- list.c --------------------------------------------------------------- */
enum ctl_exit ctl_list(const struct ctl *c);
enum ctl_exit ctl_push(const struct ctl *c);

/* --- tell.c --------------------------------------------------------------- */
enum ctl_exit ctl_reload(const struct ctl *c);
enum ctl_exit ctl_mark_reset(const struct ctl *c);
enum ctl_exit ctl_negotiate(const struct ctl *c);
enum ctl_exit ctl_log(const struct ctl *c);

#endif
