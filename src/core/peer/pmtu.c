/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *            large                      not answered
 *   ARMED ----------> CHECK (mtu) -------------------> SEARCH (all sizes)
 *     ^  \               | answered                      |  five rounds, or
 *     |   \ raise is due |                               v  full is answered
 *     |    +-------------|---> SEARCH ----------------> REST
 *     |                  v                               |
 *     +---------------- REST <---------------------------+
 *        150 ms later
 *
 * A search that nobody answers changes nothing: the peer is not there. In
 * each round all sizes go out together, so that a round trip finds the one.
 *
 * A marker, a small probe, follows the others of a check or round. Its answer
 * shows that the larger ones before it, if they are not answered, were lost. So
 * a check or round ends after one round trip; the timeouts are for a peer that
 * answers nothing.
 */
#include "core/peer/pmtu.h"
#include "core/timings.h"

/* Common MTUs of paths. */
static const size_t ladder[] = { 9000, 4352, 1500, 1492, 1480, 1472,
				 1460, 1420, 1400, 1358, 1300, 1280 };

#define LADDER (sizeof(ladder) / sizeof(*ladder))
/* The least MTU of IPv6 (RFC 8200, section 5), inside: a path that takes it
 * carries every IPv6 packet whole. */
#define V6_LEAST 1280

_Static_assert(LADDER + 3 <= PMTU_PROBES,
	       "all of them, the full size, IPv6's least one, and a marker");
_Static_assert(PMTU_ROUNDS < PMTU_BASE, "a marker is no size of a packet");

static size_t
smaller_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool
pmtu_is_narrow(const struct pmtu *m)
{
	return m->mtu < m->full;
}

/* The one place where a state is entered. */
static void
enter_state(struct pmtu *m, enum pmtu_state state, struct monotime deadline)
{
	m->state = state;
	m->deadline = deadline;
	if (pmtu_is_narrow(m))
		m->limit = 0;
	else if (state == PMTU_ARMED)
		m->limit = PMTU_BASE - 1;
	else
		m->limit = m->mtu;
}

void
pmtu_init(struct pmtu *m, size_t full)
{
	*m = (struct pmtu){ .full = full, .mtu = full };
	m->raise_at = MONO_NEVER;
	enter_state(m, PMTU_ARMED, MONO_NEVER);
}

void
pmtu_moved(struct pmtu *m, struct monotime now)
{
	m->raise_at = pmtu_is_narrow(m) ? now : MONO_NEVER;
	enter_state(m, PMTU_ARMED, MONO_NEVER);
}

static struct monotime
probe_timeout(const struct pmtu_in *in)
{
	return mono_add_ms(in->now, PMTU_TRY_MS + 2 * in->rtt_ms);
}

static void
add_probe(struct pmtu_probes *out, size_t size)
{
	out->size[out->n++] = size;
}

static void
probe_step(const struct pmtu *m, struct pmtu_probes *out, size_t size)
{
	if (size < m->full && size > m->best && size >= PMTU_BASE)
		add_probe(out, size);
}

/* Probes all sizes that are larger than the best one so far. Where a round
 * brought nothing, not even the marker, a marker alone asks for the peer. */
static void
probe_sizes(struct pmtu *m, const struct pmtu_in *in, struct pmtu_probes *out)
{
	if (m->round == 0 || m->best > 0) {
		add_probe(out, m->full);
		for (size_t i = 0; i < LADDER; i++)
			probe_step(m, out, ladder[i] - in->outside);
		probe_step(m, out, V6_LEAST);
	}
	add_probe(out, ++m->round);
	m->asked = in->now;
	enter_state(m, PMTU_SEARCH, probe_timeout(in));
}

static void
start_search(struct pmtu *m, const struct pmtu_in *in, struct pmtu_probes *out)
{
	m->best = 0;
	m->round = 0;
	probe_sizes(m, in, out);
}

static void
start_check(struct pmtu *m, const struct pmtu_in *in, struct pmtu_probes *out)
{
	out->fresh = true;
	if (mono_reached(m->raise_at, in->now)) {
		start_search(m, in, out);
		return;
	}
	m->round = 0;
	add_probe(out, m->mtu);
	add_probe(out, m->round);
	enter_state(m, PMTU_CHECK, probe_timeout(in));
}

static void
set_mtu(struct pmtu *m, const struct pmtu_in *in, size_t mtu)
{
	bool is_full = mtu >= m->full;

	m->mtu = mtu;
	m->raise_at = is_full ? MONO_NEVER : mono_add_ms(in->now, in->raise_ms);
	enter_state(m, PMTU_REST, mono_add_ms(in->now, PMTU_CONFIRM_MS));
}

static void
on_answer(struct pmtu *m, const struct pmtu_in *in, struct pmtu_probes *out)
{
	size_t size = smaller_size(in->size, m->full);

	switch (m->state) {
	case PMTU_CHECK:
		/* The time to look for a larger one stays. */
		if (size >= m->mtu)
			enter_state(m, PMTU_REST,
				    mono_add_ms(in->now, PMTU_CONFIRM_MS));
		else if (size == m->round)
			start_search(m, in, out);
		break;
	case PMTU_SEARCH:
		if (size > m->best)
			m->best = size;
		if (size == m->full)
			set_mtu(m, in, size);
		else if (size == m->round)
			m->deadline =
				mono_min(m->deadline,
					 mono_add_ms(m->asked, PMTU_ROUND_MS));
		break;
	case PMTU_ARMED:
	case PMTU_REST:
		if (size > m->mtu) /* late, and true all the same */
			set_mtu(m, in, size);
		break;
	}
}

static void
on_time(struct pmtu *m, const struct pmtu_in *in, struct pmtu_probes *out)
{
	switch (m->state) {
	case PMTU_CHECK:
		start_search(m, in, out);
		break;
	case PMTU_SEARCH:
		if (m->round < PMTU_ROUNDS)
			probe_sizes(m, in, out);
		else if (m->best >= PMTU_BASE)
			set_mtu(m, in, m->best);
		else
			enter_state(m, PMTU_REST,
				    mono_add_ms(in->now, PMTU_CONFIRM_MS));
		break;
	case PMTU_REST:
		enter_state(m, PMTU_ARMED, MONO_NEVER);
		break;
	case PMTU_ARMED:
		break;
	}
}

bool
pmtu_step(struct pmtu *m, enum pmtu_event event, const struct pmtu_in *in,
	  struct pmtu_probes *out)
{
	size_t before = m->mtu;

	out->n = 0;
	out->fresh = false;
	switch (event) {
	case PMTU_LARGE:
		if (m->state == PMTU_ARMED)
			start_check(m, in, out);
		break;
	case PMTU_REFUSED:
		if (m->state == PMTU_SEARCH)
			break;
		out->fresh = m->state != PMTU_CHECK;
		start_search(m, in, out);
		break;
	case PMTU_ANSWER:
		on_answer(m, in, out);
		break;
	case PMTU_TIME:
		if (mono_reached(m->deadline, in->now))
			on_time(m, in, out);
		break;
	}
	return m->mtu != before;
}
