#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# IPv6 inside on paths that take less than its packets need: each of up to 1280
# bytes arrives, outside by IPv4, and by IPv6 above 1360 bytes, without ICMP;
# below that IPv6 outside needs the word of the router.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

command -v nft >/dev/null || skip_all 'there is no nft here'

# alpha - router - beta; the link to beta is narrow, as both its ends know.
network alpha beta
host router
inside router ip addr flush dev eth0 scope global
inside router sysctl -qw net.ipv4.ip_forward=1 \
	net.ipv6.conf.all.forwarding=1
leg() { # leg NODE 4-ADDRESS 4-ROUTER 6-NET
	ip link set "v-$1" nomaster
	ip link del "v-$1"
	ip link add "r-$1" netns router type veth peer name eth0 netns "$1"
	inside router ip addr add "$3/25" dev "r-$1"
	inside router ip addr add "2001:db8:$4::1/64" dev "r-$1" nodad
	inside router ip link set "r-$1" up
	inside "$1" ip link set eth0 up
	inside "$1" ip addr add "$2/25" dev eth0
	inside "$1" ip addr add "2001:db8:$4::2/64" dev eth0 nodad
	inside "$1" ip route add default via "$3"
	inside "$1" ip -6 route add default via "2001:db8:$4::1"
}
leg alpha 192.0.2.2 192.0.2.1 a
leg beta 192.0.2.130 192.0.2.129 b
inside router nft 'add table inet f
	add chain inet f out { type filter hook output priority 0; }
	add rule inet f out icmp type destination-unreachable drop
	add rule inet f out icmpv6 type packet-too-big drop'
address[alpha]=192.0.2.2
address[beta]=192.0.2.130
list alpha beta
give alpha beta
mtu_is() { [ "$(query alpha peers '.[0].mtu')" = "$1" ]; }
large() { # large FROM TO: 1280 bytes, which IPv6 takes everywhere
	inside "$1" ping -n -c 1 -W 1 -M 'do' -s 1232 "$(inner6 "$2")"
}
crosses() { # crosses BYTES MTU: the link takes these, and TCP packets so many
	local n

	inside router ip link set r-beta mtu "$1"
	inside beta ip link set eth0 mtu "$1"
	for n in 1 2; do
		soon "$how, $1: 1280 bytes ($n)" large alpha beta
	done
	soon "$how, $1: and back" large beta alpha
	known() { large alpha beta && mtu_is "$2"; }
	soon "$how, $1: the path is known" known "$1" "$2"
	ok "$how, $1: again" large alpha beta
}
how='IPv4 outside'
start alpha beta
ok "$how: there" reach alpha beta
crosses 1399 1298
crosses 1350 1280
crosses 1300 1240
stop alpha beta
rm -f $tmp/{alpha,beta}/state/addresses
address[alpha]=2001:db8:a::2
address[beta]=2001:db8:b::2
list alpha beta
give alpha beta
how='IPv6 outside'
inside router ip link set r-beta mtu 1500
inside beta ip link set eth0 mtu 1500
start alpha beta
ok "$how: there" reach alpha beta
crosses 1399 1280
crosses 1360 1280
inside router nft flush chain inet f out
crosses 1300 1220
finish
