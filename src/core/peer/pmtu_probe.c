/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The path to a peer: probes of its MTU, and their use. */
#include <stdio.h>
#include <string.h>

#include "core/core_impl.h"

#include "base/bytes.h"
#include "core/timings.h"

#define IP4_UDP_LEN 28 /* around a datagram */
#define IP6_UDP_LEN 48
#define SIZE_AT (RECORD_TAG_LEN - 2) /* the size, in a probe's tag */
#define PROBE_LEAST (RECORD_HEADER_LEN + RECORD_PING_LEN)

_Static_assert(PATH_TAG_LEN == SIZE_AT, "the rest of a probe's tag");

bool
pmtu_probe_is_narrow(const struct peer *p)
{
	return pmtu_is_narrow(&p->pmtu);
}

void
pmtu_probe_text(const struct peer *p, char *out, size_t cap)
{
	snprintf(out, cap, "the path takes packets of %zu bytes, mtu is %zu",
		 p->pmtu.mtu, p->pmtu.full);
}

/* Said once when it becomes too small, and when it no longer is. */
static void
tell_path(struct peer *p)
{
	const uint32_t bit = UINT32_C(1) << EVENT_MTU;
	struct actions *q = &p->core->actions;
	char text[WARNING_TEXT_MAX];

	pmtu_probe_text(p, text, sizeof(text));
	if (!pmtu_probe_is_narrow(p)) {
		p->warned &= ~bit;
		actions_event(q, EVENT_INFO, EVENT_MTU, p->name,
			      "the path takes packets of mtu again");
	} else if (!(p->warned & bit)) {
		p->warned |= bit;
		actions_event(q, EVENT_WARN, EVENT_MTU, p->name, "%s", text);
	} else {
		actions_event(q, EVENT_DEBUG, EVENT_MTU, p->name, "%s", text);
	}
}

static void
send_probe(struct peer *p, size_t size)
{
	uint8_t tag[RECORD_TAG_LEN];

	memcpy(tag, p->probe, SIZE_AT);
	put_be16(tag + SIZE_AT, (uint16_t)size);
	records_probe(p, tag, size < PMTU_BASE ? PROBE_LEAST : size);
}

static void
step_pmtu(struct peer *p, enum pmtu_event event, size_t size)
{
	struct core *c = p->core;
	struct pmtu_in in = {
		.now = c->env.now.mono,
		.outside = DGRAM_DATA_OVERHEAD +
			   (assoc_remote(p->assoc)->addr.family == IP_V6 ?
				    IP6_UDP_LEN :
				    IP4_UDP_LEN),
		.size = size,
		.rtt_ms = p->rtt_us > 0 ? p->rtt_us / 1000 : 0,
		.raise_ms = c->env.conf->timers.mtu_raise,
	};
	struct pmtu_probes out;

	if (pmtu_step(&p->pmtu, event, &in, &out))
		tell_path(p);
	if (out.fresh)
		rng_fill(&c->env.rng, p->probe, sizeof(p->probe));
	for (size_t i = 0; i < out.n; i++)
		send_probe(p, out.size[i]);
	peer_touch(p);
}

void
pmtu_probe_large(struct peer *p)
{
	/* A packet that waits for a session proves nothing. */
	if (p->pmtu.state == PMTU_ARMED &&
	    assoc_can_send(p->assoc, p->core->env.now.mono))
		step_pmtu(p, PMTU_LARGE, 0);
}

void
pmtu_probe_tick(struct peer *p)
{
	if (mono_reached(p->pmtu.deadline, p->core->env.now.mono))
		step_pmtu(p, PMTU_TIME, 0);
}

bool
pmtu_probe_answered(struct peer *p, const uint8_t tag[RECORD_TAG_LEN])
{
	static const uint8_t none[SIZE_AT];

	if (memcmp(tag, p->probe, SIZE_AT) != 0 ||
	    memcmp(tag, none, SIZE_AT) == 0)
		return false;
	step_pmtu(p, PMTU_ANSWER, get_be16(tag + SIZE_AT));
	return true;
}

void
pmtu_probe_moved(struct peer *p)
{
	pmtu_moved(&p->pmtu, p->core->env.now.mono);
	/* An answer that came by the other path says nothing of this one. */
	memset(p->probe, 0, sizeof(p->probe));
}

void
pmtu_probe_reconf(struct peer *p)
{
	size_t full = p->core->env.conf->mtu;

	if (full != p->pmtu.full) {
		pmtu_init(&p->pmtu, full);
		memset(p->probe, 0, sizeof(p->probe));
	}
	peer_touch(p);
}

bool
pmtu_probe_may_tell(struct peer *p)
{
	struct monotime now = p->core->env.now.mono;

	if (mono_is_set(p->big_told) &&
	    mono_ms(p->big_told, now) < PATH_TELL_MS)
		return false;
	p->big_told = now;
	return true;
}

void
pmtu_probe_refused(struct core *c, const struct endpoint *to)
{
	for (size_t i = 0; i < c->npeers; i++)
		if (endpoint_equal(assoc_remote(c->peers[i]->assoc), to))
			step_pmtu(c->peers[i], PMTU_REFUSED, 0);
}
