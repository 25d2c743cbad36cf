/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything an administrator's files say: configuration, certificate, keys,
 * CAs. Read at the start and, whole, at every reload. */
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
	uint32_t warden_conf;		/* what the warden calls conf */
};

struct warden;

/* path: of the configuration file. warden: opens the files where there is one,
 * else NULL. Everything found wrong is logged, each with its file. 0 or
 * -1. */
int identity_load(struct identity **out, const char *path,
		  struct warden *warden);
/* A private key that somebody else will give to this process: fd is read in the
 * place of that path. */
struct identity_key {
	const char *path;
	int fd;			/* -1: no such key */
};

/* The same for a check: what could be read is there after a failure, too, and
 * *out is NULL only when there is no configuration; certificates must be valid
 * now, while the clock is sane. */
int identity_look(struct identity **out, const char *path,
		  const struct identity_key *key);
/* The configuration alone. fd: of that file, open; it is closed. */
int identity_conf(struct conf **out, const char *path, int fd);
void identity_free(struct identity *id);	/* NULL is fine */

#endif
