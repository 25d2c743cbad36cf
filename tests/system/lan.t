#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A LAN behind a node, on both sides: alpha's has a router at its first address,
# as most have, and beta's has a printer.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

# lan NODE HOST N NUMBER: a host with the addresses 172.N.0.NUMBER and
# fd00:d0:0:N::NUMBER on the LAN of that node, which is number 10 there.
lan() {
	ip netns add "$2"
	inside "$2" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0
	inside "$1" ip link add lan0 type veth peer name eth0 netns "$2"
	inside "$1" ip link set lan0 up
	inside "$1" ip addr add "172.$3.0.10/24" dev lan0
	inside "$1" ip addr add "fd00:d0:0:$3::10/64" dev lan0 nodad
	inside "$2" ip link set lo up
	inside "$2" ip link set eth0 up
	inside "$2" ip addr add "172.$3.0.$4/24" dev eth0
	inside "$2" ip addr add "fd00:d0:0:$3::$4/64" dev eth0 nodad
	inside "$2" ip route add 172.16.0.0/12 via "172.$3.0.10"
	inside "$2" ip route add 10.156.0.0/16 via "172.$3.0.10"
	inside "$2" ip -6 route add fd00::/16 via "fd00:d0:0:$3::10"
}
addresses() { # addresses NODE: of its device, in one line
	inside "$1" ip -j addr show dev tun0 |
		jq -r '[.[0].addr_info[] | select(.scope == "global") |
			"\(.local)/\(.prefixlen)"] | sort | join(" ")'
}
has() { # has NODE ADDRESSES
	[ "$(addresses "$1")" = "${*:2}" ]
}
way() { # way NODE ADDRESS: device and source of packets there
	inside "$1" ip -j route get "$2" 2>/dev/null |
		jq -r '.[0] | "\(.dev) \(.prefsrc)"'
}
way_is() { # way_is NODE ADDRESS DEVICE SOURCE
	[ "$(way "$1" "$2")" = "$3 $4" ]
}
asks() { # asks FROM ADDRESS
	inside "$1" ping -n -c 1 -W 5 "$2"
}
warnings() { query "$1" status '.warnings[].text'; }
warns() { # warns NODE TEXT
	warnings "$1" | grep -qF -e "$2"
}
mute() { # mute NODE: no such warning
	! warnings "$1" | grep -q forward
}
take() { # take NODE...: a new list of alpha and beta is in force there
	list alpha beta
	give "$@"
	for n; do kill -HUP "${pid[$n]}"; done
}

prefixes='10.156.0.0/16 fd00:c1::/48 172.20.0.0/15 fd00:d0::/48'
network alpha beta
lan alpha router 20 1
lan beta printer 21 50
subnet[alpha]='172.20.0.0/24 fd00:d0:0:20::/64'
subnet[beta]+=' 172.21.0.0/24 fd00:d0:0:21::/64'
list alpha beta
give alpha beta
start alpha beta

# --- this host in the VPN -------------------------------------------------------------
is "$(addresses alpha)" '' 'no address is taken from the LAN'
is "$(addresses beta)" '10.156.2.1/16 fd00:c1:0:2::1/48' \
	'nor where there is another subnet'
ok 'the router of the LAN is still reached' asks alpha 172.20.0.1
is "$(way alpha 10.156.2.1)" 'tun0 172.20.0.10' \
	'the address in the LAN is the one in the VPN'
is "$(way alpha fd00:c1:0:2::1)" 'tun0 fd00:d0:0:20::10' 'in IPv6, too'
is "$(way alpha 172.21.0.50)" 'tun0 172.20.0.10' 'the other LAN'
is "$(way beta 172.20.0.1)" 'tun0 10.156.2.1' 'the first subnet has the source'
ok 'alpha reaches beta' asks alpha 10.156.2.1
ok 'and in IPv6' asks alpha fd00:c1:0:2::1
ok 'and back' asks beta 172.20.0.10
ok 'and back in IPv6' asks beta fd00:d0:0:20::10

# --- forwarding ---------------------------------------------------------------------------
ok 'status warns of ip_forward' warns alpha \
	'172.20.0.0/24 is the LAN of lan0, and this host does not forward IPv4'
ok 'and says what to do' warns alpha 'sysctl -w net.ipv4.ip_forward=1'
ok 'in IPv6, too' warns beta \
	'fd00:d0:0:21::/64 is the LAN of lan0, and this host does not forward IPv6'
for n in alpha beta; do
	inside $n sysctl -qw net.ipv4.ip_forward=1
done
soon 'not of what is allowed' eval '! warns alpha IPv4'
ok 'but of the rest' warns alpha net.ipv6.conf.all.forwarding=1
for n in alpha beta; do
	inside $n sysctl -qw net.ipv6.conf.all.forwarding=1
	soon "nothing is left to warn of: $n" mute $n
done
ok 'from LAN to LAN' asks router 172.21.0.50
ok 'and back' asks printer 172.20.0.1
ok 'from LAN to LAN, IPv6' asks router fd00:d0:0:21::50
ok 'and back, IPv6' asks printer fd00:d0:0:20::1
ok 'from a LAN to a node' asks router 10.156.2.1
ok 'from a node to a LAN' asks alpha 172.21.0.50
inside alpha sysctl -qw net.ipv4.conf.lan0.forwarding=0
soon 'one interface alone counts' warns alpha 'does not forward IPv4'
inside alpha sysctl -qw net.ipv4.conf.lan0.forwarding=1

# --- a LAN that goes and comes ----------------------------------------------------------------
inside alpha ip addr del 172.20.0.10/24 dev lan0
soon 'the address of the LAN is gone: the device has one' \
	has alpha 172.20.0.1/15
soon 'which is the source' way_is alpha 10.156.2.1 tun0 172.20.0.1
ok 'packets flow' asks alpha 10.156.2.1
inside alpha ip addr add 172.20.0.10/24 dev lan0
soon 'it is back: the device gives its own up' has alpha ''
soon 'the source is that of the LAN' way_is alpha 10.156.2.1 tun0 172.20.0.10
ok 'packets flow again' asks alpha 10.156.2.1
inside alpha ip link set lan0 down
soon 'a LAN that is down does not count' has alpha \
	172.20.0.1/15 fd00:d0:0:20::1/48
inside alpha ip link set lan0 up
inside alpha ip addr replace fd00:d0:0:20::10/64 dev lan0 nodad
soon 'up again' has alpha ''
soon 'with its source' way_is alpha fd00:c1:0:2::1 tun0 fd00:d0:0:20::10
ok 'and its packets' asks alpha fd00:c1:0:2::1

# --- the same network here and there ------------------------------------------------------------
inside beta ip link add other0 type veth peer name other1
inside beta ip link set other0 up
inside beta ip addr add 172.20.0.77/24 dev other0
inside beta ip -6 addr add fd00:d0:0:20::77/64 dev other0 nodad
is "$(way beta 172.20.0.1)" 'other0 172.20.0.77' 'the LAN of this host wins'
is "$(way beta fd00:d0:0:20::1)" 'other0 fd00:d0:0:20::77' 'in IPv6, too'
inside beta ip link del other0
soon 'then the VPN' way_is beta 172.20.0.1 tun0 10.156.2.1
soon 'and in IPv6' way_is beta fd00:d0:0:20::1 tun0 fd00:c1:0:2::1
ok 'packets flow there' asks beta 172.20.0.10

# --- a bridge without ports, as docker0 -------------------------------------------------------------
inside alpha ip link add docker0 type bridge
inside alpha ip link set docker0 up
inside alpha ip addr add 172.20.5.1/24 dev docker0
subnet[alpha]='172.20.5.0/24 fd00:d0:0:55::/64 172.20.0.0/24 fd00:d0:0:20::/64
	172.20.6.4/31 fd00:d0:0:56::6/127'
take alpha beta
soon 'each subnet by itself: in a LAN, or of the device' has alpha \
	172.20.6.4/15 fd00:d0:0:55::1/48 fd00:d0:0:56::6/48
soon 'the first one has the source' way_is alpha 172.21.0.50 tun0 172.20.5.1
soon 'in IPv6 it is that of the device' \
	way_is alpha fd00:d0:0:21::50 tun0 fd00:d0:0:55::1
ok 'with it alpha reaches the other LAN' asks alpha 172.21.0.50
inside alpha ip link del docker0
soon 'without the bridge the device has the address' has alpha \
	172.20.5.1/15 172.20.6.4/15 fd00:d0:0:55::1/48 fd00:d0:0:56::6/48
ok 'and the way is as it was' asks alpha 172.21.0.50

# --- lists --------------------------------------------------------------------------------------
subnet[alpha]='172.20.0.0/24 fd00:d0:0:20::/64'
subnet[beta]='10.156.2.0/24 fd00:c1:0:2::/64'
take alpha
soon 'a LAN that the list drops is no longer routed' \
	eval '! way alpha 172.21.0.50 | grep -q tun0'
subnet[beta]='172.21.0.50/32 10.156.2.0/31 fd00:d0:0:21::50/128'
take alpha beta
soon 'a host, a pair' has beta 10.156.2.0/16 172.21.0.50/15 \
	fd00:d0:0:21::50/48
stop alpha beta
is "${status[alpha]} ${status[beta]}" '0 0' 'they end in order'

# --- a default route ---------------------------------------------------------------------------------
prefixes='0.0.0.0/0 fd00:c1::/48'
for n in alpha beta; do	# outside there is only IPv6
	address[$n]=$(outer6 $n)
	inside $n ip addr del "$(outer4 $n)/24" dev eth0
done
subnet[alpha]='fd00:c1:0:1::/64'
subnet[beta]='0.0.0.0/0'
list alpha beta
give alpha beta
start alpha beta
ok 'a default route is not set' warns alpha 'no route is set for 0.0.0.0/0'
is "$(inside alpha ip route show default)" '' 'it is not there'
ok 'an event says why' says alpha 'device: .*0\.0\.0\.0/0 of beta: it is wider'
stop alpha beta

# --- many nodes, none of which can be summed up -------------------------------------------------------
count=${COUNT:-10000}
prefixes='10.0.0.0/8 fd00:c1::/32'
subnet[alpha]='10.255.1.0/24'
inside alpha ip addr add 10.254.0.1/24 dev eth0
inside alpha ip addr add fd00:c1:ffff::1/64 dev eth0 nodad
extra[alpha]=$(awk -v n="$count" 'BEGIN {
	for (i = 0; i < n; i++)
		printf "node m%05d\n  subnet 10.%d.%d.0/24\n" \
			"  subnet fd00:c1:%x::/48\n",
			i, i / 250, i % 250, i + 1
}')
list alpha
give alpha
start alpha
is "$(inside alpha ip route show proto 78 | wc -l)" "$count" \
	'many nodes: all IPv4 routes are there once it runs'
is "$(inside alpha ip -6 route show proto 78 | wc -l)" "$count" \
	'and those of IPv6'
inside alpha ip addr del 10.254.0.1/24 dev eth0
inside alpha ip addr del fd00:c1:ffff::1/64 dev eth0
one() { [ "$(inside alpha ip "-$1" route show proto 78 | wc -l)" = 1 ]; }
soon 'nothing is in the prefix any more: one route' one 4
soon 'one of IPv6' one 6
start=$(date +%s%N)
inside alpha ip addr add 10.254.0.1/24 dev eth0
inside alpha ip addr add fd00:c1:ffff::1/64 dev eth0 nodad
all() {
	[ "$(inside alpha ip route show proto 78 | wc -l)" = "$count" ] &&
		[ "$(inside alpha ip -6 route show proto 78 | wc -l)" = "$count" ]
}
soon 'and all again' all
# On a machine that is not busy it is under half a second.
echo "# $((2 * count)) routes in $((($(date +%s%N) - start) / 1000000)) ms"
echo "# packets wait for them $(query alpha status .loop_longest_ms) ms at most"
finish
