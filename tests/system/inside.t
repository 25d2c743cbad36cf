#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# No datagram goes to an address inside the VPN, where it would enter the VPN
# again: not when a peer sends from there, nor when a new list takes in where a
# peer is. No connection comes from there either.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

PINGS=200
outer=4
network alpha beta gamma
# Gamma stands in another network, and the list has no address of it.
g=172.31.0.3
must inside gamma ip addr flush dev eth0
must inside gamma ip addr add $g/16 dev eth0
must inside gamma ip route add 192.0.2.0/24 dev eth0
for n in alpha beta; do
	must inside $n ip route add 172.31.0.0/16 dev eth0
	must inside $n sysctl -qw net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.eth0.rp_filter=0
done
address[gamma]=
list alpha beta gamma
give alpha beta gamma
conf beta 'keepalive = 1s'
start alpha beta gamma
ok 'packets go' reach alpha beta
soon 'from gamma, too' reach gamma beta
ok 'and to it' reach beta gamma

at() { # at PEER: where beta sends to it
	query beta peers ".[] | select(.name == \"$1\") | .endpoint"
}
entered() { # packets that have entered beta's device
	inside beta ip -s -j link show tun0 | jq '.[0].stats64.tx.packets'
}
ping_in_vain() { # ping_in_vain ADDRESS: how many packets that makes of PINGS
	local before

	before=$(entered)
	inside beta ping -n -q -i 0.005 -c $PINGS -W 1 "$1" >$tmp/out 2>&1
	echo $(($(entered) - before))
}

# --- the source of a datagram -----------------------------------------------------
taken() { # packets of alpha that beta has taken
	query beta peers '.[] | select(.name == "alpha").counters.rx_packets'
}
more_taken() { [ "$(taken)" -gt "$before" ]; }
crash alpha
before=$(taken)
must inside alpha ip addr add 10.156.1.9/32 dev lo
must inside alpha "$O/tests/helpers/rogue" alpha beta $tmp/alpha/state \
	"$(outer4 alpha)" "$(outer4 beta)" 3406 init=none empty \
	from=10.156.1.9 packet=10.156.1.1,10.156.2.1,32
soon 'a packet of alpha comes from inside the VPN' more_taken
is "$(at alpha)" "$(outer4 alpha):3406" \
	'which does not move alpha'
n=$(ping_in_vain 10.156.1.1)
echo "# $PINGS pings made $n packets"
more $((PINGS + 20)) "$n" 'a ping is one packet'
must inside alpha ip addr del 10.156.1.9/32 dev lo
start alpha
soon 'alpha is well' reach beta alpha

# --- a connection ------------------------------------------------------------------
turned_away() { query beta status '.drops.inside // 0'; }
is "$(turned_away)" 0 'no handshake came from inside yet'
knock() { # false: beta leaves it open
	inside gamma timeout 5 socat -u "TCP4:$(inner4 beta):3406" -
	[ $? -ne 124 ]
}
ok 'a connection from inside the VPN is closed' knock
more "$(turned_away)" 0 'and counted'

# --- another list ------------------------------------------------------------------
known() { od -An -c $tmp/beta/state/addresses | tr -d ' \n' | grep -q gamma; }
soon 'beta has written down where gamma is' known
is "$(at gamma)" "$g:3406" 'gamma is outside'
prefixes="$prefixes 172.31.0.0/16"
subnet[gamma]="${subnet[gamma]} 172.31.0.0/24"
list alpha beta gamma
give beta
kill -HUP "${pid[beta]}"
nowhere() { [ "$(at gamma)" = null ]; }
soon 'the network takes that in: beta has no address of gamma' nowhere
n=$(ping_in_vain 10.156.3.1)
echo "# $PINGS pings made $n packets"
more $((PINGS + 20)) "$n" 'a ping is one packet'
not_ok 'gamma is not reached there' reach beta gamma
ok 'alpha is' reach beta alpha
stop beta
not_ok 'the address is not kept' known
finish
