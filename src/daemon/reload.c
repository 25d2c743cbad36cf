/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HUP and USR1. A failed reload changes nothing. */
#include "daemon/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/device.h"
#include "daemon/unsaved.h"
#include "format/bnl_sign.h"
#include "sys/clock.h"

/* Logs the settings that need a restart: all that differ from the start, so
 * that further reloads do not forget them. */
static void
note_restart(struct daemon *d, const struct conf *is)
{
	d->reload.restart = 0;
	for (size_t i = 0; conf_key_name(i) != NULL; i++) {
		if (!conf_key_restart(i) ||
		    conf_key_same(d->reload.first, is, i))
			continue;
		d->reload.restart |= UINT64_C(1) << i;
		log_warn("%s has changed: restart needed for it to take "
			 "effect",
			 conf_key_name(i));
	}
}

json_t *
reload_restart_json(const struct daemon *d)
{
	json_t *keys = json_array();

	for (size_t i = 0; conf_key_name(i) != NULL; i++)
		if ((d->reload.restart & UINT64_C(1) << i) != 0)
			json_array_append_new(keys,
					      json_string(conf_key_name(i)));
	return keys;
}

/* There were no hooks at the start, so now no process can be started. */
static void
note_hooks(const struct daemon *d, const struct conf *is)
{
	if (!hooks_can_run(d) && hooks_any(is))
		log_warn("the first hook is configured: restart needed for it "
			 "to take effect");
}

/* Gives the list from disk to the core, which accepts it when it is newer. */
static int
reload_list(struct daemon *d)
{
	uint8_t *raw;
	size_t len;
	struct err e;

	if (unsaved_has_list(&d->worker.unsaved)) {
		log_warn("the list in force is not on the disk yet: it is "
			 "written before the disk is read");
		worker_retry(d);
		return 0;
	}
	if (state_read_list(&d->state, &raw, &len, &e) < 0) {
		core_list_refuse(d->core, clock_now(), &e);
		return -1;
	}
	core_list_offer(d->core, clock_now(), raw, len);
	free(raw);
	return 0;
}

/* All steps that may fail come first. */
static int
reload_conf(struct daemon *d)
{
	struct identity *old = d->id, *new;
	struct err e;

	if (identity_load(&new, d->options->conf, d->monitor) < 0)
		return -1;
	if (strcmp(new->conf->name, old->conf->name) != 0) {
		log_error("name is \"%s\" now, it was \"%s\": restart for "
			  "that",
			  new->conf->name, old->conf->name);
		identity_free(new);
		return -1;
	}
	if (new->conf->network != NULL &&
	    core_list(d->core) != NULL &&bnl_check_network(core_list(d->core),
							   new->conf->network,
							   "the configuration",
							   &e) < 0) {
		log_error("the list in force does not fit: %s", e.text);
		identity_free(new);
		return -1;
	}
	if (device_reconf(d, new->conf, &e) < 0) {
		log_error("%s", e.text);
		identity_free(new);
		return -1;
	}
	note_restart(d, new->conf);
	note_hooks(d, new->conf);
	/* The sockets do not change: an address family without one is not
	 * used. */
	new->conf->disableipv6 = d->reload.first->disableipv6;
	d->id = new;
	if (d->monitor != NULL)
		monitor_link_use(d->monitor, new->monitor_conf, new->conf);
	if (d->options->loglevel < 0)
		log_set_level((enum log_level) new->conf->loglevel);
	core_reconf(d->core, clock_now(), new->conf, tls_ctx_provider(new->tls),
		    tls_ctx_self(new->tls));
	if (old->conf == d->reload.first)
		old->conf = NULL; /* kept for comparison */
	worker_retire_identity(d, old);
	log_info("configuration and certificate reloaded");
	return 0;
}

/* In a folder of root's only the monitor can create the new file. */
static void
reopen_log(struct daemon *d)
{
	struct err no = { .code = ERR_NONE };
	int fd = -1;

	if (logsink_is_file(d->log) && monitor_link_lives(d->monitor))
		fd = monitor_link_open(d->monitor, 0, MONITOR_LOG, 0, &no);
	if (fd >= 0)
		logsink_replace(d->log, fd);
	else
		logsink_reopen(d->log, no.code == ERR_PERM ? no.text : NULL);
}

enum reloaded
reload_all(struct daemon *d)
{
	enum reloaded rc = RELOAD_OK;

	notify_reloading(&d->notify);
	reopen_log(d);
	if (reload_conf(d) < 0) {
		log_error("reload failed: everything stays as it was");
		rc = RELOAD_NO_CONF;
	} else if (reload_list(d) < 0) {
		rc = RELOAD_NO_LIST;
	}
	notify_ready(&d->notify);
	return rc;
}

enum reloaded
reload_push(struct daemon *d)
{
	int rc = reload_list(d);

	core_push(d->core, clock_now());
	return rc < 0 ? RELOAD_NO_LIST : RELOAD_OK;
}
