/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the daemon tells of itself: as JSON, as lines in the log. */
#include "daemon/hostnet.h"
#include "daemon/plumb.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/device.h"
#include "sys/clock.h"

json_t *
status_version(const struct bnl_version *v)
{
	char text[BNL_VERSION_TEXT_MAX];

	if (v->timestamp.s == 0)
		return json_null();
	return json_string(bnl_version_format(text, v));
}

static json_t *
text_json(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

static json_t *
drops_json(const uint64_t *drops)
{
	json_t *o = json_object();

	for (int i = DROP_NONE + 1; i < DROPS; i++)
		if (drops[i] > 0)
			json_object_set_new(o, drop_name((enum drop)i),
					    json_integer((json_int_t)drops[i]));
	return o;
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
counters_json(const struct peer_info *p)
{
	return json_pack("{sIsIsIsI}",
			 "tx_packets", (json_int_t)p->tx_packets,
			 "tx_bytes", (json_int_t)p->tx_bytes,
			 "rx_packets", (json_int_t)p->rx_packets,
			 "rx_bytes", (json_int_t)p->rx_bytes);
}

/* What compressing brought; null where none was agreed. */
static json_t *
compression_json(const struct peer_info *p)
{
	const struct shrink_stats *s = &p->shrink;

	if (s->in == 0 && (!p->has_pair || p->comp == COMP_NONE))
		return json_null();
	return json_pack("{sIsIsIsIsI}",
			 "tried", (json_int_t)s->tried,
			 "shrunk", (json_int_t)s->shrunk,
			 "skipped", (json_int_t)s->skipped,
			 "bytes_in", (json_int_t)s->in,
			 "bytes_out", (json_int_t)s->out);
}

static json_t *
age_json(int64_t age)
{
	return age < 0 ? json_null() : json_integer(age);
}

static json_t *
time_json(struct walltime t)
{
	char text[TEXT_TIME_MAX];

	return t.s == 0 ? json_null() : json_string(text_time_format(text, t));
}

/* What the pair and the session are. */
static void
add_agreed(json_t *o, const struct peer_info *p)
{
	char key[FINGERPRINT_TEXT_MAX];

	json_object_set_new(o, "pair_certificate_end", time_json(p->cert_end));
	json_object_set_new(o, "key", p->key == NULL ? json_null() :
			    json_string(fingerprint_format(key, p->key)));
	json_object_set_new(o, "session_initiator", p->session_age_ms < 0 ?
			    json_null() : json_boolean(p->initiator));
	json_object_set_new(o, "inits_sent",
			    json_integer((json_int_t)p->inits_sent));
	json_object_set_new(o, "inits_taken",
			    json_integer((json_int_t)p->inits_taken));
}

static json_t *
address_json(const struct note_address *a)
{
	char at[ENDPOINT_TEXT_MAX];

	return json_pack("{sssssIso}", "address",
			 endpoint_format(at, &a->to), "result",
			 note_kind_name(a->kind), "ms_ago",
			 (json_int_t)mono_ms(a->at, clock_mono()), "error",
			 a->kind == NOTE_REACHED ? json_null() :
						   events_text_json(a->text));
}

/* Where it was tried by TCP, and how the last try there ended. */
static void
add_noted(json_t *o, const struct note *note)
{
	static const struct walltime never;
	json_t *tried = json_array();

	for (size_t i = 0; note != NULL && i < note->naddresses; i++)
		json_array_append_new(tried,
				      address_json(&note->addresses[i]));
	json_object_set_new(o, "tried", tried);
	json_object_set_new(o, "stopped", time_json(note == NULL ? never :
							note->bye));
}

/* By the last contact; null where there was none. */
static json_t *
reachable_json(enum peer_health h)
{
	if (h == HEALTH_UNTRIED)
		return json_null();
	return json_boolean(h == HEALTH_UP || h == HEALTH_IDLE);
}

static json_t *
peer_json(const struct daemon *d, const struct peer_info *p)
{
	char text[ENDPOINT_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(p->name));
	json_object_set_new(o, "state",
			    json_string(peer_state_name(p->state)));
	json_object_set_new(o, "health",
			    json_string(peer_health_name(p->health)));
	json_object_set_new(o, "reachable", reachable_json(p->health));
	json_object_set_new(o, "endpoint", p->endpoint.port == 0 ? json_null() :
			    json_string(endpoint_format(text, &p->endpoint)));
	json_object_set_new(o, "cipher", !p->has_pair ? json_null() :
			    json_string(aead_name(p->cipher)));
	json_object_set_new(o, "compressor", !p->has_pair ? json_null() :
			    json_string(comp_name(p->comp)));
	json_object_set_new(o, "level", !p->has_pair ? json_null() :
			    json_integer(p->level));
	json_object_set_new(o, "pair_age_s",
			    age_json(p->has_pair ? p->pair_age_s : -1));
	json_object_set_new(o, "session_age_ms", age_json(p->session_age_ms));
	json_object_set_new(o, "heard_ms", age_json(p->heard_ms));
	json_object_set_new(o, "handshakes",
			    json_integer((json_int_t)p->handshakes));
	json_object_set_new(o, "waiting",
			    json_integer((json_int_t)p->queued));
	json_object_set_new(o, "counters", counters_json(p));
	json_object_set_new(o, "segmentation_refused",
			    offload_peer_json(d, &p->endpoint));
	json_object_set_new(o, "compression", compression_json(p));
	json_object_set_new(o, "drops", drops_json(p->drops));
	json_object_set_new(o, "list", status_version(&p->version));
	json_object_set_new(o, "rtt_us", p->rtt_us <= 0 ? json_null() :
			    json_integer((json_int_t)p->rtt_us));
	json_object_set_new(o, "clock_ahead_s", !p->has_clock ? json_null() :
			    json_integer((json_int_t)p->clock_s));
	json_object_set_new(o, "one_way", json_boolean(p->one_way));
	json_object_set_new(o, "mtu", json_integer((json_int_t)p->mtu));
	add_agreed(o, p);
	add_noted(o, p->note);
	return o;
}

json_t *
status_peer(const struct daemon *d, const char *name)
{
	size_t at = core_peer_find(d->core, name);
	struct peer_info p;

	if (at == core_peer_count(d->core))
		return json_null();
	core_peer_info(d->core, clock_now(), at, &p);
	return peer_json(d, &p);
}

json_t *
status_peers(const struct daemon *d, char *after, size_t n)
{
	struct now now = clock_now();
	json_t *peers = json_array();
	size_t i = core_peer_after(d->core, after);

	for (; n > 0 && i < core_peer_count(d->core); n--, i++) {
		struct peer_info p;

		core_peer_info(d->core, now, i, &p);
		json_array_append_new(peers, peer_json(d, &p));
		memcpy(after, p.name, strlen(p.name) + 1);
	}
	return peers;
}

static json_t *
sockets_json(const struct daemon *d)
{
	json_t *sockets = json_array();

	for (size_t i = 0; i < d->nudp; i++) {
		const struct udp_stats *s = udp_stats(d->udp[i]);
		struct endpoint at = udp_local(d->udp[i]);
		char text[ENDPOINT_TEXT_MAX];

		json_array_append_new(sockets, json_pack(
			"{sssbsbsIsIsIsI}",
			"local", endpoint_format(text, &at),
			"segmentation", (int)udp_gso(d->udp[i]),
			"coalescing", (int)udp_gro(d->udp[i]),
			"received", (json_int_t)s->received,
			"sent", (json_int_t)s->sent,
			"segmented", (json_int_t)s->segmented,
			"failed", (json_int_t)s->failed));
	}
	return sockets;
}

/* The addresses of the device, which are this node's inside the VPN. */
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
				json_array_append_new(array, json_string(
					ipaddr_format(text,
						      &f->addrs[j].a.addr)));
	}
	return array;
}

/* How many of the peers are how well. */
static void
add_health(json_t *o, const struct daemon *d)
{
	static const struct {
		const char *key;
		enum peer_health health;
	} keys[] = {
		{ "peers_up", HEALTH_UP },
		{ "peers_idle", HEALTH_IDLE },
		{ "peers_failing", HEALTH_FAILING },
		{ "peers_stopped", HEALTH_STOPPED },
	};
	size_t n[HEALTH_STOPPED + 1] = { 0 };
	struct now now = clock_now();

	json_object_set_new(o, "peers",
			    json_integer((json_int_t)core_peer_count(d->core)));
	for (size_t i = 0; i < core_peer_count(d->core); i++) {
		struct peer_info p;

		core_peer_info(d->core, now, i, &p);
		/* No contact yet is no failure either. */
		n[p.health == HEALTH_UNTRIED ? HEALTH_IDLE : p.health]++;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		json_object_set_new(o, keys[i].key, json_integer(
			(json_int_t)n[keys[i].health]));
}

json_t *
status_node(struct daemon *d)
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
	json_object_set_new(o, "realtime", json_boolean(d->realtime));
	json_object_set_new(o, "realtime_steps_back",
			    json_integer((json_int_t)d->steps_back));
	json_object_set_new(o, "loop_longest_ms",
			    json_integer(loop_longest_ms(d->loop)));
	json_object_set_new(o, "loop_pauses",
			    json_integer((json_int_t)loop_pauses(d->loop)));
	json_object_set_new(o, "tls_failed",
			    json_integer((json_int_t)core_tls_failed(d->core)));
	json_object_set_new(o, "certificate_end",
			    json_string(text_time_format(end, tls_ctx_self(
				    d->id->tls)->not_after)));
	json_object_set_new(o, "network",
			    b == NULL ? json_null() : json_string(b->network));
	json_object_set_new(o, "list",
			    b == NULL ? json_null() : status_version(&b->version));
	json_object_set_new(o, "list_stale",
			    json_boolean(core_list_is_stale(d->core)));
	json_object_set_new(o, "list_pending",
			    json_boolean(core_list_is_pending(d->core)));
	json_object_set_new(o, "list_refused", refused_json(d));
	json_object_set_new(o, "list_disk", listdisk_json(d));
	json_object_set_new(o, "list_disk_refused",
			    text_json(core_disk_refused(d->core)));
	add_health(o, d);
	json_object_set_new(o, "sockets", sockets_json(d));
	json_object_set_new(o, "drops", drops_json(drops));
	json_object_set_new(o, "loglevel",
			    json_string(log_level_name(log_get_level())));
	json_object_set_new(o, "restart_needed", reload_restart_json(d));
	json_object_set_new(o, "warnings", trouble_warnings(d));
	return o;
}

void
status_log(struct daemon *d)
{
	struct now now = clock_now();
	const struct bnl *b = core_list(d->core);
	char text[BNL_VERSION_TEXT_MAX];

	log_info("status: list %s%s, %zu peers",
		 b == NULL ? "none" : bnl_version_format(text, &b->version),
		 core_list_is_stale(d->core) ? " (stale)" : "",
		 core_peer_count(d->core));
	offload_log(d);
	for (size_t i = 0; i < core_peer_count(d->core); i++) {
		char at[ENDPOINT_TEXT_MAX] = "-";
		struct peer_info p;

		core_peer_info(d->core, now, i, &p);
		if (p.endpoint.port != 0)
			endpoint_format(at, &p.endpoint);
		log_line(LOG_LVL_INFO, p.name,
			 "status: %s, at %s, %s %s %u, sent %llu, received %llu "
			 "bytes", peer_state_name(p.state), at,
			 p.has_pair ? aead_name(p.cipher) : "no pair",
			 p.has_pair ? comp_name(p.comp) : "-", p.level,
			 (unsigned long long)p.tx_bytes,
			 (unsigned long long)p.rx_bytes);
	}
}
