/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contents of an administrator's files: configuration, certificate, keys,
 * CAs. Read at the start and, completely, at every reload. */
#ifndef DAEMON_IDENTITY_H
#define DAEMON_IDENTITY_H

#include <stddef.h>

#include "base/log.h"
#include "crypto/key.h"
#include "crypto/tls.h"
#include "format/conf.h"

struct identity {
	struct conf *conf;
	struct tls_ctx *tls;
	struct key *bnlkeys[CONF_MANY_MAX];
	size_t nbnlkeys;
	uint32_t monitor_conf; /* the monitor's number of conf */
};

struct monitor_link;

/* path: of the configuration file. monitor: opens the files, if not NULL. Every
 * error is logged, each with its file. 0 or -1. */
int identity_load(struct identity **out, const char *path,
		  struct monitor_link *monitor);
/* A private key that another process will give to this process: fd is read
 * instead of that path. */
struct identity_key {
	const char *path;
	int fd; /* -1: no such key */
};

/* As identity_load(), for a check: *out has everything that could be read,
 * after a failure, too, and is NULL only when there is no configuration;
 * certificates must be valid now, if the clock is sane and the list does not
 * admit this node by its key. */
int identity_look(struct identity **out, const char *path,
		  const struct identity_key *key);
/* Reads the configuration alone. fd: of that file, open; closes it. */
int identity_conf(struct conf **out, const char *path, int fd);
void identity_free(struct identity *id); /* NULL is fine */

#endif
