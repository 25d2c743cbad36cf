/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's status as JSON, and as lines in the log. */
#include "daemon/status.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/ctl_health.h"
#include "daemon/ctl_json.h"
#include "daemon/daemon.h"
#include "daemon/device_impl.h"
#include "daemon/hostnet.h"
#include "daemon/listdisk.h"
#include "daemon/status_peer.h"
#include "sys/clock.h"

static json_t *
text_json(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

static json_t *
refused_json(const struct daemon *d)
{
	json_t *o = json_object();

	for (int i = 0; i < REFUSALS; i++) {
		uint64_t n = core_refused(d->core, (enum refusal)i);

		if (n > 0)
			json_object_set_new(o, refusal_name((enum refusal)i),
					    json_integer((json_int_t)n));
	}
	return o;
}

static json_t *
sockets_json(const struct daemon *d)
{
	json_t *sockets = json_array();

	for (size_t i = 0; i < d->nudp; i++) {
		const struct udp_stats *s = udp_stats(d->udp[i]);
		struct endpoint at = udp_local(d->udp[i]);
		char text[ENDPOINT_TEXT_MAX];

		json_array_append_new(
			sockets,
			json_pack("{sssbsbsIsIsIsI}", "local",
				  endpoint_format(text, &at), "segmentation",
				  (int)udp_gso(d->udp[i]), "coalescing",
				  (int)udp_gro(d->udp[i]), "received",
				  (json_int_t)s->received, "sent",
				  (json_int_t)s->sent, "segmented",
				  (json_int_t)s->segmented, "failed",
				  (json_int_t)s->failed));
	}
	return sockets;
}

/* The addresses of the device: this node's inside the VPN. */
static json_t *
addresses_json(const struct daemon *d)
{
	const struct ifaces *t = device_ifaces(d);
	json_t *array = json_array();
	char text[IPADDR_TEXT_MAX];

	for (size_t i = 0; i < t->n; i++) {
		const struct iface *f = &t->v[i];

		if (strcmp(f->link.name, tun_name(d->tun)) != 0)
			continue;
		for (size_t j = 0; j < f->naddrs; j++)
			if (!ipaddr_is_linklocal(&f->addrs[j].a.addr))
				json_array_append_new(
					array,
					json_string(ipaddr_format(
						text, &f->addrs[j].a.addr)));
	}
	return array;
}

/* --- all peers ------------------------------------------------------------ */

/* Visits the next peers in the order of names, at most STATUS_STEP; `at` is at
 * the current peer during take(). */
static bool
walk_peers(struct daemon *d, struct status_place *at,
	   void (*take)(struct daemon *d, size_t i, const struct peer_info *p,
			void *ctx),
	   void *ctx)
{
	struct now now = clock_now();
	size_t i = core_peer_after(d->core, at->node);

	for (int n = 0; n < STATUS_STEP; n++, i++) {
		struct peer_info p;

		if (i >= core_peer_count(d->core))
			return false;
		core_peer_info(d->core, now, i, &p);
		memcpy(at->node, p.name, strlen(p.name) + 1);
		take(d, i, &p, ctx);
	}
	return true;
}

struct asked {
	const struct peers_query *query;
	status_item_fn *item;
	void *ctx;
};

static void
take_selected(struct daemon *d, size_t i, const struct peer_info *p, void *ctx)
{
	const struct asked *a = ctx;

	(void)i;
	if (peers_query_has(a->query, d, p))
		a->item(a->ctx, status_peer_json(d, p, a->query->fields));
}

bool
status_peers(struct daemon *d, struct status_place *at,
	     const struct peers_query *q, status_item_fn *item, void *ctx)
{
	struct asked a = { .query = q, .item = item, .ctx = ctx };

	return walk_peers(d, at, take_selected, &a);
}

static void
add_peer(struct daemon *d, size_t i, const struct peer_info *p, void *ctx)
{
	struct status_sums *s = ctx;

	s->n[p->health]++;
	s->waiting += p->queued;
	ctl_health_peer_warnings(d, i, s->warnings);
}

bool
status_sum(struct daemon *d, struct status_place *at, struct status_sums *s)
{
	return walk_peers(d, at, add_peer, s);
}

/* --- all routes ----------------------------------------------------------- */

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
status_routes(const struct daemon *d, struct status_place *at,
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

/* --- this node ------------------------------------------------------------ */

/* Adds the numbers of peers by health, and their traffic. */
static void
add_peers(json_t *o, const struct daemon *d, const struct status_sums *s)
{
	const struct core_traffic *t = core_traffic(d->core);

	json_object_update_new(
		o, json_pack("{sIsIsIsIsIsI}", "peers",
			     (json_int_t)core_peer_count(d->core), "peers_up",
			     (json_int_t)s->n[HEALTH_UP], "peers_idle",
			     /* A peer without contact so far has not failed. */
			     (json_int_t)s->n[HEALTH_IDLE] +
				     (json_int_t)s->n[HEALTH_UNTRIED],
			     "peers_failing", (json_int_t)s->n[HEALTH_FAILING],
			     "peers_stopped", (json_int_t)s->n[HEALTH_STOPPED],
			     "waiting", (json_int_t)s->waiting));
	json_object_set_new(o, "counters",
			    json_pack("{sIsIsIsI}", "tx_packets",
				      (json_int_t)t->tx_packets, "tx_bytes",
				      (json_int_t)t->tx_bytes, "rx_packets",
				      (json_int_t)t->rx_packets, "rx_bytes",
				      (json_int_t)t->rx_bytes));
}

/* The list that is held, if any: another one is in force. */
static void
add_held(json_t *o, const struct daemon *d)
{
	const struct bnl *b = core_list_held(d->core);

	json_object_set_new(o, "list_held",
			    b == NULL ? json_null() :
					ctl_json_version(&b->version));
	json_object_set_new(o, "list_held_format",
			    b == NULL ? json_null() : json_integer(b->format));
}

json_t *
status_node(struct daemon *d, const struct status_sums *sums)
{
	const struct bnl *b = core_list(d->core);
	char end[TEXT_TIME_MAX];
	uint64_t drops[DROPS];
	json_t *o = json_object();

	for (int i = 0; i < DROPS; i++)
		drops[i] = core_drops(d->core, (enum drop)i);
	drops[DROP_LOOP] += hostnet_blocked_count(d);
	for (size_t i = 0; i < d->nudp; i++)
		drops[DROP_EMPTY] += udp_stats(d->udp[i])->recv_empty;
	json_object_set_new(o, "name", json_string(d->id->conf->name));
	json_object_set_new(o, "version", json_string(VERSION));
	json_object_set_new(o, "device", json_string(tun_name(d->tun)));
	json_object_set_new(o, "addresses", addresses_json(d));
	json_object_set_new(o, "device_offload",
			    json_string(tun_level_name(tun_level(d->tun))));
	json_object_set_new(o, "offload", offload_json(d));
	json_object_set_new(o, "realtime", json_boolean(d->sched.realtime));
	json_object_set_new(o, "realtime_steps_back",
			    json_integer((json_int_t)d->sched.steps_back));
	json_object_set_new(o, "loop_longest_ms",
			    json_integer(loop_longest_ms(d->loop)));
	json_object_set_new(o, "loop_pauses",
			    json_integer((json_int_t)loop_pauses(d->loop)));
	json_object_set_new(o, "tls_failed",
			    json_integer((json_int_t)core_tls_failed(d->core)));
	json_object_set_new(o, "certificate_end",
			    json_string(text_time_format(
				    end, tls_ctx_self(d->id->tls)->not_after)));
	json_object_set_new(o, "network",
			    b == NULL ? json_null() : json_string(b->network));
	json_object_set_new(o, "list",
			    b == NULL ? json_null() :
					ctl_json_version(&b->version));
	add_held(o, d);
	json_object_set_new(o, "list_skipped",
			    json_integer(b == NULL ? 0 : b->nskipped));
	json_object_set_new(o, "list_stale",
			    json_boolean(core_list_is_stale(d->core)));
	json_object_set_new(o, "list_pending",
			    json_boolean(core_list_is_pending(d->core)));
	json_object_set_new(o, "list_refused", refused_json(d));
	json_object_set_new(o, "list_disk", listdisk_json(d));
	json_object_set_new(o, "list_disk_refused",
			    text_json(core_disk_refused(d->core)));
	add_peers(o, d, sums);
	json_object_set_new(o, "sockets", sockets_json(d));
	json_object_set_new(o, "drops", status_drops(drops));
	json_object_set_new(o, "loglevel",
			    json_string(log_level_name(log_get_level())));
	json_object_set_new(o, "restart_needed", reload_restart_json(d));
	json_object_set_new(o, "warnings",
			    ctl_health_warnings(d, sums->warnings));
	return o;
}

/* --- into the log --------------------------------------------------------- */

void
status_log(struct daemon *d)
{
	const struct bnl *b = core_list(d->core);
	char text[BNL_VERSION_TEXT_MAX];

	log_info("status: list %s%s, %zu peers",
		 b == NULL ? "none" : bnl_version_format(text, &b->version),
		 core_list_is_stale(d->core) ? " (stale)" : "",
		 core_peer_count(d->core));
	offload_log(d);
}

static void
log_peer(struct daemon *d, size_t i, const struct peer_info *p, void *ctx)
{
	char at[ENDPOINT_TEXT_MAX] = "-";

	(void)d;
	(void)i;
	(void)ctx;
	if (p->endpoint.port != 0)
		endpoint_format(at, &p->endpoint);
	log_line(LOG_LVL_INFO, p->name,
		 "status: %s, at %s, %s %s %u, sent %llu, received %llu bytes",
		 peer_state_name(p->state), at,
		 p->has_pair ? aead_name(p->cipher) : "no pair",
		 p->has_pair ? comp_name(p->comp) : "-", p->level,
		 (unsigned long long)p->tx_bytes,
		 (unsigned long long)p->rx_bytes);
}

bool
status_log_peers(struct daemon *d, struct status_place *at)
{
	return walk_peers(d, at, log_peer, NULL);
}
