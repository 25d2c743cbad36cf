/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl leave: takes this host out of its network, and the network's
 * files off this host. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/bnl_sign.h"
#include "home.h"
#include "lib/conffile.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "lib/options.h"
#include "lib/output.h"
#include "lib/prompt.h"
#include "list/list_file.h"
#include "list/sign_session.h"
#include "mesh_cmds.h"
#include "node_state.h"
#include "service.h"
#include "sys/wipe.h"

#define FILES_MAX (2 * CONF_MANY_MAX + 8)

struct leave {
	struct home home;
	const char *pidfile;
	bool yes, force;
	struct conf *conf;
	struct list_file list;
	const struct bnl *bnl;	/* NULL: missing or unreadable */
	bool signs;		/* list-signing keys are on this host */
	char *files[FILES_MAX]; /* files of the configuration, to be removed */
	size_t nfiles;
};

/* --- the files on this host ----------------------------------------------- */

static int
load_conf(struct leave *l, struct err *e)
{
	char *path = home_file(&l->home, DEFAULT_CONF_NAME);
	int rc;

	if (path == NULL)
		return err_nomem(e);
	rc = conffile_read(&l->conf, path, e);
	free(path);
	if (rc != 0 && e->code == ERR_NOTFOUND)
		err_prefix(e, "this host is no node of a network");
	return rc;
}

/* True for an existing file in the folder of the configuration. Files that the
 * configuration names elsewhere may belong to other programs as well. */
static bool
is_ours(const struct leave *l, const char *path)
{
	size_t len = strlen(l->home.dir);

	return strncmp(path, l->home.dir, len) == 0 && path[len] == '/' &&
	       file_exists(path);
}

static void
add_file(struct leave *l, const char *path)
{
	if (path == NULL || !is_ours(l, path) || l->nfiles == FILES_MAX)
		return;
	for (size_t i = 0; i < l->nfiles; i++)
		if (strcmp(l->files[i], path) == 0)
			return;
	l->files[l->nfiles] = strdup(path);
	l->nfiles += l->files[l->nfiles] != NULL;
}

/* The configuration comes last: while it exists, a second try finds the
 * remaining files. */
static void
find_files(struct leave *l)
{
	static const char *const more[] = { "node.csr", DEFAULT_CONF_NAME };

	add_file(l, l->conf->privkey);
	add_file(l, l->conf->cert);
	for (unsigned int i = 0; !l->signs && i < l->conf->cacert.n; i++)
		add_file(l, l->conf->cacert.v[i]);
	for (unsigned int i = 0; !l->signs && i < l->conf->bnlpubkey.n; i++)
		add_file(l, l->conf->bnlpubkey.v[i]);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		char *path = home_file(&l->home, more[i]);

		add_file(l, path);
		free(path);
	}
}

static bool
has_key(const struct leave *l, const char *name)
{
	char *path = home_file(&l->home, name);
	bool has = path != NULL && file_exists(path);

	free(path);
	return has;
}

static int
leave_load(struct leave *l, struct err *e)
{
	struct trusted_keys keys = { .n = 0 };
	int rc = 0;

	if (load_conf(l, e) != 0)
		return -1;
	for (unsigned int i = 0; rc == 0 && i < l->conf->bnlpubkey.n; i++)
		rc = trusted_keys_add(&keys, l->conf->bnlpubkey.v[i], e);
	if (rc == 0)
		(void)list_file_read(&l->list, l->conf->bnl, &keys);
	trusted_keys_free(&keys);
	l->bnl = l->list.bnl;
	l->signs = has_key(l, "ca.key") || has_key(l, "bnl.key");
	find_files(l);
	return 0;
}

/* --- the questions -------------------------------------------------------- */

/* Without the keys on this host no node can be added or removed any more. */
static int
check_signer(const struct leave *l, struct err *e)
{
	if (!l->signs || l->force || l->bnl == NULL || l->bnl->nnodes < 2)
		return 0;
	return err_set(e, ERR_CONFLICT,
		       "this host has the keys of the network, which others "
		       "are in. Nothing is done; copy bnl.key, bnl-pub.pem, "
		       "ca.key and ca.pem from %s to another node and type "
		       "\"cluevpnctl remove %s\" there, then \"cluevpnctl "
		       "leave --force\" here, which leaves the keys where they "
		       "are",
		       l->home.dir, l->conf->name);
}

/* A key in another folder may be another program's as well. */
static void
show_stays(const struct leave *l, const char *path)
{
	if (path != NULL && file_exists(path) && !is_ours(l, path))
		printf("%s stays, as it is not in %s.\n", path, l->home.dir);
}

static void
leave_show(const struct leave *l)
{
	printf("%s leaves %s. This is stopped and removed here:\n"
	       "  the daemon, now and at boot\n",
	       l->conf->name, l->bnl == NULL ? "its network" : l->bnl->network);
	for (size_t i = 0; i < l->nfiles; i++)
		printf("  %s\n", l->files[i]);
	printf("  %s: agreed secrets%s\n", l->conf->statedir,
	       l->signs ? "; the list stays" : ", the list");
	show_stays(l, l->conf->privkey);
	show_stays(l, l->conf->cert);
	if (l->signs)
		printf("The keys of the network stay in %s.\n", l->home.dir);
	fflush(stdout);
}

static int
leave_confirm(const struct leave *l, struct err *e)
{
	if (l->yes)
		return 0;
	if (!prompt_possible())
		return err_set(e, ERR_USAGE,
			       "nothing is removed: there is no terminal to "
			       "ask on, and --yes is not given");
	if (prompt_choice("Leave the network? [y/n]", "yn") == 'y')
		return 0;
	return err_set(e, ERR_USAGE, "nothing is removed");
}

/* --- the work ------------------------------------------------------------- */

static int
take_out(struct leave *l, struct err *e)
{
	if (service_stop(&l->home, l->pidfile, l->conf->ctlsocket, e) != 0 ||
	    node_state_remove(l->conf->statedir, l->conf->bnl, l->signs, e) !=
		    0)
		return -1;
	for (size_t i = 0; i < l->nfiles; i++)
		if (wipe_unlink(AT_FDCWD, l->files[i]) != 0 && errno != ENOENT)
			return err_errno(e, errno, "%s", l->files[i]);
	rmdir(l->home.dir); /* fails if anything else is in it */
	return 0;
}

static void
leave_tell(const struct leave *l)
{
	if (l->signs)
		printf("%s has left; the keys of the network and its list are "
		       "still here\n",
		       l->conf->name);
	else
		printf("%s has left; nothing of it is in %s and %s any more\n",
		       l->conf->name, l->home.dir, l->conf->statedir);
	/* A plain node cannot sign: the list keeps its name until somebody
	 * removes it. */
	if (l->bnl != NULL && bnl_find(l->bnl, l->conf->name) != NULL &&
	    l->bnl->nnodes > 1)
		printf("next, on the host that signs the list: \"cluevpnctl "
		       "remove %s\"\n",
		       l->conf->name);
}

static int
leave_run(struct leave *l, bool dry_run, struct err *e)
{
	int rc = leave_load(l, e);

	if (rc == 0)
		rc = check_signer(l, e);
	if (rc == 0) {
		leave_show(l);
		if (dry_run)
			return 0;
		rc = leave_confirm(l, e);
	}
	if (rc == 0)
		rc = take_out(l, e);
	if (rc == 0)
		leave_tell(l);
	return rc;
}

int
mesh_leave(int argc, char **argv)
{
	struct leave l = { .list.raw = NULL };
	bool dry_run = false;
	const struct option_row rows[] = {
		{ 0, "config-dir", "DIR", "(" DEFAULT_CONF_DIR ")",
		  .text = &l.home.dir },
		{ 0, "pidfile", "PIDFILE", "the daemon's (" DEFAULT_PIDFILE ")",
		  .text = &l.pidfile },
		{ 0, "force", NULL,
		  "also if the keys of the network are here; "
		  "they and the list stay",
		  .flag = &l.force },
		{ 'n', "dry-run", NULL, "only show what would be removed",
		  .flag = &dry_run },
		{ 'y', "yes", NULL, "do not ask", .flag = &l.yes },
		{ .name = NULL },
	};
	struct options o = {
		.command = "leave",
		.usage = "cluevpnctl leave [OPTION]...",
		.about =
			"Takes this host out of its network: stops the daemon, "
			"now and at boot, and removes the node's key, "
			"certificate, configuration and state.",
		.rows = rows,
	};
	struct err e;
	int rc;

	home_init(&l.home);
	rc = options_parse(&o, argc, argv);
	if (rc < 0) {
		rc = EXIT_OK;
		if (leave_run(&l, dry_run, &e) != 0) {
			output_err(NULL, &e);
			rc = e.code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
		}
	}
	for (size_t i = 0; i < l.nfiles; i++)
		free(l.files[i]);
	list_file_free(&l.list);
	conf_free(l.conf);
	return rc;
}
