#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Paths that lose, double, reorder and end: packets go through them as they
# can, and soon after what was broken is whole again, without a negotiation.
# From the beginning on no TCP gets through.
# HOSTILE=full: blocks of 30 seconds, and 5 s to come back; HOSTILE=short: of
# 6 seconds, and 7 s, which a busy machine keeps when no other test runs.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

BLOCK=3 BACK_MS=15000
case ${HOSTILE:-} in
short) BLOCK=6 BACK_MS=7000 ;;
full) BLOCK=30 BACK_MS=5000 ;;
esac

network alpha beta
middle 7 alpha
start alpha beta
ok 'packets go' reach alpha beta
watch alpha beta
for n in alpha beta; do
	must inside $n nft 'add table inet t
		add chain inet t in { type filter hook input priority 0; }
		add rule inet t in tcp dport 3406 iifname "eth0" drop
		add rule inet t in tcp sport 3406 iifname "eth0" drop'
done

pings() { # pings NUMBER: so many at 5 ms, in $tmp/pings
	inside alpha ping -n -c "$1" -i 0.005 -W 2 "$(inner4 beta)" >$tmp/pings
	answered=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' $tmp/pings)
}
crosses() { # crosses WHAT: a file by TCP, and it is the same
	local from

	from=$(date +%s%3N)
	ok "$1: a file gets through" transfer alpha beta 4 $tmp/file
	echo "# $1: it took $(($(date +%s%3N) - from)) ms"
}
head -c 300000 /dev/urandom >$tmp/file

# --- bad ones ---------------------------------------------------------------------
cable alpha both loss 10
pings 200
echo "# 10 % loss each way: $answered of 200 answered"
more "$answered" 120 'loss: most pings are answered'
crosses loss
cable alpha both clear

cable alpha both double 30
cable alpha both repeat 20
pings 200
is "$answered" 200 'doubles and copies: all pings are answered'
is "$(grep -c DUP $tmp/pings)" 0 'once each'
crosses doubles
cable alpha both clear

receives() { [ -n "$(inside beta ss -Hlun 'sport = :7001')" ]; }
# One in PERCENT is behind DEPTH others when it arrives.
for depth in 64 1500; do
	cable alpha out hold 10 $depth
	held=$(counted alpha out held)
	late=$(query beta peers '.[0].drops.replay // 0')
	inside beta socat -u \
		"UDP4-RECV:7001,bind=$(inner4 beta),rcvbuf=4000000" - \
		>$tmp/got 2>/dev/null &
	receiver=$!
	soon 'the receiver is there' receives
	# shellcheck disable=SC2016 # Perl's
	inside alpha perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Proto => "udp",
		    PeerAddr => $ARGV[0], PeerPort => 7001) or die;
		for my $i (1 .. 4000) {
			$s->send("x" x 300);
			select undef, undef, undef, 0.002 if $i % 8 == 0;
		}' "$(inner4 beta)"
	until had=$(stat -c %s $tmp/got); sleep 1
		[ "$had" = "$(stat -c %s $tmp/got)" ]; do :; done
	kill $receiver 2>/dev/null
	got=$((had / 300))
	held=$(($(counted alpha out held) - held))
	echo "# reordering by $depth: $got of 4000 arrived, $held were held back"
	more "$held" 200 "reordering by $depth: many are late"
	more "$got" 3950 'and taken all the same'
	is "$(query beta peers '.[0].drops.replay // 0')" "$late" \
		'none for a copy'
	cable alpha out clear
done

# --- broken ones --------------------------------------------------------------------
agreed() { cat $tmp/*/log | grep -c 'pair-new'; }
soon 'no negotiation is under way' settled alpha
pairs=$(agreed)
recovers() { # recovers WHAT: packets go both ways soon, by what is agreed
	local from ms

	from=$(date +%s%3N)
	WAIT=0.2
	soon "$1: alpha reaches beta again" reach alpha beta
	ms=$(($(date +%s%3N) - from))
	soon "$1: beta reaches alpha again" reach beta alpha
	WAIT=10
	echo "# $1: alpha after $ms ms, beta after" \
		"$(($(date +%s%3N) - from)) ms"
	more $BACK_MS $(($(date +%s%3N) - from)) "$1: it does not take long"
	is "$(agreed)" "$pairs" "$1: without a negotiation"
}
try_meanwhile() { # try_meanwhile SECONDS: packets that do not arrive
	inside alpha ping -n -q -i 0.2 -w "$1" "$(inner4 beta)" >/dev/null &
	inside beta ping -n -q -i 0.2 -w "$1" "$(inner4 alpha)" >/dev/null
	wait $!
}
for way in out in; do
	cable alpha $way block 1
	try_meanwhile $BLOCK
	cable alpha $way block 0
	recovers "one way ($way) blocked for $BLOCK s"
done
for _ in 1 2 3 4 5; do
	must ip link set v-alpha down
	sleep 0.3
	must ip link set v-alpha up
	sleep 0.2
done
recovers 'the link flaps'

family() { query beta peers '.[0].endpoint' | grep -q "^$1"; }
must inside alpha ip -6 route del 2001:db8::/64 dev eth0
recovers 'IPv6 route gone, IPv4 is there'
ok 'by IPv4' family "$(outer4 alpha)"
must inside alpha ip -6 route add 2001:db8::/64 dev eth0
must inside alpha ip addr del "$(outer4 alpha)/24" dev eth0
recovers 'IPv4 address removed, IPv6 is left'
ok 'by IPv6' family '\['
must inside alpha ip addr add 192.0.2.77/24 dev eth0
must inside alpha ip -6 route del 2001:db8::/64 dev eth0
recovers 'IPv6 route gone, another IPv4 address'
ok 'by that address' family 192.0.2.77
must inside alpha ip addr flush dev eth0
try_meanwhile 2
must inside alpha ip addr add 192.0.2.78/24 dev eth0
recovers 'no address for a while, then another one'
ok 'by the other one' family 192.0.2.78
unharmed alpha beta
finish
