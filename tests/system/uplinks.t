#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A host with two uplinks, whose providers drop packets from addresses of the
# other one: it is found again when its default route moves, also while it only
# answers.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

command -v nft >/dev/null || skip_all 'there is no nft here'

# alpha has 198.51.100.2 and 203.0.113.2, beta 192.0.2.130, behind one router.
outer=4
network alpha beta
host router
inside router ip addr flush dev eth0 scope global
inside router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
	net.ipv4.conf.default.rp_filter=0
leg() { # leg NODE DEVICE ADDRESS ROUTER: a cable to the router
	ip link add "$2" netns router type veth peer name "$2" netns "$1"
	inside router ip addr add "$4/24" dev "$2"
	inside router ip link set "$2" up
	inside "$1" ip link set "$2" up
	inside "$1" ip addr add "$3/24" dev "$2"
}
for n in alpha beta; do
	inside $n ip addr flush dev eth0
	inside $n ip link set eth0 down
	inside $n sysctl -qw net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0
done
leg alpha one 198.51.100.2 198.51.100.1
leg alpha two 203.0.113.2 203.0.113.1
leg beta far 192.0.2.130 192.0.2.129
inside beta ip route add default via 192.0.2.129
inside alpha ip route add default via 198.51.100.1
inside router nft -f - <<-'END'
	table inet f {
		chain in {
			type filter hook prerouting priority 0;
			iifname "one" ip saddr != 198.51.100.0/24 drop
			iifname "two" ip saddr != 203.0.113.0/24 drop
		}
	}
END
address[alpha]=198.51.100.2
address[beta]=192.0.2.130
list alpha beta
give alpha beta
start alpha beta
ok 'there' reach beta alpha

WAIT=0.5
found() { # found WHAT: beta, which alone begins, reaches alpha again
	local from

	from=$(date +%s%3N)
	soon "$1: found again" reach beta alpha
	echo "# $1: after $(($(date +%s%3N) - from)) ms"
}
endpoint() { query beta peers '.[0].endpoint'; }
inside alpha ip route replace default via 203.0.113.1
found 'the default route moves'
is "$(endpoint)" 203.0.113.2:3406 'by the other uplink'
inside alpha ip route replace default via 198.51.100.1
found 'it moves back'
is "$(endpoint)" 198.51.100.2:3406 'by the first uplink'

# No session, and only the first uplink's address is known.
crash beta
rm -f $tmp/beta/state/addresses
inside alpha ip route replace default via 203.0.113.1
start beta
found 'it moved while the other node was down'
is "$(endpoint)" 203.0.113.2:3406 'by the other uplink'
finish
