/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list's file compared with the list in force: an edit that waits to be
 * signed or pushed, and lists that were replaced. */
#include "daemon/listdisk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/ctl_json.h"
#include "daemon/daemon.h"
#include "format/bnl_sign.h"

#define TEXT_MAX 512

struct listdisk {
	char lost[STORE_NAME_MAX];   /* the newest file kept */
	struct stat seen;	     /* the file, as last read */
	struct bnl_version compared; /* list in force at that time */
	char text[TEXT_MAX];	     /* "": the file is the list in force */
};

int
listdisk_open(struct daemon *d, struct err *e)
{
	d->listdisk = calloc(1, sizeof(*d->listdisk));
	if (d->listdisk == NULL)
		return err_nomem(e);
	state_lost_list(&d->state, d->listdisk->lost);
	return 0;
}

void
listdisk_close(struct daemon *d)
{
	free(d->listdisk);
}

static void
lost_text(const struct daemon *d, char out[TEXT_MAX])
{
	snprintf(out, TEXT_MAX,
		 "%s/%s was never in force when another list "
		 "replaced it, and is kept as %s: make its changes again with "
		 "bnl-sign, or remove it",
		 d->state.list.dir, d->state.listname, d->listdisk->lost);
}

void
listdisk_lost(struct daemon *d, const char *name)
{
	char text[TEXT_MAX];

	snprintf(d->listdisk->lost, sizeof(d->listdisk->lost), "%s", name);
	lost_text(d, text);
	events_add(d, EVENT_WARN, EVENT_LIST_LOST, "", text);
	log_warn("%s: %s", event_name(EVENT_LIST_LOST), text);
}

void
listdisk_warn(const struct daemon *d, json_t *warnings)
{
	const struct listdisk *l = d->listdisk;
	char text[TEXT_MAX];

	if (l->lost[0] == '\0' || faccessat(d->state.list.dirfd, l->lost, F_OK,
					    AT_SYMLINK_NOFOLLOW) < 0)
		return;
	lost_text(d, text);
	ctl_json_warn(warnings, event_name(EVENT_LIST_LOST), NULL, text);
}

static void
listdisk_compare(struct listdisk *l, const struct daemon *d, const uint8_t *raw,
		 size_t len)
{
	const struct bnl *now = core_list(d->core);
	char version[BNL_VERSION_TEXT_MAX];
	struct bnl *b;
	struct err e;

	if (bnl_open_any(&b, (const char *)raw, len,
			 (const struct key *const *)d->id->bnlkeys,
			 d->id->nbnlkeys, &e) < 0) {
		snprintf(l->text, sizeof(l->text),
			 "%s/%s is not signed as it "
			 "is, so that the list in force stays: %s; bnl-sign "
			 "signs it",
			 d->state.list.dir, d->state.listname, e.text);
		return;
	}
	bnl_version_format(version, &b->version);
	if (b->held)
		snprintf(l->text, sizeof(l->text),
			 "%s/%s has format %u and is not applied here: %s",
			 d->state.list.dir, d->state.listname, b->format,
			 version);
	else if (now == NULL || bnl_version_cmp(&b->version, &now->version) > 0)
		snprintf(l->text, sizeof(l->text),
			 "%s/%s is newer than the "
			 "list in force: %s; `cluevpnctl push` puts it into "
			 "force and offers it to all",
			 d->state.list.dir, d->state.listname, version);
	else if (bnl_version_cmp(&b->version, &now->version) < 0)
		snprintf(l->text, sizeof(l->text),
			 "%s/%s is older than the "
			 "list in force: %s",
			 d->state.list.dir, d->state.listname, version);
	bnl_free(b);
}

static bool
is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads the file only when the file or the list in force has changed. */
json_t *
listdisk_json(struct daemon *d)
{
	const struct bnl *now = core_list(d->core);
	static const struct bnl_version none;
	const struct bnl_version *v = now == NULL ? &none : &now->version;
	struct listdisk *l = d->listdisk;
	struct stat st;
	uint8_t *raw;
	size_t len;

	if (core_list_is_pending(d->core) ||
	    fstatat(d->state.list.dirfd, d->state.listname, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
		return json_null();
	if (!is_unchanged(&st, &l->seen) ||
	    bnl_version_cmp(v, &l->compared) != 0) {
		l->seen = st;
		l->compared = *v;
		l->text[0] = '\0';
		if (state_read_list(&d->state, &raw, &len, NULL) == 0) {
			listdisk_compare(l, d, raw, len);
			free(raw);
		}
	}
	return l->text[0] == '\0' ? json_null() : json_string(l->text);
}
