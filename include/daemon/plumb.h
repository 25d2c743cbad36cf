/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns core actions into system calls, and returns the results to the core. */
#ifndef DAEMON_PLUMB_H
#define DAEMON_PLUMB_H

#include <jansson.h>

#include "core/directory/hosts.h"
#include "daemon/daemon.h"
#include "daemon/status_peer.h"

/* Performs the pending actions. Call after every call into the core. If there
 * are very many, the later ones wait for the next turn, so that packets do
 * not. */
void plumb_drain(struct daemon *d);
/* Performs all pending actions, however long that takes: at the start and
 * end. */
void plumb_drain_all(struct daemon *d);
/* As plumb_drain(), called by the loop: due timers of the core first. */
void plumb_before_sleep(void *daemon);
struct monotime plumb_deadline(void *daemon);

/* --- jobs.c: the jobs of the worker ------------------------------------- */
void job_store_pair(struct daemon *d, struct action *a);
void job_store_list(struct daemon *d, const struct action *a);
void job_store_known(struct daemon *d, struct action *a);
void job_store_run(struct daemon *d, const struct action *a);
void job_build_list(struct daemon *d, const struct action *a);
/* Frees it once every job submitted before has ended. */
void job_retire_identity(struct daemon *d, struct identity *id);

/* --- lookup.c: host names ------------------------------------------------- */
/* A thread for each name that the core resolves at a time, in each family. */
#define LOOKUP_THREADS (2 * HOSTS_AT_ONCE)
/* Takes over the action's text. */
void lookup_start(struct daemon *d, struct action *a);
int lookup_open(struct daemon *d, struct err *e);
/* Does not wait: abandons all pending look-ups. */
void lookup_close(struct daemon *d);

/* --- streams.c: TCP connections ------------------------------------------ */
void streams_accept(void *daemon, int fd, const struct endpoint *remote,
		    const struct endpoint *local);
void streams_connect(struct daemon *d, const struct action *a);
void streams_flush(struct daemon *d, uint32_t conn);
void streams_close(struct daemon *d, uint32_t conn);
void streams_close_all(struct daemon *d);
/* Continues with the streams that were not read in this turn for lack of
 * time. */
void streams_next_turn(struct daemon *d);

/* --- datapath.c: TUN and UDP --------------------------------------------- */
int datapath_open(struct daemon *d, struct err *e);
void datapath_close(struct daemon *d);
void datapath_send(struct daemon *d, const struct action *a);
void datapath_tun_write(struct daemon *d, const struct action *a);

/* --- offload.c ------------------------------------------------------------ */
enum tun_level offload_tun_level(const struct conf *c);
/* The device refused a frame: perhaps not the first one of its kind. */
void offload_fall_back(struct daemon *d);
/* Features that are not or only partly in use, with reasons. */
void offload_log(const struct daemon *d);
json_t *offload_json(const struct daemon *d);
/* Why no segmentation is used towards that address; null: it is used, or no
 * address. */
json_t *offload_peer_json(const struct daemon *d, const struct endpoint *to);

/* --- turn.c: when the daemon gets the processor -------------------------- */
int turn_open(struct daemon *d, struct err *e);
void turn_step_back(struct daemon *d);		/* SIGXCPU */
void turn_close(struct daemon *d);

/* --- slept.c: a machine that slept, or was copied ------------------------ */
/* While still root; logs when copies of the machine cannot be detected. */
void slept_open(struct daemon *d);
/* Once there are sessions that a copy would end. */
int slept_watch(struct daemon *d, struct err *e);
void slept_look(struct daemon *d);		/* at the start of a turn */
void slept_close(struct daemon *d);

/* --- script.c: hooks --------------------------------------------------------- */
void script_run(struct daemon *d, const struct action *a);
/* Runs changecmd once for all that script_run() was given since the last
 * time. */
void script_flush(struct daemon *d);
bool script_any(const struct conf *c);		/* a hook is configured */
/* True when hooks can run; else configured hooks need a restart. */
bool script_may(const struct daemon *d);
size_t script_pending(const struct daemon *d);	/* hooks that have not ended */
/* Runs the hook of WARDEN_UP or WARDEN_DOWN and waits for it. 0 when there is
 * none or it succeeded. Other pending hooks are dropped. */
int script_wait(struct daemon *d, enum warden_hook hook);

/* --- reload.c -------------------------------------------------------------- */
/* Errors were logged, and the old state is kept. */
enum reloaded {
	RELOAD_OK,		/* the list on the disk may still be loading */
	RELOAD_NO_CONF,		/* then the list is not read either */
	RELOAD_NO_LIST		/* see core_disk_refused() for the reason */
};

enum reloaded reload_all(struct daemon *d);	/* HUP */
enum reloaded reload_push(struct daemon *d);	/* USR1: the list alone */
json_t *reload_restart_json(const struct daemon *d);	/* names of keys */

/* --- status.c --------------------------------------------------------------- */
/* Walks over all peers or routes are made in slices: each call examines up to
 * STATUS_STEP places from *at on, which starts as zeros, and advances it.
 * false: none is left. The list may change in between. */
#define STATUS_STEP 16

struct status_place {
	char node[NODE_NAME_MAX + 1];	/* last place examined; "": none */
	uint32_t item;			/* first unreported item of it */
};

struct status_sums {
	uint64_t n[HEALTH_STOPPED + 1];	/* peers of each health */
	uint64_t waiting;		/* packets */
	json_t *warnings;		/* an array: of the peers */
};

typedef void status_item_fn(void *ctx, json_t *item);	/* takes over item */

bool status_peers(struct daemon *d, struct status_place *at,
		  const struct peers_query *q, status_item_fn *item,
		  void *ctx);
bool status_sum(struct daemon *d, struct status_place *at,
		struct status_sums *s);
/* Into the log: this node; its peers. */
void status_log(struct daemon *d);
bool status_log_peers(struct daemon *d, struct status_place *at);
/* New references, for the caller to json_decref(); NULL: out of memory. */
json_t *status_node(struct daemon *d, const struct status_sums *sums);
json_t *status_version(const struct bnl_version *v);

/* --- listdisk.c: the list's file, beside the list in force ------------------- */
int listdisk_open(struct daemon *d, struct err *e);	/* after state_open() */
void listdisk_close(struct daemon *d);
/* Reports by log and event that a replaced list is kept under that name. */
void listdisk_lost(struct daemon *d, const char *name);
/* A sentence about a file that differs from the list in force; null: none. */
json_t *listdisk_json(struct daemon *d);
/* Appends a warning while a kept file exists. */
void listdisk_warn(const struct daemon *d, json_t *warnings);

/* --- telling.c: answers that take several turns ------------------------------ */
int telling_open(struct daemon *d, struct err *e);
/* Peers, routes, the node itself: to that client of the control socket. */
void telling_peers(struct daemon *d, uint64_t client,
		   const struct peers_query *q);
void telling_routes(struct daemon *d, uint64_t client);
void telling_node(struct daemon *d, uint64_t client);
void telling_log(struct daemon *d);		/* USR2: the status */
/* Answers once the list on the disk, which is being read, is in force, or is
 * refused: with `undone` and the reason. restart: includes the keys that need
 * one. */
void telling_list(struct daemon *d, uint64_t client, const char *undone,
		  bool restart);
void telling_follow(struct daemon *d);		/* in each turn */
struct monotime telling_deadline(const struct daemon *d);
void telling_close(struct daemon *d);

/* --- giveback.c: memory for the system -------------------------------------- */
int giveback_open(struct daemon *d, struct err *e);
/* Counts freed connections, or other objects of that size. After a burst, the
 * allocator returns its free memory to the system. */
void giveback_freed(struct daemon *d, unsigned int n);
void giveback_close(struct daemon *d);

/* --- trouble.c: warnings and reasons ---------------------------------------- */
/* Returns the warnings of this node, followed by a copy of the peers'. */
json_t *trouble_warnings(struct daemon *d, json_t *of_peers);
/* Appends the warnings of peer i. */
void trouble_peer_warnings(struct daemon *d, size_t i, json_t *array);
json_t *trouble_why(struct daemon *d, const char *name);
/* A walk, as in status.c. */
bool trouble_routes(const struct daemon *d, struct status_place *at,
		    status_item_fn *item, void *ctx);

/* --- events.c ---------------------------------------------------------------- */
void events_add(struct daemon *d, enum event_level level, enum event_kind kind,
		const char *peer, const char *text);
/* As events_add(), and logs it. peer: "" for none. */
void events_say(struct daemon *d, enum event_level level, enum event_kind kind,
		const char *peer, const char *text);
/* Sends the most recent ones to that client of the control socket, one line
 * each, then ends the answer, or follows. */
void events_send(struct daemon *d, uint64_t client, uint64_t most,
		 bool follow);
bool events_may_follow(struct daemon *d);
/* The most recent ones about that peer. */
json_t *events_json(const struct daemon *d, const char *peer, size_t most);
/* Untrusted text, escaped; NULL becomes null. */
json_t *events_text_json(const char *text);
/* Logs, a minute after the first line of each kind of event, the number of
 * lines about peers that were not logged. */
struct monotime events_deadline(const struct daemon *d);
void events_tick(struct daemon *d, struct monotime now);
void events_free(struct daemon *d);

/* --- control.c -------------------------------------------------------------- */
/* Handles a request on the control socket: see cluevpnctl(8). */
void control_request(void *daemon, uint64_t client,
		     const struct ctlsock_peer *peer, const char *line);

#endif
