/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Core actions become system calls, and what the system answers goes back. */
#ifndef DAEMON_PLUMB_H
#define DAEMON_PLUMB_H

#include <jansson.h>

#include "daemon/daemon.h"

/* Works off all waiting actions. After every call into the core. */
void plumb_drain(struct daemon *d);
/* The same for the loop: due timers of the core first. */
void plumb_before_sleep(void *daemon);
struct monotime plumb_deadline(void *daemon);

/* --- jobs.c: what the worker does --------------------------------------- */
void job_store_pair(struct daemon *d, struct action *a);
void job_store_list(struct daemon *d, const struct action *a);
void job_store_known(struct daemon *d, struct action *a);
void job_build_list(struct daemon *d, const struct action *a);
/* Freed once every job submitted before has ended. */
void job_retire_identity(struct daemon *d, struct identity *id);

/* --- lookup.c: host names ------------------------------------------------- */
/* Takes the action's text over. */
void lookup_start(struct daemon *d, struct action *a);

/* --- streams.c: TCP connections ------------------------------------------ */
void streams_accept(void *daemon, int fd, const struct endpoint *remote,
		    const struct endpoint *local);
void streams_connect(struct daemon *d, const struct action *a);
void streams_flush(struct daemon *d, uint32_t conn);
void streams_close(struct daemon *d, uint32_t conn);
void streams_close_all(struct daemon *d);

/* --- datapath.c: TUN and UDP --------------------------------------------- */
int datapath_open(struct daemon *d, struct err *e);
void datapath_close(struct daemon *d);
void datapath_send(struct daemon *d, const struct action *a);
void datapath_tun_write(struct daemon *d, const struct action *a);

/* --- turn.c: when the daemon gets the processor -------------------------- */
int turn_open(struct daemon *d, struct err *e);
void turn_step_back(struct daemon *d);		/* SIGXCPU */
void turn_close(struct daemon *d);

/* --- script.c: hooks and autoconf ----------------------------------------- */
void script_run(struct daemon *d, const struct action *a);
/* upcmd or downcmd, waited for. 0 when there is none or it succeeded. */
int script_wait(struct daemon *d, const char *what, const char *command);

/* --- reload.c -------------------------------------------------------------- */
/* 0, or -1: some of it could not be read, was logged, and stays as it was. */
int reload_all(struct daemon *d);		/* HUP */
int reload_push(struct daemon *d);		/* USR1 */

/* --- status.c --------------------------------------------------------------- */
void status_log(struct daemon *d);		/* USR2 */
/* New references, for the caller to json_decref(); NULL: out of memory. */
json_t *status_node(const struct daemon *d);
json_t *status_peers(const struct daemon *d);

/* --- control.c -------------------------------------------------------------- */
/* One request of the control socket: see cluevpnctl(8). */
void control_request(void *daemon, uint64_t client,
		     const struct ctlsock_peer *peer, const char *line);

#endif
