/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory of the caller that the data path writes into. */
#ifndef CORE_BATCH_H
#define CORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/frame.h"

struct core_out {
	uint8_t *mem; /* bytes of runs and of unpacked packets */
	size_t cap, used;
	struct udp_run *runs;
	unsigned int nruns, maxruns;
	struct tun_out *frames;
	unsigned int nframes, maxframes;
	struct slice *slices;
	unsigned int nslices, maxslices;
};

/* Forgets the content, once it has been sent and written. */
void core_out_reset(struct core_out *o);

/*
 * The room for the next datagram of len bytes: write it there, then
 * batch_run_add(). NULL when there is no room for the bytes or a new run.
 */
uint8_t *batch_run_place(struct core_out *o, size_t len);
/* Counts the len bytes just written as one datagram to remote: appended to
 * the last run when that is to the same place with the same TOS and none of its
 * datagrams was shorter, else a run of its own. */
void batch_run_add(struct core_out *o, const struct endpoint *remote,
		   const struct ipaddr *local, uint8_t tos, size_t len);
/* The same for a datagram that is longer than the path takes, and must arrive:
 * a run of its own, which may be fragmented. */
void batch_run_add_fragments(struct core_out *o, const struct endpoint *remote,
			     const struct ipaddr *local, uint8_t tos,
			     size_t len);
/* Len bytes of memory that stay until the next reset; NULL: no room. */
uint8_t *batch_alloc(struct core_out *o, size_t len);

#endif
