#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Either end of a pair is killed, at random under load (KILLS times: `make
# host-kill` does it 200 times) and at each step in which a negotiation writes:
# it goes on from what its disk has, and no secret that both held is lost.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

armed=$tmp/armed
outer=4
network alpha beta
# Nobody negotiates because of a silence: only where no pair is left.
for n in alpha beta; do conf $n 'unanswered = 1h'; done
pairs() { logs alpha 'pair-new'; }
bad() { # what must never be
	logs alpha 'set aside|error|assert'
	logs beta 'set aside|error|assert'
}
other() { [ "$1" = alpha ] && echo beta || echo alpha; }
load() { # load FROM TO: as many packets as it takes
	inside "$1" ping -q -n -i 0.002 -s 1000 "$(inner4 "$2")" \
		>/dev/null 2>&1 &
	loads+=($!)
}

# --- at random ------------------------------------------------------------------------
seed=${SEED:-$(date +%s)}
RANDOM=$seed
echo "# SEED=$seed"
start alpha beta
ok 'packets go' reach alpha beta
soon 'both ends are up' reach beta alpha
load alpha beta
load beta alpha
lost=0
for ((k = 1; k <= ${KILLS:-10}; k++)); do
	[ $((RANDOM % 2)) -eq 0 ] && n=alpha || n=beta
	# Some of them in the midst of a negotiation.
	[ $((RANDOM % 3)) -ne 0 ] || ctl $n negotiate "$(other $n)" >/dev/null
	sleep "0.$(printf %03d $((RANDOM % 400)))"
	crash $n
	[ $((RANDOM % 4)) -ne 0 ] || {
		n="alpha beta"
		[ -z "${pid[alpha]:-}" ] || crash alpha
		[ -z "${pid[beta]:-}" ] || crash beta
	}
	# shellcheck disable=SC2086 # words
	start $n
	if ! WAIT=1 within "$LIMIT" reach alpha beta >$tmp/out 2>&1 ||
	    ! WAIT=1 within "$LIMIT" reach beta alpha >$tmp/out 2>&1; then
		lost=$k
		break
	fi
done
is "$lost" 0 "after each of ${KILLS:-10} kills packets go both ways"
kill "${loads[@]}"
wait "${loads[@]}" 2>/dev/null
is "$(bad | tr '\n' ' ')" '0 0 ' 'no record was damaged, nothing is an error'
stop alpha beta

# --- at each step of a negotiation's writes -----------------------------------------------
at_step() { # at_step NODE N: it dies before the Nth write of a negotiation
	local n=$1

	under[$n]="env LD_PRELOAD=$O/tests/helpers/preload/die.so
		ASAN_OPTIONS=$second
		WITHIN=$tmp/$n/state/pairs ARMED=$armed"
	start $n
	WAIT=1 within "$LIMIT" reach $n "$(other $n)" >$tmp/out || return 1
	before=$(pairs)
	echo "$2" >$armed
	ctl $n negotiate "$(other $n)" >/dev/null
	within "$LIMIT" dead_or_done $n >$tmp/out 2>/dev/null
	rm -f $armed
	under[$n]=
}
dead_or_done() { # dead_or_done NODE: killed, or it has agreed and proven
	gone "${pid[$1]}" 2>/dev/null && return
	[ "$(pairs)" -gt "$before" ] && sleep 0.3
}
for n in alpha beta; do
	rm -rf $tmp/alpha/state/pairs $tmp/beta/state/pairs
	start "$(other $n)"
	deaths=0
	for step in $(seq 1 20); do
		at_step $n "$step" || die "$n does not get to step $step"
		gone "${pid[$n]}" 2>/dev/null || break
		wait "${pid[$n]}" 2>/dev/null
		deaths=$((deaths + 1))
		known=$(logs alpha pair-new)
		start $n
		WAIT=1 soon "$n, $step: packets go" reach $n "$(other $n)"
		WAIT=1 soon "$n, $step: and back" reach "$(other $n)" $n
		[ "$n" = alpha ] || is "$(pairs)" "$known" \
			"$n, $step: by a secret that both had"
		stop $n
	done
	more $deaths 3 "$n: there are four steps at least"
	ok "$n: and an end to them" test "$step" -lt 20
	stop alpha beta
done
is "$(bad | tr '\n' ' ')" '0 0 ' 'no record was damaged, nothing is an error'
finish
