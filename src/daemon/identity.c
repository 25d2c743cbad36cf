/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the configuration and the files that it names. */
#include "daemon/identity.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "daemon/monitor_link.h"
#include "daemon/reload.h"
#include "format/bnl_sign.h"
#include "sys/clock.h"
#include "sys/cpu.h"
#include "sys/privs.h"
#include "sys/store.h"

#define CONF_BYTES_MAX (1024 * 1024)
#define PEM_BYTES_MAX (256 * 1024)

struct file {
	uint8_t *data;
	size_t len;
};

static void
file_free(struct file *f)
{
	if (f->data != NULL)
		bytes_wipe(f->data, f->len);
	free(f->data);
	f->data = NULL;
}

static struct pem
pem_of(const struct file *f)
{
	return (struct pem){ f->data, f->len };
}

/* Reports an error of a file; the error's text lacks the file's name. */
static int
report_file(const char *path, const struct err *e)
{
	char text[ERR_TEXT_MAX + 512];

	log_error("%s", err_format(text, sizeof(text), path, e));
	return -1;
}

/* Access to the files: files that the monitor may not open can perhaps be
 * opened by the daemon's user. */
struct opener {
	struct monitor_link *monitor;	/* NULL: files are opened here */
	uint32_t conf;			/* the monitor's number of it */
	uid_t owner;			/* may own the files, besides root */
	const struct identity_key *key; /* NULL: opened by its path */
	bool dates;			/* certificates must be valid now */
};

static int
read_file(struct file *f, const struct opener *o, enum monitor_path what,
	  unsigned int index, const char *path, unsigned int flags)
{
	struct err e, no = { .code = ERR_NONE };
	int fd = -1, rc;

	if (what == MONITOR_KEY && o->key != NULL && o->key->fd >= 0 &&
	    strcmp(path, o->key->path) == 0)
		fd = dup(o->key->fd);
	else if (o->monitor != NULL)
		fd = monitor_link_open(o->monitor, o->conf, what, index, &no);
	if (fd >= 0)
		rc = store_read_fd(fd, path, o->owner, PEM_BYTES_MAX, flags,
				   &f->data, &f->len, &e);
	else
		rc = store_read_path(path, o->owner, PEM_BYTES_MAX, flags,
				     &f->data, &f->len, &e);
	if (rc < 0)
		log_error("%s", e.text);
	/* Reports why root could not open a file that only root could read. */
	if (rc < 0 && fd < 0 && no.code == ERR_PERM)
		log_error("%s", no.text);
	return rc;
}

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return slash == path ? strdup("/") :
			       strndup(path, (size_t)(slash - path));
}

static int
parse_conf(struct conf **out, const char *path, const struct file *f)
{
	const struct conf_host host = { .slow_aes = !cpu_has_aes() };
	struct errs *es = calloc(1, sizeof(*es));
	char *dir = folder_of(path);
	int rc = -1;

	if (es == NULL || dir == NULL) {
		log_error("out of memory");
		goto out;
	}
	rc = conf_parse_on(out, &host, (const char *)f->data, f->len, dir, es);
	for (unsigned int i = 0; rc < 0 && i < es->count && i < ERRS_MAX; i++)
		report_file(path, &es->e[i]);
	if (rc < 0 && es->count > ERRS_MAX)
		log_error("%s: and %u more", path, es->count - ERRS_MAX);
out:
	free(dir);
	free(es);
	return rc;
}

int
identity_conf(struct conf **out, const char *path, int fd)
{
	struct file f = { 0 };
	struct err e;
	int rc;

	if (store_read_fd(fd, path, 0, CONF_BYTES_MAX, 0, &f.data, &f.len, &e) <
	    0) {
		log_error("%s", e.text);
		return -1;
	}
	rc = parse_conf(out, path, &f);
	file_free(&f);
	return rc;
}

/* The monitor reads the same file, and must be able to use it, too. */
static int
load_conf(struct identity *id, const char *path, struct opener *o)
{
	struct err e;
	int fd;

	if (o->monitor == NULL)
		return identity_conf(
			&id->conf, path,
			open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	fd = monitor_link_reread(o->monitor, &o->conf, &e);
	if (fd < 0) {
		log_error("%s", e.text);
		return -1;
	}
	if (identity_conf(&id->conf, path, fd) < 0)
		return -1;
	id->monitor_conf = o->conf;
	if (o->conf != 0)
		return 0;
	log_error("%s has changed while it was read: reload again", path);
	return -1;
}

/* Checks the key alone, so that the error names its file. */
static int
check_key(const char *path, const struct file *f)
{
	struct key *k;
	struct err e;

	if (key_is_encrypted(f->data, f->len)) {
		log_error("%s: the key is under a passphrase, which cannot be "
			  "typed at a start: \"openssl pkey -in %s -out "
			  "%s.new && mv %s.new %s\" writes it without one",
			  path, path, path, path, path);
		return -1;
	}
	if (key_read_private(&k, f->data, f->len, &e) < 0)
		return report_file(path, &e);
	key_free(k);
	return 0;
}

/* Dates are not checked by a clock that is older than this build. */
static int
check_dates(struct pem cert, const struct pem *cas, size_t ncas, struct err *e)
{
	struct walltime now = clock_wall();

	return now.s < BUILD_TIME ? 0 :
				    tls_check_dates(cert, cas, ncas, now, e);
}

/* Whether the list on the disk admits this node by its key, so that nobody asks
 * for the dates of its certificate. */
static bool
is_admitted_by_key(const struct identity *id)
{
	const struct conf *c = id->conf;
	const char *name = strrchr(c->bnl, '/');
	char *dir = folder_of(c->bnl);
	struct store s = { .dirfd = -1 };
	struct bnl *b = NULL;
	uint8_t *raw = NULL;
	bool admitted = false;
	struct err e;
	size_t len;

	name = name == NULL ? c->bnl : name + 1;
	if (dir != NULL && store_open(&s, dir, false, &e) == 0 &&
	    store_read(&s, name, BNL_BYTES_MAX, 0, &raw, &len, &e) == 0 &&
	    bnl_open(&b, (const char *)raw, len,
		     (const struct key *const *)id->bnlkeys, id->nbnlkeys,
		     &e) == 0)
		admitted = bnl_admits_by_key(
			b, c->name, tls_ctx_self(id->tls)->fingerprint);
	bnl_free(b);
	free(raw);
	store_close(&s);
	free(dir);
	return admitted;
}

/* undated: why the certificate is not valid now, if it is not. */
static int
load_tls(struct identity *id, const struct opener *o, struct err *undated)
{
	const struct conf *c = id->conf;
	struct file cert = { 0 }, key = { 0 }, ca[CONF_MANY_MAX] = { 0 };
	struct pem cas[CONF_MANY_MAX];
	struct err e;
	int rc = 0;

	/* Reads all of them, so that all errors are reported at once. */
	rc |= read_file(&cert, o, MONITOR_CERT, 0, c->cert, 0);
	rc |= read_file(&key, o, MONITOR_KEY, 0, c->privkey, STORE_PRIVATE);
	for (unsigned int i = 0; i < c->cacert.n; i++) {
		rc |= read_file(&ca[i], o, MONITOR_CA, i, c->cacert.v[i], 0);
		cas[i] = pem_of(&ca[i]);
	}
	if (key.data != NULL)
		rc |= check_key(c->privkey, &key);
	if (rc == 0 && tls_ctx_new(&id->tls, pem_of(&cert), pem_of(&key), cas,
				   c->cacert.n, &e) < 0)
		rc = report_file(c->cert, &e);
	if (rc == 0 && strcmp(tls_ctx_self(id->tls)->cn, c->name) != 0) {
		log_error("%s: the certificate is for \"%s\", but name is "
			  "\"%s\"",
			  c->cert, tls_ctx_self(id->tls)->cn, c->name);
		rc = -1;
	}
	if (rc == 0 && o->dates)
		(void)check_dates(pem_of(&cert), cas, c->cacert.n, undated);
	file_free(&cert);
	file_free(&key);
	for (unsigned int i = 0; i < c->cacert.n; i++)
		file_free(&ca[i]);
	return rc;
}

static int
load_bnlkeys(struct identity *id, const struct opener *o)
{
	const struct conf_many *paths = &id->conf->bnlpubkey;
	struct err e;
	int rc = 0;

	for (unsigned int i = 0; i < paths->n; i++) {
		struct file f = { 0 };

		if (read_file(&f, o, MONITOR_BNLPUBKEY, i, paths->v[i], 0) <
		    0) {
			rc = -1;
			continue;
		}
		if (key_read_public_alone(&id->bnlkeys[id->nbnlkeys], f.data,
					  f.len, &e) < 0)
			rc = report_file(paths->v[i], &e);
		else
			id->nbnlkeys++;
		file_free(&f);
	}
	return rc;
}

/* The user that the daemon becomes must be able to read the files again, so
 * that user may own them. */
static int
find_owner(uid_t *owner, const struct conf *c, const char *path)
{
	struct privs_ids ids;
	struct err e;

	*owner = 0;
	if (c->user == NULL || geteuid() != 0)
		return 0;
	if (privs_lookup(&ids, c->user, c->group, &e) < 0) {
		err_prefix(&e, "user");
		e.line = conf_line(c, "user");
		return report_file(path, &e);
	}
	*owner = ids.uid;
	return 0;
}

static int
load_all(struct identity **out, const char *path, struct opener *o)
{
	struct identity *id = calloc(1, sizeof(*id));
	struct err undated = { .code = ERR_NONE };
	int rc;

	*out = NULL;
	if (id == NULL) {
		log_error("out of memory");
		return -1;
	}
	rc = load_conf(id, path, o);
	if (rc < 0) {
		identity_free(id);
		return -1;
	}
	rc |= find_owner(&o->owner, id->conf, path);
	rc |= load_tls(id, o, &undated);
	rc |= load_bnlkeys(id, o);
	if (undated.code != ERR_NONE && !is_admitted_by_key(id))
		rc |= report_file(id->conf->cert, &undated);
	*out = id;
	return rc;
}

int
identity_look(struct identity **out, const char *path,
	      const struct identity_key *key)
{
	struct opener o = { .key = key, .dates = true };

	return load_all(out, path, &o);
}

int
identity_load(struct identity **out, const char *path,
	      struct monitor_link *monitor)
{
	struct opener o = { .monitor = monitor_link_lives(monitor) ? monitor :
								     NULL };
	struct identity *id;
	int rc = load_all(&id, path, &o);

	if (rc < 0)
		identity_free(id);
	else
		*out = id;
	return rc;
}

void
identity_free(struct identity *id)
{
	if (id == NULL)
		return;
	for (size_t i = 0; i < id->nbnlkeys; i++)
		key_free(id->bnlkeys[i]);
	tls_ctx_free(id->tls);
	conf_free(id->conf);
	free(id);
}
