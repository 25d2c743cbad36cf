/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses of one peer, tried side by side until one leads to it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/channel.h"

/* Connection Attempt Delay of RFC 8305, section 5. */
#define NEXT_MS 250
/* Time that an attempt has to itself where no connection is to spare, and that
 * the last ones have when another one has failed. */
#define ALONE_MS 2000

static void
dial_free(struct dial *d)
{
	struct dial **at = &d->ctx->dials;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	timerq_cancel(&d->ctx->timers, &d->timer);
	free(d);
}

static void
dial_rearm(struct dial *d, int64_t ms)
{
	if (d->begun < d->nto)
		timerq_set(&d->ctx->timers, &d->timer,
			   mono_add_ms(d->ctx->env->now.mono, ms));
	else
		timerq_cancel(&d->ctx->timers, &d->timer);
}

/* Begins an attempt at the next address. NULL when memory is out, or when none
 * is left. */
static struct channel *
dial_next(struct dial *d)
{
	struct channel *ch;

	/* Another list may have come into force since it began. */
	while (d->begun < d->nto &&
	       core_env_is_inside(d->ctx->env, &d->to[d->begun].addr))
		d->begun++;
	if (d->begun == d->nto) {
		dial_rearm(d, 0);
		return NULL;
	}
	ch = channels_add(d->ctx);
	if (ch == NULL)
		return NULL;
	ch->dialled = true;
	ch->purpose = d->purpose;
	memcpy(ch->peer, d->peer, sizeof(ch->peer));
	ch->remote = d->to[d->begun];
	if (channel_connect(ch) < 0) {
		channels_drop(ch);
		return NULL;
	}
	ch->dial = d;
	d->begun++;
	d->running++;
	dial_rearm(d, NEXT_MS);
	return ch;
}

uint32_t
dial_start(struct channels *ctx, const char *peer, const struct endpoint *to,
	   size_t n, unsigned int purpose)
{
	struct dial *d = calloc(1, sizeof(*d));
	struct channel *ch;

	if (d == NULL)
		return 0;
	d->ctx = ctx;
	memcpy(d->peer, peer, strlen(peer) + 1);
	d->purpose = purpose;
	d->nto = n < CHANNEL_ENDPOINTS_MAX ? n : CHANNEL_ENDPOINTS_MAX;
	memcpy(d->to, to, d->nto * sizeof(*to));
	timer_init(&d->timer, d, CHANNELS_TIMER_DIAL);
	d->next = ctx->dials;
	ctx->dials = d;
	ch = dial_next(d);
	if (ch != NULL)
		return ch->id;
	dial_free(d);
	return 0;
}

void
dial_connected(struct channel *ch)
{
	int64_t took = mono_ms(ch->since, ch->ctx->env->now.mono);

	/* TLS takes a round trip more than TCP did. */
	if (ch->dial != NULL)
		dial_rearm(ch->dial, NEXT_MS + took);
}

void
dial_settle(struct channel *ch)
{
	struct dial *d = ch->dial;

	if (d == NULL)
		return;
	ch->dial = NULL;
	for (struct channel *c = d->ctx->all; c != NULL; c = c->next)
		if (c->dial == d) {
			c->dial = NULL;
			channel_withdraw(c);
		}
	dial_free(d);
}

bool
dial_goes_on(struct channel *ch)
{
	struct dial *d = ch->dial;

	if (d == NULL)
		return false;
	ch->dial = NULL;
	d->running--;
	d->unreached = d->unreached || !ch->reached;
	if (d->begun < d->nto)
		(void)dial_next(d);
	if (d->running > 0) {
		/* The peer may have just come up where it refused. */
		if (d->begun == d->nto)
			timerq_set(&d->ctx->timers, &d->timer,
				   mono_add_ms(d->ctx->env->now.mono,
					       ALONE_MS));
		return true;
	}
	ch->reached = !d->unreached;
	dial_free(d);
	return false;
}

static struct channel *
dial_oldest(const struct dial *d)
{
	struct channel *oldest = NULL;

	/* The newest connections come first. */
	for (struct channel *c = d->ctx->all; c != NULL; c = c->next)
		if (c->dial == d)
			oldest = c;
	assert(oldest != NULL);
	return oldest;
}

void
dial_timeout(struct dial *d)
{
	struct channel *oldest;

	if (d->begun == d->nto) {
		/* The end of the last one is the end of the dial. */
		for (unsigned int n = d->running; n > 0; n--)
			channel_give_up(dial_oldest(d));
		return;
	}
	if (channels_may_race(d->ctx)) {
		(void)dial_next(d);
		return;
	}
	oldest = dial_oldest(d);
	if (mono_ms(oldest->since, d->ctx->env->now.mono) < ALONE_MS)
		dial_rearm(d, NEXT_MS);
	else
		channel_give_up(oldest);
}
