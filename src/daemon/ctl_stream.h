/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers on the control socket that take several turns of the loop. */
#ifndef DAEMON_CTL_STREAM_H
#define DAEMON_CTL_STREAM_H

#include "daemon/status_peer.h"
#include "sys/loop.h"

struct ctl_answer;

struct ctl_stream {
	struct ctl_answer *answers;  /* in progress */
	struct ctl_answer *awaiting; /* wait for the list on the disk */
	struct loop_timer timer;     /* time of the next piece */
};

int ctl_stream_open(struct daemon *d, struct err *e);
/* Peers, routes, the node itself: to that client of the control socket. */
void ctl_stream_peers(struct daemon *d, uint64_t client,
		      const struct peers_query *q);
void ctl_stream_routes(struct daemon *d, uint64_t client);
void ctl_stream_node(struct daemon *d, uint64_t client);
void ctl_stream_log(struct daemon *d); /* USR2: the status */
/* Answers once the list on the disk, which is being read, is in force, or is
 * refused: with `undone` and the reason. restart: includes the keys that need
 * one. */
void ctl_stream_list(struct daemon *d, uint64_t client, const char *undone,
		     bool restart);
void ctl_stream_follow(struct daemon *d); /* in each turn */
struct monotime ctl_stream_deadline(const struct daemon *d);
void ctl_stream_close(struct daemon *d);

#endif
