/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON of a peer: all fields, or those that the query lists. */
#include "daemon/status_peer.h"

#include <string.h>

#include "daemon/ctl_json.h"
#include "daemon/daemon.h"
#include "sys/clock.h"

typedef json_t *field_fn(const struct daemon *d, const struct peer_info *p);

json_t *
status_drops(const uint64_t *drops)
{
	json_t *o = json_object();

	for (int i = DROP_NONE + 1; i < DROPS; i++)
		if (drops[i] > 0)
			json_object_set_new(o, drop_name((enum drop)i),
					    json_integer((json_int_t)drops[i]));
	return o;
}

#define FIELD(fn, value)                                                     \
	static json_t *fn(const struct daemon *d, const struct peer_info *p) \
	{                                                                    \
		(void)d;                                                     \
		return value;                                                \
	}
#define INTEGER(fn, value) FIELD(fn, json_integer((json_int_t)(value)))
#define TEXT(fn, value) FIELD(fn, json_string(value))
#define TEXT_IF(fn, known, value) \
	FIELD(fn, (known) ? json_string(value) : json_null())
#define INTEGER_IF(fn, known, value) \
	FIELD(fn, (known) ? json_integer((json_int_t)(value)) : json_null())

TEXT(field_name, p->name)
TEXT(field_state, peer_state_name(p->state))
TEXT(field_health, peer_health_name(p->health))
TEXT_IF(field_cipher, p->has_pair, aead_name(p->cipher))
TEXT_IF(field_compressor, p->has_pair, comp_name(p->comp))
INTEGER_IF(field_level, p->has_pair, p->level)
INTEGER_IF(field_pair_age, p->has_pair && p->pair_age_s >= 0, p->pair_age_s)
INTEGER_IF(field_session_age, p->session_age_ms >= 0, p->session_age_ms)
INTEGER_IF(field_heard, p->heard_ms >= 0, p->heard_ms)
INTEGER(field_handshakes, p->handshakes)
INTEGER(field_waiting, p->queued)
FIELD(field_gso_refused, offload_peer_json(d, &p->endpoint))
FIELD(field_drops, status_drops(p->drops))
FIELD(field_list, ctl_json_version(&p->version))
INTEGER_IF(field_rtt, p->rtt_us > 0, p->rtt_us)
INTEGER_IF(field_clock, p->has_clock, p->clock_s)
FIELD(field_one_way, json_boolean(p->one_way))
INTEGER(field_mtu, p->mtu)
FIELD(field_initiator,
      p->session_age_ms < 0 ? json_null() : json_boolean(p->initiator))
INTEGER(field_inits_sent, p->inits_sent)
INTEGER(field_inits_taken, p->inits_taken)

/* Result of the last contact; null if there was none. */
FIELD(field_reachable,
      p->health == HEALTH_UNTRIED ?
	      json_null() :
	      json_boolean(p->health == HEALTH_UP || p->health == HEALTH_IDLE))

static json_t *
field_endpoint(const struct daemon *d, const struct peer_info *p)
{
	char text[ENDPOINT_TEXT_MAX];

	(void)d;
	return p->endpoint.port == 0 ?
		       json_null() :
		       json_string(endpoint_format(text, &p->endpoint));
}

static json_t *
field_key(const struct daemon *d, const struct peer_info *p)
{
	char key[FINGERPRINT_TEXT_MAX];

	(void)d;
	return p->key == NULL ? json_null() :
				json_string(fingerprint_format(key, p->key));
}

static json_t *
field_counters(const struct daemon *d, const struct peer_info *p)
{
	(void)d;
	return json_pack("{sIsIsIsI}", "tx_packets", (json_int_t)p->tx_packets,
			 "tx_bytes", (json_int_t)p->tx_bytes, "rx_packets",
			 (json_int_t)p->rx_packets, "rx_bytes",
			 (json_int_t)p->rx_bytes);
}

/* Statistics of compression; null without compression. */
static json_t *
field_compression(const struct daemon *d, const struct peer_info *p)
{
	const struct adapt_stats *s = &p->shrink;

	(void)d;
	if (s->in == 0 && (!p->has_pair || p->comp == COMP_NONE))
		return json_null();
	return json_pack("{sIsIsIsIsI}", "tried", (json_int_t)s->tried,
			 "shrunk", (json_int_t)s->shrunk, "skipped",
			 (json_int_t)s->skipped, "bytes_in", (json_int_t)s->in,
			 "bytes_out", (json_int_t)s->out);
}

static json_t *
time_json(struct walltime t)
{
	char text[TEXT_TIME_MAX];

	return t.s == 0 ? json_null() : json_string(text_time_format(text, t));
}

static json_t *
field_pair_end(const struct daemon *d, const struct peer_info *p)
{
	(void)d;
	return time_json(p->cert_end);
}

static json_t *
field_stopped(const struct daemon *d, const struct peer_info *p)
{
	static const struct walltime never;

	(void)d;
	return time_json(p->note == NULL ? never : p->note->bye);
}

static json_t *
address_json(const struct history_address *a)
{
	char at[ENDPOINT_TEXT_MAX];

	return json_pack("{sssssIso}", "address", endpoint_format(at, &a->to),
			 "result", history_kind_name(a->kind), "ms_ago",
			 (json_int_t)mono_ms(a->at, clock_mono()), "error",
			 a->kind == HISTORY_REACHED ? json_null() :
						      ctl_json_text(a->text));
}

/* The addresses that TCP tried, each with its last result. */
static json_t *
field_tried(const struct daemon *d, const struct peer_info *p)
{
	const struct history_entry *note = p->note;
	json_t *tried = json_array();

	(void)d;
	for (size_t i = 0; note != NULL && i < note->naddresses; i++)
		json_array_append_new(tried, address_json(&note->addresses[i]));
	return tried;
}

static const struct {
	const char *name;
	field_fn *make;
} fields[] = {
	{ "name", field_name },
	{ "state", field_state },
	{ "health", field_health },
	{ "reachable", field_reachable },
	{ "endpoint", field_endpoint },
	{ "cipher", field_cipher },
	{ "compressor", field_compressor },
	{ "level", field_level },
	{ "pair_age_s", field_pair_age },
	{ "session_age_ms", field_session_age },
	{ "heard_ms", field_heard },
	{ "handshakes", field_handshakes },
	{ "waiting", field_waiting },
	{ "counters", field_counters },
	{ "segmentation_refused", field_gso_refused },
	{ "compression", field_compression },
	{ "drops", field_drops },
	{ "list", field_list },
	{ "rtt_us", field_rtt },
	{ "clock_ahead_s", field_clock },
	{ "one_way", field_one_way },
	{ "mtu", field_mtu },
	{ "pair_certificate_end", field_pair_end },
	{ "key", field_key },
	{ "session_initiator", field_initiator },
	{ "inits_sent", field_inits_sent },
	{ "inits_taken", field_inits_taken },
	{ "tried", field_tried },
	{ "stopped", field_stopped },
};

#define FIELDS (sizeof(fields) / sizeof(*fields))

_Static_assert(FIELDS < 64, "a bit for each field");

/* --- queries -------------------------------------------------------------- */

static const char *const kinds[] = {
	[PEERS_ALL] = "all",
	[PEERS_DOWN] = "down",
	[PEERS_BEHIND] = "behind",
	[PEERS_BUSY] = "busy",
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static bool
is_word(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && memcmp(name, word, len) == 0;
}

static int
parse_fields(uint64_t *out, const char *text)
{
	uint64_t set = 0;

	for (;;) {
		size_t len = strcspn(text, ","), i = 0;

		while (i < FIELDS && !is_word(fields[i].name, text, len))
			i++;
		if (i == FIELDS)
			return -1;
		set |= UINT64_C(1) << i;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	*out = set;
	return 0;
}

int
peers_query_parse(struct peers_query *out, const char *text)
{
	size_t len = strcspn(text, " "), kind = 0;

	while (kind < KINDS && !is_word(kinds[kind], text, len))
		kind++;
	if (kind == KINDS)
		return -1;
	*out = (struct peers_query){ .kind = (enum peers_kind)kind,
				     .fields = PEERS_FIELDS_ALL };
	return text[len] == '\0' ? 0 :
				   parse_fields(&out->fields, text + len + 1);
}

bool
peers_query_has(const struct peers_query *q, const struct daemon *d,
		const struct peer_info *p)
{
	const struct bnl *b = core_list(d->core);

	switch (q->kind) {
	case PEERS_ALL:
		break;
	case PEERS_DOWN:
		return p->health == HEALTH_FAILING ||
		       p->health == HEALTH_STOPPED;
	case PEERS_BEHIND:
		return b == NULL ||
		       bnl_version_cmp(&p->version, &b->version) != 0;
	case PEERS_BUSY:
		return p->tx_packets > 0 || p->rx_packets > 0;
	}
	return true;
}

json_t *
status_peer_json(const struct daemon *d, const struct peer_info *p,
		 uint64_t which)
{
	json_t *o = json_object();

	for (size_t i = 0; i < FIELDS; i++)
		if ((which & UINT64_C(1) << i) != 0)
			json_object_set_new(o, fields[i].name,
					    fields[i].make(d, p));
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
	return status_peer_json(d, &p, PEERS_FIELDS_ALL);
}
