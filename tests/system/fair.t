#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One peer keeps a node busy: the quiet one is served all the same, and so is
# the administrator. What comes is less than the node can take: of more, the
# kernel drops what does not fit into the socket, whoever has sent it.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

received() { # bytes that alpha had from the loud peer
	query alpha peers '.[] | select(.name == "loud").counters.rx_bytes'
}
more_than() { # more_than BYTES
	[ "$(received)" -gt "$1" ]
}

answers() { # of 50 pings of the quiet peer
	inside quiet ping -n -q -i 0.02 -c 50 -W "$LIMIT" "$(inner4 alpha)" |
		sed -n 's/.* \([0-9]*\) received.*/\1/p'
}

PPS=20000
gen=$O/tests/bench/udpgen
[ -x "$gen" ] || skip_all 'udpgen is not built'
network alpha loud quiet
start alpha loud quiet
soon 'the loud peer reaches it' reach loud alpha
soon 'the quiet peer reaches it' reach quiet alpha
before=$(received)
for size in 64 1372; do
	inside loud "$gen" send "$(inner4 alpha)" 9 $size 3600 \
		$PPS >$tmp/gen 2>&1 &
	flood=$!
	soon "$size bytes: the flood has begun" more_than $((before + 1000000))
	is "$(answers)" 50 'all pings of the quiet peer are answered'
	ok 'the administrator is answered' ctl alpha status
	ok 'the flood is still there' kill -0 $flood
	kill $flood
	wait $flood 2>/dev/null
	now=$(received)
	more "$now" $((before + 1000000)) 'it was one'
	before=$now
done
longest=$(query alpha status .loop_longest_ms)
echo "# the longest turn of the loop took $longest ms"
more 2000 "$longest" 'no turn is long'
stop alpha loud quiet
finish
