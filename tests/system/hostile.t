#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The means by which the tests of hostile networks work: that the cable does
# what it is told to, and that the search for nonces finds one.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

outer=4
network alpha beta
middle 1 alpha
start alpha beta
ok 'packets go through the cable' reach alpha beta
watch alpha beta
data=$tmp/sent.pcap
capture $data - v-alpha 'src host 192.0.2.1 and udp'

pings() { # pings: how many of 200 are answered
	inside alpha ping -n -q -c 200 -i 0.002 -W 0.3 "$(inner4 beta)" |
		sed -n 's/.* \([0-9]*\) received.*/\1/p'
}
counts() { # counts WHAT COMMAND...: the cable counts more of these by it
	local before

	before=$(counted alpha out "$1")
	cable alpha out "${@:2}"
	echo "# $*: $(pings) of 200 answered" >>$tmp/answered
	cable alpha out clear
	[ "$(counted alpha out "$1")" -gt "$before" ]
}
: >$tmp/answered
is "$(pings)" 200 'a good cable loses nothing'
ok 'it loses' counts lost loss 20
ok 'it doubles' counts doubled double 20
ok 'it repeats' counts repeated repeat 20
ok 'it damages' counts flipped flip 20
ok 'it holds back' counts held hold 20 8
cat $tmp/answered
drop_of() { query beta peers ".[0].drops[\"$1\"] // 0"; }
more "$(drop_of auth)" 0 'damage arrives at the daemon, which sees it'
more "$(drop_of replay)" 0 'so do copies'
cable alpha in block 1
is "$(pings)" 0 'it blocks'
cable alpha both clear
unharmed alpha beta
release $data

# --- the checks themselves ----------------------------------------------------
{ # the first DATA of another content, behind all others
	cat $data
	tcpdump -n -r $data -c 1 -w - 'udp[8] == 4' 2>/dev/null | tail -c +25
} >$tmp/twice.pcap
twice() { "$helpers/nonces" <"$1"; }
ok 'the same datagram again is no nonce used twice' twice $tmp/twice.pcap
flip $tmp/twice.pcap -1
not_ok 'another one with its counter is' twice $tmp/twice.pcap
finish
