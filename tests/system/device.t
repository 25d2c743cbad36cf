#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The device is as it must be, whoever changes it: addresses, MTU, up state,
# routes and its name.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

D=tun0			# the device's name
routes() { # routes 4|6: those of alpha's device, in one line
	inside alpha ip "-$1" route show dev "$D" proto 78 |
		awk '{ print $1 }' | sort | paste -sd ' '
}
has_routes() { # has_routes 4|6 ROUTE...
	[ "$(routes "$1")" = "${*:2}" ]
}
addresses() {
	inside alpha ip -j addr show dev "$D" |
		jq -r '[.[0].addr_info[] | select(.scope == "global") |
			"\(.local)/\(.prefixlen)"] | sort | join(" ")'
}
mtu() { inside alpha ip -j link show dev "$D" | jq '.[0].mtu'; }
name_is() { [ "$(query alpha status .device)" = "$1" ]; }
whole() { # all is as it must be
	[ "$(addresses)" = '10.156.1.1/16 fd00:c1:0:1::1/48' ] &&
		has_routes 4 10.156.0.0/16 192.168.5.0/24 &&
		has_routes 6 fd00:c1::/48 fd00:c5:0:5::/64 &&
		[ "$(mtu)" = 1420 ] &&
		inside alpha ip -o link show dev "$D" | grep -q '[<,]UP[,>]'
}
at_once() { # at_once WHAT COMMAND...: alpha's device is whole a second later
	local what=$1 start now

	shift
	inside alpha "$@" >$tmp/out 2>&1 || die "$*"
	start=$(date +%s%N)
	LIMIT=10 within 10 whole >/dev/null
	now=$(date +%s%N)
	echo "# $what: whole after $(((now - start) / 1000000)) ms"
	soon "$what" whole
}
take() { # take NODE...: a new list of these is in force at alpha
	list "$@"
	give alpha
	kill -HUP "${pid[alpha]}"
}

prefixes='10.156.0.0/16 fd00:c1::/48 192.168.5.0/24 fd00:c5:0:5::/64'
network alpha beta
subnet[beta]+=' 192.168.5.0/24 fd00:c5:0:5::/64'
list alpha beta
give alpha beta
start alpha
ok 'a started daemon has its addresses and routes' whole
ok 'a listed subnet leads to the device' \
	eval 'inside alpha ip route get 192.168.5.7 | grep -q "dev tun0 src 10.156.1.1"'
ok 'and in IPv6' \
	eval 'inside alpha ip route get fd00:c5:0:5::7 | grep -q "dev tun0 .*src fd00:c1:0:1::1"'
ok 'what is beside it does not' \
	eval '! inside alpha ip route get 192.168.6.7 2>/dev/null | grep -q tun0'

# --- others change the device -------------------------------------------------------
at_once 'the addresses are flushed' ip addr flush dev "$D"
at_once 'the device is set down' ip link set "$D" down
at_once 'another MTU' ip link set "$D" mtu 1300
at_once 'an address is deleted' ip addr del 10.156.1.1/16 dev "$D"
at_once 'an IPv6 address is deleted' ip addr del fd00:c1:0:1::1/48 dev "$D"
at_once 'a route is deleted' ip route del 192.168.5.0/24
at_once 'an IPv6 route is deleted' ip -6 route del fd00:c5:0:5::/64
at_once 'all routes are flushed' ip route flush proto 78
at_once 'IPv6 is disabled and enabled again' sh -c "
	sysctl -qw net.ipv6.conf.$D.disable_ipv6=1
	sleep 0.5
	sysctl -qw net.ipv6.conf.$D.disable_ipv6=0"
must ip netns add elsewhere
inside alpha ip link set "$D" netns elsewhere
soon 'a device that is moved elsewhere is told' says alpha \
	'the device was deleted, or is in another network namespace now'
ok 'nothing else is' eval 'sleep 0.2; ! says alpha "put back: *$"'
inside elsewhere ip link set "$D" netns alpha
soon 'it is whole once it is back' whole
start beta
ok 'packets flow' reach alpha beta
ok 'and IPv6 ones' reach alpha beta 6
ok 'an event names what was taken away' \
	says alpha 'warn: device: tun0: .*put back: address 10.156.1.1/16'
# shellcheck disable=SC2016 # jq's
ok 'as does the command' eval \
	'ctl alpha --json events | jq -r .text | grep -q "put back: MTU"'

# --- another name ----------------------------------------------------------------------
inside alpha ip link set "$D" down
inside alpha ip link set "$D" name vpn7
inside alpha ip link set vpn7 up
D=vpn7
soon 'a renamed device is whole' whole
is "$(query alpha status .device)" vpn7 'status says its new name'
ok 'and an event says it' says alpha 'vpn7: the device was renamed.*tun0'
inside alpha ip link set "$D" down
inside alpha ip link set "$D" name tun0
D=tun0
soon 'named back' whole

# --- another manager -----------------------------------------------------------------------
before=$(logs alpha 'put back')
end=$((SECONDS + 6))
while [ $SECONDS -lt $end ]; do
	inside alpha ip addr flush dev "$D"
	sleep 0.05
done
repairs=$(($(logs alpha 'put back') - before))
ok "no fight for ever: $repairs repairs in 6 s" test $repairs -le 16
soon 'it says so' says alpha 'another program changes it again and again'
ok 'in the warnings, too' \
	eval 'query alpha status ".warnings[].text" | grep -q "again and again"'
ctl alpha reload >/dev/null
at_once 'a reload puts all back at once' true
sleep 0.2

# --- more news than there is room for ---------------------------------------------------------
for ((i = 0; i < 4000; i++)); do
	echo "addr add 198.18.$((i / 250)).$((i % 250))/32 dev lo"
	echo "addr del 198.18.$((i / 250)).$((i % 250))/32 dev lo"
done >$tmp/batch
kill -STOP "${pid[alpha]}"
must inside alpha ip -batch $tmp/batch
must inside alpha ip addr flush dev "$D"
must inside alpha ip link set "$D" mtu 1300
kill -CONT "${pid[alpha]}"
soon 'news were lost: it is whole all the same' whole

# --- lists -------------------------------------------------------------------------------
subnet[beta]="10.156.2.0/24 fd00:c1:0:2::/64"
take alpha beta
soon 'the routes go with the subnets' has_routes 4 10.156.0.0/16
ok 'those of IPv6, too' has_routes 6 fd00:c1::/48
take beta
soon 'a node that is gone has none' has_routes 4
subnet[beta]+=' 192.168.5.0/24 fd00:c5:0:5::/64'
take alpha beta
soon 'they come back' whole

# --- a device that outlives the daemon ------------------------------------------------------
stop alpha
inside alpha ip tuntap add dev "$D" mode tun
start alpha
ok 'a persistent device is whole' whole
crash alpha
subnet[beta]="10.156.2.0/24 fd00:c1:0:2::/64"
list alpha beta
give alpha
start alpha
ok 'what a crash left is removed' has_routes 4 10.156.0.0/16
ok 'in IPv6, too' has_routes 6 fd00:c1::/48
stop alpha
is "$(routes 4) $(routes 6) $(addresses)" '  ' 'a clean stop leaves nothing'
inside alpha ip link del "$D"

# --- hooks by the process that stays root ---------------------------------------------------------
conf alpha 'user = nobody' "subnetupcmd = echo \$TUNDEV \$SUBNET >>$tmp/hooks"
chmod 755 $tmp $tmp/alpha
chown root $tmp/alpha/node.key
if [ "$(id -u)" -eq 0 ]; then
	start alpha
	soon 'a hook runs' grep -q '^tun0 10.156.2.0/24' $tmp/hooks
	inside alpha ip link set "$D" down
	inside alpha ip link set "$D" name vpn9
	D=vpn9
	soon 'renamed' name_is vpn9
	subnet[beta]='10.156.4.0/24'
	list alpha beta
	install -m 600 -o nobody $tmp/network.bnl $tmp/alpha/state/network.bnl
	kill -HUP "${pid[alpha]}"
	soon 'the next one has the new name' \
		grep -q '^vpn9 10.156.4.0/24' $tmp/hooks
	stop alpha
	D=tun0
	rm -r $tmp/alpha/state
	give alpha
fi

# --- autoconf = no ----------------------------------------------------------------------------
conf alpha 'autoconf = no'
start alpha
is "$(routes 4) $(routes 6) $(addresses)" '  ' 'autoconf = no sets nothing'
inside alpha ip link set "$D" up
inside alpha ip link set "$D" name vpn8
soon 'but sees a new name' name_is vpn8
stop alpha

# --- two nodes on one host -------------------------------------------------------------------------
conf alpha
D=tun0
member gamma
umount /run/netns/gamma
mount --bind /run/netns/alpha /run/netns/gamma
sed -i 's/tun0/tun1/' $tmp/gamma/cluevpn.conf
echo 'port = 4406' >>$tmp/gamma/cluevpn.conf
address[gamma]=
extra[gamma]='  address 192.0.2.1 port 4406'
subnet[beta]="10.156.2.0/24 fd00:c1:0:2::/64"
list alpha beta gamma
give alpha beta gamma
kill -HUP "${pid[beta]}"
start alpha gamma
soon 'two nodes: each other node has a route at one' has_routes 4 \
	10.156.2.0/24 10.156.3.0/24
D=tun1
ok 'and at the other' has_routes 4 10.156.1.0/24 10.156.2.0/24
D=tun0
soon 'by one of the two beta is reached' reach alpha beta
stop alpha
ok 'when one stops, the routes of the other are there' \
	eval 'inside gamma ip route get 10.156.2.1 | grep -q "dev tun1"'
ok 'and carry its packets' reach gamma beta
ok 'in IPv6, too' reach gamma beta 6
start alpha
stop gamma
ok 'and the other way round' reach alpha beta
stop alpha
unset 'extra[gamma]'
list alpha beta
give alpha beta

# --- no IPv6 on this host -------------------------------------------------------------------------
conf alpha
D=tun0
inside alpha sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
	net.ipv6.conf.default.disable_ipv6=1
before=$(logs alpha 'IPv6 is disabled')
start alpha
is "$(addresses)" 10.156.1.1/16 'without IPv6: the IPv4 address'
ok 'and the IPv4 route' has_routes 4 10.156.0.0/16
sleep 2.5
is "$(logs alpha 'IPv6 is disabled')" $((before + 1)) 'the log says so once'
stop alpha
is "${status[alpha]}" 0 'it ends in order'
finish
