#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The network of a host conflicts with the VPN: an address to listen on that is
# not there yet, networks that overlap it, and a route to a peer that leads
# into the VPN's own device. All of it is said, and nothing loops.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
warnings() { query alpha status '.warnings[] | select(.warning == "network").text'; }
warned() { warnings | grep -qE -e "$1"; }
unwarned() { ! warned "$1"; }

# --- listen -------------------------------------------------------------------
conf alpha 'listen = 192.0.2.1' 'listen = 192.0.2.201' 'listen = 2001:db8:77::1'
start alpha beta
ok 'it starts without the addresses' reach alpha beta
for a in 192.0.2.201 2001:db8:77::1; do
	soon "$a: status warns" warned "^listen: $a is no address of this host yet"
	is "$(logs alpha "network: listen: $a is no address")" 1 '  the log, once'
done
inside alpha ip addr add 192.0.2.201/24 dev eth0
soon 'it comes: no warning any more' unwarned '192\.0\.2\.201'
soon 'which is said' says alpha 'no longer: listen: 192\.0\.2\.201'
ok 'the other one is still to come' warned '2001:db8:77::1'
address[alpha]=192.0.2.201
list alpha beta
cp $tmp/network.bnl $tmp/beta/state/network.bnl
rm -rf $tmp/beta/state/pairs $tmp/beta/state/addresses
stop beta
start beta
ok 'UDP and TCP arrive there' reach beta alpha
is "$(query beta peers '.[0].endpoint')" 192.0.2.201:3406 'and nowhere else'
stop alpha
conf alpha
start alpha
ok 'they talk' reach alpha beta

# --- overlaps -----------------------------------------------------------------
is "$(warnings)" '' 'there is nothing to warn of'
inside alpha ip link add docker0 type veth peer name docker1
inside alpha ip addr add 10.156.2.129/25 dev docker0
inside alpha ip link set docker0 up
soon "a local network over beta's subnet" warned \
	'route to 10\.156\.2\.128/25 by docker0, which overlaps the subnet 10\.156\.2\.0/24 of beta'
is "$(logs alpha 'peer=beta network: this host has a route to 10\.156\.2\.128')" 1 \
	'the log says so, once'
says_why() { ctl alpha why beta | tr -s ' \n' ' ' | grep -qF "$1"; }
ok 'why says so' says_why 'which overlaps the subnet 10.156.2.0/24 of beta'
inside alpha ip route add 10.156.77.0/24 dev docker0
soon 'a route within the prefix' warned \
	'route to 10\.156\.77\.0/24 by docker0, which overlaps the prefix 10\.156\.0\.0/16'
inside alpha ip link del docker0
soon 'both go' unwarned .
inside alpha ip link add lan type veth peer name lan1
inside alpha ip addr add 10.156.1.200/25 dev lan
inside alpha ip link set lan up
sleep 1.5
ok 'a LAN behind the node itself is none' unwarned .
inside alpha ip link del lan

# --- a route into the own device ------------------------------------------------
ok 'packets go' reach alpha beta
# The kernel answers a SYN of beta by itself.
capture $tmp/tun.pcap alpha tun0 \
	'dst host 192.0.2.2 and (udp or tcp[tcpflags] = tcp-syn)'
inside alpha ip route add 192.0.2.2/32 dev tun0
reach alpha beta >/dev/null 2>&1
soon 'the route to a peer leads into the VPN' warned \
	'route of this host to 192\.0\.2\.2 of beta leads into tun0'
is "$(logs alpha 'peer=beta network: the route of this host to 192\.0\.2\.2')" 1 \
	'the log says so, once'
ok 'why says so' says_why 'leads into tun0, the device of the VPN itself'
is "$(ctl alpha --json why beta | jq -r .reason)" no-route 'and takes it for no route'
inside alpha ping -n -c 20 -i 0.05 -W 1 "$(inner4 beta)" >/dev/null 2>&1
sleep 1
more 3 "$(packets $tmp/tun.pcap)" 'one or two packets have shown it, no more'
more "$(query alpha status '.drops.loop // 0')" 0 'they are counted'
inside alpha ip route del 192.0.2.2/32
soon 'the route is right again: no warning' unwarned 'leads into tun0'
WAIT=20 soon 'and packets go' reach alpha beta
finish
