/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Present and expected problems: warnings, and the reason why a node cannot be
 * reached. */
#include "daemon/device.h"
#include "daemon/hostnet.h"
#include "daemon/plumb.h"
#include "daemon/unsaved.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "sys/clock.h"
#include "sys/way.h"

#define SENTENCE_MAX 512
#define LAST_EVENTS 8

/* --- warnings ------------------------------------------------------------------ */

static json_t *
warning_json(const struct warning *w)
{
	return json_pack("{sssoss}", "warning", event_name(w->kind), "peer",
			 w->peer == NULL ? json_null() : json_string(w->peer),
			 "text", w->text);
}

static void
log_warnings(const struct daemon *d, json_t *array)
{
	char text[SENTENCE_MAX];

	if (logsink_trouble(d->log, text, sizeof(text)))
		json_array_append_new(array, json_pack(
			"{sssnso}", "warning", "log-lost", "peer", "text",
			events_text_json(text)));
}

void
trouble_peer_warnings(struct daemon *d, size_t i, json_t *array)
{
	struct warning w;
	size_t pos = 0;

	while (core_peer_warning(d->core, clock_now(), i, &pos, &w))
		json_array_append_new(array, warning_json(&w));
}

json_t *
trouble_warnings(struct daemon *d, json_t *of_peers)
{
	json_t *array = json_array();
	struct warning w;
	size_t pos = 0;

	while (core_own_warning(d->core, clock_now(), &pos, &w))
		json_array_append_new(array, warning_json(&w));
	device_warnings(d, array);
	listdisk_warn(d, array);
	unsaved_warnings(d, array);
	log_warnings(d, array);
	hostnet_warnings(d, NULL, array);
	json_array_extend(array, of_peers);
	return array;
}

/* --- why ------------------------------------------------------------------------- */

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
			err_set(&e, ERR_IO, "%s: the route of this host leads "
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

	unsaved_warnings(d, array);
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
trouble_why(struct daemon *d, const char *name)
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
		      why_hint(&w, r), "reachable", (int)(r == WHY_REACHABLE || w.answered),
		      "settled", (int)settled);
	json_object_set_new(o, "nearest", nearest_json(&w));
	json_object_set_new(o, "warnings", peer_warnings(d, name));
	json_object_set_new(o, "subnets", subnets_json(d, name));
	json_object_set_new(o, "peer", status_peer(d, name));
	json_object_set_new(o, "list", status_version(&w.ours));
	json_object_set_new(o, "mtu", mtu_json(d, name));
	json_object_set_new(o, "certificate", certificate_json(d));
	json_object_set_new(o, "others", others_json(&w));
	json_object_set_new(o, "events", events_json(d, name, LAST_EVENTS));
	json_object_set_new(o, "own_disk", disk_json(d));
	return o;
}

/* --- routes -------------------------------------------------------------------------- */

/* The index of the first node whose name is not before that one. */
static uint32_t
node_from(const struct bnl *b, const char *name)
{
	uint32_t lo = 0, hi = b->nnodes;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(b->nodes[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* NULL: this list routes nothing to the node. */
static const char *
route_state(const struct daemon *d, const struct bnl_node *node)
{
	size_t at = core_peer_find(d->core, node->name);
	struct peer_info p;

	if (at == core_peer_count(d->core))
		return strcmp(node->name, d->id->conf->name) == 0 ? "own" :
								    NULL;
	core_peer_info(d->core, clock_now(), at, &p);
	return peer_state_name(p.state);
}

/* Reports up to *left subnets of the node, starting with that one. Returns the
 * index after the last. */
static uint32_t
routes_of(const struct daemon *d, const struct bnl_node *node, uint32_t from,
	  int *left, status_item_fn *item, void *ctx)
{
	const char *state = route_state(d, node);
	char text[PREFIX_TEXT_MAX];

	for (--*left; state != NULL && from < node->nsubnets && *left >= 0;
	     --*left, from++)
		item(ctx, json_pack("{ssssss}", "subnet",
				    prefix_format(text, &node->subnets[from]),
				    "node", node->name, "state", state));
	return state == NULL ? node->nsubnets : from;
}

bool
trouble_routes(const struct daemon *d, struct status_place *at,
	       status_item_fn *item, void *ctx)
{
	const struct bnl *b = core_list(d->core);
	uint32_t i = b == NULL ? 0 : node_from(b, at->node);
	int left = STATUS_STEP;

	for (; b != NULL && i < b->nnodes; i++) {
		const struct bnl_node *node = &b->nodes[i];

		if (left <= 0)
			return true;
		if (strcmp(node->name, at->node) != 0)
			at->item = 0;
		memcpy(at->node, node->name, strlen(node->name) + 1);
		at->item = routes_of(d, node, at->item, &left, item, ctx);
		if (at->item < node->nsubnets)
			return true;
	}
	return false;
}
