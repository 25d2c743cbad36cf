#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A member that sends under another one's inner address, or what is for
# another one, is not believed: nothing reaches the device.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

# mallory's own daemon believes an older list, by which beta's subnet is hers
# and delta's is alpha's: so it lets through what an honest one would not. A
# filter keeps the newer list from her.
outer=4
network alpha beta mallory
subnet[delta]="10.156.77.0/24 fd00:c1:0:77::/64"
beta=${subnet[beta]} alpha=${subnet[alpha]} mallory=${subnet[mallory]}
subnet[beta]=
subnet[mallory]="$mallory $beta"
subnet[alpha]="$alpha ${subnet[delta]}"
list alpha beta mallory
cp $tmp/network.bnl $tmp/false.bnl
subnet[beta]=$beta subnet[mallory]=$mallory subnet[alpha]=$alpha
list alpha beta mallory delta
give alpha beta mallory
for n in alpha beta mallory; do conf $n 'unanswered = 24h'; done
start alpha beta mallory
ok 'mallory is a member' reach mallory alpha
ok 'beta is another one' reach beta alpha

stop mallory
rm $tmp/mallory/state/mark
install -m 600 $tmp/false.bnl $tmp/mallory/state/network.bnl
must inside mallory nft 'add table inet t
	add chain inet t in { type filter hook input priority 0; }
	add chain inet t out { type filter hook output priority 0; }
	add rule inet t in tcp dport 3406 drop
	add rule inet t out tcp dport 3406 drop'
start mallory
ok 'mallory still is one' reach mallory alpha
is "$(query mallory status .list_stale)" false 'and believes her own list'

capture $tmp/tun.pcap alpha tun0 'icmp or icmp6'
seen() { packets $tmp/tun.pcap "$1"; }
some() { [ "$(seen "$1")" -gt 0 ]; }
drops() { # drops REASON: of packets from mallory
	query alpha peers ".[] | select(.name == \"mallory\") |
		.drops[\"$1\"] // 0"
}
as() { # as SOURCE TO: three pings from mallory under that address
	inside mallory ping -n -q -c 3 -i 0.2 -W 1 -I "$1" "$2"
}
is "$(drops inner-source)/$(drops inner-dest)" 0/0 'nothing was dropped yet'

for family in 4 6; do
	from=$("inner$family" beta)
	before=$(drops inner-source)
	not_ok "IPv$family: mallory as beta gets no answer" \
		as "$from" "$("inner$family" alpha)"
	is $(($(drops inner-source) - before)) 3 \
		"IPv$family: three packets with a false source are counted"
	before=$(drops inner-dest)
	[ $family = 4 ] && to=10.156.77.1 || to=fd00:c1:0:77::1
	not_ok "IPv$family: to a node that alpha is not" \
		as "$("inner$family" mallory)" "$to"
	is $(($(drops inner-dest) - before)) 3 \
		"IPv$family: three packets with a false destination are counted"
	ok "IPv$family: her own address is good" \
		as "$("inner$family" mallory)" "$("inner$family" alpha)"
	soon "IPv$family: that is seen on the device" \
		some "host $("inner$family" mallory)"
	is "$(seen "src $from and not dst $from")" 0 \
		"IPv$family: nothing in the name of beta is"
	is "$(seen "dst $to")" 0 "IPv$family: nothing for delta is"
done
ok 'beta is well' reach beta alpha
finish
