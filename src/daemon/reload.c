/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HUP and USR1. What fails leaves everything as it was. */
#include "daemon/plumb.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sys/clock.h"

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_listen(const struct conf *a, const struct conf *b)
{
	if (a->nlisten != b->nlisten)
		return false;
	for (unsigned int i = 0; i < a->nlisten; i++)
		if (!ipaddr_equal(&a->listen[i], &b->listen[i]))
			return false;
	return true;
}

/* Says which changed settings wait for a restart. */
static void
note_restart(const struct conf *was, const struct conf *is)
{
	const struct {
		const char *key;
		bool same;
	} fixed[] = {
		{ "name", same_text(was->name, is->name) },
		{ "devname", same_text(was->devname, is->devname) },
		{ "port", was->port == is->port },
		{ "listen", same_listen(was, is) },
		{ "bnl", same_text(was->bnl, is->bnl) },
		{ "statedir", same_text(was->statedir, is->statedir) },
		{ "ctlsocket", same_text(was->ctlsocket, is->ctlsocket) },
		{ "ctlgroup", same_text(was->ctlgroup, is->ctlgroup) },
		{ "user", same_text(was->user, is->user) },
		{ "group", same_text(was->group, is->group) },
		{ "offload", was->offload == is->offload },
		{ "realtime", was->realtime == is->realtime },
		{ "logmethod", was->logmethod == is->logmethod },
		{ "logfile", same_text(was->logfile, is->logfile) },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (!fixed[i].same)
			log_warn("%s has changed: restart needed for it to "
				 "take effect", fixed[i].key);
}

/* There were none at the start, and now no process can be started. */
static void
note_hooks(const struct daemon *d, const struct conf *is)
{
	if (!script_may(d) && script_any(is))
		log_warn("the first hook is configured: restart needed for it "
			 "to take effect");
}

/* The list from disk goes to the core, which takes it when it is newer. */
static int
reload_list(struct daemon *d)
{
	uint8_t *raw;
	size_t len;
	struct err e;

	if (state_read_list(&d->state, &raw, &len, &e) < 0) {
		core_list_refuse(d->core, clock_now(), &e);
		return -1;
	}
	core_list_offer(d->core, clock_now(), raw, len);
	free(raw);
	return 0;
}

/* All that may fail comes first. */
static int
reload_conf(struct daemon *d)
{
	struct identity *old = d->id, *new;
	struct err e;

	if (identity_load(&new, d->options->conf, d->warden) < 0)
		return -1;
	if (strcmp(new->conf->name, old->conf->name) != 0) {
		log_error("name is \"%s\" now, it was \"%s\": restart for "
			  "that", new->conf->name, old->conf->name);
		identity_free(new);
		return -1;
	}
	if (new->conf->autoconf &&
	    tun_set_mtu(d->tun, new->conf->mtu, &e) < 0) {
		log_error("%s: cannot set the MTU: %s", tun_name(d->tun),
			  e.text);
		identity_free(new);
		return -1;
	}
	note_restart(old->conf, new->conf);
	note_hooks(d, new->conf);
	d->id = new;
	if (d->warden != NULL)
		warden_use(d->warden, new->warden_conf, new->conf);
	if (d->options->loglevel < 0)
		log_set_level((enum log_level)new->conf->loglevel);
	core_reconf(d->core, clock_now(), new->conf,
		    tls_ctx_provider(new->tls), tls_ctx_self(new->tls));
	job_retire_identity(d, old);
	log_info("configuration and certificate reloaded");
	return 0;
}

/* In a folder of root's only the warden can make the new file. */
static void
reopen_log(struct daemon *d)
{
	struct err e, no = { .code = ERR_NONE };
	int fd = -1;

	if (logsink_is_file(d->log) && warden_lives(d->warden))
		fd = warden_open(d->warden, 0, WARDEN_LOG, 0, &no);
	if (fd >= 0) {
		logsink_replace(d->log, fd);
		return;
	}
	if (logsink_reopen(d->log, &e) == 0)
		return;
	log_error("%s", e.text);
	if (no.code == ERR_PERM)
		log_error("%s", no.text);
}

int
reload_all(struct daemon *d)
{
	int rc;

	notify_reloading(&d->notify);
	reopen_log(d);
	rc = reload_conf(d);
	if (rc == 0)
		rc = reload_list(d);
	else
		log_error("reload failed: everything stays as it was");
	plumb_drain(d);
	notify_ready(&d->notify);
	return rc;
}

int
reload_push(struct daemon *d)
{
	int rc = reload_list(d);

	core_push(d->core, clock_now());
	plumb_drain(d);
	return rc;
}
