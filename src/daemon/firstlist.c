/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides which list begins, after this program or the one before it
 * changed. */
#include "daemon/firstlist.h"

#include <stdlib.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "format/bnl_sign.h"
#include "sys/clock.h"

static int
read_one(struct daemon *d, struct generation **out,
	 int (*read)(struct state *s, uint8_t **raw, size_t *len,
		     struct err *e),
	 struct err *e)
{
	uint8_t *raw;
	size_t len;
	int rc;

	*out = NULL;
	if (read(&d->state, &raw, &len, e) < 0)
		return -1;
	rc = generation_build(out, raw, len,
			      (const struct key *const *)d->id->bnlkeys,
			      d->id->nbnlkeys, e);
	free(raw);
	return rc;
}

static bool
is_greater(const struct generation *a, const struct generation *b)
{
	return a != NULL &&
	       (b == NULL ||
		bnl_version_cmp(&a->bnl->version, &b->bnl->version) > 0);
}

/* The file that b replaces may contain somebody's work. */
static int
keep_lost(struct state *s, const struct generation *disk, const struct bnl *b,
	  struct err *e)
{
	char name[STORE_NAME_MAX];

	if (disk != NULL && bnl_descends_from(b, &disk->bnl->version))
		return 0;
	return state_keep_list(s, clock_wall(), name, e);
}

/* The list that was held becomes the one on the disk. false: it stays held for
 * the next start. */
static bool
put_on_disk(struct daemon *d, const struct generation *disk, bool is_there,
	    const struct bnl *b)
{
	struct err e;

	if ((is_there && keep_lost(&d->state, disk, b, &e) < 0) ||
	    state_store_list(&d->state, (const uint8_t *)b->raw, b->rawlen,
			     &e) < 0) {
		log_error("the list that was held stays in memory alone: %s",
			  e.text);
		return false;
	}
	return true;
}

static void
remove_held(struct daemon *d)
{
	struct err e;

	if (state_store_held(&d->state, NULL, 0, &e) < 0)
		log_warn("%s", e.text);
}

int
firstlist_read(struct daemon *d, struct core_init *in, struct err *e)
{
	char version[BNL_VERSION_TEXT_MAX];
	struct generation *disk, *held;
	struct err why;
	int rc = read_one(d, &disk, state_read_list, e);
	bool is_there = rc == 0 || e->code != ERR_NOTFOUND;

	if (read_one(d, &held, state_read_held, &why) < 0 &&
	    why.code != ERR_NOTFOUND)
		log_warn("the list that was held is held no more: %s",
			 why.text);
	if (held != NULL && !held->bnl->held && is_greater(held, disk)) {
		log_info("list %s was held, and this version applies it",
			 bnl_version_format(version, &held->bnl->version));
		if (put_on_disk(d, disk, is_there, held->bnl))
			remove_held(d);
		generation_free(disk);
		disk = held;
		held = NULL;
		rc = 0;
	}
	if (disk != NULL && disk->bnl->held && is_greater(disk, held)) {
		generation_free(held);
		held = disk;
		disk = NULL;
	}
	if (disk != NULL && disk->bnl->held) {
		generation_free(disk);
		disk = NULL;
	}
	if (held != NULL && (!held->bnl->held || !is_greater(held, disk))) {
		remove_held(d);
		generation_free(held);
		held = NULL;
	}
	in->list = disk;
	in->held = held == NULL ? NULL : generation_take_list(held);
	return rc;
}
