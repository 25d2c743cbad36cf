/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Present and expected problems: warnings, and the reason why a node cannot be
 * reached. */
#include "daemon/ctl_health.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/ctl_json.h"
#include "daemon/daemon.h"
#include "daemon/device_impl.h"
#include "daemon/hostnet.h"
#include "daemon/listdisk.h"
#include "daemon/status_peer.h"
#include "sys/clock.h"
#include "sys/way.h"

#define SENTENCE_MAX 512
#define LAST_EVENTS 8

/* --- warnings ------------------------------------------------------------- */

static void
log_warnings(const struct daemon *d, json_t *array)
{
	char text[SENTENCE_MAX];

	if (logsink_trouble(d->log, text, sizeof(text)))
		ctl_json_warn(array, "log-lost", NULL, text);
}

void
ctl_health_peer_warnings(struct daemon *d, size_t i, json_t *array)
{
	struct warning w;
	size_t pos = 0;

	while (core_peer_warning(d->core, clock_now(), i, &pos, &w))
		ctl_json_warn(array, event_name(w.kind), w.peer, w.text);
}

json_t *
ctl_health_warnings(struct daemon *d, json_t *of_peers)
{
	json_t *array = json_array();
	struct warning w;
	size_t pos = 0;

	while (core_own_warning(d->core, clock_now(), &pos, &w))
		ctl_json_warn(array, event_name(w.kind), w.peer, w.text);
	device_warnings(d, array);
	listdisk_warn(d, array);
	worker_warnings(d, array);
	log_warnings(d, array);
	hostnet_warnings(d, NULL, array);
	json_array_extend(array, of_peers);
	return array;
}

/* --- why ------------------------------------------------------------------ */

static json_t *
certificate_json(const struct daemon *d)
{
	const struct cert_info *own = tls_ctx_self(d->id->tls);
	char from[TEXT_TIME_MAX], to[TEXT_TIME_MAX];

	return json_pack("{ssss}", "not_before",
			 text_time_format(from, own->not_before), "not_after",
			 text_time_format(to, own->not_after));
}

static json_t *
others_json(const struct why *w)
{
	return json_pack("{sisisi}", "asked", (int)w->asked, "reach",
			 (int)w->up, "do_not_reach", (int)w->down);
}

static json_t *
nearest_json(const struct why *w)
{
	json_t *array = json_array();

	for (int i = 0; i < WHY_NEAREST_MAX && w->nearest[i] != NULL; i++)
		json_array_append_new(array, json_string(w->nearest[i]));
	return array;
}

static json_t *
subnets_json(const struct daemon *d, const char *name)
{
	const struct bnl *b = core_list(d->core);
	const struct bnl_node *node = b == NULL ? NULL : bnl_find(b, name);
	char text[PREFIX_TEXT_MAX];
	json_t *array = json_array();

	for (uint32_t i = 0; node != NULL && i < node->nsubnets; i++)
		json_array_append_new(array, json_string(prefix_format(
						     text, &node->subnets[i])));
	return array;
}

/* The MTU of the path to the node; the configured one where none is known. */
static json_t *
mtu_json(const struct daemon *d, const char *name)
{
	size_t at = core_peer_find(d->core, name);
	struct peer_info p = { .mtu = d->id->conf->mtu };

	if (at < core_peer_count(d->core))
		core_peer_info(d->core, clock_now(), at, &p);
	return json_integer((json_int_t)p.mtu);
}

/* Fills in whether this host has no route to any address of the node. */
static bool
take_route(struct daemon *d, const char *name, struct why *w)
{
	struct endpoint at[CORE_ENDPOINTS_MAX];
	size_t n = core_endpoints(d->core, name, at);
	char text[IPADDR_TEXT_MAX];
	struct err e;

	for (size_t i = 0; i < n; i++) {
		if (hostnet_blocks(d, &at[i].addr))
			err_set(&e, ERR_IO,
				"%s: the route of this host leads "
				"into %s, the device of the VPN itself",
				ipaddr_format(text, &at[i].addr),
				tun_name(d->tun));
		else if (way_check(&at[i], &e) == 0)
			return false;
	}
	if (n > 0)
		snprintf(w->no_route, sizeof(w->no_route), "%.*s",
			 (int)sizeof(w->no_route) - 1, e.text);
	return n > 0;
}

static json_t *
disk_json(const struct daemon *d)
{
	json_t *array = json_array();

	worker_warnings(d, array);
	return array;
}

static json_t *
peer_warnings(struct daemon *d, const char *name)
{
	json_t *array = json_array();

	hostnet_warnings(d, name, array);
	return array;
}

json_t *
ctl_health_why(struct daemon *d, const char *name)
{
	char sentence[SENTENCE_MAX];
	enum why_reason r;
	struct why w;
	json_t *o;
	bool settled;

	core_why(d->core, clock_now(), name, &w, &settled);
	settled |= take_route(d, name, &w) && !w.answered;
	r = why_verdict(&w);
	why_sentence(sentence, sizeof(sentence), &w, r);
	o = json_pack("{sssssisssssbsb}", "node", name, "reason", why_name(r),
		      "exit", why_exit(r), "sentence", sentence, "hint",
		      why_hint(&w, r), "reachable",
		      (int)(r == WHY_REACHABLE || w.answered), "settled",
		      (int)settled);
	json_object_set_new(o, "nearest", nearest_json(&w));
	json_object_set_new(o, "warnings", peer_warnings(d, name));
	json_object_set_new(o, "subnets", subnets_json(d, name));
	json_object_set_new(o, "peer", status_peer(d, name));
	json_object_set_new(o, "list", ctl_json_version(&w.ours));
	json_object_set_new(o, "mtu", mtu_json(d, name));
	json_object_set_new(o, "certificate", certificate_json(d));
	json_object_set_new(o, "others", others_json(&w));
	json_object_set_new(o, "events", events_json(d, name, LAST_EVENTS));
	json_object_set_new(o, "own_disk", disk_json(d));
	return o;
}
