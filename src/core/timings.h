/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every time constant of the core. _MS: milliseconds, _S: seconds. Times that
 * an administrator may set are the timers of conf.h; those that tools share
 * with the core stand in proto.h (CONNECT_MS, PAIR_AGE_*, BNL_FUTURE_MAX_S) and
 * warning.h. cluevpn-protocol(7) lists those that a peer notices.
 */
#ifndef CORE_TIMINGS_H
#define CORE_TIMINGS_H

#include <stdint.h>

/* --- the core: work in the background ------------------------------------- */
#define SWEEP_STEP_MS 100     /* between the steps of a look at all peers */
#define SWEEP_SUMMARY_MS 5000 /* after the first such look: sessions are up */
#define SWEEP_REST_MS 30000   /* between two looks at all peers */
#define REVIEW_STEP_MS 1      /* the same after another list or configuration */
#define SECRETS_CHECK_MS 3600000 /* between two looks at the ages of pairs */
#define RUN_STORE_MS 3600000	 /* between two writes of the running time */

/* --- data/ ---------------------------------------------------------------- */
#define ICMP_LIMIT_MS 1000 /* window of the limit of ICMP errors */

/* --- peer/: when to negotiate --------------------------------------------- */
/* After a dial that nobody answered: then doubled, up to. */
#define DIAL_FIRST_MS 50
/* A peer that is back is found within half a minute, */
#define DIAL_MAX_MS 25600
#define DIAL_URGENT_MAX_MS 1600 /* or, while packets wait for it, two seconds */
/* After a negotiation that led to no session: then doubled, up to
 * negotiategap. */
#define VAIN_FIRST_MS 250
#define GIVE_WAY_MS 1000    /* the lower name may be about to dial, */
#define GIVE_WAY_PEER_MS 10 /* and have as many others to dial: for each peer */
#define DIAL_BACK_MS 1000   /* the peer is there again, and may dial itself */
#define DIAL_BUSY_MS 20	    /* all connections are in use */
#define DIAL_LACK_MS 1000   /* there is no memory to dial */
#define PEER_NEW_MS 60000   /* for a node that joins, to start its daemon */
/* Pairs are replaced over so long, not all at once. */
#define REFRESH_SPREAD_S 3600
/* The last try at an address counts so long. */
#define ADDRESS_STANDING_MS 600000
#define WAITQ_AGE_MS 60000 /* older packets that wait are of no use */

/* --- peer/: records in sessions ------------------------------------------- */
#define KEEPALIVE_HIDDEN_S 25 /* less than NATs keep a mapping of UDP */
#define TELL_MS 1000	      /* window of the limit of answers to ASK */
/* Until all peers are told of a list: the first ones fetch it. */
#define NEWS_ROUND_MS 300
#define NEWS_ROUND_LARGE_MS 2000 /* a large list that all fetch whole */
#define NEWS_FIRST_MS 1		 /* between the steps of the first round */
#define NEWS_STEP_MS 10		 /* between two groups of peers that are told */
#define NEWS_LOST_MS 250    /* without a receipt: the peer is told again, */
#define NEWS_SILENT_MS 2000 /* or dialled */
#define MUTE_SPAN_MS 1000  /* in which packets that do not unpack are counted */
#define MUTE_HOLD_MS 10000 /* compressed packets of that peer are dropped */
#define MUTE_WARN_MS 600000 /* from a mute's start to the end of its warning */
#define PATH_TELL_MS 100 /* between two ICMP errors for packets cut to size */
#define PMTU_TRY_MS 300	 /* an answer takes so long, and two round trips */
#define PMTU_ROUND_MS 50 /* least length of a round of a search */
#define PMTU_CONFIRM_MS 150 /* after that, large packets start a check */

/* --- peer/: what an administrator is told --------------------------------- */
#define DIAGNOSE_PING_MS 1000	 /* between two PINGs that are not answered */
#define DIAGNOSE_DIAL_MS 250	 /* between two dials of one node */
#define DIAGNOSE_UNHEARD_MS 1000 /* a PONG takes no longer */
#define DIAGNOSE_FRESH_MS 10000	 /* the results of a probe hold so long, */
#define DIAGNOSE_NOTE_MS 60000	 /* and those of other tries, without one */
#define WARNINGS_AGAIN_MS INT64_C(86400000) /* a warning that still holds */

/* --- conn/: TLS connections ----------------------------------------------- */
#define CONN_LIFE_MS 600000   /* however busy a connection is */
#define CONN_DELIVER_MS 30000 /* for a node that is not in the list */
/* For the owner of a socket, then it is told again. */
#define CONN_CLOSE_MS 15000
#define CONN_SAY_MS INT64_C(3600000) /* between two equal lines about a node */
/* Window of the limit of lines about callers that are no nodes. */
#define OUTSIDERS_MS 60000
/* Between two lists that an unlisted name delivers. */
#define UNLISTED_GAP_MS 60000
/* Window of the limit of negotiations of a peer: each costs two writes to
 * the disk. */
#define NEGOTIATIONS_MS 60000
/* Least age of a connection that gives its place to another. */
#define ROOM_MS 250
/* An attempt has to itself where no connection is to spare, and the last
 * ones have when another has failed. */
#define DIAL_ALONE_MS 2000
/* A first dial has its place until TCP is connected, at most so long; */
#define DIAL_SLOT_MS 100
#define DIAL_CROWD_MS 5	 /* when very many wait: 10,000 in a second; */
#define DIAL_TLS_MS 1000 /* in all, when TCP is connected */
#define DIALQ_PACE_MS 50 /* between dials of peers that failed before */

/* --- list/: transfers ----------------------------------------------------- */
#define TRANSFER_ANSWER_MS 10000 /* from QUERY to HAVE */
#define TRANSFER_MS 60000	 /* for a whole list, and */
#define TRANSFER_MS_PER_64K 1000 /* for each 64 KiB of it */
#define TRANSFER_WAIT_MS 200	 /* between two looks at whose turn it is */
#define TRANSFER_STALL_MS 600	 /* without data: others may deliver it */
/* After this others may in any case; doubled each time a transfer gave way, */
#define TRANSFER_HOLD_MS 5000
#define TRANSFER_HOLD_MAX_MS 160000 /* up to this: a slow path needs it */
#define TRANSFER_LOOK_MS 2000 /* between two looks at a transfer after that */
/* A list that is dated too far ahead, or is of another network. */
#define HELD_OFF_LIST_MS INT64_C(3600000)
#define HELD_OFF_DISK_MS INT64_C(5000) /* there was no memory to keep it */

/* --- list/: whom to ask and to tell --------------------------------------- */
#define FIRST_PULL_MS 1000 /* after the start: sessions tell of lists first */
/* Nodes that start at once do not ask at once. */
#define FIRST_PULL_SPREAD_MS 2000
#define PULL_HURRY_MS 10000 /* between pulls while there is no proper list */
#define PUSH_RETRY_MS 15000 /* then doubled, up to */
#define PUSH_RETRY_MAX_MS 3600000
#define PUSH_LOOK_MS 500 /* after an announcement in a session */
/* A session tells of a list so often, and more often. */
#define GOSSIP_HEARD_MS 180000
#define NEWS_SPAN_MS 30000 /* window of the limit of pulls by one node's news */
#define NEWS_APART_MS 200  /* between pulls by news of several nodes */
#define VISIT_STEP_MS 1 /* between two groups of nodes looked at for a pull */
/* Another node takes the place of one not connected by then. */
#define PASS_SILENT_MS 1000
/* Until a list is passed on once more; then four times that. */
#define PASS_AGAIN_MS 2000
/* A peer that does not deliver what it announced; then doubled, up to. */
#define STANDING_MUTE_MS INT64_C(3600000)
#define STANDING_MUTE_MAX_MS (1024 * STANDING_MUTE_MS)
/* The connection broke, perhaps the path: then doubled, up to
 * STANDING_MUTE_MS. */
#define STANDING_BROKE_MS INT64_C(60000)
/* Between two alarms about the same lists. */
#define FORK_AGAIN_MS INT64_C(3600000)
#define FORK_AHEAD_S 3600 /* a list is dated so far ahead on purpose only */

/* --- secrets/ and session/ ------------------------------------------------ */
#define SECRETS_RETRY_MS 60000 /* after a write that failed */
#define ASSOC_INIT_GAP_MS 20   /* INITs of one peer are taken no faster */
/* Window of INITs after which cookies are asked for. */
#define ASSOC_LOAD_MS 1000

/* --- directory/ ----------------------------------------------------------- */
#define ADDRCACHE_GATHER_MS 5000 /* changes in that time are one write */
#define ADDRCACHE_GAP_MS 60000	 /* between two writes */
#define ADDRCACHE_INDEX_MS 1000	 /* between two times that the index is made */
#define HOSTS_FRESH_MS 30000	 /* an answer is not asked for again before, */
#define HOSTS_RETRY_MS 5000 /* nor a failed one; doubled unless packets wait, */
#define HOSTS_RETRY_MAX_MS 300000 /* up to this */

#endif
