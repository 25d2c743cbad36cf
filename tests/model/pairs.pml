/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pair secrets that two nodes hold of each other: src/core/secrets/secret_set.c,
 * secret_store.c and negotiation.c as a model for spin(1). tests/model/run looks
 * at every state that can be reached.
 *
 * What happens here, in every order: both nodes dial, also at one time; a
 * connection is taken late, or after another that was dialled later, and may
 * end at any moment, on one side before the other; a write to the disk is
 * under way while all else goes on, and ends well, or fails having changed
 * the disk or not; a node dies at any moment, so at every step of a write and
 * of a negotiation, and starts again from its disk; each has the higher of
 * both generations + 1 for the next pair; sessions are made of any secret held
 * and their packets come at any time, or again, as do INITs.
 *
 * What is shown, within PAIRS negotiations and for any number of deaths, ends
 * and failed writes:
 * - Once both have held one secret, there is always one that both hold.
 * - What a HELLO lists or a session is made of is on the disk.
 * - At most three are held: a proven one, and of each dialler one unproven.
 * - From every state, when deaths, ends and failed writes cease (calm),
 *   everything comes to an end: no connection waits for ever, the disk holds
 *   what the memory does, and if another negotiation follows both hold a
 *   secret. With SESSIONS: they have a session, which has proven it to both.
 *
 * What is taken for granted: a record on the disk is the old one or the new
 * one, whole (host_kill.t kills the daemon at each system call); TLS and Noise
 * do what they promise; who dialled is agreed. Left out: more pairs than PAIRS,
 * generations that wrap, timers (what a timer does happens at any moment), two
 * nodes' lists, ages, certificates and keys, which erase pairs on purpose, and
 * a state directory that goes back in time.
 *
 * Without SESSIONS a proof of a secret comes whenever a node holds it and the
 * other one ever did: that is more than sessions can bring about, with far
 * fewer states. With it, INIT, RESP and DATA are there.
 *
 * -DBREAK=... takes one rule away; spin must then find a run that leaves the
 * two without a common secret, or breaks another of these promises.
 */
#ifndef PAIRS
#define PAIRS 3
#endif
#ifndef BREAK
#define BREAK 0
#endif
#ifndef FAILS
#define FAILS 1			/* writes may fail */
#endif
#ifndef CALM
#define CALM 1			/* an end is looked for */
#endif
#define ERASE_AT_ONCE	1	/* the new one is there: away with the old */
#define ORDER_BY_AGE	2	/* as each node came to know them */
#define ORDER_TIE	3	/* of one generation: one's own is greater */
#define ABSENCE_OF_BOTH	4	/* rule 2 whoever dialled */
#define ONE_UNPROVEN	5	/* rule 3 whoever dialled */
#define VISIBLE_FIRST	6	/* held before it is durable */
#define UNSETTLED	7	/* HELLO does not wait for the disk */
#define OVERTAKEN	8	/* a HELLO of an older connection is taken */
#define OLD_DIALS	9	/* a dialler's older negotiation goes on */
#define OLD_ANSWERS	10	/* so does what the listener had begun */

#define LOWER 0			/* of the two names */
#define HIGHER 1
#define ALL ((1 << PAIRS) - 1)
#define BIT(k) (1 << (k))
#define HAS(set, k) (((set) >> (k)) & 1)

/* --- a node: struct secret_set ------------------------------------------------ */

/* Sets of pairs: bit k is the one that negotiation k makes. */
byte held[2], proven[2];	/* held.pairs and their mark */
byte pending[2];		/* added: held once they are on the disk */
bit ticket[2];			/* a write is under way: of these */
byte wheld[2], wproven[2];
bit dirty[2];
byte dheld[2], dproven[2];	/* what the disk holds */

/* A pair's place: (generation, dialled by the lower name). */
byte generation[PAIRS];
byte low;			/* pairs that the lower name dialled */
#if BREAK == ORDER_BY_AGE
byte age[2 * PAIRS], clock[2];
#define ORDER(n, k) age[(n) * PAIRS + (k)]
#define GROWS_OLD(n, k) clock[n]++; age[(n) * PAIRS + (k)] = clock[n]
#else
#define ORDER(n, k) (2 * generation[k] + \
	(BREAK == ORDER_TIE -> (HAS(low, k) != (n)) : HAS(low, k)))
#define GROWS_OLD(n, k) skip
#endif
#define LESS(n, a, b) (ORDER(n, a) < ORDER(n, b))
#define OF_DIALLER(d) ((d) == LOWER -> (low) : (ALL & ~low))
#define DIALLER_OF(k) (1 - HAS(low, k))

#define settled(n) ((!ticket[n] && !dirty[n]) || BREAK == UNSETTLED)

byte i, j;			/* scratch, 0 between steps */
bit change;

/* --- a negotiation: struct conn ----------------------------------------- */

/* Past CONFIRM an end holds and erases nothing more: it is CLOSED here. */
mtype = { NONE, SETTLE, HELLO, ANSWER, CONFIRM, CLOSED };
mtype dial[PAIRS], lstn[PAIRS];	/* state of the dialler, of the listener */
byte dialler[PAIRS];
byte accepted[PAIRS];		/* orders those in HELLO, as conn.seq */
/* On their way: what the dialler's, the listener's HELLO lists, and CONFIRM. */
bit dhello[PAIRS], lhello[PAIRS], dconfirm[PAIRS], lconfirm[PAIRS];
byte dlist[PAIRS], llist[PAIRS];
byte dialled;			/* how many negotiations were begun */
bit calm, last;			/* no more mishaps; and one more was begun */
bit shared;			/* both have held one at one time */

#define LISTENER(k) (1 - dialler[k])

/* --- sessions --------------------------------------------------------------- */

#ifdef SESSIONS
/* By the secret they are made of; what was sent may come at any time. */
byte try[2];		/* own INITs, of this run of the daemon */
byte inits[2];		/* INITs sent to this node */
byte resp[2];		/* RESPs sent to this node */
byte alive[2];		/* a session of this run */
byte data[2];		/* DATA sent to this node */
#define FORGET(n, k) try[n] = try[n] & ~BIT(k); inits[n] = inits[n] & ~BIT(k); \
	resp[n] = resp[n] & ~BIT(k); alive[n] = alive[n] & ~BIT(k); \
	data[n] = data[n] & ~BIT(k)
#define FORGET_RUN(n) alive[n] = 0; try[n] = 0
#define EVER_HELD
#else
byte had[2];			/* ever held */
#define FORGET(n, k) had[n] = had[n] & ~BIT(k)
#define FORGET_RUN(n) skip
#define EVER_HELD had[LOWER] = had[LOWER] | held[LOWER]; \
	had[HIGHER] = had[HIGHER] | held[HIGHER]
#endif

/* The law; and what the comment of secret_set.h says about three. */
inline law()
{
	assert(!shared || (held[LOWER] & held[HIGHER]));
	shared = shared || (held[LOWER] & held[HIGHER]);
	EVER_HELD
}

/* --- src/core/secrets/secret_set.c ------------------------------------------------------ */

/* Rule 1 */
inline secret_set_prove(n, y)
{
	if
	:: !HAS(proven[n], y) -> proven[n] = proven[n] | BIT(y); change = 1
	:: else
	fi;
	for (j : 0 .. PAIRS - 1) {
		if
		:: HAS(held[n], j) && LESS(n, j, y) ->
			held[n] = held[n] & ~BIT(j);
			proven[n] = proven[n] & ~BIT(j);
			change = 1
		:: else
		fi
	}
	j = 0
}

/* Rules 1 and 2: the absent ones go, the listed ones are proven. */
inline secret_set_hello(n, by, list)
{
	for (i : 0 .. PAIRS - 1) {
		if
		:: HAS(held[n] & ~list & ~proven[n], i) &&
		    (DIALLER_OF(i) == by || BREAK == ABSENCE_OF_BOTH) ->
			held[n] = held[n] & ~BIT(i);
			change = 1
		:: else
		fi
	}
	for (i : 0 .. PAIRS - 1) {
		if
		:: HAS(held[n] & list, i) -> secret_set_prove(n, i)
		:: else
		fi
	}
	i = 0
}

/* Rule 3; change: it is held now. */
inline secret_set_insert(n, p)
{
	change = 1;
	for (j : 0 .. PAIRS - 1) {
		if
		:: HAS(held[n], j) && LESS(n, p, j) &&
		    (HAS(proven[n], j) || HAS(low, j) == HAS(low, p)) ->
			change = 0
		:: else
		fi
	}
	j = 0;
	if
	:: change ->
		held[n] = held[n] & (BREAK == ERASE_AT_ONCE -> 0 : proven[n] |
		    (BREAK == ONE_UNPROVEN -> 0 : ~OF_DIALLER(DIALLER_OF(p))));
		proven[n] = proven[n] & held[n];
		held[n] = held[n] | BIT(p)
	:: else
	fi
}

/* --- src/core/secrets/secret_store.c ------------------------------------------------------ */

inline set_write(n)
{
	dirty[n] = 1;
	if
	:: !ticket[n] ->
		ticket[n] = 1;
		wheld[n] = held[n] | pending[n];
		wproven[n] = proven[n];
		dirty[n] = 0
	:: else
	fi
}

inline if_changed(n)
{
	if
	:: change -> change = 0; set_write(n)
	:: else
	fi
}

inline secret_store_add(n, p)
{
	assert(!(pending[n] & OF_DIALLER(DIALLER_OF(p))));
	GROWS_OLD(n, p);
	if
	:: BREAK == VISIBLE_FIRST -> secret_set_insert(n, p); change = 0
	:: else -> pending[n] = pending[n] | BIT(p)
	fi;
	set_write(n)
}

inline disk_takes(n)
{
	dheld[n] = wheld[n];
	dproven[n] = wproven[n]
}

/* A write that failed is tried again later. Here that is at once: what may
 * come between is then under way during the second one. */
inline secret_store_stored(n, well)
{
	for (i : 0 .. PAIRS - 1) {
		if
		:: HAS(pending[n] & wheld[n], i) ->
			change = 0;
			if
			:: well -> secret_set_insert(n, i)
			:: else
			fi;
			dirty[n] = dirty[n] || !change;
			pending[n] = pending[n] & ~BIT(i)
		:: else
		fi
	}
	i = 0;
	change = 0;
	ticket[n] = 0;
	wheld[n] = 0;
	wproven[n] = 0;
	if
	:: dirty[n] || !well -> set_write(n)
	:: else
	fi
}

/* --- connections ---------------------------------------------------------------- */

#define on_disk(n) \
	assert(dheld[n] == held[n] || BREAK == UNSETTLED)

/* What nobody will look at again is forgotten: fewer states. */
inline tidy(k)
{
	if
	:: dial[k] == CLOSED && lstn[k] == CLOSED ->
		dhello[k] = 0; dlist[k] = 0; dconfirm[k] = 0;
		lhello[k] = 0; llist[k] = 0; lconfirm[k] = 0;
		if
		:: !HAS(held[LOWER] | held[HIGHER] | pending[LOWER] |
		    pending[HIGHER] | wheld[LOWER] | wheld[HIGHER] |
		    dheld[LOWER] | dheld[HIGHER], k) ->
			generation[k] = 0;
			FORGET(LOWER, k);
			FORGET(HIGHER, k);
			low = low & ~BIT(k);
			dialler[k] = 0
		:: else
		fi
	:: lstn[k] != HELLO -> accepted[k] = 0
	:: else
	fi
}

inline tidy_all()
{
	for (i : 0 .. PAIRS - 1) {
		if
		:: i < dialled -> tidy(i)
		:: else
		fi
	}
	i = 0
}

/* conns_dial: "dialled anew" */
inline conns_dial(n)
{
	for (i : 0 .. PAIRS - 1) {
		if
		:: i < dialled && dialler[i] == n && BREAK != OLD_DIALS ->
			dial[i] = CLOSED
		:: else
		fi
	}
	i = 0;
	dialler[dialled] = n;
	if
	:: n == LOWER -> low = low | BIT(dialled)
	:: else
	fi;
	dial[dialled] = SETTLE;
	dialled++;
	tidy_all()
}

#define heard_of(i, k) (i != k && i < dialled && dialler[i] == dialler[k] && \
	((lstn[i] == HELLO && accepted[i] < accepted[k] && \
	BREAK != OVERTAKEN) || ((lstn[i] == ANSWER || lstn[i] == CONFIRM) && \
	BREAK != OLD_ANSWERS)))

/* judge_negotiation, of admission.c. The HELLO of an older connection, which is
 * not read yet, will be refused: that connection is over. */
inline listener_hello(k)
{
	for (i : 0 .. PAIRS - 1) {
		if
		:: heard_of(i, k) -> lstn[i] = CLOSED
		:: else
		fi
	}
	i = 0;
	lstn[k] = ANSWER;
	accepted[k] = 0
}

inline conns_accepted(k)
{
	accepted[k] = 1;
	for (i : 0 .. PAIRS - 1) {
		if
		:: i < dialled && lstn[i] == HELLO &&
		    dialler[i] == dialler[k] && accepted[i] >= accepted[k] ->
			accepted[k] = accepted[i] + 1
		:: else
		fi
	}
	i = 0;
	lstn[k] = HELLO
}

/* 1 + the highest of all pairs that the two HELLOs list */
inline select_generation(k)
{
	for (i : 0 .. PAIRS - 1) {
		if
		:: HAS(dlist[k] | llist[k], i) &&
		    generation[i] >= generation[k] ->
			generation[k] = generation[i] + 1
		:: else
		fi
	}
	i = 0;
	if
	:: generation[k] == 0 -> generation[k] = 1
	:: else
	fi
}

inline answer(k)
{
	secret_set_hello(LISTENER(k), dialler[k], dlist[k]);
	if_changed(LISTENER(k));
	if
	:: settled(LISTENER(k)) ->
		on_disk(LISTENER(k));
		llist[k] = held[LISTENER(k)];
		lhello[k] = 1;
		select_generation(k);
		dlist[k] = 0;
		dhello[k] = 0;
		lconfirm[k] = 1;
		lstn[k] = CONFIRM
	:: else
	fi
}

proctype connection(byte k)
{
end:	do
	/* The connection arrives, in whatever order, also when the dialler
	 * has given it up. */
	:: d_step { k < dialled && lstn[k] == NONE && dial[k] != CLOSED ->
		conns_accepted(k) }
	:: d_step { lstn[k] == NONE && dial[k] == CLOSED ->
		lstn[k] = CLOSED;
		tidy(k) }

	/* settle */
	:: d_step { dial[k] == SETTLE && lstn[k] == HELLO &&
	    settled(dialler[k]) ->
		on_disk(dialler[k]);
		dlist[k] = held[dialler[k]];
		dhello[k] = 1;
		dial[k] = HELLO }
	:: d_step { lstn[k] == HELLO && dhello[k] ->
		listener_hello(k);
		tidy_all() }
	:: d_step { lstn[k] == ANSWER && settled(LISTENER(k)) ->
		answer(k);
		tidy_all();
		law() }
	/* on_compared, of the dialler: does not wait for the disk */
	:: d_step { dial[k] == HELLO && lhello[k] ->
		secret_set_hello(dialler[k], dialler[k], llist[k]);
		if_changed(dialler[k]);
		lhello[k] = 0;
		llist[k] = 0;
		dconfirm[k] = 1;
		dial[k] = CONFIRM;
		tidy_all();
		law() }
	/* on_confirm */
	:: d_step { dial[k] == CONFIRM && lconfirm[k] ->
		secret_store_add(dialler[k], k);
		dial[k] = CLOSED;
		tidy(k);
		law() }
	:: d_step { lstn[k] == CONFIRM && dconfirm[k] ->
		secret_store_add(LISTENER(k), k);
		lstn[k] = CLOSED;
		tidy(k);
		law() }

	/* It breaks; or the other end is gone, and all was read that it sent. */
	:: d_step { dial[k] != NONE && dial[k] != CLOSED &&
	    (!calm || (lstn[k] == CLOSED && !(dial[k] == HELLO && lhello[k]) &&
	    !(dial[k] == CONFIRM && lconfirm[k]))) ->
		dial[k] = CLOSED;
		tidy(k) }
	:: d_step { lstn[k] != NONE && lstn[k] != CLOSED &&
	    (!calm || (dial[k] == CLOSED &&
	    lstn[k] != ANSWER && !(lstn[k] == HELLO && dhello[k]) &&
	    !(lstn[k] == CONFIRM && dconfirm[k]))) ->
		lstn[k] = CLOSED;
		tidy(k) }
	od
}

/* --- a host ----------------------------------------------------------------------- */

inline restart(n)
{
	for (i : 0 .. PAIRS - 1) {
		if
		:: i < dialled && dialler[i] == n -> dial[i] = CLOSED
		:: i < dialled && dialler[i] != n && lstn[i] != NONE ->
			lstn[i] = CLOSED
		:: else
		fi
	}
	i = 0;
	held[n] = dheld[n];	/* secret_store_load */
	proven[n] = dproven[n];
	pending[n] = 0;
	ticket[n] = 0; wheld[n] = 0; wproven[n] = 0;
	dirty[n] = 0;
	FORGET_RUN(n);
	tidy_all()
}

proctype node(byte n)
{
end:	do
	:: d_step { dialled < PAIRS && !last ->
		conns_dial(n);
		last = calm }
	:: d_step { ticket[n] ->
		disk_takes(n);
		secret_store_stored(n, 1);
		tidy_all();
		law() }
	:: d_step { ticket[n] && !calm && FAILS ->
		disk_takes(n);
		secret_store_stored(n, 0);
		tidy_all();
		law() }
	:: d_step { ticket[n] && !calm && FAILS ->
		secret_store_stored(n, 0);
		tidy_all();
		law() }
	:: d_step { !calm ->
		restart(n);
		law() }
	:: d_step { !calm && ticket[n] ->
		disk_takes(n);
		restart(n);
		law() }
	od
}

/* --- sessions made of the secret y, as node n sees them ---------------------------- */

proctype session(byte n; byte y)
{
end:	do
#ifdef SESSIONS
	:: d_step { HAS(held[n] & ~try[n], y) ->
		assert(HAS(dheld[n], y));
		try[n] = try[n] | BIT(y);
		inits[1 - n] = inits[1 - n] | BIT(y) }
	:: d_step { HAS(inits[n] & held[n], y) &&
	    (!HAS(alive[n], y) || !HAS(resp[1 - n], y)) ->
		alive[n] = alive[n] | BIT(y);
		resp[1 - n] = resp[1 - n] | BIT(y) }
	:: d_step { HAS(resp[n] & try[n] & held[n], y) &&
	    (!HAS(alive[n], y) || !HAS(data[1 - n], y)) ->
		alive[n] = alive[n] | BIT(y);
		data[1 - n] = data[1 - n] | BIT(y) }
	/* DATA is answered, and is proof while the pair is held. */
	:: d_step { HAS(data[n] & alive[n], y) && !HAS(data[1 - n], y) ->
		data[1 - n] = data[1 - n] | BIT(y) }
	:: d_step { HAS(data[n] & alive[n] & held[n] & ~proven[n], y) ->
		secret_set_prove(n, y);
		if_changed(n);
		tidy_all();
		law() }
#else
	:: d_step { HAS(had[1 - n] & held[n] & ~proven[n], y) ->
		secret_set_prove(n, y);
		if_changed(n);
		tidy_all();
		law() }
#endif
	od
}

/* --- the end -------------------------------------------------------------------------- */

#define three(n) ((held[n] & ~proven[n] & low) & \
	((held[n] & ~proven[n] & low) - 1)) || \
	((held[n] & ~proven[n] & ~low) & ((held[n] & ~proven[n] & ~low) - 1))

proctype judge()
{
	if
	:: d_step { CALM -> calm = 1 }
	fi;
end:	timeout;
	for (i : 0 .. PAIRS - 1) {
		assert(i >= dialled ||
		    (dial[i] == CLOSED && lstn[i] == CLOSED))
	}
	i = 0;
	for (i : LOWER .. HIGHER) {
		assert(!pending[i] && settled(i));
		assert(dheld[i] == held[i] && dproven[i] == proven[i]);
		assert(!(three(i)))
	}
	assert(!last || (held[LOWER] & held[HIGHER]));
#ifdef SESSIONS
	assert(!shared || (held[LOWER] & held[HIGHER] &
	    proven[LOWER] & proven[HIGHER] & alive[LOWER] & alive[HIGHER]));
#endif
}

init
{
	atomic {
		for (i : 0 .. PAIRS - 1) {
			dial[i] = NONE;
			lstn[i] = NONE;
			run connection(i);
			run session(LOWER, i);
			run session(HIGHER, i)
		}
		i = 0;
		run node(LOWER);
		run node(HIGHER);
		run judge()
	}
}
