/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TCP connections of the core. */
#ifndef DAEMON_STREAMS_H
#define DAEMON_STREAMS_H

#include "base/table.h"
#include "base/err.h"
#include "core/action.h"

struct daemon;
struct stream;

struct streams {
	struct table conns;	  /* by connection id */
	size_t files;		  /* descriptors that this process may have */
	struct stream *lingering; /* closed by the core, still sending */
	struct streams_share {	  /* limits of a turn for all
				   * connections */
		int64_t ns;	  /* time spent reading in this turn */
		uint64_t round;	  /* each is read once per round */
		bool waits;	  /* some wait for the next turn */
	} share;
};

void streams_accept(void *daemon, int fd, const struct endpoint *remote,
		    const struct endpoint *local);
void streams_connect(struct daemon *d, const struct action *a);
void streams_flush(struct daemon *d, uint32_t conn);
void streams_close(struct daemon *d, uint32_t conn);
void streams_close_all(struct daemon *d);
/* Continues with the streams that were not read in this turn for lack of
 * time. */
void streams_next_turn(struct daemon *d);

#endif
