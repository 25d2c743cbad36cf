/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds nodes whose certificates are signed below a CA key that a list
 * revokes. */
#include "revoked_ca.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/tls.h"
#include "format/conf.h"
#include "format/pair.h"
#include "lib/conffile.h"
#include "lib/file.h"
#include "sys/store.h"

#define PEM_MAX ((size_t)1 << 18)
#define SUFFIX ".pair"
#define PAIRS "pairs"
#define FILES_MAX 131072
#define SHOWN_MAX 20 /* names */

struct found {
	const struct bnl *before, *after;
	unsigned int n;
};

/* The key of a CA counts for nodes that the list does not admit by their
 * own. */
static bool
is_new_revoke(const struct found *f, const char *node,
	      const uint8_t key[FINGERPRINT_LEN],
	      const struct cert_above *above)
{
	if (bnl_admits_by_key(f->after, node, key))
		return false;
	for (unsigned int i = 0; i < above->n; i++)
		if (bnl_is_revoked(f->after, above->key[i]) &&
		    (f->before == NULL ||
		     !bnl_is_revoked(f->before, above->key[i])))
			return true;
	return false;
}

static void
tell_node(struct found *f, const char *name)
{
	if (bnl_find(f->after, name) == NULL)
		return;
	if (f->n == 0)
		fprintf(stderr,
			"%s: the key of a CA would be revoked; these "
			"nodes have a certificate under it, and no node talks "
			"to them until they have another one:\n",
			program_invocation_short_name);
	if (f->n++ < SHOWN_MAX)
		fprintf(stderr, "  %s\n", name);
}

static void
look_at_own(struct found *f, const struct conf *conf)
{
	struct pem cert = { NULL, 0 }, cas[CONF_MANY_MAX];
	struct cert_info info;
	char *texts[CONF_MANY_MAX + 1] = { NULL };
	size_t n = 0;
	struct err e;

	if (file_read(&texts[0], &cert.len, conf->cert, PEM_MAX, &e) != 0)
		return;
	cert.p = texts[0];
	while (n < conf->cacert.n &&
	       file_read(&texts[n + 1], &cas[n].len, conf->cacert.v[n], PEM_MAX,
			 &e) == 0) {
		cas[n].p = texts[n + 1];
		n++;
	}
	if (n == conf->cacert.n &&
	    tls_read_chain(&info, cert, cas, n, &e) == 0 &&
	    is_new_revoke(f, conf->name, info.fingerprint, &info.above))
		tell_node(f, conf->name);
	for (size_t i = 0; i <= n; i++)
		free(texts[i]);
}

/* The record belongs to the daemon's user: only a name is taken from it, which
 * must be in the list. */
static void
look_at_pair(struct found *f, const struct store *pairs, const char *file)
{
	struct pair_record r = { .n = 0 };
	uint8_t *data;
	size_t len;
	bool under = false;
	struct err e;

	if (store_read(pairs, file, PAIR_RECORD_MAX, STORE_PRIVATE, &data, &len,
		       &e) != 0)
		return;
	if (pair_record_decode(&r, data, len, &e) == 0)
		for (unsigned int i = 0; i < r.n; i++)
			under = under ||
				is_new_revoke(f, r.peer, r.pairs[i].peer_key,
					      &r.pairs[i].above);
	if (under)
		tell_node(f, r.peer);
	pair_record_wipe(&r);
	bytes_wipe(data, len);
	free(data);
}

static void
look_at_pairs(struct found *f, const char *statedir)
{
	struct store dir = { .dirfd = -1 }, pairs = { .dirfd = -1 };
	char **names;
	size_t n;
	struct err e;

	if (store_open(&dir, statedir, false, &e) == 0 &&
	    store_open_in(&pairs, &dir, PAIRS, false, &e) == 0 &&
	    store_list(&pairs, SUFFIX, FILES_MAX, &names, &n, &e) == 0) {
		for (size_t i = 0; i < n; i++)
			look_at_pair(f, &pairs, names[i]);
		store_names_free(names, n);
	}
	store_close(&pairs);
	store_close(&dir);
}

bool
revoked_ca_print(const struct bnl *before, const struct bnl *after,
		 const char *path)
{
	struct found f = { .before = before, .after = after };
	struct conf *conf;
	struct err e;

	if (after->nrevoked == 0 || conffile_read(&conf, path, &e) != 0)
		return false;
	look_at_own(&f, conf);
	look_at_pairs(&f, conf->statedir);
	conf_free(conf);
	if (f.n > SHOWN_MAX)
		fprintf(stderr, "  and %u more\n", f.n - SHOWN_MAX);
	return f.n > 0;
}
