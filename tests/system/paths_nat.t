#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A node behind a NAT that forgets after two seconds, and then takes another
# port; no TCP gets through but at first.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

outer=4
network alpha beta
host gate
address[alpha]=
list alpha beta
give alpha beta
must ip link set v-alpha nomaster
must ip link set v-alpha netns gate
must inside gate ip addr add 198.51.100.1/24 dev v-alpha
must inside gate ip link set v-alpha up
must inside gate sysctl -qw net.ipv4.ip_forward=1
nat() { # nat RULE: how it translates
	must inside gate nft "table ip t
		delete table ip t
		table ip t {
			chain p { type nat hook postrouting priority 100
				oifname eth0 meta l4proto udp $1
				oifname eth0 masquerade
			}
		}"
}
nat masquerade
inside gate sysctl -qw net.netfilter.nf_conntrack_udp_timeout=2 \
	net.netfilter.nf_conntrack_udp_timeout_stream=2 ||
	skip_all 'no NAT here'
must inside alpha ip addr flush dev eth0
must inside alpha ip addr add 198.51.100.2/24 dev eth0
must inside alpha ip route add default via 198.51.100.1
agreed() { cat $tmp/*/log | grep -c 'pair-new'; }

conf alpha 'keepalive = 1s'
start alpha beta
ok 'packets go' reach alpha beta
soon 'no negotiation is under way' settled alpha
pairs=$(agreed)
must inside gate nft 'add table ip f
	add chain ip f p { type filter hook forward priority 0; }
	add rule ip f p meta l4proto tcp drop'
watch beta
sleep 6
WAIT=2
ok 'with a keepalive of 1 s: beta reaches alpha later, too' reach beta alpha

# What it would be without.
stop alpha
conf alpha
start alpha
ok 'without it: alpha is back' reach alpha beta
sleep 4
not_ok 'without it: the NAT has forgotten' reach beta alpha

port() { query beta peers '.[0].endpoint' | sed 's/.*://'; }
for range in 5000-5099 6000-6099; do
	nat "masquerade to :$range"
	sleep 3
	from=$(date +%s%3N)
	WAIT=0.2
	soon "from another port ($range): alpha reaches beta" reach alpha beta
	ok 'beta reaches alpha' reach beta alpha
	WAIT=2
	echo "# port $(port): after $(($(date +%s%3N) - from)) ms"
	more "$(port)" $((${range%-*} - 1)) 'at its new port'
	more $((${range#*-} + 1)) "$(port)" 'and no other'
done
is "$(agreed)" "$pairs" 'without a negotiation'
unharmed beta
finish
