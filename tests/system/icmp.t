#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What cannot be delivered: who sent it is told why, and nothing loops.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
start alpha beta
ok 'there' reach alpha beta
ok 'and in IPv6' reach alpha beta 6
capture $tmp/tun.pcap alpha tun0 'ip or ip6'
drops() { query alpha status ".drops[\"$1\"] // 0"; }

finds() { cat "$2"; grep -q "$1" "$2"; }
# hears WHAT ERROR COUNTER ADDRESS [ping's options]: that error, not silence
hears() {
	local what=$1 error=$2 counter=$3 before

	shift 3
	before=$(drops "$counter")
	not_ok "$what: not reached" inside alpha ping -n -c 1 -W 5 "$@"
	cp $tmp/out $tmp/ping
	ok "$what: $error" finds "$error" $tmp/ping
	is $(($(drops "$counter") - before)) 1 "$what: counted as $counter"
}
hears 'no subnet has it' 'Destination \(Net\|Host\) Unreachable' no-route \
	10.156.200.1
hears 'no subnet has it, IPv6' 'Destination unreachable: No route' no-route \
	fd00:c1:0:200::1
hears 'unused in our own subnet' 'Destination Host Unreachable' own-subnet \
	10.156.1.99
hears 'unused in our own subnet, IPv6' \
	'Destination unreachable: Address unreachable' own-subnet \
	fd00:c1:0:1::99
more 10 "$(packets $tmp/tun.pcap 'dst host 10.156.1.99')" 'it does not loop'
hears 'a source that is not ours' \
	'\(Packet filtered\|Prohibited\|Communication\)' tun-source \
	-I 192.0.2.1 "$(inner4 beta)"

# --- too big ------------------------------------------------------------------
# A sender that has not heard of the device's MTU: one behind it.
is "$(inside alpha ip -j link show tun0 | jq '.[0].mtu')" 1420 'the MTU'
ok 'what just fits' inside alpha ping -n -c 1 -W 10 -M 'do' -s 1392 \
	"$(inner4 beta)"
not_ok 'one byte more does not' inside alpha ping -n -c 1 -W 2 -M 'do' -s 1393 \
	"$(inner4 beta)"
ok 'but goes in fragments' inside alpha ping -n -c 1 -W 10 -M dont -s 3000 \
	"$(inner4 beta)"
# With autoconf the daemon would put its own MTU back.
conf alpha 'autoconf = no'
must ctl alpha reload
inside alpha ip link set tun0 mtu 2000
hears 'larger than what the VPN carries' 'Frag needed and DF set (mtu = 1420)' \
	too-big -M 'do' -s 1600 "$(inner4 beta)"
hears 'the same in IPv6' 'Packet too big: mtu=1420' too-big -M 'do' -s 1600 \
	"$(inner6 beta)"
conf alpha
must ctl alpha reload
is "$(inside alpha ip -j link show tun0 | jq '.[0].mtu')" 1420 \
	'autoconf sets the MTU again'

# --- multicast ------------------------------------------------------------------
before=$(drops multicast)
not_ok 'multicast is not answered' inside alpha ping -n -c 2 -i 0.2 -W 1 \
	-I tun0 224.0.0.1
not_ok 'nor in IPv6' inside alpha ping -n -c 2 -i 0.2 -W 1 -I tun0 ff05::77
more "$(drops multicast)" $((before + 3)) 'but counted'
is "$(packets $tmp/tun.pcap \
	'icmp[0] == 3 and icmp[24:4] == 0xe0000001')" 0 'no error for it'
is "$(packets $tmp/tun.pcap 'icmp6 and ip6[40] == 1 and ip6[48] == 0xff')" 0 \
	'nor in IPv6'
more "$(packets $tmp/tun.pcap 'icmp[0] == 3')" 0 'there were errors for others'

# --- broadcast ------------------------------------------------------------------
# RFC 1122, section 3.2.2: neither for one nor from one.
before=$(drops multicast)
not_ok "the prefix's broadcast address is not answered" \
	inside alpha ping -n -b -c 2 -i 0.2 -W 1 10.156.255.255
not_ok 'nor is 255.255.255.255' \
	inside alpha ping -n -b -c 1 -W 1 -I tun0 255.255.255.255
more "$(drops multicast)" $((before + 2)) 'but counted'
before=$(drops own-subnet)
not_ok "nor is that of our own subnet" \
	inside alpha ping -n -b -c 2 -i 0.2 -W 1 10.156.1.255
is $(($(drops own-subnet) - before)) 2 'which is counted'
not_ok "nor is that of another node's subnet" \
	inside alpha ping -n -b -c 2 -i 0.2 -W 1 10.156.2.255
inside alpha ip addr add 10.156.1.255/32 dev tun0
not_ok 'nor is a source that is one' inside alpha ping -n -c 1 -W 1 \
	-I 10.156.1.255 10.156.200.1
for a in 10.156.255.255 255.255.255.255 10.156.1.255 10.156.2.255; do
	is "$(packets $tmp/tun.pcap \
		"icmp[0] == 3 and (src host $a or dst host $a)")" 0 \
		"no error from or for $a"
done
inside alpha ip addr del 10.156.1.255/32 dev tun0

# --- empty datagrams --------------------------------------------------------------
for _ in 1 2 3; do
	must inside beta socat -u /dev/null UDP4:192.0.2.1:3406,shut-null
done
counted() { [ "$(drops empty)" -eq 3 ]; }
soon 'empty datagrams are counted' counted

# --- a flood gets no flood --------------------------------------------------------
before=$(drops no-route)
errors() { packets $tmp/tun.pcap 'icmp[0] == 3'; }
told=$(errors)
inside alpha bash -c \
	'for i in {1..3000}; do echo >/dev/udp/10.156.200.1/9; done' 2>$tmp/out
many() { # the queue of the device may have lost some
	[ "$(drops no-route)" -ge $((before + 1000)) ]
}
soon 'a thousand packets without a route at once' many
more 500 $(($(errors) - told)) 'get fewer than 500 errors'

# Errors about size are not among those that were too many.
conf alpha 'autoconf = no'
must ctl alpha reload
inside alpha ip link set tun0 mtu 2000
inside alpha bash -c 'for i in {1..20000}; do
	echo >/dev/udp/10.156.200.1/9
done' 2>$tmp/flood &
flood=$!
for i in {11..40}; do
	inside alpha ping -n -c 1 -W 1 -M 'do' -s 1600 "10.156.2.$i" &
done >$tmp/ping 2>&1
sleep 1.5
kill $flood 2>/dev/null
wait $flood 2>/dev/null
more "$(grep -c 'Frag needed' $tmp/ping)" 25 \
	'meanwhile 30 packets that are too big are told of'
conf alpha
must ctl alpha reload
ok 'traffic goes on' reach alpha beta
finish
