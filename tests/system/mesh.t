#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Three nodes over IPv4: everyone reaches everyone, from the first packet on.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
start alpha beta gamma

for from in "${nodes[@]}"; do
	for to in "${nodes[@]}"; do
		[ "$from" != "$to" ] || continue
		ok "the first packet from $from to $to arrives" reach "$from" "$to"
	done
done
for from in "${nodes[@]}"; do
	for to in "${nodes[@]}"; do
		[ "$from" != "$to" ] || continue
		ok "IPv6 from $from to $to" reach "$from" "$to" 6
	done
done

head -c 3000000 /dev/urandom >$tmp/random
ok 'TCP over IPv4 carries 3 MB unchanged' transfer alpha beta 4 $tmp/random
ok 'TCP over IPv6 carries 3 MB unchanged' transfer gamma alpha 6 $tmp/random
sed 's/^\(.\)/x\1/;q' $tmp/random >$tmp/other
not_ok 'and the check would see a difference' cmp $tmp/random $tmp/other

# --- cluevpnctl ---------------------------------------------------------------
all_up() { [ "$(query "$1" status .peers_up)" = 2 ]; }
for n in "${nodes[@]}"; do soon "$n sees both others up" all_up "$n"; done
version=$(sed -n 's/^timestamp //p' $tmp/network.bnl)
is "$(query alpha status '[.name, .device, .network, .peers] | @csv')" \
	'"alpha","tun0","example.org",2' 'status as JSON'
is "$(query alpha status '.list | startswith("'"$version"'")')" true \
	'it names the list'
is "$(query alpha status .list_stale)" false 'which is in force'
is "$(query alpha peers '[.[].name] | @csv')" '"beta","gamma"' 'peers as JSON'
is "$(query alpha peers '[.[].state] | unique | @csv')" '"up"' 'both are up'
is "$(query alpha peers '.[1].endpoint')" "$(outer4 gamma):3406" \
	'where gamma is'
is "$(query alpha peers '.[0].cipher')" aes-256-gcm 'how it is encrypted'
more "$(query alpha peers '.[0].counters.tx_bytes')" 3000000 \
	'how much was sent to beta'
more "$(query beta peers '.[0].counters.rx_bytes')" 3000000 \
	'how much came from alpha'
ctl alpha status >$tmp/text
ok 'status as text names the node' grep -q '^node *alpha ' $tmp/text
ok 'and how many peers are up' grep -q '^peers *2 peers: 2 with a session, 0 idle, 0 failing' $tmp/text
ctl alpha peers >$tmp/text
ok 'peers as text' grep -q "^beta  *up  *$(outer4 beta):3406 " $tmp/text
is "$("$O/cluevpnctl" -s $tmp/none/ctl status >/dev/null 2>&1; echo $?)" 3 \
	'no daemon: exit status 3'
is "$("$O/cluevpnctl" -s $tmp/alpha/ctl wrong >/dev/null 2>&1; echo $?)" 2 \
	'no such command: exit status 2'

stop alpha beta gamma
for n in "${nodes[@]}"; do is "${status[$n]}" 0 "$n has ended in order"; done
not_ok 'nothing is reached then' reach alpha beta
# Who starts first finds the others not there yet, and says so.
complaints() { grep -E '(warn|error):' "$1" | grep -v 'Connection refused'; }
for n in "${nodes[@]}"; do
	not_ok "the log of $n has no other warning" complaints "$tmp/$n/log"
done
finish
