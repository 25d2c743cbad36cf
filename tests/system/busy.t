#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A node takes a list of 10,000 nodes and negotiates a hundred times while a
# stream and fast pings go through it: nothing is lost, and it tells for how
# long its loop has been away at most.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

NODES=${NODES:-10000}
ROUNDS=${ROUNDS:-10}
dial=(d0 d1 d2 d3 d4 d5 d6 d7 d8 d9)

longest() { # longest WHEN: the longest turn up to now, as a comment
	echo "# $1: the longest turn took" \
		"$(query alpha status .loop_longest_ms) ms"
}
many() { # a list with NODES more nodes, none of which is there
	{
		sed '/BEGIN BNL/,$d' $tmp/network.bnl |
			grep -v -e ^timestamp -e ^history
		awk -v n="$NODES" 'BEGIN { for (i = 0; i < n; i++)
			printf "node m%05d\n" \
			    "  subnet 10.%d.%d.0/24\n" \
			    "  subnet fd00:c1:1:%x::/64\n", i,
			    100 + int(i / 256), i % 256, i }'
	} >$tmp/network.txt
	must "$O/bnl-sign" -y -k $tmp/bnl.key -o $tmp/network.bnl \
		$tmp/network.txt
}
pairs() { # how many pairs alpha has made
	# The log counts the lines beyond thirty a minute.
	ctl alpha events 256 | grep -c pair-new
}
made() { # made NUMBER: at least so many
	[ "$(pairs)" -ge "$1" ]
}
has_nodes() {
	[ "$(query alpha status .peers)" -gt "$NODES" ]
}
sent() { # bytes that beta had
	query beta peers '.[] | select(.name == "alpha").counters.rx_bytes'
}
more_than() { # more_than BYTES
	[ "$(sent)" -gt "$1" ]
}

prefixes='10.0.0.0/8 fd00:c1::/32'
network alpha beta "${dial[@]}"
start alpha beta "${dial[@]}"
soon 'packets go' reach alpha beta
for n in "${dial[@]}"; do
	soon "$n is there" reach "$n" alpha
done

nsenter --net=/run/netns/beta \
	ping -n -i 0.005 -W "$LIMIT" "$(inner4 alpha)" >$tmp/pings &
ping=$!
inside beta socat -u "TCP4-LISTEN:7000,bind=$(inner4 beta)" OPEN:/dev/null &
nsenter --net=/run/netns/alpha socat -u OPEN:/dev/zero \
	"TCP4:$(inner4 beta):7000,retry=100,interval=0.05" &
stream=$!
soon 'the stream runs' more_than 10000000
longest 'stream and pings'

first=$(pairs)
for round in $(seq "$ROUNDS"); do
	for n in "${dial[@]}"; do
		ctl "$n" negotiate alpha >/dev/null &
		calls[${n#d}]=$!
	done
	wait "${calls[@]}"
	soon "negotiations, round $round" made $((first + 10 * round))
done
longest "after $(($(pairs) - first)) negotiations"

many
give alpha
now=$(sent)
ok 'it is told of the long list' ctl alpha reload
soon 'it has all nodes' has_nodes
longest "after a list of $NODES nodes"
is "$(query alpha peers length)" $((NODES + 11)) 'it tells of all of them'
longest 'after telling of them'
soon 'the stream goes on' more_than $((now + 10000000))
ok 'it was there all the time' kill -0 $stream

kill -INT $ping
wait $ping
is "$(sed -n 's/.*, \([0-9.]*\)% packet loss.*/\1/p' $tmp/pings)" 0 \
	'all pings are answered'
sed -n 's/^rtt /# pings: &/p' $tmp/pings
kill $stream
stop alpha beta "${dial[@]}"
finish
