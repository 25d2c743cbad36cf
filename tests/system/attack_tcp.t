#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Crowds of TCP connections that come to nothing, from many addresses: they are
# closed in time, a node of the list gets in all the same, and packets go on.
# HOSTILE=full: for longer, with the time limit of a real network. HOSTILE=short
# is between the two.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

NUMBER=${NUMBER:-1000} SPAN=2 LIMIT_S=1
case ${HOSTILE:-} in
short) SPAN=5 LIMIT_S=3 ;;
full) SPAN=20 LIMIT_S=10 ;;
esac

outer=4
network alpha beta gamma
host mallory
b=$(outer4 beta)
must inside mallory ip addr add 192.0.3.1/16 dev eth0
for i in $(seq 2 250); do
	must inside mallory ip addr add "192.0.3.$i/16" dev eth0
done
must inside beta ip route add 192.0.0.0/16 dev eth0
conf beta "channelhandshake = ${LIMIT_S}s"
start alpha beta gamma
ok 'packets go' reach alpha beta
ok 'from gamma, too' reach gamma beta
watch beta alpha

crowd() { # crowd HOW NUMBER SECONDS [ADDRESSES]
	inside mallory "$helpers/crowd" "$1" "$2" "$3" "$b" 3406 \
		192.0.3.1 "${4:-250}"
}
agreed() { logs beta 'peer=gamma pair-new'; }
again() { [ "$(agreed)" -gt "$1" ]; }
said() { # said WORD: that number of what the crowd said
	sed -n "s/.*$1 \([0-9]*\).*/\1/p" $tmp/crowd
}
pings() { # of alpha, as long as a crowd is there
	inside alpha ping -n -q -i 0.01 -c $((SPAN * 100)) -W 5 \
		"$(inner4 beta)"
}
gets_in() { # gets_in HOW: gamma, which is in the list, negotiates
	local before from

	before=$(agreed) from=$(date +%s%3N)
	ok "$1: gamma asks for a negotiation" ctl gamma negotiate beta
	soon "$1: and has it" again "$before"
	echo "# $1: gamma got in after $(($(date +%s%3N) - from)) ms"
}

# --- a few ----------------------------------------------------------------------
# They could stay, if nobody looked at the time.
for how in idle drip hello; do
	crowd $how 6 $((2 * LIMIT_S + 1)) 1 >$tmp/crowd 2>&1
	sed "s/^/# few, $how: /" $tmp/crowd
	more "$(said closed)" 5 "few, $how: they are closed"
	more $((LIMIT_S * 1000 + 900)) "$(said longest_ms)" \
		"few, $how: when their time is over"
	more "$(said longest_ms)" $((LIMIT_S * 900)) "few, $how: not before"
done
crowd large 6 2 1 >$tmp/crowd 2>&1
more 900 "$(said longest_ms)" 'few, large: no time is lost with them'
# Those that are ended and do not hang up: beta waits a little, and closes.
crowd deaf 6 30 1 >$tmp/crowd 2>&1 &
crowd=$!
linger() { # linger NUMBER: so many descriptors more than at first
	[ "$(fds beta)" -ge $((${was[beta fds]} + $1)) ]
}
soon 'few, deaf: they linger' linger 6
soon 'few, deaf: and are closed' calm beta
ok 'few, deaf: though they still stand there' kill -0 $crowd
kill $crowd
wait $crowd

# --- many -----------------------------------------------------------------------
for how in idle hello drip large noise; do
	pings >$tmp/pings 2>&1 &
	ping=$!
	crowd $how "$NUMBER" $SPAN >$tmp/crowd 2>&1 &
	crowd=$!
	sleep 0.5
	gets_in $how
	# 64 connections, as many that linger, and what it had.
	more "$((${was[beta fds]} + 129))" "$(fds beta)" \
		"$how: descriptors are bounded"
	wait $crowd
	sed "s/^/# $how: /" $tmp/crowd
	more "$(said made)" 100 "$how: they were there"
	more $((LIMIT_S * 1000 + 900)) "$(said longest_ms)" \
		"$how: and were closed in time"
	wait $ping
	sed -n "s/^rtt /# $how: pings: &/p" $tmp/pings
	is "$(sed -n 's/.*, \([0-9.]*\)% packet loss.*/\1/p' $tmp/pings)" 0 \
		"$how: no ping is lost"
done
# The oldest of those that do not hang up is torn down.
crowd deaf 600 3 >$tmp/crowd 2>&1 &
crowd=$!
soon 'deaf: they are there' linger 50
gets_in deaf
most=0
while kill -0 $crowd 2>/dev/null; do
	now=$(fds beta)
	[ "$now" -le "$most" ] || most=$now
	sleep 0.1
done
wait $crowd
sed 's/^/# deaf: /' $tmp/crowd
more "$((${was[beta fds]} + 129))" "$most" 'deaf: descriptors are bounded'
longest=$(query beta status .loop_longest_ms)
echo "# the longest turn: $longest ms"
more 200 "$longest" 'no turn is long'

# From addresses where nobody answers.
inside mallory "$helpers/attack" syn 2000 $SPAN "$b" 3406 192.0.77.1 200 \
	>$tmp/crowd &
crowd=$!
half_open() { [ "$(inside beta ss -Htn state syn-recv | wc -l)" -gt 100 ]; }
soon 'half open: they stand' half_open
gets_in 'half open'
wait $crowd
echo "# half open: $(cat $tmp/crowd) begun"
unharmed beta alpha
finish
