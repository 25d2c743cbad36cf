#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Datagrams caught on the wire and sent again, before and after a restart: none
# is delivered twice, none moves or ends anything.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
host mallory
helper=$O/tests/helpers/replay
[ -x "$helper" ] || die "there is no $helper"

twice() { # twice FILE: echo requests that are in it more than once
	tcpdump -n -r "$1" 'icmp[0] == 8' 2>/dev/null |
		sed 's/.*\(id [0-9]*, seq [0-9]*\).*/\1/' | sort | uniq -d |
		wc -l
}
dropped() { # datagrams that beta has thrown away, for any reason
	query beta status '[.drops[]] | add // 0'
}
pings() { inside alpha ping -n -q -c 5 -i 0.05 -W 10 "$(inner4 beta)"; }
more_pings() { # after these, what was sent before has arrived
	pings && within "$LIMIT" arrived
}
arrived() {
	[ "$(packets "$tmp/tun.pcap" 'icmp[0] == 8')" -ge "$expected" ]
}
more_dropped() {
	query beta status .drops
	[ "$(dropped)" -ge $((before + sent - taken)) ]
}

capture $tmp/wire.pcap - v-beta \
	"udp dst port 3406 and dst host $(outer4 beta)"
start alpha beta
capture $tmp/tun.pcap beta tun0 icmp
expected=5
ok 'five pings' more_pings
release $tmp/wire.pcap
caught=$(packets $tmp/wire.pcap)
more "$caught" 5 'their datagrams were caught'
inits=$(packets $tmp/wire.pcap 'udp[8] == 1')
more "$inits" 0 'a handshake among them'
is "$(twice $tmp/tun.pcap)" 0 'each ping came once'

# replayed TAKEN WHAT [ADDRESS PORT]: all that was caught, from there. TAKEN: so
# many handshakes may be answered, which is all that comes of them.
replayed() {
	local taken=$1 what=$2

	shift 2
	before=$(dropped)
	capture $tmp/answers.pcap - v-mallory \
		"udp and dst host $(outer4 mallory)"
	sent=$(inside mallory "$helper" $tmp/wire.pcap "$@")
	is "$sent" "$caught" "$what: sent again"
	soon "$what: dropped, all of them" more_dropped
	expected=$((expected + 5))
	ok "$what: traffic goes on" more_pings
	release $tmp/answers.pcap
	is "$(twice $tmp/tun.pcap)" 0 "$what: nothing is delivered twice"
	more $((taken + 1)) "$(packets $tmp/answers.pcap 'udp[8] != 3')" \
		"$what: no answer but a cookie, and to $taken handshakes"
	is "$(packets $tmp/answers.pcap 'udp[4:2] > 8 + 152')" 0 \
		"$what: no answer is longer than a handshake"
	is "$(query beta peers '.[0].endpoint')" "$(outer4 alpha):3406" \
		"$what: alpha has not moved"
}
replayed $((inits - 1)) 'from their own address'
replayed $((inits - 1)) 'from another address' "$(outer4 mallory)" 5000
crash beta
start beta
release $tmp/tun.pcap
capture $tmp/tun.pcap beta tun0 icmp
expected=5
ok 'a new device' more_pings
# Nobody can tell the first message of a handshake from a copy of it, so after
# a restart one of them is answered: once.
replayed 1 'after a restart, from another address' "$(outer4 mallory)" 5000
replayed 0 'again, from another address' "$(outer4 mallory)" 5001
replayed 0 'again, from their own address'
crash alpha beta
start beta
release $tmp/tun.pcap
capture $tmp/tun.pcap beta tun0 icmp
expected=0
sent=$(inside mallory "$helper" $tmp/wire.pcap)
is "$sent" "$caught" 'before alpha is back: sent again'
start alpha
expected=5
ok 'alpha comes back all the same' more_pings
is "$(twice $tmp/tun.pcap)/$(packets $tmp/tun.pcap 'icmp[0] == 8')" 0/5 \
	'and nothing but its pings is delivered'

# --- the check itself -----------------------------------------------------------
{ cat $tmp/tun.pcap && tail -c +25 $tmp/tun.pcap; } >$tmp/doubled.pcap
more "$(twice $tmp/doubled.pcap)" 0 'a packet delivered twice would be seen'
finish
