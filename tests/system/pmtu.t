#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A path that takes less than the devices at its ends: without configuration
# TCP works over it, and whoever sends more is told.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

# alpha - router - beta: 192.0.2.0/25 here, 192.0.2.128/25 there, so that only
# the router knows how little its links take.
network alpha beta
host router
inside router ip addr flush dev eth0 scope global
inside router sysctl -qw net.ipv4.ip_forward=1 \
	net.ipv6.conf.all.forwarding=1
leg() { # leg NODE 4-ADDRESS 4-ROUTER 6-NET: from the bridge to the router
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
width() { # width BYTES: of both links, as the router sees them
	inside router ip link set r-alpha mtu "$1"
	inside router ip link set r-beta mtu "$1"
}
icmp() { # icmp drop|accept: errors of the router
	inside router nft -f - <<-END
		table inet f
		delete table inet f
		table inet f {
			chain out {
				type filter hook output priority 0;
				icmp type destination-unreachable $1
				icmpv6 type packet-too-big $1
			}
		}
	END
}
head -c 5000000 /dev/urandom >$tmp/file
mtu() { query "$1" peers '.[0].mtu'; }
mtu_is() { [ "$(mtu "$1")" = "$2" ]; }
fresh() { # fresh 4|6 [LINE...]: a network over that, nothing learned
	local family=$1

	shift
	[ -z "${pid[alpha]:-}" ] || stop alpha beta
	address[alpha]=$([ "$family" = 4 ] && echo 192.0.2.2 || echo 2001:db8:a::2)
	address[beta]=$([ "$family" = 4 ] && echo 192.0.2.130 || echo 2001:db8:b::2)
	conf alpha "$@"
	conf beta "$@"
	list alpha beta
	give alpha beta
	# the other family's addresses would be tried as well
	rm -f $tmp/{alpha,beta}/state/addresses
	start alpha beta
	ok "outside IPv$family: there" reach alpha beta
}
crosses() { # crosses WHAT
	ok "$1: TCP by IPv4" transfer alpha beta 4 $tmp/file
	ok "$1: and back" transfer beta alpha 4 $tmp/file
	ok "$1: TCP by IPv6" transfer alpha beta 6 $tmp/file
	ok "$1: and back" transfer beta alpha 6 $tmp/file
}

# --- a full path -----------------------------------------------------------------
icmp drop
fresh 4
is "$(mtu alpha)" 1420 'the path is taken for full'
ok 'TCP' transfer alpha beta 4 $tmp/file
is "$(mtu alpha)" 1420 'and is'
is "$(query alpha status '[.warnings[] | select(.warning == "mtu")] | length')" \
	0 'no warning'

# --- 1300 bytes, without ICMP ------------------------------------------------------
width 1300
fresh 4
crosses '1300 bytes, IPv4, no ICMP'
is "$(mtu alpha)" 1240 'one end knows the path'
soon 'and the other' mtu_is beta 1240
is "$(query alpha status \
	'.warnings[] | select(.warning == "mtu" and .peer == "beta").text')" \
	'the path takes packets of 1240 bytes, mtu is 1420 (at 192.0.2.130:3406)' \
	'the warning'
is "$(logs alpha 'peer=beta mtu: the path takes packets of 1240')" 1 \
	'said once'
ok 'why knows' ctl alpha --json why beta
is "$(jq .mtu $tmp/out)" 1240 'the evidence'
fresh 6
crosses '1300 bytes, IPv6, no ICMP'
is "$(mtu alpha)" 1220 'one end knows the path'
soon 'and the other' mtu_is beta 1220

# --- lists, over TCP ----------------------------------------------------------
has() { # has NODE: the list that was signed last
	cmp -s $tmp/network.bnl "$tmp/$1/state/network.bnl"
}
long() { # long: 18 KB, another one each time
	extra[beta]=$(for i in {1..300}; do
		printf '# %-56s\n' "line $i of $SECONDS.$RANDOM"
	done)
	list alpha beta
	unset 'extra[beta]'
	give alpha
}
passes() { # passes WHAT: a list of 18 KB, from alpha to beta
	long
	ctl alpha push >/dev/null
	ok "$1: a list of 18 KB arrives" within 5 has beta
}
passes '1300 bytes, IPv6, no ICMP'
fresh 4
passes '1300 bytes, IPv4, no ICMP'
width 576
passes '576 bytes, IPv4, no ICMP'
width 1300

# --- with ICMP ---------------------------------------------------------------------
icmp accept
fresh 4
crosses '1300 bytes, with ICMP'
is "$(mtu alpha)" 1240 'the same'
soon 'at both ends' mtu_is beta 1240

# --- what is no TCP ------------------------------------------------------------------
unlearn() { # what the kernel was told till now
	inside alpha ip route flush cache
	inside alpha ip -6 route flush cache
}
unlearn
not_ok 'larger than the path, not to be cut' inside alpha ping -n -c 1 -W 2 \
	-M 'do' -s 1300 "$(inner4 beta)"
cp $tmp/out $tmp/ping
ok 'its sender is told' grep -q 'Frag needed and DF set (mtu = 1240)' $tmp/ping
more "$(query alpha peers '.[0].drops["too-big"]')" 0 'and it is counted'
not_ok 'the same by IPv6' inside alpha ping -n -c 1 -W 2 -M 'do' -s 1300 \
	"$(inner6 beta)"
cp $tmp/out $tmp/ping
ok 'what IPv6 takes everywhere' grep -q 'Packet too big: mtu=1280' $tmp/ping
unlearn
ok 'what just fits' inside alpha ping -n -c 1 -W 10 -M 'do' -s 1212 \
	"$(inner4 beta)"
ok 'what may be cut is' inside alpha ping -n -c 1 -W 10 -M dont -s 1390 \
	"$(inner4 beta)"
ok 'also when it came in pieces' inside alpha ping -n -c 1 -W 10 -M dont \
	-s 5000 "$(inner4 beta)"

# --- it changes while packets go ----------------------------------------------------
icmp drop
width 1500
fresh 4 'mturaise = 2s'
inside beta socat -u TCP4-LISTEN:7100,reuseaddr OPEN:/dev/null &
sink=$!
inside alpha bash -c "while cat $tmp/file; do :; done | socat -u - \
	TCP4:$(inner4 beta):7100,retry=100,interval=0.05" 2>/dev/null &
source=$!
passed() { query alpha peers '.[0].counters.tx_bytes'; }
flows() { # flows BYTES: as many more than there were
	[ "$(passed)" -gt $((was + $1)) ]
}
was=0
soon 'a transfer' flows 3000000
soon 'over the full path' mtu_is alpha 1420
shrinks() { # shrinks BYTES MTU WHAT: the transfer goes on soon
	local from

	was=$(passed)
	from=$(date +%s%3N)
	width "$1"
	soon "$3: found" mtu_is alpha "$2"
	soon "$3: the transfer goes on" flows 20000000
	# The connection tries again after 0.2, 0.6, 1.4, 3 and 6.2 s.
	echo "# $3: after $(($(date +%s%3N) - from)) ms"
}
shrinks 1400 1340 'it shrinks'
shrinks 1300 1240 'it shrinks again'
icmp accept
width 1500
soon 'it grows again: found' mtu_is alpha 1420
shrinks 1400 1340 'it shrinks, and the router says so'
icmp drop
width 1500
soon 'it grows again: found' mtu_is alpha 1420
was=$(passed)
soon 'and it goes on' flows 20000000
ok 'that is told as well' says alpha 'the path takes packets of mtu again'
kill $source $sink 2>/dev/null
wait $source $sink 2>/dev/null

# --- a device at the end takes less -------------------------------------------------
inside alpha ip link set eth0 mtu 1300
width 1500
fresh 4
ok 'a narrow device: TCP' transfer alpha beta 4 $tmp/file
is "$(mtu alpha)" 1240 'found at once'
is "$(query alpha status '[.warnings[] | select(.warning == "mtu").peer] | join(" ")')" \
	beta 'the warning names the peer, and is the only one'
ok 'metrics have the path MTU' \
	grep -qx 'cluevpn_peer_path_mtu_bytes{peer="beta"} 1240' \
	<(ctl alpha metrics --peers)
finish
