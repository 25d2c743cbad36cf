#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 10,000 datagrams a second that nobody wants, from many addresses and from a
# member's own: most of the goodput is kept, none is answered, nothing moves.
# HOSTILE=full: for longer, and at least 70 % is asked for; HOSTILE=short: 50 %,
# which a busy machine keeps when no other test runs.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

RATE=${RATE:-10000}
ROUNDS=2 SPAN=0.7 KEPT=30
case ${HOSTILE:-} in
short) ROUNDS=5 KEPT=50 ;;
full) ROUNDS=5 SPAN=3 KEPT=70 ;;
esac

outer=4
network alpha beta
host mallory
for i in $(seq 100 149); do
	must inside mallory ip addr add "192.0.2.$i/24" dev eth0
done
capture $tmp/init.pcap - v-alpha 'udp dst port 3406 and udp[8] == 1'
start alpha beta
ok 'packets go' reach alpha beta
inits() { [ "$(packets $tmp/init.pcap)" -gt 0 ]; }
soon 'an INIT was caught' inits
release $tmp/init.pcap
watch alpha beta
capture $tmp/answers.pcap - v-mallory 'udp and src host 192.0.2.2'

received() { query beta peers '.[0].counters.rx_bytes'; }
running() { [ "$(received)" -gt 3000000 ]; }
during() { # during COMMAND...: bytes that came to beta for SPAN seconds of it
	local from

	"$@" >$tmp/sent &
	attacker=$!
	sleep 0.1
	from=$(received)
	sleep $SPAN
	echo $(($(received) - from))
	wait $attacker
}
seconds() { awk "BEGIN { print $SPAN + 0.3 }"; }
flood() { # flood KIND SOURCE SPREAD
	inside mallory "$helpers/attack" "$1" "$RATE" "$(seconds)" \
		192.0.2.2 3406 "$2" "$3" $tmp/init.pcap
}
drops() { # drops REASON
	query beta status ".drops[\"$1\"] // 0"
}

nsenter --net=/run/netns/beta socat -u \
	"TCP4-LISTEN:7000,bind=$(inner4 beta)" OPEN:/dev/null &
nsenter --net=/run/netns/alpha socat -u OPEN:/dev/zero \
	"TCP4:$(inner4 beta):7000,retry=100,interval=0.05" &
soon 'a stream runs' running
for kind in random form mac mixed; do
	quiet=0 loud=0 total=0
	for _ in $(seq $ROUNDS); do
		quiet=$((quiet + $(during true)))
		loud=$((loud + $(during flood $kind 192.0.2.100 50)))
		total=$((total + $(cat $tmp/sent)))
	done
	echo "# $kind: $total datagrams, goodput kept: $((100 * loud / quiet)) %"
	more "$total" 1000 "$kind: they were sent"
	more $((100 * loud / quiet)) $KEPT "$kind: the stream keeps its goodput"
done
for why in type length no-pair no-session mac; do
	more "$(drops $why)" 0 "they are counted: $why"
done
where=$(query beta peers '.[0].endpoint')
made=$(query beta peers '.[0].handshakes')
: >$tmp/sent
loud=$(during flood mixed "$(outer4 alpha)" 1)
more "$loud" 0 "in alpha's name: the stream goes on"
is "$(query beta peers '.[0].endpoint')" "$where" 'alpha has not moved'
is "$(query beta peers '.[0].handshakes')" "$made" 'and its session stands'
release $tmp/answers.pcap
is "$(packets $tmp/answers.pcap)" 0 'none was answered'
unharmed beta alpha
finish
