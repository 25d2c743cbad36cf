/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laying datagrams out so that equal-sized ones to one place adjoin. */
#include "core/batch.h"

#include <assert.h>

void
core_out_reset(struct core_out *o)
{
	o->used = 0;
	o->nruns = 0;
	o->nframes = 0;
	o->nslices = 0;
}

uint8_t *
batch_run_place(struct core_out *o, size_t len)
{
	if (o->cap - o->used < len || o->nruns == o->maxruns)
		return NULL;
	return o->mem + o->used;
}

static bool
run_takes(const struct udp_run *r, const uint8_t *at,
	  const struct endpoint *remote, const struct ipaddr *local,
	  uint8_t tos, size_t len)
{
	return r->data + r->len == at && len <= r->segsize &&
	       r->len % r->segsize == 0 && r->tos == tos && !r->may_fragment &&
	       endpoint_equal(&r->remote, remote) &&
	       ipaddr_equal(&r->local, local);
}

static struct udp_run *
run_begin(struct core_out *o, const struct endpoint *remote,
	  const struct ipaddr *local, uint8_t tos, size_t len)
{
	struct udp_run *r;

	assert(o->nruns < o->maxruns);
	r = &o->runs[o->nruns++];
	*r = (struct udp_run){
		.remote = *remote,
		.local = *local,
		.segsize = (uint16_t)len,
		.tos = tos,
		.data = o->mem + o->used - len,
		.len = len,
	};
	return r;
}

void
batch_run_add(struct core_out *o, const struct endpoint *remote,
	      const struct ipaddr *local, uint8_t tos, size_t len)
{
	uint8_t *at = o->mem + o->used;
	struct udp_run *r;

	assert(len > 0 && len <= UINT16_MAX && o->cap - o->used >= len);
	o->used += len;
	r = o->nruns > 0 ? &o->runs[o->nruns - 1] : NULL;
	if (r != NULL && run_takes(r, at, remote, local, tos, len)) {
		r->len += len;
		return;
	}
	(void)run_begin(o, remote, local, tos, len);
}

void
batch_run_add_fragments(struct core_out *o, const struct endpoint *remote,
			const struct ipaddr *local, uint8_t tos, size_t len)
{
	assert(len > 0 && len <= UINT16_MAX && o->cap - o->used >= len);
	o->used += len;
	run_begin(o, remote, local, tos, len)->may_fragment = true;
}

uint8_t *
batch_alloc(struct core_out *o, size_t len)
{
	uint8_t *at = o->mem + o->used;

	if (o->cap - o->used < len)
		return NULL;
	o->used += len;
	return at;
}
