/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the configuration, the certificate and the list again. */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <jansson.h>
#include <stdint.h>

struct daemon;
struct conf;

struct reload {
	struct conf *first; /* at the start; id's until a reload */
	uint64_t restart;   /* keys that need one, a bit each */
};

/* Errors were logged, and the old state is kept. */
enum reloaded {
	RELOAD_OK,	/* the list on the disk may still be loading */
	RELOAD_NO_CONF, /* then the list is not read either */
	RELOAD_NO_LIST	/* see core_disk_refused() for the reason */
};

enum reloaded reload_all(struct daemon *d);	     /* HUP */
enum reloaded reload_push(struct daemon *d);	     /* USR1: the list alone */
json_t *reload_restart_json(const struct daemon *d); /* names of keys */

#endif
