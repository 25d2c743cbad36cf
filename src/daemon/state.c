/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State files: small sealed files, the pairs and the list. */
#include "daemon/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "crypto/kdf.h"
#include "format/addrcache.h"

#define MAGIC_LEN 8 /* "CVMARK1\n": type and version */
#define MAGIC_STATIC "CVSTAT1\n"
#define MAGIC_MARK "CVMARK1\n"
#define MAGIC_RUN "CVRUNT1\n"
#define SEALED_MAX 128
#define STATIC_NAME "static.key"
#define MARK_NAME "mark"
#define HELD_NAME "held.bnl"
#define KNOWN_NAME "addresses"
#define RUN_NAME "runtime"
#define RUN_LEN 16 /* running time in seconds, wall clock */
#define TIME_MAX_S (INT64_C(1) << 40)
#define PAIRS_NAME "pairs"
#define PAIR_SUFFIX ".pair"
#define LOST_MAX 8 /* copies kept of replaced lists */
#define PAIR_NAME_MAX (NODE_NAME_MAX + sizeof(PAIR_SUFFIX))
#define PAIRS_MAX 131072

int
state_open(struct state *s, const struct conf *conf, struct err *e)
{
	const char *slash = strrchr(conf->bnl, '/');
	char *dir = NULL;
	int rc = -1;

	memset(s, 0, sizeof(*s));
	s->dir.dirfd = s->pairs.dirfd = s->list.dirfd = -1;
	dir = slash == NULL ? strdup(".") :
			      strndup(conf->bnl, (size_t)(slash - conf->bnl));
	s->listname = strdup(slash == NULL ? conf->bnl : slash + 1);
	if (dir == NULL || s->listname == NULL) {
		err_nomem(e);
		goto out;
	}
	if (store_open(&s->dir, conf->statedir, true, e) < 0 ||
	    store_open_in(&s->pairs, &s->dir, PAIRS_NAME, true, e) < 0 ||
	    store_open(&s->list, dir[0] == '\0' ? "/" : dir, true, e) < 0)
		goto out;
	s->dir.secret = s->pairs.secret = true;
	rc = 0;
out:
	free(dir);
	if (rc < 0)
		state_close(s);
	return rc;
}

void
state_close(struct state *s)
{
	store_close(&s->dir);
	store_close(&s->pairs);
	store_close(&s->list);
	free(s->listname);
	s->listname = NULL;
}

static int
give_pairs(struct state *s, uid_t uid, gid_t gid, struct err *e)
{
	char **names;
	size_t n;
	int rc = 0;

	if (store_list(&s->pairs, PAIR_SUFFIX, PAIRS_MAX, &names, &n, e) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = store_give_file(&s->pairs, names[i], uid, gid, e);
	store_names_free(names, n);
	return rc;
}

int
state_give(struct state *s, uid_t uid, gid_t gid, struct err *e)
{
	if (store_give(&s->dir, uid, gid, e) < 0 ||
	    store_give(&s->pairs, uid, gid, e) < 0 ||
	    store_give_file(&s->dir, STATIC_NAME, uid, gid, e) < 0 ||
	    store_give_file(&s->dir, MARK_NAME, uid, gid, e) < 0 ||
	    store_give_file(&s->dir, KNOWN_NAME, uid, gid, e) < 0 ||
	    store_give_file(&s->dir, RUN_NAME, uid, gid, e) < 0 ||
	    store_give_file(&s->dir, HELD_NAME, uid, gid, e) < 0 ||
	    store_give_file(&s->list, s->listname, uid, gid, e) < 0)
		return -1;
	return give_pairs(s, uid, gid, e);
}

/* --- sealed: magic, payload, SHA-256 of both ------------------------------ */

static int
sealed_write(struct store *st, const char *name, const char *magic,
	     const uint8_t *payload, size_t len, struct err *e)
{
	uint8_t file[SEALED_MAX];
	int rc;

	memcpy(file, magic, MAGIC_LEN);
	memcpy(file + MAGIC_LEN, payload, len);
	sha256(file + MAGIC_LEN + len, file, MAGIC_LEN + len);
	rc = store_write(st, name, file, MAGIC_LEN + len + SHA256_LEN, e);
	bytes_wipe(file, sizeof(file));
	return rc;
}

/* ERR_NOTFOUND: the file is absent. ERR_SYNTAX: it is damaged. */
static int
sealed_read(struct store *st, const char *name, const char *magic,
	    uint8_t *payload, size_t len, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	uint8_t *file;
	size_t got;
	int rc = 0;

	if (store_read(st, name, SEALED_MAX, STORE_PRIVATE, &file, &got, e) < 0)
		return -1;
	if (got == MAGIC_LEN + len + SHA256_LEN)
		sha256(sum, file, MAGIC_LEN + len);
	if (got != MAGIC_LEN + len + SHA256_LEN ||
	    memcmp(file, magic, MAGIC_LEN) != 0 ||
	    !bytes_equal_ct(sum, file + MAGIC_LEN + len, SHA256_LEN))
		rc = err_set(e, ERR_SYNTAX, "%s/%s is damaged", st->dir, name);
	else
		memcpy(payload, file + MAGIC_LEN, len);
	bytes_wipe(file, got);
	free(file);
	return rc;
}

int
state_static_key(struct state *s, uint8_t out[X25519_LEN],
		 const struct rng *rng, struct err *e)
{
	uint8_t secret[X25519_LEN], public[X25519_LEN];
	struct err why;
	int rc;

	if (sealed_read(&s->dir, STATIC_NAME, MAGIC_STATIC, out, X25519_LEN,
			&why) == 0)
		return 0;
	if (why.code == ERR_SYNTAX) {
		log_warn("%s: a new one takes its place and every pair is "
			 "negotiated anew",
			 why.text);
	} else if (why.code != ERR_NOTFOUND) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	x25519_keypair(secret, public, rng);
	rc = sealed_write(&s->dir, STATIC_NAME, MAGIC_STATIC, secret,
			  sizeof(secret), e);
	if (rc == 0)
		memcpy(out, secret, X25519_LEN);
	bytes_wipe(secret, sizeof(secret));
	return rc;
}

int
state_mark(struct state *s, struct bnl_version *out, struct err *e)
{
	uint8_t wire[BNL_VERSION_WIRE_LEN];
	struct err why;

	memset(out, 0, sizeof(*out));
	if (sealed_read(&s->dir, MARK_NAME, MAGIC_MARK, wire, sizeof(wire),
			&why) == 0) {
		bnl_version_read(out, wire);
		return 0;
	}
	if (why.code == ERR_NOTFOUND)
		return 0;
	if (why.code == ERR_SYNTAX)
		return err_set(e, ERR_SYNTAX,
			       "%s, so nothing shows whether the list is an "
			       "old one: look at it (bnl-verify); if it is the "
			       "newest you know of, remove %s/" MARK_NAME
			       " and start again",
			       why.text, s->dir.dir);
	if (e != NULL)
		*e = why;
	return -1;
}

int
state_check(const struct conf *conf, struct err *e)
{
	struct state s = { .pairs.dirfd = -1, .list.dirfd = -1 };
	struct bnl_version mark;
	uint8_t secret[X25519_LEN];
	struct err why;
	int rc;

	if (store_open(&s.dir, conf->statedir, false, &why) < 0)
		return 0; /* made at the start, or reported */
	rc = state_mark(&s, &mark, e);
	if (rc == 0 &&
	    sealed_read(&s.dir, STATIC_NAME, MAGIC_STATIC, secret,
			sizeof(secret), &why) < 0 &&
	    why.code != ERR_NOTFOUND && why.code != ERR_SYNTAX) {
		*e = why;
		rc = -1;
	}
	bytes_wipe(secret, sizeof(secret));
	store_close(&s.dir);
	return rc;
}

int
state_store_mark(struct state *s, const uint8_t version[BNL_VERSION_WIRE_LEN],
		 struct err *e)
{
	return sealed_write(&s->dir, MARK_NAME, MAGIC_MARK, version,
			    BNL_VERSION_WIRE_LEN, e);
}

int64_t
state_run(struct state *s, struct walltime now)
{
	uint8_t in[RUN_LEN];
	uint64_t run_s, wall_s;
	int64_t down;
	struct err why;

	if (sealed_read(&s->dir, RUN_NAME, MAGIC_RUN, in, sizeof(in), &why) <
	    0) {
		if (why.code != ERR_NOTFOUND)
			log_warn("%s: the age of stored pairs counts from now "
				 "on",
				 why.text);
		return 0;
	}
	run_s = get_be64(in);
	wall_s = get_be64(in + 8);
	if (run_s > TIME_MAX_S || wall_s > TIME_MAX_S)
		return 0;
	down = now.s - (int64_t)wall_s;
	if (down < 0)
		down = 0;
	if (down > STATE_DOWN_MAX_S)
		down = STATE_DOWN_MAX_S;
	return (int64_t)run_s + down;
}

int
state_store_run(struct state *s, int64_t run_s, struct walltime now,
		struct err *e)
{
	uint8_t out[RUN_LEN];

	put_be64(out, (uint64_t)run_s);
	put_be64(out + 8, (uint64_t)(now.s < 0 ? 0 : now.s));
	return sealed_write(&s->dir, RUN_NAME, MAGIC_RUN, out, sizeof(out), e);
}

/* --- pairs ---------------------------------------------------------------- */

/* Reads the record of one file; ERR_SYNTAX when it is damaged or has another
 * node's name. */
static int
read_pair(struct store *st, const char *name, struct pair_record *r,
	  struct err *e)
{
	size_t stem = strlen(name) - strlen(PAIR_SUFFIX);
	uint8_t *file;
	size_t len;
	int rc;

	if (store_read(st, name, PAIR_RECORD_MAX, STORE_PRIVATE, &file, &len,
		       e) < 0)
		return -1;
	rc = pair_record_decode(r, file, len, e);
	if (rc < 0 && e != NULL)
		e->code = ERR_SYNTAX;
	if (rc == 0 &&
	    (strlen(r->peer) != stem || memcmp(r->peer, name, stem) != 0))
		rc = err_set(e, ERR_SYNTAX, "it is the record of \"%s\"",
			     r->peer);
	bytes_wipe(file, len);
	free(file);
	return rc;
}

/* Files set aside before this start are useless now. */
static void
remove_set_aside(struct state *s)
{
	char name[STORE_NAME_MAX];
	struct err ignored;
	char **names;
	size_t n;

	if (store_list(&s->pairs, PAIR_SUFFIX STORE_BAD, PAIRS_MAX, &names, &n,
		       &ignored) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s", names[i]);
		if (store_remove(&s->pairs, name, &ignored) < 0)
			log_warn("%s", ignored.text);
	}
	store_names_free(names, n);
	(void)store_remove(&s->dir, KNOWN_NAME STORE_BAD, &ignored);
	(void)store_remove(&s->dir, STATIC_NAME STORE_BAD, &ignored);
}

/* The list in force, if it is trustworthy, does not name that node. */
static bool
is_stranger(const struct core *c, const char *name)
{
	const struct bnl *b = core_list_is_stale(c) ? NULL : core_list(c);
	char node[PAIR_NAME_MAX];
	int len = (int)(strlen(name) - strlen(PAIR_SUFFIX));

	snprintf(node, sizeof(node), "%.*s", len, name);
	return b != NULL && bnl_find(b, node) == NULL;
}

static void
load_pair(struct state *s, struct core *c, const char *name)
{
	struct pair_record r = { .n = 0 };
	const char *then = "left alone, to be negotiated anew";
	struct err why, e;
	int rc = 0;

	if (read_pair(&s->pairs, name, &r, &why) == 0) {
		core_load_pair(c, &r);
		pair_record_wipe(&r);
		return;
	}
	if (why.code == ERR_SYNTAX) {
		then = "set aside, to be negotiated anew";
		rc = store_set_aside(&s->pairs, name, &e);
	} else if (is_stranger(c, name)) {
		then = "removed, as the list does not name that node";
		rc = store_remove(&s->pairs, name, &e);
	}
	log_warn("%s/%s: %s: %s", s->pairs.dir, name, why.text, then);
	if (rc < 0)
		log_warn("%s", e.text);
}

void
state_load_pairs(struct state *s, struct core *c)
{
	char **names;
	struct err e;
	size_t n;

	remove_set_aside(s);
	if (store_list(&s->pairs, PAIR_SUFFIX, PAIRS_MAX, &names, &n, &e) < 0) {
		log_warn("stored pairs: %s", e.text);
		return;
	}
	for (size_t i = 0; i < n; i++)
		load_pair(s, c, names[i]);
	store_names_free(names, n);
}

int
state_store_pair(struct state *s, const char *peer, const uint8_t *data,
		 size_t len, struct err *e)
{
	char name[PAIR_NAME_MAX];

	snprintf(name, sizeof(name), "%s%s", peer, PAIR_SUFFIX);
	if (len == 0)
		return store_remove(&s->pairs, name, e);
	return store_write(&s->pairs, name, data, len, e);
}

/* --- addresses ------------------------------------------------------------ */

void
state_load_known(struct state *s, struct core *c)
{
	uint8_t *data;
	size_t len;
	struct err e;
	int rc;

	if (store_read(&s->dir, KNOWN_NAME, ADDRCACHE_BYTES_MAX, STORE_PRIVATE,
		       &data, &len, &e) < 0) {
		if (e.code != ERR_NOTFOUND)
			log_warn("%s", e.text);
		return;
	}
	rc = core_load_addrcache(c, data, len, &e);
	free(data);
	if (rc == 0)
		return;
	log_warn("%s/" KNOWN_NAME ": %s: set aside, addresses are learned anew",
		 s->dir.dir, e.text);
	if (store_set_aside(&s->dir, KNOWN_NAME, &e) < 0)
		log_warn("%s", e.text);
}

int
state_store_known(struct state *s, const uint8_t *data, size_t len,
		  struct err *e)
{
	return store_write(&s->dir, KNOWN_NAME, data, len, e);
}

/* --- the list ------------------------------------------------------------- */

int
state_read_list(struct state *s, uint8_t **out, size_t *len, struct err *e)
{
	return store_read(&s->list, s->listname, BNL_BYTES_MAX, 0, out, len, e);
}

int
state_read_held(struct state *s, uint8_t **out, size_t *len, struct err *e)
{
	return store_read(&s->dir, HELD_NAME, BNL_BYTES_MAX, STORE_PRIVATE, out,
			  len, e);
}

int
state_store_held(struct state *s, const uint8_t *data, size_t len,
		 struct err *e)
{
	return len == 0 ? store_remove(&s->dir, HELD_NAME, e) :
			  store_write(&s->dir, HELD_NAME, data, len, e);
}

int
state_store_list(struct state *s, const uint8_t *data, size_t len,
		 struct err *e)
{
	return store_write(&s->list, s->listname, data, len, e);
}

int
state_keep_list(struct state *s, struct walltime now, char name[STORE_NAME_MAX],
		struct err *e)
{
	return store_keep(&s->list, s->listname, now, LOST_MAX, name, e);
}

void
state_lost_list(const struct state *s, char name[STORE_NAME_MAX])
{
	char prefix[STORE_NAME_MAX];
	struct err ignored;
	char **names;
	size_t n;

	name[0] = '\0';
	snprintf(prefix, sizeof(prefix), "%.150s" STORE_LOST, s->listname);
	if (store_list_prefix(&s->list, prefix, 1024, &names, &n, &ignored) < 0)
		return;
	if (n > 0)
		snprintf(name, STORE_NAME_MAX, "%s", names[n - 1]);
	store_names_free(names, n);
}
