#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Host names as addresses: looked up, looked up again when their node does not
# answer, and never waited for.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
address[beta]='beta.example.org'
list alpha beta gamma
give "${nodes[@]}"
for n in "${nodes[@]}"; do conf "$n" 'unanswered = 2s'; done

# A host knows what is in its hosts file and asks the name server for the rest.
echo 'hosts: files dns' >$tmp/nsswitch.conf
printf '%s\n' 'nameserver 192.0.2.99' 'options timeout:2 attempts:1' \
	>$tmp/resolv.conf
echo '127.0.0.1 localhost' >$tmp/hosts
for f in nsswitch.conf resolv.conf hosts; do
	[ -e /etc/$f ] || skip_all "there is no /etc/$f here"
	mount --bind $tmp/$f /etc/$f
done
names() { # names ADDRESS: beta's, from now on
	printf '127.0.0.1 localhost\n%s beta.example.org\n' "$1" >$tmp/hosts
}
# That of this network does not answer: a question takes 2 s.
for n in alpha gamma; do
	inside $n nft 'add table inet dns
		add chain inet dns out { type filter hook output priority 0; }
		add rule inet dns out udp dport 53 drop'
done

# --- found --------------------------------------------------------------------
# The name alone leads from alpha to beta: beta itself may not begin.
inside beta nft 'add table inet t
	add chain inet t out { type filter hook output priority 0; }
	add rule inet t out ct state new drop'
names 192.0.2.2
start alpha beta gamma
ok 'alpha reaches beta by its name' reach alpha beta
is "$(logs alpha 'host-name: beta\.example\.org is 192\.0\.2\.2')" 1 \
	'the log says where that is'
ok 'so does gamma' reach gamma beta
stop alpha beta

# --- moved --------------------------------------------------------------------
inside beta ip addr del 192.0.2.2/24 dev eth0
inside beta ip addr add 192.0.2.102/24 dev eth0
names 192.0.2.102
start beta
WAIT=1 reach gamma beta >/dev/null
soon 'gamma, to whom it does not answer, looks again' \
	says gamma 'beta\.example\.org is 192\.0\.2\.102'
WAIT=1 soon 'and reaches it there' reach gamma beta

# --- a name server that does not answer -----------------------------------------
echo '127.0.0.1 localhost' >$tmp/hosts
rm -f $tmp/alpha/state/addresses
rm -f $tmp/alpha/state/pairs/*
start alpha
ok 'alpha does not wait for it: gamma is reached' reach alpha gamma
ok 'and what was agreed with gamma is on disk' \
	test -s $tmp/alpha/state/pairs/gamma.pair
soon 'nor does the stop' stop alpha
is "${status[alpha]}" 0 'which is in order'
start alpha
LIMIT=90 soon 'in the end the log says that there is no answer' \
	says alpha 'host-name: beta\.example\.org cannot be looked up'
names 192.0.2.102
LIMIT=90 soon 'later the name is found' \
	says alpha 'beta\.example\.org is 192\.0\.2\.102'
WAIT=1 soon 'and beta is reached' reach alpha beta

# --- names that lead nowhere -----------------------------------------------------
names 10.156.3.1
inside alpha ip route add unreachable 192.0.2.102
rm -f $tmp/gamma/state/addresses
stop gamma
start gamma
soon 'an address inside the VPN is none' \
	says gamma 'beta\.example\.org cannot be looked up: .*outside the VPN'
stop alpha beta gamma
finish
